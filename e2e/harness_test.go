//go:build e2e || heavy

// Package e2e starts the real program with a real Asterisk and calls it with
// real SIP and real audio, as a caller would.
package e2e

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// glennline is the program under test, built once.
var glennline string

// program names the environment variable that names a program built before, for
// a test that runs itself again in a namespace.
const program = "E2E_PROGRAM"

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
		if glennline = os.Getenv(program); glennline == "" {
			glennline = filepath.Join(dir, "glennline")
			build := exec.Command("go", "build", "-race", "-o", glennline, "glennline/cmd/glennline")
			build.Stdout, build.Stderr = os.Stderr, os.Stderr
			if err := build.Run(); err != nil {
				fmt.Fprintln(os.Stderr, "building glennline:", err)
				return 1
			}
		}
		// Tests wait for calls most of the time: more of them go at once than
		// there are processors, unless the command line says otherwise.
		flag.Parse()
		if flag.Lookup("test.parallel").Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
			if err := flag.Set("test.parallel", "16"); err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
		}
		return m.Run()
	}())
}

// deadline is how long any condition may take before a test gives up. It is
// no expectation: it only keeps a broken run from hanging.
const deadline = 90 * time.Second

// slowest is how long glennline took at most to start beside an Asterisk that runs,
// in this run.
var slowest atomic.Int64

// line is a running `glennline up`, or serve.
type line struct {
	t      *testing.T
	dir    string // holds data/, config.yaml, prompts/
	spool  string // where its Asterisk records
	config string
	args   []string // of the program
	addr   string   // host:port of SIP
	number string   // as printed after ready
	cmd    *exec.Cmd
	log    *logBuffer
	done   chan error // how it ended

	beep     time.Duration // its length
	prompts  time.Duration // that of name and notice, of an adoptionLine
	again    time.Duration // that of the question, of an adoptionLine
	calledAt time.Time     // when the call of a test began
	soundAt  time.Time     // when its first sound was heard, where the test goes by that
	readyAt  time.Time     // when the program was ready last

	taken   atomic.Int32 // messages of takesAMessage
	asking  sync.Mutex   // for the ledger
	askedAt time.Time
	answer  []record
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
	return upFor(t, lineCalls, config)
}

// upFor is up with room for so many calls at once.
func upFor(t *testing.T, calls int, config string) *line {
	t.Helper()
	return upIn(t, tempDir(t), calls, config)
}

// upIn is upFor in a folder that is there.
func upIn(t *testing.T, dir string, calls int, config string) *line {
	t.Helper()
	rtp := freeRTP(t, calls)
	l := newLine(t, dir, fmt.Sprintf("rtp: {from: %d, to: %d}\npbx: {max_calls: %d}\n%s", rtp, rtp+2*calls-1, calls, config))
	l.args = []string{"up"}
	l.start()
	return l
}

// newLine makes a folder with configuration and prompts. What is started in it
// is stopped at the end of the test.
func newLine(t *testing.T, dir, config string) *line {
	t.Helper()
	return lineAt(t, dir, freePort(t), config)
}

// lineAt is newLine with SIP at the port.
func lineAt(t *testing.T, dir string, port int, config string) *line {
	t.Helper()
	l := &line{t: t, dir: dir, config: filepath.Join(dir, "config.yaml"), log: &logBuffer{}, beep: beepLength}
	l.spool = filepath.Join(dir, "data", "asterisk", "spool", "recording")
	l.addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	config = fmt.Sprintf("data: %s\nsip: {host: 127.0.0.1, port: %d}\n%s",
		filepath.Join(dir, "data"), port, strings.ReplaceAll(config, "@DIR@", dir))
	if err := os.WriteFile(l.config, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	shortPrompts(t, filepath.Join(dir, "prompts"))
	t.Cleanup(func() {
		l.stop()
		if pid := l.asterisk(); pid != 0 {
			t.Errorf("asterisk (process %d) was left running", pid)
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		if t.Failed() {
			t.Logf("glennline's log:\n%s", l.log.String())
		}
	})
	return l
}

// start runs the program on the line's folder and waits for its ready line.
func (l *line) start() {
	l.t.Helper()
	began, beside := time.Now(), l.asterisk() != 0
	l.awaitReady(l.launch())
	if took := int64(l.readyAt.Sub(began)); beside {
		for before := slowest.Load(); took > before && !slowest.CompareAndSwap(before, took); before = slowest.Load() {
		}
	}
}

// awaitReady waits for the ready line of a program that was launched.
func (l *line) awaitReady(ready <-chan string) {
	l.t.Helper()
	select {
	case uri, ok := <-ready:
		if !ok {
			l.cmd = nil
			l.t.Fatalf("glennline ended before it was ready: %v\n%s", <-l.done, l.log.String())
		}
		m := regexp.MustCompile(`^sip:([^@]+)@(.+)$`).FindStringSubmatch(uri)
		if m == nil || m[2] != l.addr {
			l.t.Fatalf("ready line names %q, want an address at %s", uri, l.addr)
		}
		l.number, l.readyAt = m[1], time.Now()
	case <-time.After(deadline):
		l.t.Fatalf("glennline is not ready after %s\n%s", deadline, l.log.String())
	}
}

// launch runs the program. The channel gives what follows ready, and is closed
// with standard output.
func (l *line) launch() <-chan string {
	l.t.Helper()
	l.cmd = exec.Command(glennline, append(l.args, "--config", l.config)...)
	l.cmd.Stderr = l.log
	stdout, err := l.cmd.StdoutPipe()
	if err != nil {
		l.t.Fatal(err)
	}
	if err := l.cmd.Start(); err != nil {
		l.t.Fatal(err)
	}
	ready := make(chan string, 10)
	l.done = make(chan error, 1)
	go func(cmd *exec.Cmd, done chan<- error) {
		lines := bufio.NewScanner(stdout)
		for lines.Scan() {
			if uri, ok := strings.CutPrefix(lines.Text(), "ready "); ok {
				ready <- uri
			}
		}
		close(ready)
		done <- cmd.Wait()
	}(l.cmd, l.done)
	return ready
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
	<-l.done //nolint:errcheck // killed, as it was told
	l.cmd = nil
}

// asterisk is the process of the line's own Asterisk, 0 if none runs.
func (l *line) asterisk() int {
	raw, err := os.ReadFile(filepath.Join(l.dir, "data", "asterisk", "run", "asterisk.pid"))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil || pid <= 0 {
		return 0
	}
	// Processes that have ended and others of the same number do not count.
	command, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil || !bytes.Contains(command, []byte(l.dir)) {
		return 0
	}
	return pid
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

// logged counts the lines of the log that have the text.
func (l *line) logged(text string) int { return strings.Count(l.log.String(), text) }

// signal is sent to the program.
func (l *line) signal(s syscall.Signal) {
	l.t.Helper()
	if err := l.cmd.Process.Signal(s); err != nil {
		l.t.Fatal(err)
	}
}

// edit changes the line's configuration.
func (l *line) edit(t *testing.T, from, to string) {
	t.Helper()
	config, err := os.ReadFile(l.config)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(config), from) {
		t.Fatalf("no %q in the configuration", from)
	}
	if err := os.WriteFile(l.config, []byte(strings.Replace(string(config), from, to, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}
