package alert

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// passed are the variables that a command gets of ours. Others may be settings
// of glennline, or anything else that is none of its business.
var passed = []string{"PATH", "HOME", "LANG", "TZ"}

// run runs the command with the notice as JSON on its standard input, and as
// variables. Whatever it has started is ended with it when its time is over.
func (c Config) run(ctx context.Context, n Notice) error {
	text, err := json.Marshal(n)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.Command[0], c.Command[1:]...)
	cmd.Stdin = bytes.NewReader(append(text, '\n'))
	said := &tail{}
	cmd.Stdout, cmd.Stderr = said, said
	for _, name := range passed {
		if value, ok := os.LookupEnv(name); ok {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	cmd.Env = append(cmd.Env,
		"ALERT_ID="+n.ID,
		"ALERT_LINE="+n.Line,
		"ALERT_STARTED_AT="+n.StartedAt.Format(time.RFC3339),
		"ALERT_CONFIDENTIAL_AT="+n.ConfidentialAt.Format(time.RFC3339),
		fmt.Sprint("ALERT_TEST=", n.Test),
	)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	err = cmd.Run()
	switch {
	case err == nil:
		return nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("command %s: it was not done after %s", c.Command[0], c.Timeout)
	}
	if text := said.String(); text != "" {
		return fmt.Errorf("command %s: %w: %s", c.Command[0], err, text)
	}
	return fmt.Errorf("command %s: %w", c.Command[0], err)
}

// tail keeps the last of what a command says.
type tail struct{ last []byte }

const tailLength = 300

func (t *tail) Write(p []byte) (int, error) {
	t.last = append(t.last, p...)
	t.last = t.last[max(0, len(t.last)-tailLength):]
	return len(p), nil
}

func (t *tail) String() string { return strings.Join(strings.Fields(string(t.last)), " ") }
