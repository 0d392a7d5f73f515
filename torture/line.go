package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"glennline/asterisk-conf/pbx"
)

const lineNumber = "+3225550100"

// line is a `glennline up` that is started again whenever it ends.
type line struct {
	dir, binary, config string
	sip                 string // host:port
	told                io.Writer
	log                 *os.File

	mu      sync.Mutex
	cmd     *exec.Cmd // nil while none runs
	meant   bool      // that none runs
	ready   int       // how often it was
	by      int       // how often it ended by itself
	started sync.WaitGroup
}

func newLine(dir, binary string, ports pbx.Ports, told io.Writer) (*line, error) {
	l := &line{
		dir: dir, binary: binary, config: filepath.Join(dir, "config.yaml"), told: told,
		sip: net.JoinHostPort("127.0.0.1", strconv.Itoa(ports.SIP)),
	}
	config := fmt.Sprintf(`data: %s
lines: [{name: main, numbers: ["%s"], language: fr, prompts: %s, limits: {message: 30s, silence: 0s}}]
sip: {host: 127.0.0.1, port: %d}
rtp: {from: %d, to: %d}
pbx: {max_calls: %d, max_call: 2m}
`, filepath.Join(dir, "data"), lineNumber, filepath.Join(dir, "prompts"), ports.SIP, ports.RTP.From, ports.RTP.To, atOnce)
	if err := os.WriteFile(l.config, []byte(config), 0o600); err != nil {
		return nil, err
	}
	var err error
	l.log, err = os.Create(filepath.Join(dir, "glennline.log"))
	return l, err
}

// launch starts glennline and sees to it that it is started again.
func (l *line) launch() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.meant = false
	l.begin()
}

func (l *line) begin() {
	cmd := exec.Command(l.binary, "up", "--config", l.config) //nolint:noctx // it is ended by signals
	cmd.Stderr = l.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fmt.Fprintln(l.told, "torture: glennline cannot be started:", err)
		return
	}
	l.cmd = cmd
	l.started.Go(func() { l.watch(cmd, out) })
}

// watch starts glennline again when it ends and was not meant to.
func (l *line) watch(cmd *exec.Cmd, out io.Reader) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "ready ") {
			l.mu.Lock()
			l.ready++
			l.mu.Unlock()
		}
	}
	err := cmd.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cmd != cmd {
		return
	}
	l.cmd = nil
	if l.meant {
		return
	}
	l.by++
	fmt.Fprintf(l.told, "torture: glennline ended by itself (%v) and is started again\n", err)
	l.mu.Unlock()
	time.Sleep(500 * time.Millisecond)
	l.mu.Lock()
	if l.cmd == nil && !l.meant {
		l.begin()
	}
}

// start launches glennline and waits until it answers.
func (l *line) start(ctx context.Context) error {
	l.launch()
	return l.await(ctx, 0)
}

// await waits until glennline was ready more than before times.
func (l *line) await(ctx context.Context, before int) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for {
		l.mu.Lock()
		ready, by := l.ready, l.by
		l.mu.Unlock()
		if ready > before {
			return nil
		}
		if ready == 0 && by > 0 {
			return fmt.Errorf("glennline does not start; see %s", l.log.Name())
		}
		if err := sleep(ctx, 50*time.Millisecond); err != nil {
			return fmt.Errorf("glennline is not ready: %w; see %s", err, l.log.Name())
		}
	}
}

// kill is kill -9, and nobody starts it again.
func (l *line) kill() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.meant = true
	if l.cmd != nil {
		_ = l.cmd.Process.Kill()
	}
}

func (l *line) signal(s syscall.Signal) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cmd != nil {
		_ = l.cmd.Process.Signal(s)
	}
}

// signalAsterisk gives the process that it signalled, 0 if none runs.
func (l *line) signalAsterisk(s syscall.Signal) int {
	raw, err := os.ReadFile(filepath.Join(l.dir, "data", "asterisk", "run", "asterisk.pid"))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil || pid <= 1 {
		return 0
	}
	// The number may be another process's by now.
	command, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil || !bytes.Contains(command, []byte(l.dir)) {
		return 0
	}
	if syscall.Kill(pid, s) != nil {
		return 0
	}
	return pid
}

// stop ends glennline, which ends its Asterisk, as an operator would.
func (l *line) stop() error {
	defer l.log.Close()
	l.mu.Lock()
	l.meant = true
	cmd := l.cmd
	if cmd != nil {
		_ = cmd.Process.Signal(syscall.SIGCONT)
		_ = cmd.Process.Signal(syscall.SIGTERM)
	}
	l.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		l.started.Wait()
		close(ended)
	}()
	var err error
	select {
	case <-ended:
	case <-time.After(time.Minute):
		err = errors.New("glennline did not end within a minute of SIGTERM and was killed")
		l.kill()
	}
	if l.signalAsterisk(syscall.SIGKILL) != 0 {
		err = errors.Join(err, errors.New("asterisk was left running and was killed"))
	}
	return err
}

// run runs another command of the program.
func (l *line) run(ctx context.Context, args ...string) (stdout, stderr []byte, code int, err error) {
	cmd := exec.CommandContext(ctx, l.binary, append(args, "--config", l.config)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	if _, failed := errors.AsType[*exec.ExitError](err); failed {
		err = nil
	}
	if err != nil {
		return nil, nil, 0, err
	}
	return out.Bytes(), errs.Bytes(), cmd.ProcessState.ExitCode(), nil
}

// settle waits until no call is left alone any more by reconcile --apply, and
// then holds reconcile to its word. It says what is not as it should be.
func (l *line) settle(ctx context.Context) (troubles []string) {
	for end := time.Now().Add(2 * time.Minute); ; {
		out, errs, code, err := l.run(ctx, "reconcile", "--apply", "--json")
		if err != nil {
			return append(troubles, "reconcile --apply: "+err.Error())
		}
		var report struct {
			Waiting *int `json:"waiting"`
			Left    int  `json:"left"`
		}
		if lines := bytes.Split(bytes.TrimSpace(out), []byte("\n")); json.Unmarshal(lines[len(lines)-1], &report) != nil || report.Waiting == nil {
			return append(troubles, fmt.Sprintf("reconcile --apply: exit %d without a report: %s", code, errs))
		}
		if *report.Waiting == 0 {
			if code != 0 {
				troubles = append(troubles, fmt.Sprintf("reconcile --apply: exit %d: %s%s", code, out, errs))
			}
			break
		}
		if time.Now().After(end) {
			return append(troubles, fmt.Sprintf("reconcile still leaves %d calls alone", *report.Waiting))
		}
		if err := sleep(ctx, time.Second); err != nil {
			return append(troubles, err.Error())
		}
	}
	for _, args := range [][]string{{"reconcile"}, {"reconcile", "--verify-hashes"}} {
		out, errs, code, err := l.run(ctx, args...)
		if err != nil || code != 0 || bytes.Contains(out, []byte("left alone")) {
			troubles = append(troubles, fmt.Sprintf("%s: exit %d %v\n%s%s", strings.Join(args, " "), code, err, out, errs))
		}
		fmt.Fprintf(l.told, "%s", out)
	}
	return troubles
}
