package ari

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// scheme is the private URL scheme under which the library's requests reach
// our transports. The library makes its requests on http.DefaultTransport and
// offers no other way in: no client, no context, no time-out.
const scheme = "glennline-ari"

// maxErrorBody bounds what is kept of an answer that is not a 2xx, in bytes.
const maxErrorBody = 1 << 10

// transports are the live transports by the host part of their private URLs.
var transports struct {
	register sync.Once
	err      error
	last     atomic.Int64
	byHost   sync.Map // string -> *transport
}

// privateScheme is the RoundTripper behind the private scheme.
type privateScheme struct{}

func (privateScheme) RoundTrip(req *http.Request) (*http.Response, error) {
	t, ok := transports.byHost.Load(req.URL.Host)
	if !ok {
		closeBody(req)
		return nil, errClosed
	}
	return t.(*transport).RoundTrip(req)
}

// transport carries requests to one Asterisk, each once and with a deadline. An
// answer that is not a 2xx becomes a *StatusError and none a *RequestError; the
// body is read to its end so that the connection can be used again.
type transport struct {
	pool    *pool
	target  *url.URL // the ARI root
	host    string   // our key, the host part of the private URL
	timeout time.Duration
	stats   *counters
}

// newTransport registers a transport. Whoever makes it closes it.
func newTransport(target *url.URL, cfg Config, stats *counters) (*transport, error) {
	transports.register.Do(func() {
		def, ok := http.DefaultTransport.(*http.Transport)
		if !ok {
			transports.err = fmt.Errorf("http.DefaultTransport is a %T: the ARI library cannot be reached through it", http.DefaultTransport)
			return
		}
		def.RegisterProtocol(scheme, privateScheme{})
	})
	if transports.err != nil {
		return nil, transports.err
	}
	t := &transport{
		pool: newPool(target, cfg), target: target, timeout: cfg.RequestTimeout, stats: stats,
		host: "c" + strconv.FormatInt(transports.last.Add(1), 10),
	}
	transports.byHost.Store(t.host, t)
	return t, nil
}

// base is the private URL that stands for the ARI root.
func (t *transport) base() string { return scheme + "://" + t.host }

func (t *transport) close() {
	transports.byHost.Delete(t.host)
	t.pool.close()
}

// RoundTrip carries one request to its end.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	until := time.Now().Add(t.timeout)
	t.stats.requests.Add(1)
	l, err := t.pool.take(ctx, until)
	if err != nil {
		closeBody(req)
		return nil, t.failed(req, false, err)
	}
	resp, body, err := l.exchange(ctx, t.public(req), until)
	if err != nil {
		t.pool.drop(l)
		lost := t.failed(req, true, err)
		if lost.Timeout() {
			t.pool.flush()
		}
		return nil, lost
	}
	if resp.Close {
		t.pool.drop(l)
	} else {
		t.pool.keep(l)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, &StatusError{
			Code: resp.StatusCode, Method: req.Method, Path: req.URL.EscapedPath(),
			Body: strings.TrimSpace(string(body[:min(len(body), maxErrorBody)])),
		}
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// public is the request with the address it really goes to.
func (t *transport) public(req *http.Request) *http.Request {
	out, target := *req, *req.URL
	target.Scheme, target.Host = t.target.Scheme, t.target.Host
	target.Path = t.target.Path + req.URL.Path
	if req.URL.RawPath != "" {
		target.RawPath = t.target.EscapedPath() + req.URL.RawPath
	}
	out.URL, out.Host = &target, ""
	return &out
}

func (t *transport) failed(req *http.Request, sent bool, err error) *RequestError {
	t.stats.requestsLost.Add(1)
	return &RequestError{Method: req.Method, Path: req.URL.EscapedPath(), Sent: sent, Err: err}
}
