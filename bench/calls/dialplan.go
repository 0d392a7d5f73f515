package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// dialplanContext is where asterisk-conf sends calls from a trunk.
const dialplanContext = "from-trunk"

// addDialplan teaches the running Asterisk a number that it answers by itself,
// from memory: nothing that glennline rendered is touched. It plays the files
// that glennline plays, and records where glennline's calls are recorded.
func (l *line) addDialplan(ctx context.Context) error {
	prompts, err := filepath.Glob(filepath.Join(l.data.Prompts(), "*", "notice.alaw"))
	if err != nil || len(prompts) != 1 {
		return fmt.Errorf("prompts in %s: %d sets found, want 1", l.data.Prompts(), len(prompts))
	}
	if err := l.makeSpool(); err != nil {
		return err
	}
	set := filepath.Dir(prompts[0])
	steps := []string{
		"Answer()",
		fmt.Sprintf("Playback(%s/name&%s/notice&%s/beep)", set, set, set),
		// k keeps the file when the caller hangs up; q: no beep of its own.
		fmt.Sprintf("Record(%s/${UNIQUEID}.wav,5,120,kq)", l.dialplanSpool()),
		"Hangup()",
	}
	for i, step := range steps {
		if strings.ContainsAny(step, " \t\"") {
			return fmt.Errorf("%s: the folder's name has a blank in it; choose another with -dir", step)
		}
		_, err := l.console(ctx, fmt.Sprintf("dialplan add extension %s,%d,%s into %s", dialplanNumber, i+1, step, dialplanContext))
		if err != nil {
			return err
		}
	}
	known, err := l.console(ctx, "dialplan show "+dialplanNumber+"@"+dialplanContext)
	if err != nil {
		return err
	}
	for _, step := range steps {
		if !strings.Contains(known, step) {
			return fmt.Errorf("asterisk did not take %s into its dialplan: %s", step, known)
		}
	}
	return nil
}

// dialplanSpool is where the dialplan records: on the same disk as glennline's
// spool, and apart from it.
func (l *line) dialplanSpool() string { return filepath.Join(l.data.Asterisk(), "spool", "bench") }

// makeSpool makes it, for the user whom Asterisk runs as.
func (l *line) makeSpool() error {
	if err := os.Mkdir(l.dialplanSpool(), 0o700); err != nil {
		return err
	}
	info, err := os.Stat(l.data.Spool())
	if err != nil {
		return err
	}
	owner := info.Sys().(*syscall.Stat_t)
	return os.Chown(l.dialplanSpool(), int(owner.Uid), int(owner.Gid))
}
