package softphone

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/pion/rtp"

	"glennline/softphone/audio"
)

// Moment is a point in a call from which the script counts.
type Moment string

// The moments.
const (
	AfterAnswer  Moment = "answer"  // the 200 OK arrived
	DuringBeep   Moment = "tone"    // the beep has sounded for long enough to be known (0.15 s), and still sounds
	AfterBeep    Moment = "beep"    // the beep's end
	AfterMessage Moment = "message" // all that the script says and presses is out
	Never        Moment = "never"
)

// Script is what the caller does. Only To is needed: the zero value of the
// rest waits for the beep, says nothing, and hangs up.
type Script struct {
	To   string // sip:NUMBER@HOST[:PORT][;transport=tcp]
	From string // user part of the From header: the caller's number; "" for "softphone"

	// Withhold makes the caller anonymous as RFC 3323 and 3325 have it: From
	// names nobody and Privacy asks to keep AssertedIdentity, the number that
	// the network vouches for, from being shown. Without Withhold
	// AssertedIdentity is sent openly.
	Withhold         bool
	AssertedIdentity string
	Headers          []Header // added to the INVITE, such as Diversion or History-Info

	Say   []int16 // 8000 samples a second
	SayAt Moment  // "" for AfterBeep
	// SayDelay is the time between SayAt and the first sample. That a beep was
	// the beep is known about 0.1 s after its end, and 0.4 s where the other end
	// then sends nothing, as Asterisk does; a shorter delay has no effect.
	SayDelay time.Duration

	// Cue, if not nil, is waited for before the message as well: it is closed when
	// something has happened that cannot be heard.
	Cue <-chan struct{}

	Keys   string // pressed as RFC 4733 events: 0-9 * # A-D
	KeysAt Moment // "" for AfterMessage, which here means: when all is said

	HangupAt    Moment // "" for AfterMessage; Never leaves it to the other end
	HangupAfter time.Duration

	// CancelAfter gives up before the answer, this long after the INVITE but,
	// as RFC 3261 demands, not before a first response: time.Nanosecond means
	// at the first one. 0 waits for the answer. An answer that crosses the
	// CANCEL is acknowledged and hung up.
	CancelAfter time.Duration

	AnswerWithin time.Duration // then the call is given up; 0 for a minute
	MaxLength    time.Duration // answer to hang-up; 0 for 5 minutes

	SilentAfter bool // send no audio any more after the message, as a telephone that died
	NoRTP       bool // send no audio at all, as a caller does behind a firewall
	// Uplink, if set, is what the network does with the caller's audio: it may
	// change a packet's header, and says whether the packet arrives. said is how
	// many samples of Say are out, with this packet's. Never called concurrently
	// for one call.
	Uplink func(said int, header *rtp.Header) (arrives bool)

	Beep audio.BeepConfig // zero for audio.DefaultBeep
	// BeepLength is how long the beep lasts, if that is known. Where the stream stops
	// before so much of it was heard, it is held up, as by a busy machine, and the rest
	// is waited for, for 2 s at most. With 0 any pause of 0.3 s ends the beep.
	BeepLength time.Duration
	BeepNo     int         // which beep DuringBeep and AfterBeep mean; 0 and 1 are the first
	OnEvent    func(Event) // called as it happens, never concurrently for one call; must not block
}

// Header is a SIP header.
type Header struct{ Name, Value string }

var (
	userPattern  = regexp.MustCompile(`^[A-Za-z0-9+*._~-]{1,128}$`)
	tokenPattern = regexp.MustCompile("^[A-Za-z0-9.!%*_+`'~-]+$")
)

// Validate returns an error that matches ErrInvalid if the script cannot be
// followed. It never quotes a caller's number.
func (s Script) Validate() error {
	if _, err := s.recipient(); err != nil {
		return err
	}
	switch {
	case s.From != "" && !userPattern.MatchString(s.From):
		return invalid("the caller's number may hold only letters, digits and + * . _ ~ -")
	case s.AssertedIdentity != "" && !userPattern.MatchString(s.AssertedIdentity):
		return invalid("the asserted identity may hold only letters, digits and + * . _ ~ -")
	case s.Withhold && s.From != "":
		return invalid("a withheld number cannot stand in From: put it in the asserted identity")
	case s.NoRTP && len(s.Say) > 0:
		return invalid("a caller that sends no audio cannot speak")
	case s.NoRTP && s.Keys != "":
		return invalid("a caller that sends no audio cannot press keys")
	case strings.Trim(s.Keys, keyNames) != "":
		return invalid("keys are 0 to 9, *, # and A to D")
	case s.SayDelay < 0 || s.HangupAfter < 0 || s.CancelAfter < 0 || s.AnswerWithin < 0 || s.MaxLength < 0 || s.BeepLength < 0 || s.BeepNo < 0:
		return invalid("durations and counts cannot be negative")
	}
	for _, m := range []Moment{s.SayAt, s.KeysAt, s.HangupAt} {
		switch m {
		case "", AfterAnswer, DuringBeep, AfterBeep, AfterMessage, Never:
		default:
			return invalid("there is no moment " + string(m))
		}
	}
	if s.SayAt == AfterMessage {
		return invalid("the message cannot come after the message")
	}
	for _, h := range s.Headers {
		if !tokenPattern.MatchString(h.Name) || !plain(h.Value) {
			return invalid("header " + h.Name + " holds a character that SIP does not allow")
		}
	}
	return nil
}

func (s Script) withDefaults() Script {
	if s.From == "" {
		s.From = "softphone"
	}
	if s.SayAt == "" {
		s.SayAt = AfterBeep
	}
	if s.KeysAt == "" {
		s.KeysAt = AfterMessage
	}
	if s.HangupAt == "" {
		s.HangupAt = AfterMessage
	}
	if s.AnswerWithin == 0 {
		s.AnswerWithin = time.Minute
	}
	if s.MaxLength == 0 {
		s.MaxLength = 5 * time.Minute
	}
	s.BeepNo = max(1, s.BeepNo)
	return s
}

// recipient is To as an address.
func (s Script) recipient() (sip.Uri, error) {
	var uri sip.Uri
	if !plain(s.To) {
		return uri, invalid("the address holds a control character")
	}
	if err := sip.ParseUri(s.To, &uri); err != nil {
		return uri, fmt.Errorf("%q is not a SIP address (write sip:NUMBER@HOST:PORT): %w: %w", s.To, err, ErrInvalid)
	}
	switch {
	case uri.Scheme == "sips":
		return uri, invalid("TLS is not spoken here: use sip: instead of sips:")
	case uri.Scheme != "sip" || uri.User == "" || uri.Host == "" || uri.Port < 0 || uri.Port > 65535:
		return uri, fmt.Errorf("%q is not a SIP address (write sip:NUMBER@HOST:PORT): %w", s.To, ErrInvalid)
	}
	return uri, nil
}

func invalid(why string) error { return fmt.Errorf("%s: %w", why, ErrInvalid) }

// plain reports that text would not break out of a SIP header's line.
func plain(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r == 0x7F }) < 0
}
