//go:build e2e

package ari_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap/zaptest"

	"glennline/ari"
	asteriskconf "glennline/asterisk-conf"
	"glennline/asterisk-conf/pbx"
	"glennline/softphone"
	"glennline/voicemail"
)

// world is a real Asterisk, a client of it, and what it does with each call.
type world struct {
	t      *testing.T
	cfg    asteriskconf.Config
	link   *link // between client and Asterisk
	client *ari.Client
	media  string // folder of prompts

	mu      sync.Mutex
	scripts map[string]func(context.Context, *ari.Call) // by dialled number
}

// newWorld starts Asterisk and connects a client, and ends both with the test.
func newWorld(t *testing.T) *world {
	t.Helper()
	install, err := pbx.Find("")
	if err != nil {
		t.Fatal(err)
	}
	ports, err := pbx.FreePorts("127.0.0.1", 60)
	if err != nil {
		t.Fatal(err)
	}
	// Asterisk runs as another user if we are root.
	dir := t.TempDir()
	for d := dir; d != os.TempDir() && d != "/"; d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cfg := asteriskconf.Default()
	cfg.Dir = filepath.Join(dir, "asterisk")
	cfg.SIP.Port, cfg.ARI.Port, cfg.RTP, cfg.MaxCalls, cfg.MaxFiles = ports.SIP, ports.ARI, ports.RTP, 60, 2000
	server, err := pbx.Start(t.Context(), pbx.Options{Install: install, Config: cfg, Log: zaptest.NewLogger(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	ready, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := server.Ready(ready); err != nil {
		t.Fatal(err)
	}
	w := &world{
		t: t, cfg: server.Config(), media: filepath.Join(dir, "media"),
		scripts: make(map[string]func(context.Context, *ari.Call)),
	}
	w.link = newLink(t, fmt.Sprintf("127.0.0.1:%d", w.cfg.ARI.Port))
	w.prompts()
	w.client, _ = w.connect(w.link.addr())
	w.beacon()
	return w
}

// beacon keeps the dialplan handing its calls over, which it does only while it
// is told to.
func (w *world) beacon() {
	client, err := ari.New(w.config(fmt.Sprintf("127.0.0.1:%d", w.cfg.ARI.Port)))
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(w.t.Context()))
	tell := func() {
		err := client.SetGlobal(ctx, asteriskconf.StateVariable, asteriskconf.StateValue(time.Now(), asteriskconf.StateAccept))
		if err != nil && ctx.Err() == nil {
			w.t.Error(err)
		}
	}
	tell()
	var tells sync.WaitGroup
	tells.Go(func() {
		for ctx.Err() == nil {
			tell()
			select {
			case <-ctx.Done():
			case <-time.After(500 * time.Millisecond):
			}
		}
	})
	w.t.Cleanup(func() { stop(); tells.Wait(); client.Close() })
}

// prompts are a second, two seconds, and something that is not there.
func (w *world) prompts() {
	if err := os.Mkdir(w.media, 0o755); err != nil {
		w.t.Fatal(err)
	}
	for name, seconds := range map[string]int{"one": 1, "two": 2} {
		silence := bytes.Repeat([]byte{0xd5}, 8000*seconds)
		if err := os.WriteFile(filepath.Join(w.media, name+".alaw"), silence, 0o644); err != nil { //nolint:gosec // Asterisk reads it
			w.t.Fatal(err)
		}
	}
}

// connect runs a client. What its Run returned can be received.
func (w *world) connect(address string) (*ari.Client, <-chan error) {
	w.t.Helper()
	client, err := ari.New(w.config(address))
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(w.t.Context()))
	ended := make(chan error, 1)
	var runs sync.WaitGroup
	runs.Go(func() { ended <- client.Run(ctx, w.serve) })
	w.t.Cleanup(func() { stop(); runs.Wait(); client.Close() })
	await(w.t, "the client to connect", client.Connected)
	return client, ended
}

func (w *world) config(address string) ari.Config {
	cfg := ari.DefaultConfig()
	cfg.URL = "http://" + address + "/ari"
	cfg.User, cfg.Password, cfg.App = w.cfg.ARI.User, w.cfg.ARI.Password, w.cfg.App
	cfg.PingInterval, cfg.SilenceLimit = 100*time.Millisecond, time.Second
	cfg.Log = zaptest.NewLogger(w.t)
	return cfg
}

func (w *world) serve(ctx context.Context, call *ari.Call, a voicemail.Arrival) {
	w.mu.Lock()
	script := w.scripts[a.Dialled.Request]
	w.mu.Unlock()
	if script == nil {
		w.t.Errorf("nobody expected a call to %s", a.Dialled.Request)
		return
	}
	// The dialplan takes back what nobody claims.
	if err := call.Claim(ctx, 0); err != nil && !errors.Is(err, voicemail.ErrEnded) {
		w.t.Error(err)
	}
	script(ctx, call)
	<-call.Ended()
}

// phone calls number, which script serves, and returns when both ends are done.
func (w *world) phone(t *testing.T, number string, s softphone.Script, script func(context.Context, *ari.Call)) softphone.Report {
	t.Helper()
	served := make(chan struct{})
	var once sync.Once
	w.mu.Lock()
	w.scripts[number] = func(ctx context.Context, call *ari.Call) {
		defer once.Do(func() { close(served) })
		script(ctx, call)
	}
	w.mu.Unlock()
	s.To = fmt.Sprintf("sip:%s@127.0.0.1:%d", number, w.cfg.SIP.Port)
	s.From = "+3225550199"
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	report, err := softphone.Call(ctx, softphone.Config{BindHost: "127.0.0.1"}, s)
	if err != nil {
		t.Errorf("caller: %v", err)
	}
	select {
	case <-served:
	case <-ctx.Done():
		t.Fatalf("the call was not served to its end: caller %s, status %d, after %v", report.Ended, report.Status, report.Length)
	}
	return report
}

// size is what the recording's file holds, in bytes, -1 if there is none.
func (w *world) size(name string) int64 {
	info, err := os.Stat(filepath.Join(w.cfg.Dir, "spool", "recording", name+".wav"))
	if err != nil {
		return -1
	}
	return info.Size()
}

// speech is a loud tone.
func speech(d time.Duration) []int16 {
	samples := make([]int16, 8*d.Milliseconds())
	for i := range samples {
		samples[i] = int16(8000 * math.Sin(float64(i)*2*math.Pi*440/8000))
	}
	return samples
}

func await(t *testing.T, what string, cond func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !cond() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
