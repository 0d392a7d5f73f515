package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"glennline/asterisk-conf/pbx"
	"glennline/ops/datadir"
)

// The numbers that are dialled.
const (
	lineNumber      = "+3225550100"
	dialplanNumber  = "+3225550199"
	voicemailNumber = "+3225550198"
)

// line is a running `glennline up` and its Asterisk.
type line struct {
	cmd      *exec.Cmd
	done     chan error
	binary   string
	config   string
	log      string // path
	data     datadir.Dir
	install  pbx.Install
	sip      string // host:port
	monitor  string // host:port
	asterisk int    // its process id
}

const startLimit = 2 * time.Minute

// startLine starts glennline on a fresh data folder in dir and waits until
// calls are answered. The caller stops it, also after an error.
func startLine(ctx context.Context, p plan, dir, binary string, in pbx.Install) (*line, error) {
	l := &line{
		binary: binary, install: in, data: datadir.Dir(filepath.Join(dir, "data")),
		config: filepath.Join(dir, "config.yaml"), log: filepath.Join(dir, "glennline.log"),
	}
	const host = "127.0.0.1"
	ports, err := pbx.FreePorts(host, p.atOnce())
	if err != nil {
		return l, err
	}
	l.sip = net.JoinHostPort(host, strconv.Itoa(ports.SIP))
	if l.monitor, err = freeTCP(ctx, host); err != nil {
		return l, err
	}
	config := fmt.Sprintf(`data: %s
lines: [{name: bench, numbers: ["%s"], language: fr, prompts: %s}]
sip: {host: %s, port: %d}
rtp: {from: %d, to: %d}
pbx: {asterisk: %q, max_calls: %d}
log: {format: json}
monitor: {listen: "%s", pprof: true}
`, l.data, lineNumber, filepath.Join(dir, "prompts"), host, ports.SIP, ports.RTP.From, ports.RTP.To, in.Binary, p.atOnce(), l.monitor)
	if err := os.WriteFile(l.config, []byte(config), 0o600); err != nil {
		return l, err
	}
	if err := l.start(ctx); err != nil {
		return l, err
	}
	return l, l.findAsterisk()
}

// freeTCP is an address that nobody listens on.
func freeTCP(ctx context.Context, host string) (string, error) {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

func (l *line) start(ctx context.Context) error {
	log, err := os.Create(l.log)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(l.binary, "up", "--config", l.config) //nolint:noctx // it is ended in order, by stop
	cmd.Stderr = log
	// Out of the terminal's reach, so that Ctrl-C comes to it through us; and
	// told to end if we are killed.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("glennline: %w", err)
	}
	l.cmd, l.done = cmd, make(chan error, 1)
	ready := make(chan struct{}, 1)
	go func() {
		out := bufio.NewScanner(stdout)
		for out.Scan() {
			if strings.HasPrefix(out.Text(), "ready ") {
				ready <- struct{}{}
			}
		}
		l.done <- cmd.Wait()
	}()
	limit := time.NewTimer(startLimit)
	defer limit.Stop()
	select {
	case <-ready:
		return nil
	case err := <-l.done:
		l.cmd = nil
		if err == nil {
			err = errors.New("without an error")
		}
		return fmt.Errorf("glennline ended before it was ready: %w; its log ends with: %s", err, l.logEnd())
	case <-limit.C:
		return fmt.Errorf("glennline is not ready after %s; its log ends with: %s", startLimit, l.logEnd())
	case <-ctx.Done():
		return ctx.Err()
	}
}

// findAsterisk reads the file that Asterisk writes its process id to.
func (l *line) findAsterisk() error {
	path := filepath.Join(l.data.Asterisk(), "run", "asterisk.pid")
	text, err := os.ReadFile(path)
	if err == nil {
		l.asterisk, err = strconv.Atoi(strings.TrimSpace(string(text)))
	}
	if err != nil {
		return fmt.Errorf("asterisk's process: %w", err)
	}
	return nil
}

func (l *line) logEnd() string {
	log, err := os.ReadFile(l.log)
	if err != nil {
		return err.Error()
	}
	return string(log[max(0, len(log)-1500):])
}

const stopLimit = 30 * time.Second

// stop ends glennline, which ends its Asterisk; by force what does not. Once ctx has
// ended, nobody waits for the calls that are still there.
func (l *line) stop(ctx context.Context) error {
	if l.cmd == nil {
		return nil
	}
	interrupted := ctx.Done()
	// Of two that are the same, the second may be lost while the first is on its way.
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGKILL} {
		_ = l.cmd.Process.Signal(s) // it may be gone
		select {
		case err := <-l.done:
			l.cmd = nil
			if s == syscall.SIGKILL {
				return errors.Join(fmt.Errorf("glennline did not end within %s of being told to, twice, and was killed", stopLimit), l.killAsterisk())
			}
			if err != nil {
				return fmt.Errorf("glennline ended with %w; its log ends with: %s", err, l.logEnd())
			}
			return nil
		case <-interrupted:
			interrupted = nil
		case <-time.After(stopLimit):
		}
	}
	return errors.New("glennline does not end")
}

// killAsterisk ends the Asterisk that a killed glennline leaves.
func (l *line) killAsterisk() error {
	if l.asterisk == 0 {
		return nil
	}
	return syscall.Kill(l.asterisk, syscall.SIGKILL)
}

// console runs one command of Asterisk's command line.
func (l *line) console(ctx context.Context, command string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	etc := filepath.Join(l.data.Asterisk(), "etc", "asterisk.conf")
	out, err := exec.CommandContext(ctx, l.install.Binary, "-C", etc, "-rx", command).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("asterisk -rx %q: %w: %s", command, err, bytes.TrimSpace(out))
	}
	return string(out), nil
}

// row is a line of `glennline list --calls --json`.
type row struct {
	SIPCallID string `json:"sip_call_id"`
	Ending    *struct {
		Result string `json:"result"`
		Reason string `json:"reason"`
	} `json:"ending"`
	Status string `json:"status"`
	WAV    string `json:"wav"`
}

// rows is every call of ours, going by its Call-ID, that has ended.
func (l *line) rows(ctx context.Context, ours func(callID string) bool) ([]row, error) {
	out, err := exec.CommandContext(ctx, l.binary, "list", "--calls", "--json", "--config", l.config).Output()
	if err != nil {
		return nil, fmt.Errorf("glennline list: %w", err)
	}
	var rows []row
	for dec := json.NewDecoder(bytes.NewReader(out)); dec.More(); {
		var r row
		if err := dec.Decode(&r); err != nil {
			return nil, fmt.Errorf("glennline list: %w", err)
		}
		if ours(r.SIPCallID) && r.Ending != nil {
			rows = append(rows, r)
		}
	}
	return rows, nil
}
