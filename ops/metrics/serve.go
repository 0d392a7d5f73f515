package metrics

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Check is one thing that has to be so for the line to do its work.
type Check struct {
	Name  string `json:"name"`
	OK    bool   `json:"ok"`
	Says  string `json:"says"`
	Fatal bool   `json:"-"` // without it, new calls do not come to glennline
}

// Server is what there is over HTTP: /healthz, /readyz, /metrics.
type Server struct {
	Metrics *Metrics
	Ready   func() []Check // must be quick
	Pprof   bool           // and /debug/pprof/
}

// Serve answers on l until ctx ends. It closes l.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{Handler: s.handler(), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() }) // nobody's call depends on it
	defer stop()
	err := server.Serve(l)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.Metrics.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 2}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("ok\n"))
	})
	mux.HandleFunc("GET /readyz", s.ready)
	if s.Pprof {
		mux.HandleFunc("GET /debug/pprof/", pprof.Index)
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	}
	return mux
}

// ready tells every check, and with its status whether all that must be so is.
func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	answer := struct {
		Ready  bool    `json:"ready"`
		Checks []Check `json:"checks"`
	}{Ready: true, Checks: s.Ready()}
	for _, c := range answer.Checks {
		answer.Ready = answer.Ready && (c.OK || !c.Fatal)
	}
	w.Header().Set("Content-Type", "application/json")
	if !answer.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	_ = e.Encode(answer) // whoever asked has gone
}
