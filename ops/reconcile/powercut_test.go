package reconcile_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"glennline/ops/reconcile"
	"glennline/petition"
	"glennline/petition/callid"
)

// unseen is a call that Asterisk's log knows nothing of, as after a power cut: it is
// never synced.
func (h *house) unseen() petition.Call {
	h.calls++
	at := began.Add(time.Duration(h.calls) * time.Minute)
	uniqueID := fmt.Sprintf("gl-%d.%d", at.Unix(), h.calls)
	return petition.Call{
		ID: callid.Derive("gl", uniqueID, at), System: "gl", UniqueID: uniqueID, SIPCallID: uniqueID + "@carrier", Line: "main",
		Dialled: "+3225550100", StartedAt: at, Caller: petition.Caller{Class: petition.ClassUnknown},
	}
}

// A power cut leaves of a file its name, and of its content whatever the kernel had
// written until then. Each call is known by what is left, once, and no row says more
// of it than that.
func TestAfterAPowerCut(t *testing.T) {
	known := func(c petition.Call) []byte {
		return []byte("sip_call_id=" + c.SIPCallID + "&dialled=%2B3225550100&presentation=allowed")
	}
	for name, test := range map[string]struct {
		leave          func(h *house) petition.Call
		kind           reconcile.Kind
		ending, status string
		aside          bool // something is in the quarantine
	}{
		"an empty note": {
			func(h *house) petition.Call { c := h.unseen(); h.noted(c, ".call", nil); return c },
			reconcile.Unexplained, "failed/abandoned", "", false,
		},
		"an empty note, the start in Asterisk's log": {
			func(h *house) petition.Call { c := h.call(petition.ChannelStarted); h.noted(c, ".call", nil); return c },
			reconcile.Unexplained, "failed/abandoned", "", false,
		},
		"an empty note, the answer in Asterisk's log": {
			func(h *house) petition.Call {
				c := h.call(petition.ChannelStarted, petition.ChannelAnswered)
				h.noted(c, ".call", nil)
				return c
			},
			reconcile.Unexplained, "hung_up/early", "", false,
		},
		"an empty note of a full disk, after the boot": {
			func(h *house) petition.Call {
				c := h.unseen()
				path := h.noted(c, ".call", nil)
				if err := os.Chtimes(path, booted, booted); err != nil {
					h.t.Fatal(err)
				}
				return c
			},
			reconcile.Unexplained, "refused/no_room", "", false,
		},
		"a note of which blocks were kept and not their content": {
			func(h *house) petition.Call { c := h.unseen(); h.noted(c, ".call", make([]byte, 90)); return c },
			reconcile.Unexplained, "failed/abandoned", "", false,
		},
		"a whole note alone": {
			func(h *house) petition.Call { c := h.unseen(); h.noted(c, ".call", known(c)); return c },
			reconcile.Unexplained, "failed/abandoned", "", false,
		},
		"an empty note, an empty recording": {
			func(h *house) petition.Call {
				c := h.unseen()
				h.noted(c, ".call", nil)
				h.noted(c, ".wav", nil)
				return c
			},
			reconcile.Unusable, "failed/fallback", "", true,
		},
		"a whole note, a header": {
			func(h *house) petition.Call {
				c := h.unseen()
				h.noted(c, ".call", known(c))
				h.noted(c, ".wav", killed(speech(h.t))[:44])
				return c
			},
			reconcile.Unusable, "failed/fallback", "", true,
		},
		"a recording of which blocks were kept and not their content": {
			func(h *house) petition.Call {
				c := h.unseen()
				h.noted(c, ".call", known(c))
				h.noted(c, ".wav", make([]byte, 32<<10))
				return c
			},
			reconcile.Unusable, "failed/fallback", "", true,
		},
		"an empty note, a voice": { // nothing but a name says that the notice was heard
			func(h *house) petition.Call {
				c := h.unseen()
				h.noted(c, ".call", nil)
				h.noted(c, ".wav", killed(speech(h.t)))
				return c
			},
			reconcile.Orphan, "message/fallback", "review", false,
		},
		"a whole note, a voice": {
			func(h *house) petition.Call {
				c := h.unseen()
				h.noted(c, ".call", known(c))
				h.noted(c, ".wav", killed(speech(h.t)))
				return c
			},
			reconcile.Orphan, "message/fallback", "counted", false,
		},
		"the row of a call of ours, an empty recording": {
			func(h *house) petition.Call {
				c := h.unseen()
				if err := h.db.Begin(h.t.Context(), c); err != nil {
					h.t.Fatal(err)
				}
				h.spool(c, nil)
				return c
			},
			reconcile.Unusable, "failed/abandoned", "", true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			call := test.leave(h)
			report, found := h.apply()
			if report.Left != 0 || report.Counts[test.kind] != 1 || len(found) != 1 {
				t.Errorf("applied, it leaves %d of %+v, want one %s", report.Left, found, test.kind)
			}
			h.want(call, test.ending, test.status)
			if left := files(t, h.cfg.Spool); len(left) > 0 {
				t.Errorf("left in the spool: %v", left)
			}
			if aside := files(t, h.dir+"/quarantine"); (len(aside) > 0) != test.aside {
				t.Errorf("in the quarantine: %v, want %v", aside, test.aside)
			}
			before := h.state()
			h.agrees()
			if after := h.state(); after != before {
				t.Errorf("looked at again, it changes\n%s\ninto\n%s", before, after)
			}
		})
	}
}
