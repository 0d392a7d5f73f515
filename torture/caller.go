package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"glennline/asterisk-conf/pbx"
)

//go:embed caller.xml
var scenario []byte

// callers is one SIPp, which places calls until it is told to finish.
type callers struct {
	cmd    *exec.Cmd
	done   chan error
	log    string // what the callers saw
	screen bytes.Buffer
	read   int64 // bytes of the log that were counted
	seen   int   // answered, up to there
}

// mostCalls bounds a run: each call takes two ports of its own.
const mostCalls = 6000

func newCallers(ctx context.Context, dir, target string, p plan) (*callers, error) {
	ports, err := pbx.FreePorts("127.0.0.1", 3*p.answered)
	if err != nil {
		return nil, err
	}
	var numbers bytes.Buffer
	fmt.Fprintln(&numbers, "SEQUENTIAL")
	for n := range mostCalls {
		fmt.Fprintf(&numbers, "+3247055%04d\n", n)
	}
	if err := errors.Join(
		os.WriteFile(filepath.Join(dir, "caller.xml"), scenario, 0o644),
		os.WriteFile(filepath.Join(dir, "callers.csv"), numbers.Bytes(), 0o644)); err != nil {
		return nil, err
	}
	c := &callers{log: filepath.Join(dir, "callers.log"), done: make(chan error, 1)}
	c.cmd = exec.CommandContext(context.WithoutCancel(ctx), "sipp", target, "-sf", "caller.xml", "-s", lineNumber, "-inf", "callers.csv",
		"-i", "127.0.0.1", "-p", strconv.Itoa(ports.SIP), "-mi", "127.0.0.1", "-mp", strconv.Itoa(ports.RTP.From),
		"-r", strconv.Itoa(p.rate), "-m", strconv.Itoa(mostCalls), "-l", strconv.Itoa(atOnce-10),
		"-max_invite_retrans", "4", "-max_non_invite_retrans", "6", "-recv_timeout", "15000",
		"-cid_str", "torture-%u-%p@%s", "-nostdin",
		"-rtp_threadtasks", strconv.Itoa(atOnce), // one thread: SIPp may hang at its end when it has several
		"-trace_logs", "-log_file", c.log, "-trace_err", "-error_file", filepath.Join(dir, "callers.errors"))
	c.cmd.Dir = dir
	c.cmd.Stderr = &c.screen
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("sipp: %w", err)
	}
	go func() { c.done <- c.cmd.Wait() }()
	return c, nil
}

// running is an error if SIPp has ended.
func (c *callers) running() error {
	select {
	case err := <-c.done:
		c.done <- err
		return fmt.Errorf("sipp ended: %w: %s", err, bytes.TrimSpace(c.screen.Bytes()))
	default:
		return nil
	}
}

// finish lets nobody call any more and waits for those who do.
func (c *callers) finish(ctx context.Context) error {
	_ = c.cmd.Process.Signal(syscall.SIGUSR1)
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	select {
	case err := <-c.done:
		c.done <- err
		return nil // its exit code tells of calls that failed, as was to be
	case <-ctx.Done():
		return fmt.Errorf("sipp has not finished: %w", ctx.Err())
	}
}

func (c *callers) kill() { _ = c.cmd.Process.Kill() }

// answered is how many calls have been so far.
func (c *callers) answered() int {
	f, err := os.Open(c.log)
	if err != nil {
		return c.seen
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() <= c.read {
		return c.seen
	}
	piece := make([]byte, info.Size()-c.read)
	n, _ := f.ReadAt(piece, c.read)
	whole := bytes.LastIndexByte(piece[:n], '\n') + 1
	c.seen += bytes.Count(piece[:whole], []byte(" answered "))
	c.read += int64(whole)
	return c.seen
}

// call is a call as its caller saw it.
type call struct {
	id       string // Call-ID
	answered time.Time
	bye      time.Time // when the caller hung up, zero if it did not
}

// calls is every call that was answered, in their order.
func (c *callers) calls() ([]call, error) {
	raw, err := os.ReadFile(c.log)
	if err != nil {
		return nil, err
	}
	var calls []call
	at := map[string]int{}
	for text := range strings.Lines(string(raw)) {
		moment, event, id, err := parseLog(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.log, err)
		}
		i, known := at[id]
		switch {
		case event == "answered" && !known:
			at[id] = len(calls)
			calls = append(calls, call{id: id, answered: moment})
		case event == "bye" && known:
			calls[i].bye = moment
		}
	}
	return calls, nil
}
