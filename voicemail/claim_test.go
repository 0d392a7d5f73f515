package voicemail_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"glennline/petition"
	"glennline/voicemail"
	"glennline/voicemail/prompts"
)

// longPrompts take their time.
type longPrompts struct{ onePrompts }

func (p longPrompts) Set(line string) prompts.Set {
	set := p.onePrompts.Set(line)
	set.NameLength, set.NoticeLength = 2*time.Second, 15*time.Second
	return set
}

// The call is claimed for as long as it may be before something is recorded, and
// then to its end: no message is cut.
func TestScriptClaims(t *testing.T) {
	message := map[int]recorded{0: {samples: voice(t), end: voicemail.RecordEndHangup}}
	before := 22 * time.Second
	for name, c := range map[string]struct {
		ch     channel
		claims []time.Duration
		ending string
	}{
		"once before the row and once before the beep": {channel{record: message}, []time.Duration{before, 0}, "message/caller"},
		"again where it did not take": {
			channel{record: message, claim: map[int]error{0: errTrouble}},
			[]time.Duration{before, before, 0},
			"message/caller",
		},
		"not before the beep": {
			channel{record: message, claim: map[int]error{0: errTrouble, 1: errTrouble}},
			[]time.Duration{before, before, 0},
			"message/caller",
		},
		"not to its end": {
			channel{record: message, claim: map[int]error{1: errTrouble}},
			[]time.Duration{before, 0},
			"failed/record",
		},
		"the caller had left": {
			channel{answer: voicemail.ErrEnded, claim: map[int]error{0: voicemail.ErrEnded}},
			[]time.Duration{before},
			"hung_up/before_answer",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, books, _ := newScript(t, &c.ch)
			s.Prompts = longPrompts{}
			got := s.Serve(t.Context(), &c.ch, arrival("+3225550100"))
			if got.Ending.String() != c.ending || len(books.closings) != 1 {
				t.Errorf("ended %s, %d times; want %s", got.Ending, len(books.closings), c.ending)
			}
			if !slices.Equal(c.ch.claims, c.claims) {
				t.Errorf("claimed for %v, want %v", c.ch.claims, c.claims)
			}
		})
	}
}

// The caller waits for the answer: it is claimed before only where the answer may come
// too late, and until the notice is over in any case.
func TestScriptClaimsLate(t *testing.T) {
	for name, c := range map[string]struct {
		row, age time.Duration
		found    bool
		silent   int
	}{
		"a row in time":                  {row: 900 * time.Millisecond},
		"a row that waits for the disk":  {row: 2 * time.Second, silent: 1},
		"a call that was heard of late":  {age: 2 * time.Second, silent: 1},
		"a call that was found":          {found: true, silent: 1},
		"a found call, and a slow disk":  {found: true, row: 2 * time.Second, silent: 1},
		"heard of late, and a slow disk": {age: 2 * time.Second, row: 2 * time.Second, silent: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ch := &channel{record: map[int]recorded{0: {samples: voice(t), end: voicemail.RecordEndHangup}}}
				s, books, _ := newScript(t, ch)
				s.Prompts = longPrompts{}
				books.slow = c.row
				a := arrival("+3225550100")
				a.At, a.Found = time.Now().Add(-c.age), c.found
				got := s.Serve(t.Context(), ch, a)
				if got.Ending.String() != "message/caller" || len(books.begun) != 1 || len(books.closings) != 1 {
					t.Errorf("ended %s; begun %d, ended %d times", got.Ending, len(books.begun), len(books.closings))
				}
				if want := []time.Duration{22 * time.Second, 0}; ch.silent != c.silent || !slices.Equal(ch.claims, want) {
					t.Errorf("claimed for %v, %d times before the answer; want %v, %d", ch.claims, ch.silent, want, c.silent)
				}
			})
		})
	}
}

// What Asterisk took back while the row waited for the disk is not answered.
func TestScriptTakenBackBeforeItsRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch := &channel{claim: map[int]error{0: voicemail.ErrEnded}, taken: true}
		s, books, _ := newScript(t, ch)
		books.slow = 10 * time.Second
		a := arrival("+3225550100")
		a.At = time.Now()
		ch.left = a.At.Add(3 * time.Second)
		got := s.Serve(t.Context(), ch, a)
		if got.Ending != (petition.Ending{}) || len(books.closings)+len(books.settled) != 0 || len(ch.steps) != 0 {
			t.Errorf("ended %s, %d times; %v", got.Ending, len(books.closings)+len(books.settled), ch.steps)
		}
		if len(books.begun) != 1 || !slices.Equal(books.left, []string{got.CallID}) {
			t.Errorf("begun %d times, left to others: %q", len(books.begun), books.left)
		}
	})
}

// A call that Asterisk took back goes on without us, and what becomes of it is
// not ours to write.
func TestScriptCallTakenBack(t *testing.T) {
	for name, c := range map[string]struct {
		ch    channel
		begun int
	}{
		"before its row":    {channel{claim: map[int]error{0: voicemail.ErrEnded}}, 0},
		"before the answer": {channel{answer: voicemail.ErrEnded}, 1},
		"in the notice":     {channel{play: map[int]played{0: {1, voicemail.ErrEnded}}}, 1},
		"after the notice":  {channel{claim: map[int]error{1: voicemail.ErrEnded}}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			c.ch.taken, c.ch.left = true, time.Now()
			s, books, _ := newScript(t, &c.ch)
			got := s.Serve(t.Context(), &c.ch, arrival("+3225550100"))
			if got.Ending != (petition.Ending{}) || len(books.begun) != c.begun || len(books.closings)+len(books.settled) != 0 {
				t.Errorf("ended %s; begun %d, ended %d times", got.Ending, len(books.begun), len(books.closings))
			}
			if !slices.Equal(books.left, []string{got.CallID}) {
				t.Errorf("left to others: %q", books.left)
			}
			if slices.Contains(c.ch.steps, "hangup congestion") {
				t.Error("it was hung up")
			}
		})
	}
}

// All was stopped, Asterisk too: it accepts the claim and takes the call back all the same.
func TestScriptClaimedTooLate(t *testing.T) {
	for name, c := range map[string]struct {
		age  time.Duration
		left bool
	}{
		"in time":  {time.Second, false},
		"too late": {6 * time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			ch := &channel{answer: voicemail.ErrEnded}
			s, books, _ := newScript(t, ch)
			a := arrival("+3225550100")
			a.At = time.Now().Add(-c.age)
			got := s.Serve(t.Context(), ch, a)
			if left := slices.Equal(books.left, []string{got.CallID}); left != c.left || left == (got.Ending.Result == petition.ResultHungUp) {
				t.Errorf("ended %s, left to others: %q", got.Ending, books.left)
			}
		})
	}
}

// Who hears of a call's end late writes when it was, and does not say that the
// caller left during a beep that never sounded.
func TestScriptHearsLate(t *testing.T) {
	for name, c := range map[string]struct {
		ch     channel
		ago    time.Duration
		ending string
	}{
		"hung up after the notice": {channel{claim: map[int]error{1: voicemail.ErrEnded}}, 40 * time.Millisecond, "hung_up/during_beep"},
		"hung up after the notice, while we were stopped": {
			channel{claim: map[int]error{1: voicemail.ErrEnded}}, -time.Minute, "hung_up/abandoned",
		},
		"hung up in the notice": {channel{play: map[int]played{0: {1, voicemail.ErrEnded}}}, -time.Minute, "hung_up/during_notice"},
		"a message": {
			channel{record: map[int]recorded{0: {samples: voice(t), end: voicemail.RecordEndHangup}}}, -time.Minute, "message/caller",
		},
	} {
		t.Run(name, func(t *testing.T) {
			c.ch.left = time.Now().Add(c.ago)
			s, _, _ := newScript(t, &c.ch)
			got := s.Serve(t.Context(), &c.ch, arrival("+3225550100"))
			if got.Ending.String() != c.ending {
				t.Errorf("ended %s, want %s", got.Ending, c.ending)
			}
			want := c.ch.left
			if c.ago < 0 { // no call ends before it was answered
				want = got.AnsweredAt
			}
			if !got.EndedAt.Equal(want) {
				t.Errorf("ended at %s, want %s", got.EndedAt, want)
			}
		})
	}
}
