package pbx

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	asteriskconf "glennline/asterisk-conf"
)

func TestFreePorts(t *testing.T) {
	const calls = 20
	p, err := FreePorts("127.0.0.1", calls)
	if err != nil {
		t.Fatal(err)
	}
	cfg := asteriskconf.Default()
	cfg.Dir = "/x"
	cfg.ARI.Password = asteriskconf.NewPassword()
	cfg.SIP.Port, cfg.ARI.Port, cfg.RTP, cfg.MaxCalls = p.SIP, p.ARI, p.RTP, calls
	cfg.SIP.Transport = "udp,tcp"
	if err := cfg.Validate(); err != nil {
		t.Error(err)
	}
	if p.RTP.From%2 != 0 {
		t.Errorf("RTP from an odd port: %+v", p)
	}
	if err := checkPorts(t.Context(), cfg); err != nil {
		t.Error(err)
	}
}

// The most calls there are ports for are tried, and not one more: whether all of those
// are free is up to the machine.
func TestFreePortsTooMany(t *testing.T) {
	if p, err := tryPorts("127.0.0.1", MostCalls); err == nil && p.RTP.To > highestPort {
		t.Errorf("ports above %d: %+v", highestPort, p)
	}
	for _, calls := range []int{MostCalls + 1, 1 << 20} {
		if p, err := FreePorts("127.0.0.1", calls); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%d calls", calls)) {
			t.Errorf("%d calls: %+v, %v", calls, p, err)
		}
	}
}

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "supervisor.lock")
	held, err := lockSupervisor(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lockSupervisor(path); !errors.Is(err, ErrSupervised) || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Errorf("second lock: %v", err)
	}
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := lockSupervisor(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

func TestDifferences(t *testing.T) {
	have := asteriskconf.Default()
	have.ARI.Password, have.ARI.Port, have.MaxFiles = "p", 1234, 4096
	want := asteriskconf.Default()
	want.ARI.Port = 0
	want.DialledFrom = []string{}
	if got := differences(want, have); len(got) != 0 {
		t.Errorf("differences in what was left open: %q", got)
	}
	want.ARI.Port = 1
	want.Trunks = nil
	if got := differences(want, have); !slices.Equal(got, []string{"ARI", "Trunks"}) {
		t.Errorf("differences %q", got)
	}
}

func TestAllowedFiles(t *testing.T) {
	cfg := asteriskconf.Default()
	cfg.Dir, cfg.ARI.Password = "/x", asteriskconf.NewPassword()
	cfg.MaxFiles = 1 << 30
	files, err := allowedFiles(cfg)
	if err == nil && files < cfg.MaxCalls {
		t.Errorf("%d files are allowed", files)
	}
	if err != nil && !errors.Is(err, ErrOpenFiles) {
		t.Error(err)
	}
	cfg.RTP = asteriskconf.PortRange{From: 10000, To: 30000}
	cfg.MaxCalls, cfg.MaxFiles = 1<<27, 1<<31
	if _, err := allowedFiles(cfg); !errors.Is(err, ErrOpenFiles) || !strings.Contains(err.Error(), "LimitNOFILE") {
		t.Errorf("more calls than files: %v", err)
	}
}

func TestStartRefuses(t *testing.T) {
	cfg := asteriskconf.Default()
	cfg.Dir = filepath.Join(t.TempDir(), "a")
	cfg.SIP.Port = 0
	var fe *asteriskconf.FieldError
	if _, err := Start(t.Context(), Options{Config: cfg}); !errors.As(err, &fe) {
		t.Errorf("Start: %v", err)
	}
	if _, err := os.Stat(cfg.Dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Start wrote before it refused: %v", err)
	}
	if _, err := Start(t.Context(), Options{Config: cfg, User: "no-such-user"}); !errors.Is(err, ErrUser) {
		t.Errorf("Start: %v", err)
	}
}

// Told to end, neither the account nor the ports are blamed.
func TestToldToEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var a *account
	if err := a.try(ctx, Install{Binary: "/bin/true"}, t.TempDir(), false); !errors.Is(err, context.Canceled) || errors.Is(err, ErrUser) {
		t.Errorf("try: %v", err)
	}
	cfg := asteriskconf.Default()
	cfg.SIP.Host = "192.0.2.250"
	if err := checkPorts(ctx, cfg); !errors.Is(err, context.Canceled) || errors.Is(err, ErrPortTaken) {
		t.Errorf("checkPorts: %v", err)
	}
}

func TestBlocked(t *testing.T) {
	dir := t.TempDir()
	inner := filepath.Join(dir, "closed", "inner")
	if err := os.MkdirAll(inner, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{filepath.Dir(dir), dir} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	a := &account{name: "other", uid: 4242, gid: 4242}
	if at := a.blocked(filepath.Join(inner, "x")); at != "" {
		t.Errorf("blocked at %s, but all is open", at)
	}
	if err := os.Chmod(filepath.Join(dir, "closed"), 0o700); err != nil {
		t.Fatal(err)
	}
	if at := a.blocked(filepath.Join(inner, "x")); at != filepath.Join(dir, "closed") {
		t.Errorf("blocked at %q", at)
	}
	a.uid = uint32(os.Getuid())
	if at := a.blocked(filepath.Join(inner, "x")); at != "" {
		t.Errorf("the owner is blocked at %s", at)
	}
}

// A control socket that answers as Asterisk's does.
func TestControl(t *testing.T) {
	c := controlAt(t.TempDir())
	if err := os.Mkdir(filepath.Dir(c.path), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := c.command(t.Context(), "x"); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("without a socket: %v", err)
	}
	l, err := net.Listen("unix", c.path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	got := make(chan string, 2)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(conn, "host/1/22\n")
			b := make([]byte, 100)
			n, _ := conn.Read(b)
			got <- string(b[:n])
			fmt.Fprint(conn, "one\n\xfeverbose: caller 0475550100\n  two\nthree")
			conn.Close()
		}
	}()
	out, err := c.command(t.Context(), "core show uptime")
	if err != nil || out != "one\n  two\nthree" {
		t.Errorf("%q, %v", out, err)
	}
	if sent := <-got; sent != "cli quit after core show uptime\x00" {
		t.Errorf("sent %q", sent)
	}
	pid, err := c.pid(t.Context())
	if err != nil || pid != os.Getpid() {
		t.Errorf("pid %d, %v", pid, err)
	}
	<-got
}
