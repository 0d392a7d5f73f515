//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"glennline/softphone"
)

// A pager that shows its first page reads no further: trunk watch ends all the same
// when it is told to, and others who watch see each call meanwhile.
func TestTrunkWatchEndsWhileNobodyReads(t *testing.T) {
	t.Parallel()
	l := up(t, callsConfig)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	room, err := unix.FcntlInt(write.Fd(), unix.F_GETPIPE_SZ, 0)
	if err == nil {
		_, err = write.Write(make([]byte, room)) // all that goes into it
	}
	if err != nil {
		t.Fatal(err)
	}
	log := &logBuffer{}
	cmd := exec.Command(glennline, "trunk", "watch", "--config", l.config)
	cmd.Stdout, cmd.Stderr = write, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	waitFor(t, "trunk watch to be connected", func() bool { return strings.Contains(log.String(), "watching") })
	other := l.watch(t)
	for range 3 {
		r := l.phone(t, softphone.Script{HangupAt: softphone.AfterAnswer, HangupAfter: 100 * time.Millisecond})
		other.call(t, r.CallID)
	}
	told := time.Now()
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("trunk watch ended with %v, want exit code 0\n%s", err, log.String())
		}
		t.Logf("it ended %.1f s after SIGINT", time.Since(told).Seconds())
	case <-time.After(deadline):
		_ = cmd.Process.Kill()
		t.Fatalf("trunk watch did not end within %s of SIGINT", deadline)
	}
}
