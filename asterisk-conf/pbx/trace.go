package pbx

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	asteriskconf "glennline/asterisk-conf"
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

// trace keeps Asterisk tracing until ctx ends. Begun is told whether it has begun; if
// not, it is left at that.
func (c control) trace(ctx context.Context, begun chan<- bool) {
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
		traces := os.WriteFile(lease, nil, 0o600) == nil && os.Chtimes(lease, time.Time{}, time.Now()) == nil && c.beginTrace(ctx)
		if first {
			begun <- traces
			if !traces {
				return
			}
		} // later ones are for an Asterisk that somebody has told to stop
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
		}
	}
}

// beginTrace has Asterisk trace, and load what traces where that is not loaded yet. It
// says whether Asterisk does.
func (c control) beginTrace(ctx context.Context) bool {
	begin := func() (begun, unknown bool) {
		out, err := c.command(ctx, "pjsip set logger on")
		unknown = strings.Contains(out, "No such command")
		return err == nil && !unknown, unknown
	}
	if begun, unknown := begin(); begun || !unknown {
		return begun
	}
	// Not while Asterisk starts: see asteriskconf.Tracer.
	if _, err := c.command(ctx, "core waitfullybooted"); err != nil {
		return false
	}
	out, err := c.command(ctx, "core show taskprocessors like "+settingsQueue)
	if err != nil || !settled(out) {
		return false
	}
	if _, err := c.command(ctx, "module load "+asteriskconf.Tracer); err != nil {
		return false
	}
	begun, _ := begin()
	return begun
}

// settingsQueue begins the name of the queue in which modules are told that SIP's
// global settings have been read (main/sorcery.c).
const settingsQueue = "sorcery/global-"

// settled says whether nobody waits any more to be told of SIP's settings, from a
// table whose rows are: queue, processed, in queue, ….
func settled(table string) bool {
	for row := range strings.Lines(table) {
		fields := strings.Fields(row)
		if len(fields) > 2 && strings.HasPrefix(fields[0], settingsQueue) && fields[2] != "0" {
			return false
		}
	}
	return true
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
