package reconcile_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"glennline/ops/reconcile"
	"glennline/petition"
)

// What a crash leaves at each step has a name, and is completed once.
func TestCrashes(t *testing.T) {
	started, answered := petition.ChannelStarted, petition.ChannelAnswered
	for name, test := range map[string]struct {
		leave  func(h *house) petition.Call
		kind   reconcile.Kind
		ending string
		status string
	}{
		"row written": {
			func(h *house) petition.Call { return h.open() },
			reconcile.Abandoned, "hung_up/abandoned", "",
		},
		"row written, Asterisk died": {
			func(h *house) petition.Call { return h.open(started, answered) },
			reconcile.Abandoned, "failed/abandoned", "",
		},
		"caller gave up before the answer": {
			func(h *house) petition.Call { return h.open(started, petition.ChannelHungUp) },
			reconcile.Abandoned, "hung_up/before_answer", "",
		},
		"recording began": {
			func(h *house) petition.Call { c := h.open(); h.spool(c, speech(h.t)); return c },
			reconcile.Unclaimed, "message/abandoned", "counted",
		},
		"recording began, Asterisk killed": {
			func(h *house) petition.Call {
				c := h.open(started, answered)
				h.spool(c, killed(speech(h.t)))
				return c
			},
			reconcile.Unclaimed, "message/abandoned", "counted",
		},
		"file linked": {
			func(h *house) petition.Call {
				c := h.open()
				if _, err := h.store.Keep(h.t.Context(), h.spool(c, speech(h.t)), c.ID, c.StartedAt); err != nil {
					h.t.Fatal(err)
				}
				return c
			},
			reconcile.Unclaimed, "message/abandoned", "counted",
		},
		"file linked, spool lost": {
			func(h *house) petition.Call {
				c := h.open()
				if _, err := h.store.Keep(h.t.Context(), h.spool(c, speech(h.t)), c.ID, c.StartedAt); err != nil {
					h.t.Fatal(err)
				}
				h.release(c)
				return c
			},
			reconcile.Unclaimed, "message/abandoned", "review", // nothing tells of the notice any more
		},
		"commit": {
			func(h *house) petition.Call { c, _ := h.signed(); return c },
			reconcile.Leftover, "message/caller", "counted",
		},
		"row lost": {
			func(h *house) petition.Call { c := h.call(); h.spool(c, speech(h.t)); return c },
			reconcile.Orphan, "message/abandoned", "counted",
		},
		"fallback": {
			func(h *house) petition.Call {
				c := h.call()
				h.noted(c, ".call", []byte("sip_call_id="+c.SIPCallID+"&dialled=%2B3225550100&presentation=allowed\n&sealed="))
				h.noted(c, ".wav", speech(h.t))
				return c
			},
			reconcile.Orphan, "message/fallback", "counted",
		},
		"fallback, killed while it was brought in": {
			func(h *house) petition.Call {
				c := h.call()
				h.noted(c, ".call", []byte("sip_call_id="+c.SIPCallID+"&dialled=%2B3225550100&presentation=allowed&sealed="))
				if _, err := h.store.Keep(h.t.Context(), h.noted(c, ".wav", killed(speech(h.t))), c.ID, c.StartedAt); err != nil {
					h.t.Fatal(err)
				}
				return c
			},
			reconcile.Orphan, "message/fallback", "counted",
		},
		"fallback, Asterisk killed": {
			func(h *house) petition.Call {
				c := h.call(started, answered)
				h.noted(c, ".call", []byte("sip_call_id="+c.SIPCallID+"&dialled=%2B3225550100&presentation=allowed&sealed="))
				h.noted(c, ".wav", killed(speech(h.t)))
				return c
			},
			reconcile.Orphan, "message/fallback", "counted",
		},
		"fallback, by a clock an hour ahead of ours": {
			func(h *house) petition.Call {
				h.calls = 25 * 60 // minutes
				c := h.call()
				h.noted(c, ".call", []byte("sip_call_id="+c.SIPCallID+"&dialled=%2B3225550100&presentation=allowed&sealed="))
				h.noted(c, ".wav", speech(h.t))
				return c
			},
			reconcile.Orphan, "message/fallback", "counted",
		},
		"fallback, hung up during the notice": {
			func(h *house) petition.Call {
				c := h.call()
				h.noted(c, ".call", []byte("sip_call_id="+c.SIPCallID+"&dialled=%2B3225550100&presentation=allowed"))
				return c
			},
			reconcile.Unexplained, "hung_up/early", "",
		},
		"fallback, Asterisk killed at the answer": {
			func(h *house) petition.Call {
				c := h.call(started)
				h.noted(c, ".call", []byte("sip_call_id="+c.SIPCallID))
				return c
			},
			reconcile.Unexplained, "failed/abandoned", "",
		},
		"answered, nothing recorded": {
			func(h *house) petition.Call { return h.call() },
			reconcile.Unexplained, "hung_up/early", "",
		},
		"file of no bytes": {
			func(h *house) petition.Call { c := h.open(); h.spool(c, nil); return c },
			reconcile.Unusable, "silent/no_audio", "",
		},
		"file of no bytes, Asterisk killed": {
			func(h *house) petition.Call { c := h.open(started, answered); h.spool(c, nil); return c },
			reconcile.Unusable, "failed/abandoned", "",
		},
		"header alone": {
			func(h *house) petition.Call { c := h.open(); h.spool(c, speech(h.t)[:44]); return c },
			reconcile.Unusable, "silent/no_audio", "",
		},
		"fallback, garbage": {
			func(h *house) petition.Call {
				c := h.call()
				h.noted(c, ".call", []byte("sip_call_id="+c.SIPCallID))
				h.noted(c, ".wav", []byte(strings.Repeat("noise", 9999)))
				return c
			},
			reconcile.Unusable, "failed/fallback", "",
		},
		"garbage": {
			func(h *house) petition.Call {
				c := h.open()
				h.spool(c, []byte(strings.Repeat("noise", 9999)))
				return c
			},
			reconcile.Unusable, "failed/record", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			call := test.leave(h)
			before := h.state()
			report, shown := h.run(h.cfg)
			if report.Counts[test.kind] != 1 || report.Left != 1 {
				t.Errorf("it finds %v, want one %s", report.Counts, test.kind)
			}
			if after := h.state(); withoutWitness(after) != before {
				t.Errorf("without --apply it changes\n%s\ninto\n%s", before, after)
			}
			late := h.cfg
			late.Since = began
			if report, _ := h.run(late); report.Counts[test.kind] != 1 {
				t.Errorf("a look at what happened of late finds %v, want one %s", report.Counts, test.kind)
			}
			report, found := h.apply()
			if report.Left != 0 || report.Counts[test.kind] != 1 || len(found) != 1 {
				t.Errorf("applied, it leaves %d of %+v", report.Left, found)
			}
			if found[0].Action != shown[0].Action {
				t.Errorf("it would %q, and did %q", shown[0].Action, found[0].Action)
			}
			if said := strings.Contains(found[0].Action, "quarantine"); said != (found[0].Aside != "") {
				t.Errorf("it says %q, and the file is in %q", found[0].Action, found[0].Aside)
			}
			row := h.want(call, test.ending, test.status)
			if strings.HasPrefix(name, "fallback") && row.Call.SIPCallID != call.SIPCallID {
				t.Errorf("Call-ID %q, want %q", row.Call.SIPCallID, call.SIPCallID)
			}
			if left := files(t, h.cfg.Spool); len(left) > 0 {
				t.Errorf("left in the spool: %v", left)
			}
			quarantined := len(files(t, filepath.Join(h.dir, "quarantine"))) > 0
			if bad := strings.HasPrefix(name, "file of no") || name == "header alone" || strings.HasSuffix(name, "garbage"); bad != quarantined {
				t.Errorf("in quarantine: %v, want %v", quarantined, bad)
			}
			h.agrees()
		})
	}
}

// A spool copy goes only if the archive has what is in it.
func TestLeftoverThatIsNotArchived(t *testing.T) {
	h := open(t)
	call, voice := h.signed()
	h.release(call)
	path := h.spool(call, speech(t))
	cfg := h.cfg
	cfg.Apply = true
	report, err := reconcile.Run(t.Context(), cfg)
	if err != nil || report.Left != 1 || report.Counts[reconcile.Leftover] != 1 {
		t.Errorf("%+v, %v; want a leftover that stays", report, err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error("the only copy was removed:", err)
	}
	if _, err := os.Stat(h.store.Path(voice)); err != nil {
		t.Error(err)
	}
}

// What happened before is for a look at everything.
func TestWhatHappenedOfLate(t *testing.T) {
	h := open(t)
	before, after := h.call(), h.call()
	signed, voice := h.signed()
	h.release(signed)
	if err := os.Remove(h.store.Path(voice)); err != nil {
		t.Fatal(err)
	}
	cfg := h.cfg
	cfg.Since = before.StartedAt.Add(30 * time.Second)
	report, found := h.run(cfg)
	if len(found) != 1 || found[0].CallID != after.ID || report.Totals.Answered != 3 {
		t.Errorf("it finds %+v of %+v, want the later call of three", found, report.Totals)
	}
	if report, _ := h.run(h.cfg); report.Counts[reconcile.Unexplained] != 2 || report.Counts[reconcile.Missing] != 1 {
		t.Errorf("a look at everything finds %v", report.Counts)
	}
}

// What was removed or changed by hand is found, and its signature counts no
// more until somebody looked.
func TestFilesChangedByHand(t *testing.T) {
	h := open(t)
	gone, goneVoice := h.signed()
	damaged, damagedVoice := h.signed()
	sound, _ := h.signed()
	for _, call := range []petition.Call{gone, damaged, sound} {
		h.release(call)
	}
	path := h.store.Path(damagedVoice)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)/2] ^= 1
	if err := errors.Join(os.Remove(h.store.Path(goneVoice)), os.Chmod(path, 0o600), os.WriteFile(path, raw, 0o400)); err != nil {
		t.Fatal(err)
	}
	if report, _ := h.run(h.cfg); report.Counts[reconcile.Missing] != 1 || report.Counts[reconcile.Damaged] != 0 {
		t.Errorf("without hashing it finds %v, want one missing", report.Counts)
	}
	cfg := h.cfg
	cfg.Apply, cfg.VerifyHashes = true, true
	if report, _ := h.run(cfg); report.Counts[reconcile.Missing] != 1 || report.Counts[reconcile.Damaged] != 1 || report.Left != 2 {
		t.Errorf("with hashing it finds %v and leaves %d", report.Counts, report.Left)
	}
	h.want(gone, "message/caller", "review")
	h.want(damaged, "message/caller", "review")
	h.want(sound, "message/caller", "counted")
	if len(files(t, filepath.Join(h.dir, "quarantine"))) == 0 {
		t.Error("the damaged file was not moved aside")
	}
	before := h.state()
	if report, _ := h.run(cfg); report.Left != 2 {
		t.Errorf("again, %d are left to look at, want both", report.Left)
	}
	if after := h.state(); after != before {
		t.Errorf("again, it changes\n%s\ninto\n%s", before, after)
	}
}

// A duplicate stays one, whatever became of its recording: what was not done is
// not said.
func TestFilesOfDuplicates(t *testing.T) {
	for kind, harm := range map[reconcile.Kind]func(path string) error{
		reconcile.Missing: os.Remove,
		reconcile.Damaged: func(path string) error {
			return errors.Join(os.Chmod(path, 0o600), os.WriteFile(path, []byte("RIFF"), 0o600))
		},
	} {
		t.Run(string(kind), func(t *testing.T) {
			h := open(t)
			first, _ := h.signed()
			again := h.open()
			raw, err := os.ReadFile(h.spooled(first))
			if err != nil {
				t.Fatal(err)
			}
			h.spool(again, raw)
			h.apply()
			row := h.want(again, "message/abandoned", "duplicate")
			path := h.store.Path(*row.Closing.Voice)
			if err := harm(path); err != nil {
				t.Fatal(err)
			}
			cfg := h.cfg
			cfg.Apply, cfg.VerifyHashes = true, true
			report, found := h.run(cfg)
			if report.Left != 1 || len(found) != 1 || found[0].Kind != kind || !strings.Contains(found[0].Action, "the signature stays duplicate (same_audio)") {
				t.Fatalf("it leaves %d of %+v", report.Left, found)
			}
			moved := kind == reconcile.Damaged
			if f := found[0]; f.Done != moved || (f.Aside != "") != moved || moved && len(files(t, filepath.Dir(f.Aside))) == 0 {
				t.Errorf("it says %+v, want done %v", f, moved)
			}
			h.want(again, "message/abandoned", "duplicate")
		})
	}
}

// A row that was removed comes back from the archived file, to be looked at:
// what the caller heard is not known any more.
func TestRowRemoved(t *testing.T) {
	h := open(t)
	call, _ := h.signed()
	h.release(call)
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(h.dir, "glennline.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, table := range []string{"signatures", "voices", "consents"} {
		if _, err := db.ExecContext(t.Context(), `DELETE FROM `+table); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.ExecContext(t.Context(), `DELETE FROM calls`); err != nil {
		t.Fatal(err)
	}
	h.apply()
	h.want(call, "message/abandoned", "review")
	h.agrees()
}

// Several at once complete each thing once.
func TestTwoAtOnce(t *testing.T) {
	h := open(t)
	for range 20 {
		c := h.open()
		h.spool(c, speech(t))
		c = h.call()
		h.noted(c, ".call", []byte("sip_call_id="+c.SIPCallID))
		h.noted(c, ".wav", killed(speech(t)))
		c = h.call()
		h.noted(c, ".call", []byte("sip_call_id="+c.SIPCallID))
		h.open()
		h.signed()
	}
	cfg := h.cfg
	cfg.Apply = true
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if _, err := reconcile.Run(context.WithoutCancel(t.Context()), cfg); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	h.agrees()
	signatures := 0
	rows := 0
	if err := h.db.Calls(t.Context(), everything, func(row callRow) error {
		rows++
		if row.Closing == nil {
			t.Errorf("call %s is open", row.Call.ID)
		}
		if row.Signature != nil {
			signatures++
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if rows != 100 || signatures != 60 {
		t.Errorf("%d calls and %d signatures, want 100 and 60", rows, signatures)
	}
}

// What lives is not touched, and neither is what this process works on, nor
// anything that may live where Asterisk cannot be asked.
func TestLiveCalls(t *testing.T) {
	for name, alive := range map[string]func(h *house, cfg *reconcile.Config, call petition.Call){
		"in Asterisk": func(h *house, _ *reconcile.Config, call petition.Call) { h.live[call.UniqueID] = true },
		"Asterisk cannot be asked": func(_ *house, cfg *reconcile.Config, _ petition.Call) {
			cfg.Live = func(context.Context) (map[string]bool, error) { return nil, fmt.Errorf("no answer") }
			cfg.Now = func() time.Time { return began.Add(cfg.MaxCall) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			for what, leave := range map[string]func(h *house) petition.Call{
				"row":       func(h *house) petition.Call { return h.open(petition.ChannelStarted, petition.ChannelAnswered) },
				"recording": func(h *house) petition.Call { c := h.open(petition.ChannelStarted); h.spool(c, speech(h.t)); return c },
				"no row":    func(h *house) petition.Call { return h.call(petition.ChannelStarted, petition.ChannelAnswered) },
				"fallback": func(h *house) petition.Call {
					c := h.call(petition.ChannelStarted)
					h.noted(c, ".wav", speech(h.t))
					return c
				},
				"note": func(h *house) petition.Call {
					c := h.call(petition.ChannelStarted)
					h.noted(c, ".call", nil)
					return c
				},
			} {
				t.Run(what, func(t *testing.T) {
					h := open(t)
					call := leave(h)
					cfg := h.cfg
					cfg.Apply = true
					alive(h, &cfg, call)
					before := h.state()
					report, found := h.run(cfg)
					if report.Waiting != 1 || len(found) != 1 || found[0].Kind != reconcile.Waiting || found[0].CallID != call.ID || found[0].At.IsZero() {
						t.Errorf("%d wait and it finds %+v, want the call told of and left alone", report.Waiting, found)
					}
					if after := h.state(); withoutWitness(after) != before {
						t.Errorf("it changes\n%s\ninto\n%s", before, after)
					}
				})
			}
		})
	}
}

// Where nobody can be alive any more, what looks open is named: once Asterisk's
// log has the end, once Asterisk is gone, and once the longest call is over.
func TestCallsThatCannotLive(t *testing.T) {
	started, answered := petition.ChannelStarted, petition.ChannelAnswered
	unreachable := func(context.Context) (map[string]bool, error) { return nil, fmt.Errorf("no answer") }
	leave := map[string]func(h *house, events ...petition.ChannelEventKind) petition.Call{
		"row": func(h *house, events ...petition.ChannelEventKind) petition.Call { return h.open(events...) },
		"recording": func(h *house, events ...petition.ChannelEventKind) petition.Call {
			c := h.open(events...)
			h.spool(c, speech(h.t))
			return c
		},
		"no row": func(h *house, events ...petition.ChannelEventKind) petition.Call { return h.call(events...) },
		"fallback": func(h *house, events ...petition.ChannelEventKind) petition.Call {
			c := h.call(events...)
			h.noted(c, ".wav", speech(h.t))
			return c
		},
	}
	for name, test := range map[string]struct {
		events []petition.ChannelEventKind
		after  time.Duration // since the call began
		set    func(cfg *reconcile.Config)
		waits  bool
	}{
		"its end is known": {
			[]petition.ChannelEventKind{started, answered, petition.ChannelHungUp},
			30 * time.Second,
			func(cfg *reconcile.Config) { cfg.Live = unreachable }, false,
		},
		"its end is known, somebody may be completing it": {
			[]petition.ChannelEventKind{started, answered, petition.ChannelHungUp},
			20 * time.Second,
			func(cfg *reconcile.Config) { cfg.Live = unreachable }, true,
		},
		"its end is known, nobody completes it": {
			[]petition.ChannelEventKind{started, answered, petition.ChannelHungUp},
			20 * time.Second,
			func(cfg *reconcile.Config) { cfg.Live, cfg.Unserved = unreachable, true }, false,
		},
		"Asterisk is gone, and so is glennline": {
			[]petition.ChannelEventKind{started, answered},
			12 * time.Second,
			func(cfg *reconcile.Config) { cfg.Unserved = true }, false,
		},
		"nobody can be asked": {
			[]petition.ChannelEventKind{started, answered},
			10*time.Minute + 14*time.Second,
			func(cfg *reconcile.Config) { cfg.Live, cfg.Unserved = unreachable, true }, true,
		},
		"the longest call is over": {
			[]petition.ChannelEventKind{started, answered},
			10*time.Minute + 16*time.Second,
			func(cfg *reconcile.Config) { cfg.Live = unreachable }, false,
		},
	} {
		for what, leave := range leave {
			t.Run(name+", "+what, func(t *testing.T) {
				h := open(t)
				call := leave(h, test.events...)
				cfg := h.cfg
				cfg.Now = func() time.Time { return call.StartedAt.Add(test.after) }
				test.set(&cfg)
				report, found := h.run(cfg)
				if test.waits {
					if report.Waiting != 1 || report.Left != 0 || len(found) != 1 {
						t.Errorf("it finds %+v, want the call among those that may live", found)
					}
					return
				}
				if report.Waiting != 0 || report.Left != 1 || len(found) != 1 || found[0].CallID != call.ID {
					t.Errorf("%d wait, and it finds %+v, want the call named", report.Waiting, found)
				}
			})
		}
	}
}

// A young file that nobody can be writing is no call that waits.
func TestYoungStray(t *testing.T) {
	h := open(t)
	path := filepath.Join(h.cfg.Spool, "2026-11-22", "hello.wav")
	h.write(path, []byte("something else"))
	cfg := h.cfg
	cfg.Now = func() time.Time { return began.Add(time.Minute) }
	if report, _ := h.run(cfg); report.InUse != 1 || report.Left != 0 {
		t.Errorf("%+v, want it left alone: somebody may be writing it", report)
	}
	cfg.Unserved = true
	if report, _ := h.run(cfg); report.InUse != 0 || report.Counts[reconcile.Stray] != 1 {
		t.Errorf("%+v, want a stray", report)
	}
	h.live["gl-1.1"] = true
	if report, _ := h.run(cfg); report.InUse != 1 || report.Left != 0 {
		t.Errorf("with a call in Asterisk: %+v, want it left alone", report)
	}
}
