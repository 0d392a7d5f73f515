package watch_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"glennline/ari"
	"glennline/asterisk-conf/pbx"
	"glennline/ops/watch"
	"glennline/petition/caller"
	"glennline/voicemail"
)

const number = "+32470555019"

func TestCalls(t *testing.T) {
	base := map[string]string{
		"GL_TRUNK": "carrier", "GL_DIALLED": "account", "GL_SOURCE": "192.0.2.1:5060", "GL_SHOWN": "allowed_not_screened",
		"GL_TO": "%3Csip%3A%2B3225550100%40carrier.example%3E",
	}
	with := func(more ...string) map[string]string {
		variables := maps.Clone(base)
		for i := 0; i < len(more); i += 2 {
			variables[more[i]] = more[i+1]
		}
		return variables
	}
	taken := watch.Call{
		Trunk: "carrier", Source: "192.0.2.1:5060", SIPCallID: "324xxxxxxxx-1@carrier.example", Caller: "+32…19",
		Dialled: "+3225550100", In: "to", Line: "main",
	}
	change := func(to func(*watch.Call)) watch.Call {
		c := taken
		to(&c)
		return c
	}
	for name, tt := range map[string]struct {
		variables    map[string]string
		context, app string
		want         watch.Call
	}{
		"taken":         {with(), "call", "Stasis", taken},
		"by a fragment": {with(), "glennline-call", "Stasis", taken},
		"withheld":      {with("GL_SHOWN", "prohib_not_screened"), "call", "Stasis", change(func(c *watch.Call) { c.Caller = "withheld" })},
		"not yet known so": {with("GL_SHOWN", ""), "full-calls", "Hangup", change(func(c *watch.Call) {
			c.Caller, c.Line, c.Status, c.Why = "withheld", "", 503, "as many calls as pbx.max_calls allows"
		})},
		"no line": {with("GL_TO", "%3Csip%3A025550199%40x%3E"), "call", "Stasis", change(func(c *watch.Call) {
			c.Dialled, c.In, c.Line, c.Status, c.Why = "025550199", "to", "", 404, "no line has this number"
		})},
		"own number dialled": {with("GL_TO", "%3Csip%3A0470555019%40x%3E"), "call", "Stasis", change(func(c *watch.Call) {
			c.Dialled, c.In, c.Line, c.Status, c.Why = "04xxxxxxxx", "to", "", 404, "no line has this number"
		})},
		"disk": {with(), "full-disk", "Hangup", change(func(c *watch.Call) {
			c.Line, c.Status, c.Why = "", 503, "no room on the disk, or it cannot be written"
		})},
		"without us": {with("GL_LINE", "other"), "fallback", "Answer", change(func(c *watch.Call) {
			c.Line, c.Why = "other", "answered by the dialplan: glennline is away or about to go"
		})},
		"no line without us": {with(), "glennline-unknown-number", "Hangup", change(func(c *watch.Call) {
			c.Line, c.Status, c.Why = "", 404, "no line has this number"
		})},
	} {
		t.Run(name, func(t *testing.T) {
			b, told := board(t)
			channel := ari.Watched{ID: "1.1", SIPCallID: "32470555019-1@carrier.example", Caller: number, Context: "from-trunk"}
			b.See(ari.Sight{Kind: ari.SightCreated, Channel: channel})
			for key, value := range tt.variables {
				b.See(ari.Sight{Kind: ari.SightVariable, Channel: channel, Variable: key, Value: value})
			}
			channel.Context = "call"
			for _, app := range []string{"Set", "GotoIf"} { // nothing is decided yet
				channel.App = app
				b.See(ari.Sight{Kind: ari.SightStep, Channel: channel})
			}
			if len(*told) != 0 {
				t.Errorf("told too soon: %+v", *told)
			}
			channel.Context, channel.App = tt.context, tt.app
			b.See(ari.Sight{Kind: ari.SightStep, Channel: channel})
			b.See(ari.Sight{Kind: ari.SightStep, Channel: channel})
			b.See(ari.Sight{Kind: ari.SightGone, Channel: channel})
			b.See(ari.Sight{Kind: ari.SightGone, Channel: channel})
			if d := cmp.Diff([]watch.Call{tt.want}, *told); d != "" {
				t.Error(d)
			}
			noNumber(t, *told)
		})
	}
}

func board(t *testing.T) (*watch.Board, *[]watch.Call) {
	t.Helper()
	lines := voicemail.NewLines([]voicemail.Source{voicemail.SourceRequest}, "BE", caller.E164)
	lines.Read("carrier", voicemail.Reading{Sources: []voicemail.Source{voicemail.SourceTo}})
	if err := lines.Add(voicemail.Line{Name: "main"}, false, "+32 2 555 01 00"); err != nil {
		t.Fatal(err)
	}
	var told []watch.Call
	return &watch.Board{Lines: lines, Region: "BE", Tell: func(c watch.Call) { told = append(told, c) }, Now: func() time.Time { return time.Time{} }}, &told
}

// A channel that is none of ours is not told of; one that leaves early is.
func TestWhoIsNotDecided(t *testing.T) {
	b, told := board(t)
	theirs := ari.Watched{ID: "1.1", Context: "their-office"}
	b.See(ari.Sight{Kind: ari.SightCreated, Channel: theirs})
	b.See(ari.Sight{Kind: ari.SightStep, Channel: theirs})
	b.See(ari.Sight{Kind: ari.SightGone, Channel: theirs})
	if len(*told) != 0 {
		t.Errorf("%+v", *told)
	}
	ours := ari.Watched{ID: "1.2", Context: "from-trunk", Caller: number}
	b.See(ari.Sight{Kind: ari.SightVariable, Channel: ours, Variable: "GL_DIALLED", Value: "+3225550100"})
	b.See(ari.Sight{Kind: ari.SightGone, Channel: ours})
	if len(*told) != 1 || !strings.Contains((*told)[0].Why, "gave up") {
		t.Errorf("%+v", *told)
	}
}

func TestRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, told := board(t)
		b.TrunkAt = func(source string) string {
			if strings.HasPrefix(source, "192.0.2.1:") {
				return "carrier"
			}
			return ""
		}
		refuse := func(r pbx.Refusal) {
			b.Refused(r)
			time.Sleep(2 * time.Second)
			synctest.Wait()
		}
		const stranger, known = "192.0.2.66:5060", "192.0.2.1:5060"
		refuse(pbx.Refusal{Why: pbx.RefusedStranger, Status: 401, From: number, Source: stranger, SIPCallID: "0470555019"})
		refuse(pbx.Refusal{Why: pbx.RefusedStranger, Status: 401, From: number, Source: stranger, SIPCallID: "0470555019"}) // sent again
		refuse(pbx.Refusal{Why: pbx.RefusedStranger, Status: 401, From: "100", Source: stranger})
		refuse(pbx.Refusal{Why: pbx.RefusedEncryption, Status: 488, Endpoint: "encrypted"})
		refuse(pbx.Refusal{Why: pbx.RefusedEncryption, Status: 488, Endpoint: "clear", From: number, Withheld: true, Source: known, Dialled: "+3225550100", Offers: "RTP/SAVP PCMA"})
		refuse(pbx.Refusal{Why: pbx.RefusedExtension, Status: 404, Source: known, Dialled: "%"})
		refuse(pbx.Refusal{Why: pbx.RefusedAnswer, Status: 488, Phrase: "Not Acceptable Here", From: number, Source: known, SIPCallID: "a", Dialled: "+3225550100", Offers: "RTP/AVP G729 telephone-event"})
		refuse(pbx.Refusal{Why: pbx.RefusedAnswer, Status: 488, From: number, Source: known, SIPCallID: "b", Dialled: number})
		refuse(pbx.Refusal{Why: pbx.RefusedAnswer, Status: 500, Phrase: "Server Internal Error", Source: known, SIPCallID: "c"})
		refuse(pbx.Refusal{Why: pbx.RefusedBroken, Source: known, Phrase: "syntax error in From, line 3"})
		want := []watch.Call{
			{Source: stranger, SIPCallID: "04xxxxxxxx", Caller: "+32…19", Status: 401, Why: "no trunk has this address"},
			{Source: stranger, Caller: "100", Status: 401, Why: "no trunk has this address"},
			{Trunk: "encrypted", Status: 488, Why: "its audio is not encrypted as the trunk wants it (srtp)"},
			{Trunk: "clear", Source: known, Caller: "withheld", Dialled: "+3225550100", In: "request", Status: 488, Why: "its audio is encrypted (RTP/SAVP), and the trunk takes it in clear (srtp)"},
			{Trunk: "carrier", Source: known, Dialled: "%", In: "request", Status: 404, Why: "nothing that can be dialled"},
			{Trunk: "carrier", Source: known, SIPCallID: "a", Caller: "+32…19", Dialled: "+3225550100", In: "request", Status: 488, Why: "no audio in common: it offers G729, telephone-event over RTP/AVP"},
			{Trunk: "carrier", Source: known, SIPCallID: "b", Caller: "+32…19", Dialled: "+324xxxxxxxx", In: "request", Status: 488, Why: "it offers no audio"},
			{Trunk: "carrier", Source: known, SIPCallID: "c", Status: 500, Why: "Asterisk answers Server Internal Error"},
			{Trunk: "carrier", Source: known, Status: 0, Why: "no proper SIP, thrown away: syntax error in From, line 3"},
		}
		ignored := cmpopts.IgnoreFields(watch.Call{}, "At")
		if d := cmp.Diff(want, *told, ignored); d != "" {
			t.Error(d)
		}
		noNumber(t, *told)
	})
}

// A call that the dialplan refused is told once, with what the dialplan knows,
// whichever word of it comes first.
func TestRefusedByTheDialplan(t *testing.T) {
	for _, answerFirst := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			b, told := board(t)
			answer := func() {
				b.Refused(pbx.Refusal{Why: pbx.RefusedAnswer, Status: 404, Phrase: "Not Found", Source: "192.0.2.1:5060", SIPCallID: "id@carrier"})
			}
			if answerFirst {
				answer()
			}
			channel := ari.Watched{ID: "1", SIPCallID: "id@carrier", Caller: number}
			b.See(ari.Sight{Kind: ari.SightCreated, Channel: channel})
			b.See(ari.Sight{Kind: ari.SightVariable, Channel: channel, Variable: "GL_DIALLED", Value: "+3225550198"})
			channel.Context, channel.App = "unknown-number", "Hangup"
			b.See(ari.Sight{Kind: ari.SightStep, Channel: channel})
			if !answerFirst {
				answer()
			}
			time.Sleep(2 * time.Second)
			synctest.Wait()
			if len(*told) != 1 || (*told)[0].Status != 404 || (*told)[0].Why != "no line has this number" {
				t.Errorf("answer first %v: told %+v", answerFirst, *told)
			}
		})
	}
}

func noNumber(t *testing.T, told []watch.Call) {
	t.Helper()
	text, err := json.Marshal(told)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), number[4:]) {
		t.Errorf("the caller's number is in %s", text)
	}
}
