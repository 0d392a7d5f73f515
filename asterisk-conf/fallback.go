package asteriskconf

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The global variables that the application keeps in Asterisk while it is
// there. The dialplan reads them before it hands a call over.
const (
	// StateVariable holds StateValue, refreshed every second.
	StateVariable = "GL_STATE"
	// WatchVariable holds WatchValue, refreshed every second by whoever watches the calls.
	WatchVariable = "GL_WATCHED"
	staleSeconds  = 3
)

// ClaimWithin is how long the application has to claim a call that it was
// handed, by setting TIMEOUT(absolute) anew, and GL_CLAIMED to 1. When that time is over, or the one
// that was set, the dialplan takes the call back and answers by itself.
const ClaimWithin = staleSeconds * time.Second

// State is what the application wants done with new calls.
type State string

// The states.
const (
	StateAccept State = "accept" // hand them over
	StateDrain  State = "drain"  // let the dialplan answer by itself: we are about to go
	StateFull   State = "full"   // refuse them: there is no room on the disk, or it cannot be written
	StateClosed State = "closed" // refuse them: Asterisk itself is about to end
)

// StateValue is a state and when it was true. One that is three seconds old
// counts as absent, and so does one from the future.
func StateValue(at time.Time, state State) string {
	return fmt.Sprintf("%010d:%s", at.Unix(), state)
}

// ParseState reads what StateValue made, as the dialplan does at that moment:
// fresh is false where it would take the application for absent.
func ParseState(value string, now time.Time) (state State, fresh bool) {
	seconds, text, ok := strings.Cut(value, ":")
	at, err := strconv.ParseInt(seconds, 10, 64)
	if !ok || err != nil {
		return "", false
	}
	age := now.Unix() - at
	return State(text), -staleSeconds <= age && age <= staleSeconds
}

// WatchValue says when somebody watched the calls. Three seconds later nobody does.
func WatchValue(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }

// SetVariable is the name of the global variable that holds the folder with
// the prompts in force for the line of that index.
func SetVariable(line int) string { return fmt.Sprintf("GL_SET_%d", line) }

// Fallback is how the dialplan answers by itself: the same prompts, then a
// recording that glennline finds later, at
//
//	<Spool>/fallback/<line>~<version>~<language>~<UNIQUEID>.wav
//	<Spool>/fallback/<line>~<version>~<language>~<UNIQUEID>.call
//
// The second is written before the call is answered: sip_call_id, dialled and
// presentation, URL-encoded. Once the notice has played to its end, sealed is
// added to it: the caller's number, where presentation allows.
type Fallback struct {
	Spool string // folder of recordings, absolute
	// SealKey seals callers' numbers (AES-128, base64): 16 characters of
	// A-Z a-z 0-9 _ -.
	SealKey string
	Lines   []FallbackLine
}

// FallbackLine is a line as the dialplan knows it.
type FallbackLine struct {
	Name     string
	Language string
	Folder   string // with name, notice, beep and again; its last 12 characters are their version
	Busy     string // what a caller hears who cannot be recorded, as media without extension
	// Numbers are those that lead here, in each form that may be dialled.
	Numbers    []string
	CatchAll   bool
	RingFor    time.Duration // before the answer
	MaxMessage time.Duration
	MaxSilence time.Duration
	EndKey     string // "#", "*" or ""
}

// Seconds is the longest message in seconds.
func (l FallbackLine) Seconds() int { return int(l.MaxMessage / time.Second) }

// Silence is the limit of silence in seconds.
func (l FallbackLine) Silence() int { return int(l.MaxSilence / time.Second) }

// Ring is how long it rings, in seconds with three decimals.
func (l FallbackLine) Ring() string {
	return strconv.FormatFloat(l.RingFor.Seconds(), 'f', 3, 64)
}

// Options are those of Record: k keeps the file of a caller who hangs up, q
// leaves the beep to us, x and t choose the ending key.
func (l FallbackLine) Options() string {
	switch l.EndKey {
	case "":
		return "kqx"
	case "*":
		return "kqt"
	}
	return "kq"
}

// Digits are the numbers without a plus, to be looked for in headers.
func (l FallbackLine) Digits() []string {
	var digits []string
	seen := map[string]bool{}
	for _, n := range l.Numbers {
		n = strings.TrimPrefix(n, "+")
		if !seen[n] && plainNumber.MatchString(n) {
			seen[n] = true
			digits = append(digits, n)
		}
	}
	return digits
}

// spokenMillis is the time in which nobody says a name, in milliseconds: a
// recording that is no longer than the silence which ended it and this holds
// nothing but that silence.
const spokenMillis = 500

// CatchAll is the index of the line that takes every other number, -1 without.
func (f *Fallback) CatchAll() int {
	for i, l := range f.Lines {
		if l.CatchAll {
			return i
		}
	}
	return -1
}

// Folder is where the recordings lie.
func (f *Fallback) Folder() string { return filepath.Join(f.Spool, "fallback") }

var (
	plainNumber  = regexp.MustCompile(`^[0-9]{2,20}$`)
	dialled      = regexp.MustCompile(`^[0-9A-Za-z+*#._-]{2,40}$`)
	sealKey      = regexp.MustCompile(`^[A-Za-z0-9_-]{16}$`)
	plainPath    = regexp.MustCompile(`^/[^,;|&$()\[\]{}"'~\\\x00-\x1f]*$`)
	fallbackName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)
)

// validate keeps everything out of the dialplan that means something there.
func (f *Fallback) validate() error {
	switch {
	case f == nil:
		return nil
	case !plainPath.MatchString(f.Spool):
		return fmt.Errorf("asterisk fallback: the path %q holds a character that the dialplan does not take; choose another data folder", f.Spool)
	case !sealKey.MatchString(f.SealKey):
		return fmt.Errorf("asterisk fallback: the key has to be 16 letters and digits")
	}
	for _, l := range f.Lines {
		if !fallbackName.MatchString(l.Name) || !fallbackName.MatchString(l.Language) {
			return fmt.Errorf("asterisk fallback: line %q (%q) holds a character that a file name does not take", l.Name, l.Language)
		}
		for _, path := range []string{l.Folder, l.Busy} {
			if !plainPath.MatchString(path) {
				return fmt.Errorf("asterisk fallback: the path %q holds a character that the dialplan does not take; choose another data folder", path)
			}
		}
		for _, n := range l.Numbers {
			if !dialled.MatchString(n) {
				return fmt.Errorf("asterisk fallback: line %s: %q cannot be dialled", l.Name, n)
			}
		}
	}
	return nil
}
