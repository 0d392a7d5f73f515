//go:build e2e

package pbx

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	asteriskconf "glennline/asterisk-conf"
)

func TestStartReadyStop(t *testing.T) {
	t.Parallel()
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

func TestRestartedWhenItDies(t *testing.T) {
	t.Parallel()
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
	dial(t, w.cfg, invitation{from: "127.0.0.2", user: "+3225550100"}).answer()
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

// Asterisk was started, but is not there yet, when its parent dies.
func TestAdoptedWhileItBoots(t *testing.T) {
	t.Setenv(earlyEnv, "1")
	w := newWorld(t)
	pid := w.orphan()
	s := w.start()
	w.want(EventAdopted, EventReady)
	if s.PID() != pid {
		t.Errorf("process %d, want the survivor %d", s.PID(), pid)
	}
}

// A survivor that nobody reads from must not stand still.
func TestSurvivorIsNotBlockedByItsConsole(t *testing.T) {
	w := newWorld(t)
	w.cfg.Trunks[0].Match = []string{"192.0.2.1"} // so that all are strangers
	pid := w.orphan()
	c := controlAt(w.cfg.Dir)
	// A call from a stranger writes about 500 bytes; the FIFO holds 1 MiB. They
	// come from many addresses: of what repeats, few lines are logged.
	const calls, addresses = 3000, 150
	for n := range calls {
		dial(t, w.cfg, invitation{from: fmt.Sprintf("127.0.0.%d", 2+n%addresses), user: "+3225550100"}).answer()
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
	dial(t, w.cfg, invitation{from: "127.0.0.200", user: "+3225550100"}).answer()
	w.waitLog("No matching endpoint", before)
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !gone(pid) {
		t.Error("an adopted asterisk outlives Stop")
	}
	w.noNumber(marie)
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

// One with calls is kept as it is.
func TestSurvivorWithAnotherConfigurationAndCalls(t *testing.T) {
	w := newWorld(t)
	w.cfg.ARI.Password = asteriskconf.NewPassword()
	pid := w.orphan()
	a := connect(t, w.cfg)
	p := dial(t, w.cfg, invitation{user: "+3225550100"})
	a.answer(a.await("StasisStart").Channel.ID)
	p.answer()
	before := w.cfg
	w.cfg.MaxCall = 2 * w.cfg.MaxCall
	s := w.start()
	w.want(EventAdopted, EventReady)
	if s.PID() != pid || s.Config().MaxCall != before.MaxCall {
		t.Errorf("process %d with %+v, want %d with %+v", s.PID(), s.Config(), pid, before)
	}
	if !strings.Contains(w.said(), "kept as it is") || !strings.Contains(w.said(), "MaxCall") {
		t.Errorf("no warning:\n%s", w.said())
	}
	p.hangup()
	a.await("StasisEnd")
}

func TestOnlyOneSupervisor(t *testing.T) {
	t.Parallel()
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

// What listens on the port that was chosen for ARI before Asterisk does.
func TestChosenPortTakenMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cfg.ARI.Port = 0
	for range 5 { // Asterisk may be there first
		s, err := Start(t.Context(), w.options())
		if err != nil {
			t.Fatal(err)
		}
		chosen := s.Config().ARI.Port
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", chosen))
		if err == nil {
			defer l.Close()
			defer func() { _ = s.Stop(context.WithoutCancel(t.Context())) }()
			w.ready(s)
			if now := s.Config().ARI.Port; now == chosen || now == 0 {
				t.Errorf("ARI on port %d, where another listens", now)
			}
			if have, err := Running(w.cfg.Dir); err != nil || have.ARI.Port != s.Config().ARI.Port {
				t.Errorf("recorded: port %d, %v", have.ARI.Port, err)
			}
			w.want(EventReady)
			return
		}
		if err := s.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		for len(w.events) > 0 {
			<-w.events
		}
	}
	t.Fatal("asterisk always listened before the test could")
}

// A port that was set is not exchanged for another.
func TestSetPortTakenMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 5 {
		s, err := Start(t.Context(), w.options())
		if err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", w.cfg.ARI.Port))
		if err == nil {
			defer l.Close()
			<-s.Done()
			if err := s.Err(); !errors.Is(err, errNoARI) || !strings.Contains(err.Error(), fmt.Sprint(w.cfg.ARI.Port)) {
				t.Errorf("Err: %v", err)
			}
			return
		}
		if err := s.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("asterisk always listened before the test could")
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
