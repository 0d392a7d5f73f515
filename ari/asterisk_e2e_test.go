//go:build e2e

package ari_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"glennline/ari"
	"glennline/softphone"
	"glennline/voicemail"
)

// TestOnAsterisk takes each step on a real Asterisk with a real caller.
func TestOnAsterisk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	t.Run("steps", func(t *testing.T) {
		t.Run("recordings", func(t *testing.T) { testRecordings(t, w) })
		t.Run("playbacks", func(t *testing.T) { testPlaybacks(t, w) })
		t.Run("refusals", func(t *testing.T) { testRefusals(t, w) })
		t.Run("cancel", func(t *testing.T) { testCancel(t, w) })
	})
	t.Run("hang-ups at any moment", func(t *testing.T) { testHangups(t, w) })
	t.Run("socket lost", func(t *testing.T) { testSocketLost(t, w) })
	if s := w.client.Stats(); s.Undecodable != 0 || s.Strays != 0 || s.Calls != 0 {
		t.Errorf("stats are %+v", s)
	}
	t.Run("another client takes over", func(t *testing.T) { testTakeover(t, w) })
}

func testRecordings(t *testing.T, w *world) {
	limits := voicemail.RecordRequest{MaxLength: 20 * time.Second, MaxSilence: 2 * time.Second, EndKey: "#"}
	short := limits
	short.MaxLength = 2 * time.Second
	soon := limits
	soon.MaxLength = 5 * time.Second
	patient := limits
	patient.MaxSilence = 0
	stays := softphone.Script{SayAt: softphone.AfterAnswer, HangupAt: softphone.Never}
	with := func(change func(*softphone.Script)) softphone.Script {
		s := stays
		change(&s)
		return s
	}
	for i, c := range []struct {
		name   string
		caller softphone.Script
		req    voicemail.RecordRequest
		end    voicemail.RecordEnd
		bytes  [2]int64 // of the file, at least and at most; 16000 are a second
	}{
		{"key", with(func(s *softphone.Script) { s.Say, s.Keys = speech(time.Second), "#" }), patient, voicemail.RecordEndKey, [2]int64{15000, 50000}},
		{"another key", with(func(s *softphone.Script) { s.Say, s.Keys = speech(time.Second), "5" }), limits, voicemail.RecordEndSilence, [2]int64{15000, 60000}},
		{"silence", with(func(s *softphone.Script) { s.Say = speech(2 * time.Second) }), limits, voicemail.RecordEndSilence, [2]int64{30000, 45000}},
		{"silence from the start", stays, limits, voicemail.RecordEndSilence, [2]int64{44, 8000}},
		{"length", with(func(s *softphone.Script) { s.Say = speech(6 * time.Second) }), short, voicemail.RecordEndLength, [2]int64{30000, 60000}},
		{"no audio", with(func(s *softphone.Script) { s.NoRTP = true }), soon, voicemail.RecordEndNoAudio, [2]int64{44, 44}},
		{"hang-up", with(func(s *softphone.Script) {
			s.Say, s.HangupAt, s.HangupAfter = speech(6*time.Second), softphone.AfterAnswer, 1500*time.Millisecond
		}), limits, voicemail.RecordEndHangup, [2]int64{18000, 30000}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			req := c.req
			req.Name = fmt.Sprintf("2026-11-22/e2e-%d", i)
			w.phone(t, fmt.Sprintf("10%d", i), c.caller, func(ctx context.Context, call *ari.Call) {
				if err := call.Answer(ctx); err != nil {
					t.Error(err)
				}
				got, err := call.Record(ctx, req)
				if err != nil || got.End != c.end {
					t.Errorf("ended %q after %v, %v; want %q", got.End, got.Duration, err, c.end)
				}
				if n := w.size(req.Name); n < c.bytes[0] || n > c.bytes[1] {
					t.Errorf("the file has %d bytes", n)
				}
				if c.end != voicemail.RecordEndHangup {
					more(ctx, t, call, req, c.end)
				}
				if err := call.Hangup(ctx, voicemail.HangupNormal); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// more records again under the same name.
func more(ctx context.Context, t *testing.T, call *ari.Call, req voicemail.RecordRequest, before voicemail.RecordEnd) {
	_, err := call.Record(ctx, req)
	wantErr(t, err, ari.ErrRecordingExists)
	req.Append = true
	req.EndKey = ""
	req.MaxLength, req.MaxSilence = 8*time.Second, 2*time.Second
	want := voicemail.RecordEndSilence // the caller has said all, but for one
	if before == voicemail.RecordEndNoAudio || before == voicemail.RecordEndLength {
		want = before
	}
	if before == voicemail.RecordEndLength {
		req.MaxLength = time.Second
	}
	if got, err := call.Record(ctx, req); err != nil || got.End != want {
		t.Errorf("appended: ended %q after %v, %v; want %q", got.End, got.Duration, err, want)
	}
}

func testPlaybacks(t *testing.T, w *world) {
	one, two, none := filepath.Join(w.media, "one"), filepath.Join(w.media, "two"), filepath.Join(w.media, "none")
	for i, c := range []struct {
		media []string
		heard int
		err   error
	}{
		{[]string{one, one, one}, 3, nil},
		{[]string{none, one, two}, 0, ari.ErrUnplayable},
		{[]string{one, none, two}, 1, ari.ErrUnplayable},
		{[]string{one, two, none}, 2, ari.ErrUnplayable},
		{[]string{none}, 0, ari.ErrUnplayable},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			w.phone(t, fmt.Sprintf("20%d", i), softphone.Script{HangupAt: softphone.Never}, func(ctx context.Context, call *ari.Call) {
				if err := call.Answer(ctx); err != nil {
					t.Error(err)
				}
				heard, err := call.Play(ctx, c.media...)
				if heard != c.heard {
					t.Errorf("%d heard, want %d", heard, c.heard)
				}
				if c.err == nil && err != nil {
					t.Error(err)
				}
				if c.err != nil {
					wantErr(t, err, c.err)
				}
				if err := call.Hangup(ctx, voicemail.HangupNormal); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func testRefusals(t *testing.T, w *world) {
	for cause, status := range map[voicemail.HangupCause]int{
		voicemail.HangupUnallocated: 404, voicemail.HangupCongestion: 503, voicemail.HangupNormal: 603,
	} {
		t.Run(string(cause), func(t *testing.T) {
			t.Parallel()
			report := w.phone(t, fmt.Sprint(status), softphone.Script{}, func(ctx context.Context, call *ari.Call) {
				if err := call.Hangup(ctx, cause); err != nil {
					t.Error(err)
				}
			})
			if report.Status != status {
				t.Errorf("the caller got %d, want %d", report.Status, status)
			}
		})
	}
}

func testCancel(t *testing.T, w *world) {
	t.Parallel()
	w.phone(t, "300", softphone.Script{CancelAfter: 300 * time.Millisecond}, func(ctx context.Context, call *ari.Call) {
		receive(t, "the end of the call", call.Ended())
		wantErr(t, call.Answer(ctx), voicemail.ErrEnded)
	})
}

// Callers hang up whenever they like. Every call ends, and whoever is told that
// something was recorded finds a file, and nobody else does. Who hangs up between
// the request and the recording leaves none, and Asterisk tells nothing of it: then
// the file is looked for in vain, which is so at one moment of a call only.
func testHangups(t *testing.T, w *world) {
	one := filepath.Join(w.media, "one")
	recordings, inVain := 0, 0
	var mu sync.Mutex
	var calls sync.WaitGroup
	for i := range 30 {
		calls.Go(func() {
			caller := softphone.Script{HangupAt: softphone.AfterAnswer, HangupAfter: time.Duration(i)*100*time.Millisecond + 1}
			name := fmt.Sprintf("2026-11-22/hangup-%d", i)
			w.phone(t, fmt.Sprintf("4%02d", i), caller, func(ctx context.Context, call *ari.Call) {
				var recorded voicemail.Recorded
				err := call.Answer(ctx)
				if err == nil {
					_, err = call.Play(ctx, one)
				}
				if err == nil {
					recorded, err = call.Record(ctx, minute(name))
				}
				there := w.size(name) >= 44
				if err != nil {
					wantErr(t, err, voicemail.ErrEnded)
				}
				vain := err == nil && recorded == voicemail.Recorded{End: voicemail.RecordEndHangup}
				if there != (err == nil) && !vain {
					t.Errorf("call %d: error %v, %+v, but a file: %v", i, err, recorded, there)
				}
				mu.Lock()
				defer mu.Unlock()
				switch {
				case there:
					recordings++
				case vain:
					inVain++
				}
			})
		})
	}
	calls.Wait()
	if inVain > 3 {
		t.Errorf("%d recordings were looked for in vain", inVain)
	}
	if recordings < 10 || recordings > 25 {
		t.Errorf("%d recordings: this tests too little", recordings)
	}
}
