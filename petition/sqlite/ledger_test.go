package sqlite_test

import (
	"bytes"
	"errors"
	"math"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"glennline/petition"
	"glennline/petition/sqlite"
)

func signature(n int) *petition.Signature {
	return &petition.Signature{
		ID:           id(n),
		Status:       petition.StatusCounted,
		StatusReason: petition.StatusReasonVoice,
		Actor:        petition.ActorRule,
		ChangedAt:    clock(),
		CreatedAt:    clock(),
	}
}

func TestLedgerKeepsACall(t *testing.T) {
	p := path(t)
	db := open(t, sqlite.Config{Path: p})
	begin(t, db, call(1))

	want := sqlite.CallRow{Call: call(1)}
	if diff := cmp.Diff(want, find(t, db, id(1))); diff != "" {
		t.Errorf("begun (-want +got):\n%s", diff)
	}

	closing := message(1)
	if diff := cmp.Diff(signature(1), end(t, db, closing)); diff != "" {
		t.Errorf("signature (-want +got):\n%s", diff)
	}
	want.Closing, want.Signature = &closing, signature(1)
	if diff := cmp.Diff(want, find(t, db, id(1))); diff != "" {
		t.Errorf("ended (-want +got):\n%s", diff)
	}

	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, sqlite.Config{Path: p})
	if diff := cmp.Diff(want, find(t, again, id(1))); diff != "" {
		t.Errorf("after opening again (-want +got):\n%s", diff)
	}
}

func TestLedgerKeepsTimesToTheMillisecondInUTC(t *testing.T) {
	db := open(t, sqlite.Config{Path: path(t)})
	c := call(1)
	c.StartedAt = c.StartedAt.Add(999 * time.Microsecond).In(time.FixedZone("CET", 3600))
	begin(t, db, c)
	got := find(t, db, id(1)).Call.StartedAt
	if !got.Equal(call(1).StartedAt) || got.Location() != time.UTC {
		t.Errorf("StartedAt = %v, want %v", got, call(1).StartedAt)
	}
}

func TestEndJudgesTheVoice(t *testing.T) {
	db := open(t, sqlite.Config{Path: path(t)})
	tests := []struct {
		measure  petition.Measure
		complete bool
		status   petition.Status
		reason   string
	}{
		{petition.Measure{SpeechSeconds: 1, PeakDBFS: -10}, true, petition.StatusCounted, "voice"},
		{petition.Measure{SpeechSeconds: 0.2, PeakDBFS: -10}, true, petition.StatusReview, "faint"},
		{petition.Measure{PeakDBFS: -96, LevelDBFS: -96}, true, petition.StatusBlank, "no_voice"},
		{petition.Measure{SpeechSeconds: 1, PeakDBFS: -10}, false, petition.StatusReview, "no_notice"},
	}
	for n, tt := range tests {
		begin(t, db, call(n))
		c := message(n)
		c.Voice.Measure = tt.measure
		c.Consent.Complete = tt.complete
		got := end(t, db, c)
		if got == nil || got.Status != tt.status || got.StatusReason != tt.reason {
			t.Errorf("%+v: signature %+v, want %s, %s", tt.measure, got, tt.status, tt.reason)
		}
		if diff := cmp.Diff(got, find(t, db, id(n)).Signature); diff != "" {
			t.Errorf("stored (-returned +stored):\n%s", diff)
		}
	}
}

func TestEndWithoutAVoiceMakesNoSignature(t *testing.T) {
	db := open(t, sqlite.Config{Path: path(t)})
	begin(t, db, call(1), call(2))
	for n, closing := range map[int]petition.Closing{1: hungUp(1), 2: refused(2)} {
		if got := end(t, db, closing); got != nil {
			t.Errorf("signature %+v, want none", got)
		}
		row := find(t, db, id(n))
		if diff := cmp.Diff(&closing, row.Closing); diff != "" || row.Signature != nil {
			t.Errorf("stored (-want +got):\n%s\nsignature %+v", diff, row.Signature)
		}
	}
}

func TestWithoutCompleteConsentThePseudonymIsErased(t *testing.T) {
	p := path(t)
	db := open(t, sqlite.Config{Path: p})
	begin(t, db, call(1), call(2), call(3))
	end(t, db, hungUp(1))
	end(t, db, refused(2))
	silent := message(3) // recorded although the notice was cut
	silent.Consent.Complete = false
	end(t, db, silent)
	if _, err := db.Settle(t.Context(), call(4), hungUp(4)); err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 4; n++ {
		want := petition.Caller{Class: petition.ClassMobile}
		if got := find(t, db, id(n)).Call.Caller; got != want {
			t.Errorf("caller of call %d = %+v, want the class alone", n, got)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if raw, err := os.ReadFile(p); err != nil || bytes.Contains(raw, []byte(pseudonym)) {
		t.Errorf("the file still holds the pseudonym (%v)", err)
	}
}

func TestSettledWithoutCompleteConsentThePseudonymNeverReachesTheDisk(t *testing.T) {
	p := path(t)
	db := open(t, sqlite.Config{Path: p})
	if _, err := db.Settle(t.Context(), call(1), hungUp(1)); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal"} {
		raw := read(t, p+suffix)
		if bytes.Contains(raw, []byte(pseudonym)) {
			t.Errorf("petition.db%s holds the pseudonym", suffix)
		}
		if suffix != "" && !bytes.Contains(raw, []byte(id(1))) {
			t.Errorf("petition.db%s does not even hold the call", suffix)
		}
	}
}

func TestWithCompleteConsentThePseudonymStays(t *testing.T) {
	db := open(t, sqlite.Config{Path: path(t)})
	begin(t, db, call(1))
	silent := message(1)
	silent.Ending = petition.Ending{Result: petition.ResultHungUp, Reason: petition.ReasonDuringBeep}
	silent.Voice = nil
	end(t, db, silent)
	if got := find(t, db, id(1)).Call.Caller; got != call(1).Caller {
		t.Errorf("caller = %+v, want %+v", got, call(1).Caller)
	}
}

func TestBeginAgainChangesNothing(t *testing.T) {
	db := open(t, sqlite.Config{Path: path(t)})
	begin(t, db, call(1))
	again := call(1)
	again.StartedAt = again.StartedAt.Add(time.Minute)
	again.Line = "other"
	again.SIPCallID = "" // an orphan's is not known
	begin(t, db, again)
	if diff := cmp.Diff(sqlite.CallRow{Call: call(1)}, find(t, db, id(1))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	closing := message(1)
	end(t, db, closing)
	begin(t, db, call(1))
	if diff := cmp.Diff(&closing, find(t, db, id(1)).Closing); diff != "" {
		t.Errorf("after the end (-want +got):\n%s", diff)
	}
}

func TestBeginTellsTwoCallsUnderOneIDApart(t *testing.T) {
	db := open(t, sqlite.Config{Path: path(t)})
	begin(t, db, call(1))
	for name, change := range map[string]func(*petition.Call){
		"Call-ID":  func(c *petition.Call) { c.SIPCallID = "other@carrier.example" },
		"UNIQUEID": func(c *petition.Call) { c.UniqueID = "other" },
		"system":   func(c *petition.Call) { c.System = "other" },
	} {
		other := call(1)
		change(&other)
		if err := db.Begin(t.Context(), other); !errors.Is(err, sqlite.ErrOtherCall) {
			t.Errorf("other %s: error = %v, want ErrOtherCall", name, err)
		}
	}
	same := call(2)
	same.UniqueID = call(1).UniqueID
	if err := db.Begin(t.Context(), same); !errors.Is(err, sqlite.ErrInvalid) {
		t.Errorf("one UNIQUEID, two ids: error = %v, want ErrInvalid", err)
	}
	if diff := cmp.Diff([]sqlite.CallRow{{Call: call(1)}}, list(t, db, sqlite.Filter{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEndAgain(t *testing.T) {
	db := open(t, sqlite.Config{Path: path(t)})
	begin(t, db, call(1), call(2))
	first := message(1)
	end(t, db, first)
	end(t, db, hungUp(2))

	t.Run("the same changes nothing", func(t *testing.T) {
		replay := message(1)
		replay.EndedAt = replay.EndedAt.Add(time.Microsecond) // which the ledger never kept
		replay.Voice.Measure.SpeechSeconds = 0                // of the same samples: it was measured anew since
		if diff := cmp.Diff(signature(1), end(t, db, replay)); diff != "" {
			t.Errorf("signature (-want +got):\n%s", diff)
		}
		if got := end(t, db, hungUp(2)); got != nil {
			t.Errorf("signature %+v, want none", got)
		}
	})

	different := map[string]func(*petition.Closing){
		"result":   func(c *petition.Closing) { c.Ending.Result = petition.ResultSilent },
		"reason":   func(c *petition.Closing) { c.Ending.Reason = petition.ReasonKey },
		"answered": func(c *petition.Closing) { c.AnsweredAt = time.Time{} },
		"ended":    func(c *petition.Closing) { c.EndedAt = c.EndedAt.Add(time.Millisecond) },
		"consent":  func(c *petition.Closing) { c.Consent.Complete = false },
		"notice":   func(c *petition.Closing) { c.Consent.Notice = "ba9876543210" },
		"no voice": func(c *petition.Closing) { c.Voice = nil },
		"voice":    func(c *petition.Closing) { c.Voice.AudioSHA256 = c.Voice.FileSHA256 },
	}
	for name, change := range different {
		t.Run("another "+name, func(t *testing.T) {
			other := message(1)
			change(&other)
			got, err := db.End(t.Context(), other)
			var ended *sqlite.EndedError
			if !errors.Is(err, sqlite.ErrAlreadyEnded) || !errors.As(err, &ended) {
				t.Fatalf("error = %v, want ErrAlreadyEnded", err)
			}
			if diff := cmp.Diff(first, ended.Closing); diff != "" {
				t.Errorf("closing that stands (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(signature(1), got); diff != "" {
				t.Errorf("signature (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("a voice where there was none", func(t *testing.T) {
		if _, err := db.End(t.Context(), message(2)); !errors.Is(err, sqlite.ErrAlreadyEnded) {
			t.Errorf("error = %v, want ErrAlreadyEnded", err)
		}
	})

	want := sqlite.CallRow{Call: call(1), Closing: &first, Signature: signature(1)}
	if diff := cmp.Diff(want, find(t, db, id(1))); diff != "" {
		t.Errorf("the first closing does not stand (-want +got):\n%s", diff)
	}
}

func TestEndWithoutBegin(t *testing.T) {
	db := open(t, sqlite.Config{Path: path(t)})
	if got, err := db.End(t.Context(), message(1)); !errors.Is(err, sqlite.ErrNotBegun) || got != nil {
		t.Errorf("End = %+v, %v; want ErrNotBegun", got, err)
	}
	if rows := list(t, db, sqlite.Filter{}); rows != nil {
		t.Errorf("rows %+v, want none", rows)
	}
}

func TestSettle(t *testing.T) {
	closing := message(1)
	want := sqlite.CallRow{Call: call(1), Closing: &closing, Signature: signature(1)}
	before := map[string]func(*testing.T, *sqlite.DB){
		"a call not begun": func(*testing.T, *sqlite.DB) {},
		"a call begun":     func(t *testing.T, db *sqlite.DB) { begin(t, db, call(1)) },
		"a call ended": func(t *testing.T, db *sqlite.DB) {
			begin(t, db, call(1))
			end(t, db, message(1))
		},
	}
	for name, prepare := range before {
		t.Run(name, func(t *testing.T) {
			db := open(t, sqlite.Config{Path: path(t)})
			prepare(t, db)
			for range 2 {
				got, err := db.Settle(t.Context(), call(1), message(1))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(signature(1), got); diff != "" {
					t.Errorf("signature (-want +got):\n%s", diff)
				}
			}
			if diff := cmp.Diff([]sqlite.CallRow{want}, list(t, db, sqlite.Filter{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	t.Run("a call ended otherwise", func(t *testing.T) {
		db := open(t, sqlite.Config{Path: path(t)})
		begin(t, db, call(1))
		end(t, db, hungUp(1))
		if _, err := db.Settle(t.Context(), call(1), message(1)); !errors.Is(err, sqlite.ErrAlreadyEnded) {
			t.Errorf("error = %v, want ErrAlreadyEnded", err)
		}
	})
	t.Run("the closing of another call", func(t *testing.T) {
		db := open(t, sqlite.Config{Path: path(t)})
		if _, err := db.Settle(t.Context(), call(1), message(2)); !errors.Is(err, sqlite.ErrInvalid) {
			t.Errorf("error = %v, want ErrInvalid", err)
		}
	})
	t.Run("a bad closing leaves no call", func(t *testing.T) {
		db := open(t, sqlite.Config{Path: path(t)})
		bad := message(1)
		bad.Voice.Measure.LevelDBFS = math.NaN()
		if _, err := db.Settle(t.Context(), call(1), bad); !errors.Is(err, sqlite.ErrInvalid) {
			t.Errorf("error = %v, want ErrInvalid", err)
		}
		if rows := list(t, db, sqlite.Filter{}); rows != nil {
			t.Errorf("rows %+v, want none", rows)
		}
	})
}

func TestWhatTheSchemaRefuses(t *testing.T) {
	db := open(t, sqlite.Config{Path: path(t)})
	calls := map[string]func(*petition.Call){
		"no id":                 func(c *petition.Call) { c.ID = "" },
		"a short id":            func(c *petition.Call) { c.ID = c.ID[1:] },
		"no start":              func(c *petition.Call) { c.StartedAt = time.Time{} },
		"a start before 1970":   func(c *petition.Call) { c.StartedAt = time.Unix(-1, 0) },
		"withheld, yet known":   func(c *petition.Call) { c.Caller.Class = petition.ClassWithheld },
		"unknown, yet known":    func(c *petition.Call) { c.Caller.Class = petition.ClassUnknown },
		"pseudonym, no key":     func(c *petition.Call) { c.Caller.KeyID = "" },
		"key, no pseudonym":     func(c *petition.Call) { c.Caller.Pseudonym = "" },
		"number as a pseudonym": func(c *petition.Call) { c.Caller.Pseudonym = "+3225550100" },
	}
	for name, change := range calls {
		c := call(1)
		change(&c)
		if err := db.Begin(t.Context(), c); !errors.Is(err, sqlite.ErrInvalid) || errors.Is(err, sqlite.ErrUnavailable) {
			t.Errorf("%s: error = %v, want ErrInvalid", name, err)
		}
	}
	begin(t, db, call(1), call(2))
	end(t, db, message(2))
	closings := map[string]func(*petition.Closing){
		"no end":                 func(c *petition.Closing) { c.EndedAt = time.Time{} },
		"no result":              func(c *petition.Closing) { c.Ending.Result = "" },
		"no reason":              func(c *petition.Closing) { c.Ending.Reason = "" },
		"voice without a path":   func(c *petition.Closing) { c.Voice.Path = "" },
		"the voice of another":   func(c *petition.Closing) { c.Voice.Path = message(2).Voice.Path },
		"voice without a hash":   func(c *petition.Closing) { c.Voice.FileSHA256 = "" },
		"unmeasured: length":     func(c *petition.Closing) { c.Voice.Measure.Seconds = math.NaN() },
		"unmeasured: speech":     func(c *petition.Closing) { c.Voice.Measure.SpeechSeconds = math.NaN() },
		"unmeasured: peak level": func(c *petition.Closing) { c.Voice.Measure.PeakDBFS = math.NaN() },
	}
	for name, change := range closings {
		c := message(1)
		change(&c)
		if _, err := db.End(t.Context(), c); !errors.Is(err, sqlite.ErrInvalid) || errors.Is(err, sqlite.ErrUnavailable) {
			t.Errorf("%s: error = %v, want ErrInvalid", name, err)
		}
		if diff := cmp.Diff(sqlite.CallRow{Call: call(1)}, find(t, db, id(1))); diff != "" {
			t.Errorf("%s: the call is not open as before (-want +got):\n%s", name, diff)
		}
	}
}

// What a carrier sends is kept as it is, however odd.
func TestLedgerKeepsOddText(t *testing.T) {
	db := open(t, sqlite.Config{Path: path(t)})
	odd := call(1)
	odd.SIPCallID = "a\x00b'; DROP TABLE calls; --\xff\u202e"
	odd.Line = "ligne d’écoute"
	begin(t, db, odd)
	if got := find(t, db, id(1)).Call; got != odd {
		t.Errorf("call = %+q, want %+q", got, odd)
	}
}
