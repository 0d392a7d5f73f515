//go:build e2e

package pbx

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
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
	if err == nil {
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

// clean fails if Asterisk or we warned of anything.
func (w *world) clean() {
	w.t.Helper()
	for _, e := range w.logs.All() {
		if e.Level >= zapcore.WarnLevel {
			w.t.Errorf("log is not clean: %s %s %v", e.Level, e.Message, e.ContextMap())
		}
	}
}

func gone(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return errors.Is(err, fs.ErrNotExist) || bytes.Contains(stat, []byte(") Z "))
}

func TestStartReadyStop(t *testing.T) {
	w := newWorld(t)
	s := w.start()
	w.want(EventReady)
	pid := s.PID()
	if limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", pid)); err != nil || !strings.Contains(string(limits), "Max open files            2000") {
		t.Errorf("open files: %v\n%s", err, limits)
	}
	if status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)); err != nil || !strings.Contains(string(status), "Umask:\t0077") {
		t.Errorf("umask: %v\n%s", err, status)
	}
	if os.Geteuid() == 0 {
		info, err := os.Stat(fmt.Sprintf("/proc/%d", pid))
		if err != nil {
			t.Fatal(err)
		}
		if info.Sys().(*syscall.Stat_t).Uid == 0 {
			t.Error("asterisk runs as root")
		}
	}
	private(t, w.cfg.Dir)
	out, err := s.Command(t.Context(), "core show settings")
	if err != nil || !strings.Contains(out, "glennline") {
		t.Errorf("core show settings: %v\n%s", err, out)
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.want(EventStopped)
	if !gone(pid) {
		t.Error("asterisk is still there")
	}
	if s.Err() != nil {
		t.Error(s.Err())
	}
	if err := s.Ready(t.Context()); !errors.Is(err, ErrStopped) {
		t.Errorf("Ready after Stop: %v", err)
	}
	for _, p := range []string{controlAt(w.cfg.Dir).path, consolePath(w.cfg.Dir), statePath(w.cfg.Dir)} {
		if _, err := os.Lstat(p); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s was left: %v", p, err)
		}
	}
	w.clean()
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

func TestRestartedWhenItDies(t *testing.T) {
	w := newWorld(t)
	s := w.start()
	w.want(EventReady)
	first := s.PID()
	if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	got := w.want(EventDied, EventRestarted, EventReady)
	if got[0].PID != first || got[0].Err == nil || got[0].Delay != firstDelay {
		t.Errorf("died: %+v", got[0])
	}
	if got[2].PID == first || got[2].PID != s.PID() {
		t.Errorf("restarted as %d, first was %d, PID says %d", got[2].PID, first, s.PID())
	}
	w.ready(s)
	if err := syscall.Kill(s.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if again := w.want(EventDied, EventRestarted, EventReady); again[0].Delay != 2*firstDelay {
		t.Errorf("second delay %s does not grow", again[0].Delay)
	}
}

func TestAdopted(t *testing.T) {
	w := newWorld(t)
	pid := w.orphan()
	if gone(pid) {
		t.Fatal("asterisk ended with its parent")
	}
	s := w.start()
	w.want(EventAdopted, EventReady)
	if s.PID() != pid {
		t.Fatalf("process %d, want the survivor %d", s.PID(), pid)
	}
	// Its log goes on.
	before := w.logs.Len()
	stranger(t, w.cfg, "")
	w.waitLog("No matching endpoint", before)
	// It is stopped and replaced like one of our own.
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	w.want(EventDied, EventRestarted, EventReady)
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.want(EventStopped)
	if left := running(t, w.cfg.Dir); left != "" {
		t.Errorf("still running: %s", left)
	}
}

// A survivor that nobody reads from must not stand still.
func TestSurvivorIsNotBlockedByItsConsole(t *testing.T) {
	w := newWorld(t)
	w.cfg.Trunks[0].Match = []string{"192.0.2.1"} // so that all are strangers
	pid := w.orphan()
	c := controlAt(w.cfg.Dir)
	// A call from a stranger writes about 500 bytes; the FIFO holds 1 MiB.
	const calls = 3000
	for range calls {
		stranger(t, w.cfg, "")
	}
	out, err := c.command(t.Context(), "core show uptime")
	if err != nil || !strings.Contains(out, "uptime") {
		t.Errorf("core show uptime: %v %q", err, out)
	}
	s := w.start()
	w.want(EventAdopted, EventReady)
	if s.PID() != pid {
		t.Errorf("process %d, want the survivor %d", s.PID(), pid)
	}
	s.console.flush(t.Context())
	if kept := strings.Count(w.said(), "No matching endpoint"); kept < 100 || kept >= calls {
		t.Errorf("%d lines came through, so the FIFO was not full or not read", kept)
	}
	before := w.logs.Len()
	stranger(t, w.cfg, "")
	w.waitLog("No matching endpoint", before)
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.noNumber(strangerNumber)
}

func TestSurvivorWithAnotherConfiguration(t *testing.T) {
	w := newWorld(t)
	pid := w.orphan()
	w.cfg.MaxCall = 2 * w.cfg.MaxCall
	s := w.start()
	w.want(EventReady)
	if !gone(pid) {
		t.Error("an idle survivor with another configuration was not replaced")
	}
	if got := s.Config().MaxCall; got != w.cfg.MaxCall {
		t.Errorf("max call %s, want %s", got, w.cfg.MaxCall)
	}
}

func TestOnlyOneSupervisor(t *testing.T) {
	w := newWorld(t)
	s := w.start()
	_, err := Start(t.Context(), w.options())
	if !errors.Is(err, ErrSupervised) || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Errorf("second Start: %v", err)
	}
	if err := s.Ready(t.Context()); err != nil || gone(s.PID()) {
		t.Errorf("the first suffered: %v", err)
	}
}

func TestPortTaken(t *testing.T) {
	w := newWorld(t)
	l, err := net.ListenPacket("udp", fmt.Sprintf("127.0.0.1:%d", w.cfg.SIP.Port))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := Start(t.Context(), w.options()); !errors.Is(err, ErrPortTaken) || !strings.Contains(err.Error(), "udp") {
		t.Errorf("Start: %v", err)
	}
}

func TestFirstStartFails(t *testing.T) {
	w := newWorld(t)
	modules := filepath.Join(reachable(t), "modules")
	if err := os.Mkdir(modules, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(w.in.ModuleDir, "res_pjsip.so"), filepath.Join(modules, "res_pjsip.so")); err != nil {
		t.Fatal(err)
	}
	w.in.ModuleDir = modules
	s, err := Start(t.Context(), w.options())
	if err != nil {
		t.Fatal(err)
	}
	err = s.Ready(t.Context())
	if !errors.Is(err, errEnded) || !strings.Contains(err.Error(), "res_sorcery_config") {
		t.Errorf("Ready: %v", err)
	}
	<-s.Done()
	if s.Err() == nil {
		t.Error("Err is nil")
	}
}

func TestUserThatCannotReachTheFolder(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Log("as an ordinary user there is nobody else to be: only the refusal is tried")
		w := newWorld(t)
		o := w.options()
		o.User = "root"
		if _, err := Start(t.Context(), o); !errors.Is(err, ErrUser) {
			t.Errorf("Start: %v", err)
		}
		return
	}
	w := newWorld(t)
	closed := filepath.Dir(w.cfg.Dir)
	if err := os.Chmod(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), w.options()); !errors.Is(err, ErrUser) || !strings.Contains(err.Error(), closed) {
		t.Errorf("Start: %v", err)
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

const strangerNumber = "32475550100"

// stranger sends an INVITE from an address that Asterisk does not know, or of a
// trunk, and returns the status of the answer that is not provisional.
func stranger(t *testing.T, cfg asteriskconf.Config, from string) string {
	t.Helper()
	if from == "" {
		from = "127.0.0.2"
	}
	c, err := net.DialUDP("udp", &net.UDPAddr{IP: net.ParseIP(from)}, &net.UDPAddr{IP: net.ParseIP(cfg.SIP.Host), Port: cfg.SIP.Port})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	id := time.Now().UnixNano()
	fmt.Fprintf(c, strings.ReplaceAll(`INVITE sip:+3225550100@%[1]s SIP/2.0
Via: SIP/2.0/UDP %[2]s;branch=z9hG4bK%[3]d
From: "Marie" <sip:+%[4]s@%[2]s>;tag=1
To: <sip:+3225550100@%[1]s>
Call-ID: %[3]d
CSeq: 1 INVITE
Contact: <sip:x@%[2]s>
Max-Forwards: 70
Content-Length: 0

`, "\n", "\r\n"), c.RemoteAddr(), c.LocalAddr(), id, strangerNumber)
	if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 65536)
	for {
		n, err := c.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		if status := strings.Fields(string(buf[:n]))[1]; status[0] != '1' {
			return status
		}
	}
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
