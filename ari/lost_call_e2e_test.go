//go:build e2e

package ari_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/zaf/g711"
	"go.uber.org/zap/zaptest"

	"glennline/ari"
	"glennline/petition"
	"glennline/softphone"
	"glennline/softphone/audio"
	"glennline/voicemail"
	"glennline/voicemail/archive"
	"glennline/voicemail/prompts"
	"glennline/voicemail/wav"
)

// A step that ends while the socket is down leaves no hole: the call goes on
// from what is known.
func TestCallGoesOnAfterALostSocket(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for number, c := range map[string]struct {
		name   string
		line   voicemail.Line
		at     softphone.Kind // when the socket goes
		caller softphone.Script
		ending string
	}{
		// The beep sounded perhaps, the recording followed in any case.
		"701": {"beep lost", voicemail.Line{MaxSilence: 3 * time.Second}, softphone.BeepBegan, softphone.Script{}, "message/caller"},
		// Of the notice is not known how it ended: it starts again, and only then
		// there is a beep.
		"702": {"notice lost", voicemail.Line{MaxSilence: 3 * time.Second}, softphone.Answered, softphone.Script{}, "message/caller"},
		// The file decides.
		"703": {"end of the message lost", voicemail.Line{MaxSilence: time.Second}, softphone.Spoke, softphone.Script{HangupAt: softphone.Never}, "message/abandoned"},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := w.client.Stats().Connects
			c.caller.Say = spoken(t)
			var once sync.Once
			c.caller.OnEvent = func(e softphone.Event) {
				if e.Kind == c.at {
					once.Do(w.link.freeze)
				}
			}
			c.line.MaxMessage = 20 * time.Second
			var got petition.Closing
			store := ""
			report := w.phone(t, number, c.caller, func(ctx context.Context, call *ari.Call) {
				var script *voicemail.Script
				script, store = w.script(t, number, c.line)
				got = script.Serve(ctx, call, voicemail.Arrival{
					System: "test", UniqueID: call.ID(), Dialled: voicemail.Dialled{Request: number}, At: time.Now(),
				})
			})
			if got.Ending.String() != c.ending || !got.Consent.Complete || got.Voice == nil {
				t.Fatalf("ended %s, consent %+v, voice %v; want %s", got.Ending, got.Consent, got.Voice, c.ending)
			}
			if len(report.Beeps) != 1 || report.Said != len(c.caller.Say) {
				t.Errorf("the caller heard %d beeps, want 1, and said %d of %d samples", len(report.Beeps), report.Said, len(c.caller.Say))
			}
			recorded, err := wav.Read(filepath.Join(store, got.Voice.Path))
			if err != nil {
				t.Fatal(err)
			}
			if d := audio.Compare(c.caller.Say, recorded.Samples, recorded.Rate); d.Correlation < 0.98 || d.Covered < 0.995 {
				t.Errorf("%.1f%% of the message is in the recording: correlation %.3f", 100*d.Covered, d.Correlation)
			}
			if after := w.client.Stats().Connects; after != before+1 {
				t.Errorf("%d connects", after-before)
			}
		})
	}
}

// script answers a number with prompts that are shorter than the socket is
// away. It returns the folder of the archive as well.
func (w *world) script(t *testing.T, number string, line voicemail.Line) (*voicemail.Script, string) {
	dir := filepath.Join(w.media, "000000000000")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Error(err)
	}
	// Longer than it is, so that the call is not taken back before the socket is.
	set := prompts.Set{Version: filepath.Base(dir), Language: "fr", NoticeLength: 10 * time.Second}
	for _, p := range []struct {
		media   *string
		name    string
		hertz   float64
		samples int
	}{{&set.Name, "name", 0, 800}, {&set.Notice, "notice", 0, 800}, {&set.Beep, "beep", 1000, 3200}, {&set.Again, "again", 0, 800}} {
		*p.media = filepath.Join(dir, p.name)
		raw := make([]byte, 0, 2*p.samples)
		for i := range p.samples {
			v := int16(8000 * math.Sin(2*math.Pi*p.hertz*float64(i)/8000))
			raw = append(raw, byte(v), byte(v>>8))
		}
		if err := os.WriteFile(*p.media+".alaw", g711.EncodeAlaw(raw), 0o644); err != nil { //nolint:gosec // Asterisk reads it
			t.Error(err)
		}
	}
	folder := filepath.Join(t.TempDir(), "archive")
	store, err := archive.Open(folder, filepath.Join(t.TempDir(), "quarantine"))
	if err != nil {
		t.Error(err)
	}
	lines := voicemail.NewLines([]voicemail.Source{voicemail.SourceRequest}, "BE", func(n, _ string) (string, error) { return n, nil })
	line.Name = "main"
	if err := lines.Add(line, false, number); err != nil {
		t.Error(err)
	}
	return &voicemail.Script{
		Ledger: books{}, Store: store, Prompts: onlyPrompts(set), Lines: lines,
		Identify: func(string, string, string) petition.Caller { return petition.Caller{Class: petition.ClassUnknown} },
		Spool:    filepath.Join(w.cfg.Dir, "spool", "recording"), Log: zaptest.NewLogger(t),
	}, folder
}

type onlyPrompts prompts.Set

func (p onlyPrompts) Set(string) prompts.Set { return prompts.Set(p) }

// books take everything.
type books struct{}

func (books) Leave(string) {}

func (books) Begin(context.Context, petition.Call) error { return nil }

func (books) End(context.Context, petition.Closing) (*petition.Signature, error) { return nil, nil }

func (books) Settle(context.Context, petition.Call, petition.Closing) (*petition.Signature, error) {
	return nil, nil
}

// spoken is two seconds of a voice.
func spoken(t *testing.T) []int16 {
	t.Helper()
	said, err := wav.Read("../voicemail/prompts/placeholder/fr/notice.wav")
	if err != nil {
		t.Fatal(err)
	}
	return said.Samples[:16000]
}
