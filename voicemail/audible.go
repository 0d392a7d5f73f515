package voicemail

import (
	"os"
	"time"
)

// flushEvery is how often Asterisk writes to a recording: its buffer holds
// 32 KiB, 2.05 s of audio.
const flushEvery = 2100 * time.Millisecond

// silenceDefault is what a line without a limit of silence waits for audio.
const silenceDefault = 10 * time.Second

// growth watches a recording grow. It is looked at every few seconds.
type growth struct {
	path  string
	limit time.Duration
	grown time.Time
	size  int64
	done  int64 // size at the last renewal
}

// still is how long the file has not grown, with whoever writes it at work all the time
// from since on.
func (g *growth) still(since time.Time) time.Duration {
	return min(time.Since(g.grown), time.Since(since))
}

// watch looks after a recording with the line's limit of silence.
func watch(path string, maxSilence time.Duration) *growth {
	if maxSilence == 0 {
		maxSilence = silenceDefault
	}
	return &growth{path: path, limit: maxSilence + 2*flushEvery, grown: time.Now(), size: -1, done: -1}
}

// audible says whether audio still arrives: whether the file has grown within
// the limit of silence, or there was no such time since Asterisk last stood still. A caller whose line was lost sends nothing, and nothing
// else would end the call before its longest length. A file that is not there
// says nothing.
func (g *growth) audible(since time.Time) bool {
	info, err := os.Stat(g.path)
	if err != nil || info.Size() != g.size {
		g.grown = time.Now()
	}
	if err == nil {
		g.size = info.Size()
	}
	return g.still(since) < g.limit
}

// stale is true once after the file has stopped growing. Either nothing arrives,
// or Asterisk throws away what does: where the sender's RTP sequence numbers start
// anew, as they may when another source takes over in mid-call, it takes all that
// are lower than the last one for late, until they have passed it (22.10,
// ast_translate). Only a recording that is begun anew forgets that number.
func (g *growth) stale(since time.Time) bool {
	if g.size < 0 || g.size == g.done || g.still(since) < 2*flushEvery {
		return false
	}
	g.done = g.size
	return true
}
