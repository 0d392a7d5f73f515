package pbx

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap/zapcore"
)

// Whoever can reach the SIP port can have Asterisk warn of a thousand broken
// messages a second. A log that says the same a thousand times hides what else
// it says, and fills the disk.
const (
	repeatWindow = time.Minute
	repeatBurst  = 10  // of a kind that are logged within a window
	repeatKinds  = 200 // that are told apart; the rest are of one kind
)

// repeats lets the first lines of each kind through and counts the others.
type repeats struct {
	log func(line)

	mu    sync.Mutex
	kinds map[string]*kind
}

// kind is a window in which lines of a kind come. It ends by itself.
type kind struct {
	lines int
	last  line
	end   *time.Timer
}

func newRepeats(log func(line)) *repeats {
	return &repeats{log: log, kinds: make(map[string]*kind)}
}

// admit logs a line, or counts it.
func (r *repeats) admit(l line) {
	if l.level < zapcore.InfoLevel || r.counts(l) {
		r.log(l)
	}
}

// counts takes note of a line, and says whether it is one of the first.
func (r *repeats) counts(l line) (first bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := kindOf(l)
	if r.kinds[key] == nil && len(r.kinds) >= repeatKinds {
		key = ""
	}
	k := r.kinds[key]
	if k == nil {
		k = &kind{}
		k.end = time.AfterFunc(repeatWindow, func() { r.over(key, k) })
		r.kinds[key] = k
	}
	k.lines++
	k.last = l
	return k.lines <= repeatBurst
}

// over ends a window and tells what was not logged in it.
func (r *repeats) over(key string, k *kind) {
	r.mu.Lock()
	if r.kinds[key] != k {
		r.mu.Unlock()
		return // it was told already
	}
	delete(r.kinds, key)
	r.mu.Unlock()
	if more := k.lines - repeatBurst; more > 0 {
		k.last.text += fmt.Sprintf(" … %d more like this within a minute", more)
		r.log(k.last)
	}
}

// close ends all windows.
func (r *repeats) close() {
	r.mu.Lock()
	left := make(map[string]*kind, len(r.kinds))
	for key, k := range r.kinds {
		k.end.Stop()
		left[key] = k
	}
	r.mu.Unlock()
	for key, k := range left {
		r.over(key, k)
	}
}

// peer is an address in a line, by which those who read the log (fail2ban) tell
// one stranger from another.
var peer = regexp.MustCompile(`\b(?:` + octet + `\.){3}` + octet + `\b|\[[0-9A-Fa-f:]+:[0-9A-Fa-f:.]*\]`)

// refusedFrom stands before the source of a request that was refused, and behind what the
// sender calls himself, often with the address of another, or ours.
const refusedFrom = "' failed for '"

// kindOf is where in Asterisk's source a line comes from, what it begins with,
// up to where it may quote what somebody sent, and from whom.
func kindOf(l line) string {
	text := l.text
	if i := strings.IndexAny(text, "0123456789'\"<[:\n"); i >= 0 {
		text = text[:i]
	}
	_, from, found := strings.Cut(l.text, refusedFrom)
	if !found {
		from = l.text
	}
	return strings.Join([]string{l.level.String(), l.source, text, peer.FindString(from)}, " ")
}
