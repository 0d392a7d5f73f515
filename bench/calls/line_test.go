package main

import (
	"context"
	"os/exec"
	"testing"
	"time"
)

// A glennline that would finish its calls for ever is told a second time at once when
// whoever measures has been interrupted.
func TestStopInterrupted(t *testing.T) {
	cmd := exec.Command("sh", "-c", `trap : TERM; trap 'exit 0' INT; echo ready; while :; do sleep 0.05; done`) //nolint:noctx // stop ends it
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	if _, err := out.Read(make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	l := &line{cmd: cmd, done: make(chan error, 1)}
	go func() { l.done <- cmd.Wait() }()
	ctx, interrupt := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- l.stop(ctx) }()
	interrupt()
	select {
	case err := <-stopped:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(stopLimit / 2):
		t.Error("still waits for calls")
	}
}
