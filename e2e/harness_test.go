//go:build e2e

// Package e2e starts the real program with a real Asterisk and calls it with
// real SIP and real audio, as a caller would.
package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// glennline is the program under test, built once.
var glennline string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "glennline-e2e-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		// Asterisk may run as another user than we do and must reach what lies below.
		if err := os.Chmod(dir, 0o755); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		glennline = filepath.Join(dir, "glennline")
		build := exec.Command("go", "build", "-race", "-o", glennline, "glennline/cmd/glennline")
		build.Stdout, build.Stderr = os.Stderr, os.Stderr
		if err := build.Run(); err != nil {
			fmt.Fprintln(os.Stderr, "building glennline:", err)
			return 1
		}
		return m.Run()
	}())
}

// deadline is how long any condition may take before a test gives up. It is
// no expectation: it only keeps a broken run from hanging.
const deadline = 90 * time.Second

// line is a running `glennline up`.
type line struct {
	t      *testing.T
	dir    string // holds data/, config.yaml, prompts/
	config string
	addr   string // host:port of SIP
	number string // as printed after ready
	cmd    *exec.Cmd
	log    *logBuffer
	done   chan error
}

// tempDir is t.TempDir, reachable by the ordinary user whom Asterisk runs as
// where the tests run as root.
func tempDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for d := dir; d != os.TempDir() && d != "/"; d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// up starts `glennline up` with the configuration and waits until it is ready.
func up(t *testing.T, config string) *line {
	t.Helper()
	l := &line{t: t, dir: tempDir(t)}
	l.config = filepath.Join(l.dir, "config.yaml")
	l.addr = net.JoinHostPort("127.0.0.1", fmt.Sprint(freePort(t)))
	rtp := freeRTP(t)
	host, port, _ := net.SplitHostPort(l.addr)
	config = fmt.Sprintf("data: %s\nsip: {host: %s, port: %s}\nrtp: {from: %d, to: %d}\npbx: {max_calls: 490}\n",
		filepath.Join(l.dir, "data"), host, port, rtp, rtp+999) + strings.ReplaceAll(config, "@DIR@", l.dir)
	if err := os.WriteFile(l.config, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	shortPrompts(t, filepath.Join(l.dir, "prompts"))
	l.start()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("glennline's log:\n%s", l.log.String())
		}
		l.stop()
	})
	return l
}

// start runs the program on the line's folder and waits for its ready line.
func (l *line) start() {
	l.t.Helper()
	if l.log == nil {
		l.log = &logBuffer{}
	}
	l.cmd = exec.Command(glennline, "up", "--config", l.config)
	l.cmd.Stderr = l.log
	stdout, err := l.cmd.StdoutPipe()
	if err != nil {
		l.t.Fatal(err)
	}
	if err := l.cmd.Start(); err != nil {
		l.t.Fatal(err)
	}
	ready := make(chan string, 1)
	l.done = make(chan error, 1)
	go func(cmd *exec.Cmd, done chan<- error) {
		lines := bufio.NewScanner(stdout)
		for lines.Scan() {
			if uri, ok := strings.CutPrefix(lines.Text(), "ready "); ok {
				ready <- uri
			}
		}
		done <- cmd.Wait()
	}(l.cmd, l.done)
	select {
	case uri := <-ready:
		m := regexp.MustCompile(`^sip:([^@]+)@(.+)$`).FindStringSubmatch(uri)
		if m == nil || m[2] != l.addr {
			l.t.Fatalf("ready line names %q, want an address at %s", uri, l.addr)
		}
		l.number = m[1]
	case err := <-l.done:
		l.done <- err
		l.t.Fatalf("glennline ended before it was ready: %v\n%s", err, l.log.String())
	case <-time.After(deadline):
		l.t.Fatalf("glennline is not ready after %s\n%s", deadline, l.log.String())
	}
}

// stop ends the program as an operator would, and expects exit code 0.
func (l *line) stop() {
	l.t.Helper()
	if l.cmd == nil {
		return
	}
	_ = l.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-l.done:
		if err != nil {
			l.t.Errorf("glennline ended with %v, want exit code 0\n%s", err, l.log.String())
		}
	case <-time.After(deadline):
		_ = l.cmd.Process.Kill()
		l.t.Errorf("glennline did not end within %s of SIGTERM\n%s", deadline, l.log.String())
	}
	l.cmd = nil
}

// kill is kill -9.
func (l *line) kill() {
	l.t.Helper()
	if err := l.cmd.Process.Kill(); err != nil {
		l.t.Fatal(err)
	}
	<-l.done
	l.cmd = nil
}

// run runs another command of the program on the same configuration.
func (l *line) run(args ...string) (stdout, stderr string, code int) {
	l.t.Helper()
	cmd := exec.Command(glennline, append(args, "--config", l.config)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		l.t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// record is a line of `glennline list --json`.
type record struct {
	ID          string    `json:"id"`
	StartedAt   time.Time `json:"started_at"`
	Line        string    `json:"line"`
	CallerClass string    `json:"caller_class"`
	Ending      struct {
		Result string `json:"result"`
		Reason string `json:"reason"`
	} `json:"ending"`
	Status    string  `json:"status"`
	Seconds   float64 `json:"seconds"`
	WAV       string  `json:"wav"`
	SIPCallID string  `json:"sip_call_id"`
}

func (r record) ending() string { return r.Ending.Result + "/" + r.Ending.Reason }

// calls is every call in the ledger.
func (l *line) calls() []record {
	l.t.Helper()
	out, errs, code := l.run("list", "--calls", "--json")
	if code != 0 {
		l.t.Fatalf("list --calls --json: exit %d: %s", code, errs)
	}
	var rows []record
	dec := json.NewDecoder(strings.NewReader(out))
	for dec.More() {
		var r record
		if err := dec.Decode(&r); err != nil {
			l.t.Fatalf("list --calls --json is no JSON: %v\n%s", err, out)
		}
		rows = append(rows, r)
	}
	return rows
}

// ended waits until n calls have ended and gives them.
func (l *line) ended(n int) []record {
	l.t.Helper()
	var rows []record
	waitFor(l.t, fmt.Sprintf("%d ended calls", n), func() bool {
		rows = nil
		for _, r := range l.calls() {
			if r.Ending.Result != "" {
				rows = append(rows, r)
			}
		}
		return len(rows) >= n
	})
	if len(rows) != n {
		l.t.Fatalf("%d calls ended, want %d", len(rows), n)
	}
	return rows
}

// call is the ended call with a SIP Call-ID.
func (l *line) call(sipCallID string) record {
	l.t.Helper()
	var found record
	waitFor(l.t, "the call's ending in the ledger", func() bool {
		for _, r := range l.calls() {
			if r.SIPCallID == sipCallID && r.Ending.Result != "" {
				found = r
				return true
			}
		}
		return false
	})
	return found
}

// noNumber searches every byte of every file written for the digits.
func (l *line) noNumber(digits ...string) {
	l.t.Helper()
	searched := 0
	err := filepath.WalkDir(filepath.Join(l.dir, "data"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		searched++
		for _, number := range digits {
			if bytes.Contains(raw, []byte(number)) {
				l.t.Errorf("%s holds the caller's number %s", path, number)
			}
		}
		return nil
	})
	if err != nil {
		l.t.Fatal(err)
	}
	if searched < 10 {
		l.t.Fatalf("only %d files searched: the search looks in the wrong place", searched)
	}
	for _, number := range digits {
		if strings.Contains(l.log.String(), number) {
			l.t.Errorf("the log holds the caller's number %s", number)
		}
	}
}

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(deadline); time.Now().Before(end); {
		if ok() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("waited %s for %s", deadline, what)
}

func freePort(t *testing.T) int {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).Port
}

var (
	rtpMutex sync.Mutex
	rtpNext  = 10000 + os.Getpid()%10*2000
)

// freeRTP gives each line of a test run a range of its own.
func freeRTP(t *testing.T) int {
	t.Helper()
	rtpMutex.Lock()
	defer rtpMutex.Unlock()
	rtpNext += 1000
	return rtpNext - 1000
}

// logBuffer collects what the program says on standard error.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
