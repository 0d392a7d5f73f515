package voicemail_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"glennline/petition"
	"glennline/voicemail"
	"glennline/voicemail/archive"
	"glennline/voicemail/prompts"
	"glennline/voicemail/wav"
)

// channel is a call that follows a test's plan. A step that the plan does not
// name succeeds.
type channel struct {
	answer  error
	play    map[int]played // by how often it was played before
	record  map[int]recorded
	steps   []string
	plays   int
	records int
	spool   string
	ended   chan struct{}
	gone    bool // the end of the channel was found, not told
	left    time.Time
	taken   bool          // by Asterisk
	claim   map[int]error // by how often it was claimed before
	claims  []time.Duration
	silent  int // how many of them were made before the answer
}

func (c *channel) Fate() voicemail.Fate {
	return voicemail.Fate{Vanished: c.gone, At: c.left, TakenBack: c.taken}
}

func (c *channel) Claim(_ context.Context, within time.Duration) error {
	c.claims = append(c.claims, within)
	return c.claim[len(c.claims)-1]
}

type played struct {
	finished int
	err      error
}

type recorded struct {
	samples []int16 // written to the spool; nil writes nothing
	raw     []byte  // written instead
	end     voicemail.RecordEnd
	err     error
	beep    error // how the beep failed; the recording begins behind it all the same
}

func (c *channel) Answer(context.Context) error {
	c.steps = append(c.steps, "answer")
	c.silent = len(c.claims)
	return c.answer
}

func (c *channel) Play(_ context.Context, media ...string) (int, error) {
	var names []string
	for _, m := range media {
		names = append(names, filepath.Base(m))
	}
	c.steps = append(c.steps, "play "+strings.Join(names, "+"))
	p, planned := c.play[c.plays]
	c.plays++
	if !planned {
		return len(media), nil
	}
	return p.finished, p.err
}

func (c *channel) Record(_ context.Context, req voicemail.RecordRequest) (voicemail.Recorded, error) {
	step := "record"
	if req.Append {
		step = "append"
	}
	if req.Beep != "" {
		step = filepath.Base(req.Beep) + "+" + step
	}
	c.steps = append(c.steps, step)
	r := c.record[c.records]
	c.records++
	if r.beep == nil {
		req.Begun()
	}
	return voicemail.Recorded{End: r.end}, errors.Join(c.write(req, r), r.beep, r.err)
}

// write writes what was recorded.
func (c *channel) write(req voicemail.RecordRequest, r recorded) error {
	path := filepath.Join(c.spool, req.Name+".wav")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	switch {
	case r.raw != nil:
		return os.WriteFile(path, r.raw, 0o600)
	case r.samples != nil:
		var before []int16
		if old, err := wav.Read(path); err == nil && req.Append {
			before = old.Samples
		}
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		return errors.Join(wav.Write(f, 8000, append(before, r.samples...)), f.Close())
	}
	return nil
}

func (c *channel) Hangup(_ context.Context, cause voicemail.HangupCause) error {
	c.steps = append(c.steps, "hangup "+string(cause))
	return nil
}

func (c *channel) Ended() <-chan struct{} { return c.ended }

// ledger remembers what was written, and fails where it is told to.
type ledger struct {
	begun, settled []petition.Call
	closings       []petition.Closing
	left           []string
	beginErr, err  error
	slow           time.Duration // how long Begin takes
}

func (l *ledger) Leave(callID string) { l.left = append(l.left, callID) }

func (l *ledger) Begin(_ context.Context, call petition.Call) error {
	time.Sleep(l.slow)
	l.begun = append(l.begun, call)
	return l.beginErr
}

func (l *ledger) End(_ context.Context, c petition.Closing) (*petition.Signature, error) {
	if l.err != nil {
		return nil, l.err
	}
	l.closings = append(l.closings, c)
	if c.Voice == nil {
		return nil, nil
	}
	return &petition.Signature{ID: c.CallID}, nil
}

func (l *ledger) Settle(ctx context.Context, call petition.Call, c petition.Closing) (*petition.Signature, error) {
	l.settled = append(l.settled, call)
	return l.End(ctx, c)
}

type onePrompts struct{}

func (onePrompts) Set(string) prompts.Set {
	return prompts.Set{Version: "0123456789ab", Language: "fr", Name: "/p/name", Notice: "/p/notice", Beep: "/p/beep", Again: "/p/again", Busy: "/p/busy"}
}

func voice(t *testing.T) []int16 {
	t.Helper()
	said, err := wav.Read("prompts/placeholder/fr/again.wav")
	if err != nil {
		t.Fatal(err)
	}
	return said.Samples
}

var (
	errTrouble = errors.New("trouble")
	quiet      = make([]int16, 16000)
)

func TestScript(t *testing.T) {
	said := voice(t)
	all := []string{"answer", "play name+notice", "beep+record", "hangup normal"}
	left := all[:3] // by the caller
	asked := []string{"answer", "play name+notice", "beep+record", "play again", "beep+append", "hangup normal"}
	for name, tt := range map[string]struct {
		ch      channel
		ending  string
		voice   bool
		consent bool
		steps   []string
		aside   bool // the recording is in the quarantine
	}{
		"caller hangs up after the message": {
			ch:     channel{record: map[int]recorded{0: {samples: said, end: voicemail.RecordEndHangup}}},
			ending: "message/caller", voice: true, consent: true, steps: left,
		},
		"silence ends the message": {
			ch:     channel{record: map[int]recorded{0: {samples: said, end: voicemail.RecordEndSilence}}},
			ending: "message/silence", voice: true, consent: true, steps: all,
		},
		"key": {
			ch:     channel{record: map[int]recorded{0: {samples: said, end: voicemail.RecordEndKey}}},
			ending: "message/key", voice: true, consent: true, steps: all,
		},
		"length": {
			ch:     channel{record: map[int]recorded{0: {samples: said, end: voicemail.RecordEndLength}}},
			ending: "message/length", voice: true, consent: true, steps: all,
		},
		"asked once more and silent": {
			ch:     channel{record: map[int]recorded{0: {samples: quiet, end: voicemail.RecordEndSilence}, 1: {samples: quiet, end: voicemail.RecordEndSilence}}},
			ending: "silent/silence", voice: true, consent: true, steps: asked,
		},
		"asked once more and speaks": {
			ch:     channel{record: map[int]recorded{0: {samples: quiet, end: voicemail.RecordEndSilence}, 1: {samples: said, end: voicemail.RecordEndHangup}}},
			ending: "message/caller", voice: true, consent: true, steps: asked[:5],
		},
		"asked once more and hangs up during the beep": {
			ch: channel{record: map[int]recorded{
				0: {samples: quiet, end: voicemail.RecordEndSilence}, 1: {beep: voicemail.ErrEnded},
			}},
			ending: "silent/caller", voice: true, consent: true, steps: asked[:5],
		},
		"the beep after asking cannot be played": {
			ch: channel{record: map[int]recorded{
				0: {samples: quiet, end: voicemail.RecordEndSilence}, 1: {beep: voicemail.ErrBeep},
			}},
			ending: "silent/prompt", voice: true, consent: true, steps: append(asked[:5:5], "hangup congestion"),
		},
		"asked once more and hangs up": {
			ch: channel{
				record: map[int]recorded{0: {samples: quiet, end: voicemail.RecordEndSilence}},
				play:   map[int]played{1: {0, voicemail.ErrEnded}},
			},
			ending: "silent/caller", voice: true, consent: true,
			steps: asked[:4],
		},
		"CANCEL": {
			ch:     channel{answer: voicemail.ErrEnded},
			ending: "hung_up/before_answer", steps: []string{"answer"},
		},
		"answer fails": {
			ch:     channel{answer: errTrouble},
			ending: "failed/answer", steps: []string{"answer", "hangup congestion"},
		},
		"hang-up during the name": {
			ch:     channel{play: map[int]played{0: {0, voicemail.ErrEnded}}},
			ending: "hung_up/during_notice", steps: []string{"answer", "play name+notice"},
		},
		"hang-up during the notice": {
			ch:     channel{play: map[int]played{0: {1, voicemail.ErrEnded}}},
			ending: "hung_up/during_notice", steps: []string{"answer", "play name+notice"},
		},
		"hang-up during the beep": {
			ch:     channel{record: map[int]recorded{0: {beep: voicemail.ErrEnded}}},
			ending: "hung_up/during_beep", consent: true, steps: left,
		},
		// Asterisk takes the recording that waited behind the beep for begun.
		"hang-up during the beep and an empty file": {
			ch:     channel{record: map[int]recorded{0: {beep: voicemail.ErrEnded, raw: header(0)}}},
			ending: "hung_up/during_beep", consent: true, steps: left,
		},
		"the notice cannot be played": {
			ch:     channel{play: map[int]played{0: {1, errTrouble}}},
			ending: "failed/prompt", steps: []string{"answer", "play name+notice", "hangup congestion"},
		},
		"the beep cannot be played": {
			ch:     channel{record: map[int]recorded{0: {beep: voicemail.ErrBeep}}},
			ending: "failed/prompt", consent: true, steps: append(left[:3:3], "hangup congestion"),
		},
		"the beep cannot be played and it is recorded": {
			ch:     channel{record: map[int]recorded{0: {beep: voicemail.ErrBeep, samples: quiet}}},
			ending: "failed/prompt", consent: true, steps: append(left[:3:3], "hangup congestion"), aside: true,
		},
		"the recording cannot be begun": {
			ch:     channel{record: map[int]recorded{0: {err: errTrouble}}},
			ending: "failed/record", consent: true, steps: append(left[:3:3], "play busy", "hangup congestion"),
		},
		"hang-up before the first frame": {
			ch:     channel{record: map[int]recorded{0: {end: voicemail.RecordEndHangup}}},
			ending: "hung_up/during_beep", consent: true, steps: left,
		},
		"no RTP": {
			ch:     channel{record: map[int]recorded{0: {raw: header(0), end: voicemail.RecordEndLength}}},
			ending: "silent/no_audio", consent: true, steps: all, aside: true,
		},
		"asterisk wrote no file": {
			ch:     channel{record: map[int]recorded{0: {end: voicemail.RecordEndLength}}},
			ending: "failed/record", consent: true, steps: all,
		},
		"garbage": {
			ch:     channel{record: map[int]recorded{0: {raw: []byte(strings.Repeat("no WAV at all ", 100)), end: voicemail.RecordEndLength}}},
			ending: "failed/record", consent: true, steps: all, aside: true,
		},
		"asterisk dies during the notice": {
			ch:     channel{gone: true, play: map[int]played{0: {1, voicemail.ErrEnded}}},
			ending: "failed/pbx", steps: left[:2],
		},
		"asterisk dies mid-message": {
			ch:     channel{gone: true, record: map[int]recorded{0: {samples: said, end: voicemail.RecordEndHangup}}},
			ending: "message/pbx", voice: true, consent: true, steps: left,
		},
		"asterisk dies before it wrote": {
			ch:     channel{gone: true, record: map[int]recorded{0: {raw: header(0), end: voicemail.RecordEndHangup}}},
			ending: "failed/pbx", consent: true, steps: left, aside: true,
		},
		"recording fails after somebody had spoken": {
			ch:     channel{record: map[int]recorded{0: {samples: said, err: errTrouble}}},
			ending: "message/record", voice: true, consent: true,
			steps: []string{"answer", "play name+notice", "beep+record", "play busy", "hangup congestion"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, books, quarantine := newScript(t, &tt.ch)
			a := arrival("+3225550100")
			a.At = time.Now()
			got := s.Serve(t.Context(), &tt.ch, a)
			if got.Ending.String() != tt.ending {
				t.Errorf("ended %s, want %s", got.Ending, tt.ending)
			}
			if (got.Voice != nil) != tt.voice || got.Consent.Complete != tt.consent {
				t.Errorf("voice %v, consent %v; want %v, %v", got.Voice != nil, got.Consent.Complete, tt.voice, tt.consent)
			}
			if !slices.Equal(tt.ch.steps, tt.steps) {
				t.Errorf("steps %q, want %q", tt.ch.steps, tt.steps)
			}
			if len(books.begun) != 1 || len(books.closings) != 1 || len(books.settled) != 0 {
				t.Fatalf("begun %d, ended %d, settled %d times; want 1, 1, 0", len(books.begun), len(books.closings), len(books.settled))
			}
			if books.closings[0].CallID != books.begun[0].ID {
				t.Error("the ending is of another call than was begun")
			}
			if left := files(t, s.Spool); len(left) > 0 {
				t.Errorf("left in the spool: %q", left)
			}
			if aside := len(files(t, quarantine)) > 0; aside != tt.aside {
				t.Errorf("in the quarantine: %v, want %v", aside, tt.aside)
			}
			if s.Serving(got.CallID) {
				t.Error("the call still counts as being served")
			}
		})
	}
}

// The voice wins over the row: a ledger that fails before the answer stops
// nobody, and one that fails at the end leaves the recording in the spool.
func TestScriptLedgerFails(t *testing.T) {
	ch := &channel{record: map[int]recorded{0: {samples: voice(t), end: voicemail.RecordEndHangup}}}
	s, books, _ := newScript(t, ch)
	books.beginErr = errTrouble
	s.Serve(t.Context(), ch, arrival("+3225550100"))
	if len(books.settled) != 1 || len(books.closings) != 1 || books.closings[0].Voice == nil {
		t.Errorf("settled %d, closings %d: the ending has to bring the row", len(books.settled), len(books.closings))
	}

	ch = &channel{record: map[int]recorded{0: {samples: voice(t), end: voicemail.RecordEndHangup}}}
	s, books, _ = newScript(t, ch)
	books.err = errTrouble
	s.Serve(t.Context(), ch, arrival("+3225550100"))
	if left := files(t, s.Spool); len(left) != 1 {
		t.Errorf("left in the spool: %q, want the one recording", left)
	}
}

func TestScriptUnknownNumber(t *testing.T) {
	ch := &channel{}
	s, books, _ := newScript(t, ch)
	logs, seen := observer.New(zap.InfoLevel)
	s.Log = zap.New(logs)
	got := s.Serve(t.Context(), ch, arrival("+3225550199"))
	if got.Ending.String() != "refused/unknown_number" || !slices.Equal(ch.steps, []string{"hangup unallocated"}) {
		t.Errorf("ended %s after %q", got.Ending, ch.steps)
	}
	if len(books.settled) != 1 || books.settled[0].Caller.Pseudonym != "" {
		t.Error("a refused call is one row without a pseudonym")
	}
	for _, entry := range seen.All() {
		for _, field := range entry.Context {
			if strings.Contains(field.String, "470555019") {
				t.Errorf("the log holds the caller's number: %s", field.String)
			}
		}
	}
}

// A line that rings first notices a caller who gives up.
func TestScriptRing(t *testing.T) {
	ch := &channel{}
	s, _, _ := newScript(t, ch)
	lines := voicemail.NewLines([]voicemail.Source{voicemail.SourceRequest}, "BE", same)
	if err := lines.Add(voicemail.Line{Name: "main", RingFor: time.Hour}, true); err != nil {
		t.Fatal(err)
	}
	s.Lines = lines
	close(ch.ended)
	a := arrival("x")
	a.At = time.Now()
	if got := s.Serve(t.Context(), ch, a); got.Ending.String() != "hung_up/before_answer" {
		t.Errorf("ended %s", got.Ending)
	}
}

func newScript(t *testing.T, ch *channel) (*voicemail.Script, *ledger, string) {
	t.Helper()
	dir := t.TempDir()
	quarantine := filepath.Join(dir, "quarantine")
	store, err := archive.Open(filepath.Join(dir, "archive"), quarantine)
	if err != nil {
		t.Fatal(err)
	}
	ch.spool, ch.ended = filepath.Join(dir, "spool"), make(chan struct{})
	books := &ledger{}
	lines := voicemail.NewLines([]voicemail.Source{voicemail.SourceRequest}, "BE", same)
	if err := lines.Add(voicemail.Line{Name: "main", Region: "BE", MaxMessage: time.Minute, MaxSilence: 2 * time.Second, EndKey: "#"}, false, "+3225550100"); err != nil {
		t.Fatal(err)
	}
	return &voicemail.Script{
		Ledger: books, Store: store, Prompts: onePrompts{}, Lines: lines, Spool: ch.spool, Log: zap.NewNop(),
		Identify: func(string, string, string) petition.Caller {
			return petition.Caller{Class: petition.ClassMobile, Pseudonym: strings.Repeat("a", 64), KeyID: "k"}
		},
	}, books, quarantine
}

func same(number, _ string) (string, error) { return number, nil }

func arrival(dialled string) voicemail.Arrival {
	return voicemail.Arrival{
		System: "test", UniqueID: "test-1763814000.1", SIPCallID: "call@example",
		Dialled: voicemail.Dialled{Request: dialled}, CallerNumber: "+32470555019", Presentation: "allowed",
		At: time.Unix(1763814000, 0),
	}
}

// header is what Asterisk leaves of a recording without a frame.
func header(samples int) []byte {
	var b strings.Builder
	_ = wav.Write(&b, 8000, make([]int16, samples))
	return []byte(b.String())
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && d.Type().IsRegular() {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
