package ari_test

import (
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"glennline/ari"
	"glennline/ari/aritest"
)

// An Asterisk whose clock is another one is warned of, once on each connection; a
// second is nothing.
func TestClocksApart(t *testing.T) {
	for ahead, want := range map[time.Duration]string{
		time.Hour: "1h0m0s", -time.Minute: "-1m0s", 0: "", time.Second: "", -time.Second: "",
	} {
		t.Run(ahead.String(), func(t *testing.T) {
			core, logged := observer.New(zap.WarnLevel)
			server := aritest.New(t)
			server.Ahead = ahead
			r := join(t, server, func(cfg *ari.Config) { cfg.Log = zap.New(core) })
			told := func() (all []string) {
				for _, e := range logged.All() {
					if strings.Contains(e.Message, "clock") {
						all = append(all, e.ContextMap()["asterisk_ahead"].(time.Duration).String())
					}
				}
				return all
			}
			for connection := 1; connection <= 2; connection++ {
				for range 3 {
					if err := r.client.SetGlobal(t.Context(), "GL_STATE", "x"); err != nil {
						t.Fatal(err)
					}
				}
				all := told()
				if want == "" && len(all) != 0 || want != "" && len(all) != connection {
					t.Fatalf("warned of %q on connection %d", all, connection)
				}
				for _, off := range all {
					got, _ := time.ParseDuration(off)
					expect, _ := time.ParseDuration(want)
					if (got - expect).Abs() > 5*time.Second {
						t.Errorf("told of %s, want about %s", off, want)
					}
				}
				connects := r.client.Stats().Connects
				server.Cut()
				server.Await("another connection", func() bool { return r.client.Connected() && r.client.Stats().Connects > connects })
			}
		})
	}
}
