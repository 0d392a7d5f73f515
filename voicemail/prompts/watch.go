package prompts

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"
)

const (
	pollEvery  = 250 * time.Millisecond
	retryEvery = time.Minute // after a fault that is not the prompt's: a full disk
)

// Keys of log fields.
const (
	keyLine    = "line"
	keyVersion = "version"
	keyBefore  = "version_before"
)

// watched is what is known of the files of a line.
type watched struct {
	loaded  stamps // of what was last loaded or refused
	seen    stamps // at the last poll
	retryAt time.Time
}

// Watch puts replaced files in force, until the context ends. A change counts
// from the next call on, once the files have been left alone from one poll to
// the next (half a second at most), so that files replaced together come into
// force together. A file that is missing or bad is refused, with one log line,
// and the prompts stay what they were.
func (l *Library) Watch(ctx context.Context) {
	for _, ln := range l.order {
		ln.seen = ln.loaded
	}
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			l.poll(time.Now())
		}
	}
}

func (l *Library) poll(now time.Time) {
	for _, ln := range l.order {
		if ln.source.Dir == "" {
			continue // the placeholders are compiled in
		}
		was := ln.seen
		ln.seen = ln.source.stamps()
		retry := !ln.retryAt.IsZero() && !now.Before(ln.retryAt)
		if ln.seen.same(was) && (retry || !ln.seen.same(ln.loaded)) {
			l.reload(ln, now)
		}
	}
}

func (l *Library) reload(ln *line, now time.Time) {
	before := ln.seen
	set, err := l.load(ln.source)
	if ln.seen = ln.source.stamps(); !ln.seen.same(before) {
		return // changed while it was read: the next poll looks again
	}
	ln.loaded, ln.retryAt = before, time.Time{}
	old := ln.current.Load()
	if err != nil {
		if fault := (*FileError)(nil); !errors.As(err, &fault) {
			ln.retryAt = now.Add(retryEvery)
		}
		l.log.Warn("prompts refused, those before stay in force",
			zap.String(keyLine, ln.source.Name), zap.String(keyVersion, old.Version), zap.Error(err))
		return
	}
	ln.current.Store(&set)
	l.log.Info("prompts in force", zap.String(keyLine, ln.source.Name),
		zap.String(keyBefore, old.Version), zap.String(keyVersion, set.Version))
}
