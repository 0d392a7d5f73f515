//go:build e2e

package pbx

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	asteriskconf "glennline/asterisk-conf"
)

// parentEnv makes the test binary a parent that starts Asterisk in the folder it
// names and waits to be killed.
const parentEnv = "GLENNLINE_TEST_PARENT"

// earlyEnv makes it say so as soon as Asterisk is started, not when it is ready.
const earlyEnv = "GLENNLINE_TEST_EARLY"

func TestMain(m *testing.M) {
	if dir := os.Getenv(parentEnv); dir != "" {
		parent(dir)
	}
	os.Exit(m.Run())
}

func parent(dir string) {
	var cfg asteriskconf.Config
	b, err := os.ReadFile(filepath.Join(dir, "parent.json"))
	if err == nil {
		err = json.Unmarshal(b, &cfg)
	}
	var in Install
	if err == nil {
		in, err = Find("")
	}
	var s *Server
	if err == nil {
		s, err = Start(context.Background(), Options{Install: in, Config: cfg})
	}
	if err == nil && os.Getenv(earlyEnv) == "" {
		err = s.Ready(context.Background())
	}
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	fmt.Println(s.PID())
	select {}
}

// world is one Asterisk's folder and ports.
type world struct {
	t      *testing.T
	cfg    asteriskconf.Config
	in     Install
	events chan Event
	logs   *observer.ObservedLogs
	log    *zap.Logger
}

func newWorld(t *testing.T) *world {
	t.Helper()
	in, err := Find("")
	if err != nil {
		t.Fatal(err)
	}
	ports, err := FreePorts("127.0.0.1", 40)
	if err != nil {
		t.Fatal(err)
	}
	cfg := asteriskconf.Default()
	cfg.Dir = filepath.Join(reachable(t), "asterisk")
	cfg.SIP.Port, cfg.ARI.Port, cfg.RTP = ports.SIP, ports.ARI, ports.RTP
	cfg.MaxCalls = 40
	cfg.MaxFiles = 2000
	core, logs := observer.New(zapcore.DebugLevel)
	return &world{t: t, cfg: cfg, in: in, events: make(chan Event, 100), logs: logs, log: zap.New(core)}
}

// reachable is a temporary folder that another user can enter.
func reachable(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o711); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func (w *world) options() Options {
	return Options{Install: w.in, Config: w.cfg, Log: w.log, Notify: func(e Event) { w.events <- e }}
}

// start starts Asterisk, waits until it is ready, and stops it after the test.
func (w *world) start() *Server {
	w.t.Helper()
	s, err := Start(w.t.Context(), w.options())
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := s.Stop(context.Background()); err != nil {
			w.t.Error(err)
		}
	})
	w.ready(s)
	w.cfg = s.Config()
	return s
}

func (w *world) ready(s *Server) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	if err := s.Ready(ctx); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) want(kinds ...EventKind) []Event {
	w.t.Helper()
	var got []Event
	for _, k := range kinds {
		select {
		case e := <-w.events:
			got = append(got, e)
			if e.Kind != k {
				w.t.Fatalf("event %+v, want %s; log:\n%s", e, k, w.said())
			}
		case <-time.After(time.Minute):
			w.t.Fatalf("no event %s; log:\n%s", k, w.said())
		}
	}
	return got
}

func (w *world) said() string {
	var b strings.Builder
	for _, e := range w.logs.All() {
		fmt.Fprintln(&b, e.Level, e.Message, e.ContextMap())
	}
	return b.String()
}

// clean fails if Asterisk or we warned of anything. The last lines of what it says,
// which is what is left where a long output is cut, tell in short what that was.
func (w *world) clean() {
	w.t.Helper()
	var whole, short strings.Builder
	for _, e := range w.logs.All() {
		if e.Level < zapcore.WarnLevel {
			continue
		}
		said := fmt.Sprint(e.Level, " ", e.Message, " ", e.ContextMap())
		first, _, _ := strings.Cut(said, "\n")
		fmt.Fprintln(&whole, said)
		fmt.Fprintln(&short, first)
	}
	if short.Len() > 0 {
		w.t.Errorf("log is not clean:\n%sin short:\n%s", whole.String(), short.String())
	}
}

func gone(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return errors.Is(err, fs.ErrNotExist) || bytes.Contains(stat, []byte(") Z "))
}

// private fails for whatever others may read.
func private(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %s", p, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// orphan has another process start Asterisk and kills it.
func (w *world) orphan() int {
	w.t.Helper()
	dir := w.t.TempDir()
	b, err := json.Marshal(w.cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "parent.json"), b, 0o600); err != nil {
		w.t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), parentEnv+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	line := make([]byte, 4096)
	n, _ := out.Read(line)
	if err := cmd.Process.Kill(); err != nil {
		w.t.Fatal(err)
	}
	_ = cmd.Wait()
	var pid int
	if _, err := fmt.Sscan(string(line[:n]), &pid); err != nil {
		w.t.Fatalf("parent said %q", line[:n])
	}
	w.t.Cleanup(func() {
		if !gone(pid) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
	return pid
}

// waitLog waits for a line that Asterisk says after the first so many.
func (w *world) waitLog(text string, after int) {
	w.t.Helper()
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		for _, e := range w.logs.All()[after:] {
			if strings.Contains(fmt.Sprint(e.ContextMap()["text"]), text) {
				return
			}
		}
		select {
		case <-tick.C:
		case <-deadline:
			w.t.Fatalf("asterisk never said %q; log:\n%s", text, w.said())
		}
	}
}

// noNumber fails if the number is in our log or in any of Asterisk's files.
func (w *world) noNumber(number string) {
	w.t.Helper()
	if said := w.said(); strings.Contains(said, number) {
		w.t.Errorf("number %s in the log", number)
	}
	err := filepath.WalkDir(w.cfg.Dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(p)
		if err == nil && bytes.Contains(b, []byte(number)) {
			w.t.Errorf("number %s in %s", number, p)
		}
		return err
	})
	if err != nil {
		w.t.Error(err)
	}
}

// running lists the processes that have the folder in their command line.
func running(t *testing.T, dir string) string {
	t.Helper()
	found, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, p := range found {
		if c, err := os.ReadFile(p); err == nil && bytes.Contains(c, []byte(dir)) {
			fmt.Fprintf(&b, "%s %q\n", p, c)
		}
	}
	return b.String()
}
