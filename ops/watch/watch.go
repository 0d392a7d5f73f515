// Package watch makes one line of each call, as it comes: from where, who (as far
// as may be shown), which number was found where, and what became of it. It sees
// what Asterisk tells whoever asks, and needs nothing of a running glennline, so it
// also shows what happens while there is none. Nothing of it is written anywhere.
package watch

import (
	"net/url"
	"sync"
	"time"

	"glennline/ari"
	asteriskconf "glennline/asterisk-conf"
	"glennline/asterisk-conf/pbx"
	"glennline/petition/caller"
	"glennline/voicemail"
)

// Call is one call at the moment in which it was decided what becomes of it, or
// the registration of a trunk at the moment in which it changed.
type Call struct {
	At        time.Time        `json:"at"`
	Trunk     string           `json:"trunk"`       // "" of a stranger
	Source    string           `json:"source"`      // address and port; "" where Asterisk does not tell
	SIPCallID string           `json:"sip_call_id"` // without the caller's number
	Caller    string           `json:"caller"`      // masked; see caller.Mask
	Dialled   string           `json:"dialled"`     // as found, or as recognised
	In        voicemail.Source `json:"dialled_in"`  // where it was found
	Line      string           `json:"line"`        // "" where it was refused
	Status    int              `json:"status"`      // that it was refused with; 0 if it was not
	Why       string           `json:"why"`         // it was refused, or is not taken by glennline

	// Registration is what that of the trunk has become; "" of a call. Source is the
	// registrar then, and Status its answer, 0 without one.
	Registration pbx.RegistrationStatus `json:"registration"`
}

// Board puts together what is seen. Its methods may be called from anywhere.
type Board struct {
	Lines  *voicemail.Lines
	Region string     // of callers' numbers in national form
	Tell   func(Call) // called for each call, one at a time
	Now    func() time.Time
	// TrunkAt is the trunk that has an address and port, "" for none; nil for none.
	TrunkAt func(source string) string
	// Registering are the trunks that register.
	Registering []asteriskconf.Trunk

	mu    sync.Mutex
	calls map[string]*seen
	known map[string]time.Time // SIP Call-IDs of which was told, and when
	over  bool

	registered map[string]standing // by trunk
}

// Close returns when nothing more will be told.
func (b *Board) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.over = true
}

// seen is what is known of a channel.
type seen struct {
	variables map[string]string
	told      bool
}

// See takes what is seen of a channel.
func (b *Board) See(s ari.Sight) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.calls == nil {
		b.calls = make(map[string]*seen)
	}
	call := b.calls[s.Channel.ID]
	if call == nil {
		if s.Kind == ari.SightGone {
			return
		}
		call = &seen{variables: make(map[string]string)}
		b.calls[s.Channel.ID] = call
	}
	switch s.Kind {
	case ari.SightVariable:
		call.variables[s.Variable] = s.Value
	case ari.SightStep:
		b.decided(call, s)
	case ari.SightGone:
		delete(b.calls, s.Channel.ID)
		if _, ours := call.variables["GL_DIALLED"]; ours && !call.told {
			b.tell(call, s, 0, "the caller gave up before it was decided")
		}
	case ari.SightCreated:
	}
}

// decided tells of a call with the step of the dialplan that decides.
func (b *Board) decided(call *seen, s ari.Sight) {
	if call.told {
		return
	}
	switch outcome := asteriskconf.OutcomeOf(s.Channel.Context); {
	case outcome == asteriskconf.OutcomeCall && s.Channel.App == "Stasis":
		b.tell(call, s, 0, "")
	case outcome == asteriskconf.OutcomeFallback && s.Channel.App == "Answer":
		b.tell(call, s, 0, "answered by the dialplan: glennline is away or about to go")
	case outcome == asteriskconf.OutcomeUnknown:
		b.tell(call, s, 404, noLine)
	case outcome == asteriskconf.OutcomeFullCalls:
		b.tell(call, s, 503, "as many calls as pbx.max_calls allows")
	case outcome == asteriskconf.OutcomeFullDisk:
		b.tell(call, s, 503, "no room on the disk, or it cannot be written")
	case outcome == asteriskconf.OutcomeFullCaller:
		b.tell(call, s, 503, "as many calls from one number as admission.per_caller allows")
	case outcome == asteriskconf.OutcomeClosed:
		b.tell(call, s, 503, "Asterisk is about to end")
	}
}

const noLine = "no line has this number"

// tell tells of a call once.
func (b *Board) tell(call *seen, s ari.Sight, status int, why string) {
	call.told = true
	b.note(s.Channel.SIPCallID)
	v := call.variables
	number := s.Channel.Caller
	found := b.Lines.Find(v["GL_TRUNK"], voicemail.Dialled{
		Request: v["GL_DIALLED"], To: plain(v["GL_TO"]), Diversion: plain(v["GL_DIVERSION"]), HistoryInfo: plain(v["GL_HISTORY"]),
	})
	c := Call{
		At: b.Now(), Trunk: v["GL_TRUNK"], Source: v["GL_SOURCE"],
		SIPCallID: caller.Scrub(s.Channel.SIPCallID, number),
		Caller:    caller.Mask(number, v["GL_SHOWN"], b.Region),
		Dialled:   caller.Scrub(found.Number, number), In: found.Source,
		Line: found.Line.Name, Status: status, Why: why,
	}
	if line := v["GL_LINE"]; line != "" { // the dialplan has chosen it by itself
		c.Line = line
	}
	if status == 0 && c.Line == "" && why == "" {
		c.Status, c.Why = 404, noLine
	}
	if c.Status != 0 {
		c.Line = ""
	}
	b.Tell(c)
}

// note remembers a Call-ID for a while, and says whether it is new.
func (b *Board) note(id string) bool {
	if id == "" {
		return true
	}
	now := b.Now()
	if at, told := b.known[id]; told && now.Sub(at) < time.Minute {
		return false
	}
	if b.known == nil {
		b.known = make(map[string]time.Time)
	}
	b.known[id] = now
	if len(b.known) > 1000 {
		for id, at := range b.known {
			if now.Sub(at) > time.Minute {
				delete(b.known, id)
			}
		}
	}
	return true
}

// plain undoes URIENCODE.
func plain(text string) string {
	if decoded, err := url.PathUnescape(text); err == nil {
		return decoded
	}
	return text
}
