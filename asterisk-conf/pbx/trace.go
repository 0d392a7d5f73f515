package pbx

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A trace is Asterisk's telling of every SIP message on its console: of a call that
// it refuses by itself, nothing else tells more than that it did. Messages hold
// callers' numbers in clear, so it is asked for only where the console is all that
// Asterisk logs to, and our console throws them away before anything is logged.
//
// Asterisk goes on with it until it is told to stop. Whoever asks for it therefore
// renews a lease, and the service stops what nobody renews any more.
const (
	traceSource = "res_pjsip_logger.c" // which messages come from
	traceBeat   = 5 * time.Second
	traceLease  = 3 * traceBeat
)

func leasePath(socket string) string { return filepath.Join(filepath.Dir(socket), "trace") }

// private says whether Asterisk logs to a console of ours and to nothing else. Its
// table's rows are: channel, type, formatter, status, levels.
func (c control) private(ctx context.Context) bool {
	out, err := c.command(ctx, "logger show channels")
	if err != nil {
		return false
	}
	_, rows, found := strings.Cut(out, "-------\n")
	rows = strings.TrimSpace(rows)
	fields := strings.Fields(rows)
	return found && !strings.Contains(rows, "\n") && len(fields) > 3 && fields[0] == "Console" && fields[1] == "json" && strings.Contains(rows, "VERBOSE")
}

// trace keeps Asterisk tracing until ctx ends. Begun is closed when it has begun, or
// could not be.
func (c control) trace(ctx context.Context, begun chan<- struct{}) {
	beat := time.NewTicker(traceBeat)
	defer beat.Stop()
	lease := leasePath(c.path)
	defer func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), traceBeat)
		defer cancel()
		_, _ = c.command(last, "pjsip set logger off") // it may be gone
		_ = os.Remove(lease)
	}()
	for first := true; ; first = false {
		// The lease first: nothing is traced that nobody would stop.
		if os.WriteFile(lease, nil, 0o600) == nil && os.Chtimes(lease, time.Time{}, time.Now()) == nil {
			_, _ = c.command(ctx, "pjsip set logger on") // the next beat tries again
		}
		if first {
			close(begun)
		}
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
		}
	}
}

// endTrace stops a trace whose lease has run out. One that an engineer has begun
// on the console has none, and goes on.
func (c control) endTrace(ctx context.Context, now time.Time) {
	lease := leasePath(c.path)
	info, err := os.Stat(lease)
	if errors.Is(err, fs.ErrNotExist) || err == nil && now.Sub(info.ModTime()) < traceLease {
		return
	}
	if _, err := c.command(ctx, "pjsip set logger off"); err == nil {
		_ = os.Remove(lease)
	}
}
