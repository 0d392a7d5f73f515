//go:build e2e

package ari_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"glennline/ari"
	"glennline/softphone"
	"glennline/voicemail"
)

// The socket goes while the caller speaks: the recording does not care.
func testSocketLost(t *testing.T, w *world) {
	n := 0
	for name, lose := range map[string]func(){"cut": w.link.cut, "half open": w.link.freeze} {
		for _, end := range []voicemail.RecordEnd{voicemail.RecordEndKey, voicemail.RecordEndHangup} {
			n++
			t.Run(name+", then "+string(end), func(t *testing.T) {
				before := w.client.Stats().Connects
				caller := softphone.Script{Say: speech(4 * time.Second), SayAt: softphone.AfterAnswer, Keys: "#", HangupAt: softphone.Never}
				if end == voicemail.RecordEndHangup {
					// Gone before the socket is back, so that no event tells of it.
					caller = softphone.Script{HangupAt: softphone.AfterAnswer, HangupAfter: 600 * time.Millisecond}
				}
				file := fmt.Sprintf("2026-11-22/lost-%d", n)
				w.phone(t, fmt.Sprintf("5%02d", n), caller, func(ctx context.Context, call *ari.Call) {
					if err := call.Answer(ctx); err != nil {
						t.Error(err)
					}
					req := minute(file)
					req.MaxSilence = 0
					recording := later(func() (voicemail.Recorded, error) { return call.Record(ctx, req) })
					await(t, "the file", func() bool { return w.size(file) >= 0 })
					lose()
					got := receive(t, "the recording's end", recording)
					if got.err != nil || got.value.End != end {
						t.Errorf("%+v", got)
					}
					if err := call.Hangup(ctx, voicemail.HangupNormal); err != nil {
						t.Error(err)
					}
				})
				if after := w.client.Stats().Connects; after != before+1 {
					t.Errorf("%d connects", after-before)
				}
			})
		}
	}
}

// The filter must not keep back that another took the application over.
func testTakeover(t *testing.T, w *world) {
	second, ended := w.connect(fmt.Sprintf("127.0.0.1:%d", w.cfg.ARI.Port))
	await(t, "the first client to notice", func() bool { return !w.client.Connected() })
	third, _ := w.connect(fmt.Sprintf("127.0.0.1:%d", w.cfg.ARI.Port))
	wantErr(t, receive(t, "the second client to end", ended), ari.ErrReplaced)
	if second.Connected() || !third.Connected() || w.client.Connected() {
		t.Error("there is not one client, the last")
	}
	w.phone(t, "600", softphone.Script{HangupAt: softphone.Never}, func(ctx context.Context, call *ari.Call) {
		if err := call.Answer(ctx); err != nil {
			t.Error(err)
		}
		if n, err := call.Play(ctx, filepath.Join(w.media, "one")); n != 1 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		if err := call.Hangup(ctx, voicemail.HangupNormal); err != nil {
			t.Error(err)
		}
	})
	if third.Stats().Arrivals != 1 {
		t.Errorf("stats of the third client are %+v", third.Stats())
	}
}
