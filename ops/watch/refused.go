package watch

import (
	"fmt"
	"strings"
	"time"

	"glennline/asterisk-conf/pbx"
	"glennline/petition/caller"
	"glennline/voicemail"
)

// settleWithin is how long the dialplan's own word on a call may take to arrive after
// the answer that it had Asterisk send: it knows more of it.
const settleWithin = time.Second

// Refused takes a call that Asterisk answered with a refusal. Where the dialplan
// tells of the same call, that is told alone.
func (b *Board) Refused(r pbx.Refusal) {
	if r.Why == pbx.RefusedAnswer {
		time.AfterFunc(settleWithin, func() { b.refused(r) })
		return
	}
	b.refused(r)
}

func (b *Board) refused(r pbx.Refusal) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over || !b.note(r.SIPCallID) {
		return
	}
	c := Call{
		At: b.Now(), Trunk: r.Endpoint, Source: r.Source, SIPCallID: caller.Scrub(r.SIPCallID, r.From),
		Dialled: caller.Scrub(r.Dialled, r.From), Status: r.Status, Why: why(r),
	}
	if c.Trunk == "" && b.TrunkAt != nil && r.Why != pbx.RefusedStranger {
		c.Trunk = b.TrunkAt(r.Source)
	}
	switch {
	case r.Withheld:
		c.Caller = caller.Mask(r.From, "prohib", b.Region)
	case r.From != "" || r.Why == pbx.RefusedStranger:
		// Nobody vouches for it: it is not known to be withheld.
		c.Caller = caller.Mask(r.From, "allowed", b.Region)
	}
	if c.Dialled != "" {
		c.In = voicemail.SourceRequest
	}
	b.Tell(c)
}

// why says in plain words what was wrong with a call.
func why(r pbx.Refusal) string {
	profile, codecs, _ := strings.Cut(r.Offers, " ")
	switch {
	case r.Why == pbx.RefusedStranger, r.Status == 401:
		return "no trunk has this address"
	case r.Why == pbx.RefusedBroken:
		return "no proper SIP, thrown away: " + r.Phrase
	case r.Why == pbx.RefusedExtension:
		return "nothing that can be dialled"
	case r.Why == pbx.RefusedEncryption && strings.Contains(profile, "SAVP"):
		return "its audio is encrypted (" + profile + "), and the trunk takes it in clear (srtp)"
	case r.Why == pbx.RefusedEncryption:
		return "its audio is not encrypted as the trunk wants it (srtp)"
	case r.Status == 488 && codecs != "":
		return fmt.Sprintf("no audio in common: it offers %s over %s", strings.ReplaceAll(codecs, " ", ", "), profile)
	case r.Status == 488:
		return "it offers no audio"
	case r.Status == 415:
		return "what it sends beside the call is no SDP"
	case r.Status == 420:
		return "it requires an extension of SIP that Asterisk does not have"
	case r.Status == 483:
		return "it has passed too many servers"
	}
	return "Asterisk answers " + r.Phrase
}
