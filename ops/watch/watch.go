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

// Call is one call at the moment in which it was decided what becomes of it.
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
}

// Board puts together what is seen. Its methods may be called from anywhere.
type Board struct {
	Lines  *voicemail.Lines
	Region string     // of callers' numbers in national form
	Tell   func(Call) // called for each call, one at a time
	Now    func() time.Time

	mu    sync.Mutex
	calls map[string]*seen
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

// Refused takes a call that never reached the dialplan.
func (b *Board) Refused(r pbx.Refusal) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := Call{At: b.Now(), Trunk: r.Endpoint, Source: r.Source, SIPCallID: caller.Scrub(r.SIPCallID, r.From), Dialled: r.Dialled}
	switch r.Why {
	case pbx.RefusedStranger:
		// Nobody vouches for a stranger's number: it is not known to be withheld.
		c.Caller = caller.Mask(r.From, "allowed", b.Region)
		c.Status, c.Why = 401, "no trunk has this address"
	case pbx.RefusedEncryption:
		c.Status, c.Why = 488, "its audio is not encrypted as the trunk wants it (srtp)"
	case pbx.RefusedExtension:
		c.Status, c.Why = 404, "nothing that can be dialled"
	}
	if c.Dialled != "" {
		c.In = voicemail.SourceRequest
	}
	b.Tell(c)
}

// plain undoes URIENCODE.
func plain(text string) string {
	if decoded, err := url.PathUnescape(text); err == nil {
		return decoded
	}
	return text
}
