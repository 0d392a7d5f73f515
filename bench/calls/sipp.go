package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
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
var callerScenario []byte

// sipp places calls. Its files lie in dir.
type sipp struct {
	dir     string
	target  string // host:port
	ports   pbx.Ports
	speech  []byte
	callers int // that have called so far
	// channels is what Asterisk says of the calls that it has.
	channels func(context.Context) (string, error)
}

// morePorts is for how many calls more SIPp has ports.
const morePorts = 50

// newSIPp takes ports for itself: two for each call of its largest run,
// because SIPp goes on to new ones with every call.
func newSIPp(dir, target string, p plan) (*sipp, error) {
	ports, err := pbx.FreePorts("127.0.0.1", p.most()+morePorts)
	if err != nil {
		return nil, err
	}
	said, err := speech()
	return &sipp{dir: dir, target: target, ports: ports, speech: said}, err
}

// voices is how many callers of a run say something of their own: SIPp reads no
// more than 64 KiB of a scenario. In a longer run the next ones say the same
// again, and some of their recordings are the same, sample for sample.
const voices = 800

// cast writes the scenario of a run: callers with numbers that did not call
// before, and what they say.
func (s *sipp) cast(calls int, length time.Duration) error {
	before, _, _ := bytes.Cut(callerScenario, []byte("VOICES\n"))
	first := bytes.Count(before, []byte("\n  <")) - bytes.Count(before, []byte("\n  </")) // steps before the voices
	var callers, steps bytes.Buffer
	fmt.Fprintln(&callers, "SEQUENTIAL")
	for n := range calls {
		fmt.Fprintf(&callers, "+32255%05d;%d\n", (s.callers+n)%100000, first+2*(n%voices))
	}
	for n := range min(calls, voices) {
		name := fmt.Sprintf("%d.al", n)
		// SIPp takes a jump for the end of the step before its aim, and would
		// go where that one leads next: so there is one that leads nowhere.
		fmt.Fprintf(&steps, "<nop next=\"1\"><action><exec rtp_stream=\"%s,-1,8\"/></action></nop><nop/>\n", name)
		if err := os.WriteFile(filepath.Join(s.dir, name), turn(s.speech, s.callers+n, length+time.Second), 0o644); err != nil {
			return err
		}
	}
	s.callers += calls
	return errors.Join(
		os.WriteFile(filepath.Join(s.dir, "caller.xml"), bytes.Replace(callerScenario, []byte("VOICES\n"), steps.Bytes(), 1), 0o644),
		os.WriteFile(filepath.Join(s.dir, "callers.csv"), callers.Bytes(), 0o644))
}

// placed is what SIPp says of a run.
type placed struct {
	Calls           int     `json:"calls"`
	Successful      int     `json:"successful"`
	Failed          int     `json:"failed"`
	Retransmissions int     `json:"retransmissions"`
	ToAnswer        latency `json:"invite_to_200"`

	cpu time.Duration
}

// place makes the calls, each of its length from the answer on, and returns when
// the last is over. prefix begins every Call-ID. Calls that fail are no error.
func (s *sipp) place(ctx context.Context, number, prefix string, l load, calls int) (placed, error) {
	limit := time.Duration(calls/l.Rate+1)*time.Second + l.Length + placeSlack
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	stats := prefix + ".stat.csv"
	cmd := exec.CommandContext(limited, "sipp", s.target, "-sf", "caller.xml", "-s", number, "-inf", "callers.csv",
		"-i", "127.0.0.1", "-p", strconv.Itoa(s.ports.SIP), "-mi", "127.0.0.1", "-mp", strconv.Itoa(s.ports.RTP.From),
		"-r", strconv.Itoa(l.Rate), "-m", strconv.Itoa(calls), "-l", strconv.Itoa(calls),
		"-d", strconv.FormatInt(l.Length.Milliseconds(), 10), "-recv_timeout", "15000",
		"-cid_str", prefix+"-%u-%p@%s", "-nostdin",
		// All audio comes from one thread. SIPp counts its threads without a
		// lock, and where two end in the same instant it waits for ever for one
		// that is gone (rtpstream_shutdown in 3.6 and 3.7).
		"-rtp_threadtasks", strconv.Itoa(calls+1),
		"-trace_stat", "-stf", stats, "-fd", "1s", "-trace_rtt", "-rtt_freq", "1", "-trace_err", "-error_file", prefix+".errors")
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var screen bytes.Buffer
	cmd.Stderr = &screen
	var hung error
	cmd.Cancel = func() error {
		if ctx.Err() == nil { // not because we are to end, but because SIPp does not
			hung = s.hung(ctx, cmd.Process.Pid, limit, filepath.Join(s.dir, stats))
		}
		return cmd.Process.Kill()
	}
	err := cmd.Run()
	if hung != nil {
		return placed{}, hung
	}
	p, unread := readStatistics(filepath.Join(s.dir, stats))
	var exit *exec.ExitError
	// 1: at least one call failed; the statistics say how many.
	if failed := errors.As(err, &exit) && exit.ExitCode() == 1; err != nil && !failed || unread != nil {
		said, _ := os.ReadFile(filepath.Join(s.dir, prefix+".errors")) // there is none if no call went wrong
		return placed{}, fmt.Errorf("sipp: %w: %s %s", errors.Join(ctx.Err(), err, unread), bytes.TrimSpace(screen.Bytes()), said[:min(len(said), 1000)])
	}
	if p.Calls != calls {
		return placed{}, fmt.Errorf("sipp placed %d of %d calls: %s", p.Calls, calls, bytes.TrimSpace(screen.Bytes()))
	}
	p.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	rtt := filepath.Join(s.dir, fmt.Sprintf("caller_%d_rtt.csv", cmd.Process.Pid))
	times, err := readTimes(rtt)
	if err != nil {
		return placed{}, err
	}
	if len(times) < p.Successful {
		return placed{}, fmt.Errorf("%s: %d times of %d calls", rtt, len(times), p.Successful)
	}
	p.ToAnswer = latencyOf(times)
	return p, nil
}

// readStatistics reads the last line of what -trace_stat writes.
func readStatistics(path string) (placed, error) {
	lines, err := readCSV(path)
	if err != nil {
		return placed{}, err
	}
	if len(lines) < 2 {
		return placed{}, fmt.Errorf("%s: no statistics", path)
	}
	var p placed
	for _, column := range []struct {
		name string
		to   *int
	}{
		{"TotalCallCreated", &p.Calls},
		{"SuccessfulCall(C)", &p.Successful},
		{"FailedCall(C)", &p.Failed},
		{"Retransmissions(C)", &p.Retransmissions},
	} {
		found := false
		for i, name := range lines[0] {
			if name != column.name || i >= len(lines[len(lines)-1]) {
				continue
			}
			found = true
			if *column.to, err = strconv.Atoi(lines[len(lines)-1][i]); err != nil {
				return placed{}, fmt.Errorf("%s: %s: %w", path, name, err)
			}
		}
		if !found {
			return placed{}, fmt.Errorf("%s: no column %s", path, column.name)
		}
	}
	return p, nil
}

// readTimes reads what -trace_rtt writes: a moment, a time in ms, a timer's name.
func readTimes(path string) ([]float64, error) {
	lines, err := readCSV(path)
	if err != nil {
		return nil, err
	}
	var times []float64
	for i, fields := range lines {
		if i == 0 || len(fields) < 2 {
			continue
		}
		ms, err := strconv.ParseFloat(strings.TrimSpace(fields[1]), 64)
		if err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", path, i+1, err)
		}
		times = append(times, ms)
	}
	return times, nil
}

func readCSV(path string) ([][]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = ';', -1, true
	var lines [][]string
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		lines = append(lines, fields)
	}
}
