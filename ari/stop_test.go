package ari

import (
	"errors"
	"testing"
	"time"

	"github.com/CyCoreSystems/ari/v6"

	"glennline/voicemail"
)

// The first column says what happened; the numbers of those with a (run) were
// seen on Asterisk 22.10.1.
func TestWhyARecordingStopped(t *testing.T) {
	limits := voicemail.RecordRequest{MaxLength: 10 * time.Second, MaxSilence: 3 * time.Second, EndKey: "#"}
	unlimited, patient, short := limits, limits, limits
	unlimited.MaxSilence = 0
	patient.MaxSilence = 6 * time.Second
	short.MaxLength = 3 * time.Second
	again := limits
	again.Append = true
	ms := time.Millisecond
	for _, c := range []struct {
		name string
		stop stop
		want voicemail.RecordEnd
	}{
		{"silence from the start (run)", stop{req: limits, took: 3012 * ms, length: 1 * time.Second}, voicemail.RecordEndSilence},
		{"spoke, then silence", stop{req: limits, took: 7300 * ms, length: 5 * time.Second}, voicemail.RecordEndSilence},
		{"audio came a second late, then silence", stop{req: limits, took: 4900 * ms, length: 1 * time.Second}, voicemail.RecordEndSilence},
		{"silence of six seconds", stop{req: patient, took: 9100 * ms, length: 3 * time.Second}, voicemail.RecordEndSilence},
		{"silence again, appended (run)", stop{req: again, took: 3012 * ms}, voicemail.RecordEndSilence},
		{"silence, then spoke, then silence, appended", stop{req: again, took: 5100 * ms, length: 2 * time.Second}, voicemail.RecordEndSilence},
		{"the same, rounded up", stop{req: again, took: 5100 * ms, length: 4 * time.Second}, voicemail.RecordEndSilence},
		{"no audio again, appended (run)", stop{req: again, took: 4003 * ms}, voicemail.RecordEndNoAudio},
		{"no audio at all (run)", stop{req: limits, took: 4003 * ms}, voicemail.RecordEndNoAudio},
		{"spoke, then no audio (run)", stop{req: limits, took: 6057 * ms, length: 2 * time.Second}, voicemail.RecordEndNoAudio},
		{"no audio, no limit of silence", stop{req: unlimited, took: 8200 * ms, length: 4 * time.Second}, voicemail.RecordEndNoAudio},
		{"no audio, and transmit_silence (run)", stop{req: limits, took: 10600 * ms}, voicemail.RecordEndNoAudio},
		{"longest length (run)", stop{req: short, took: 3876 * ms, length: 3 * time.Second}, voicemail.RecordEndLength},
		{"key (run)", stop{req: unlimited, took: 2646 * ms, key: true}, voicemail.RecordEndKey},
		{"key in the last second", stop{req: limits, took: 10500 * ms, length: 10 * time.Second, key: true}, voicemail.RecordEndKey},
		{"hang-up (run)", stop{req: limits, took: 2506 * ms, length: 2 * time.Second, hungUp: true}, voicemail.RecordEndHangup},
		{"hang-up after silence", stop{req: limits, took: 2900 * ms, length: 1 * time.Second, hungUp: true}, voicemail.RecordEndHangup},
		{"no file could be made", stop{req: limits, took: 2 * ms}, voicemail.RecordEndFailed},
		{"RecordingFailed", stop{req: limits, took: 2 * ms, failed: true, hungUp: true}, voicemail.RecordEndFailed},
		{"disk full, or the clock was set", stop{req: limits, took: 5100 * ms, length: 5 * time.Second}, voicemail.RecordEndUnknown},
		{"no audio came, but the event was lost", stop{req: limits, mute: true, lost: true}, voicemail.RecordEndUnknown},
		{"the event was lost", stop{req: limits, lost: true}, voicemail.RecordEndUnknown},
		{"the event was lost, and the caller", stop{req: limits, lost: true, hungUp: true}, voicemail.RecordEndHangup},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.stop.end(); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// Whatever arrives on the socket, the reader goes on.
func FuzzEvent(f *testing.F) {
	cfg := DefaultConfig()
	cfg.URL, cfg.User, cfg.Password, cfg.App = "http://127.0.0.1:1/ari", "u", "p", "a"
	c, err := New(cfg)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(c.Close)
	c.system.Store(&System{})
	for _, kind := range wanted() {
		f.Add([]byte(`{"type":"` + kind + `","application":"b","args":["v1"],"channel":{"id":"1.1"},` +
			`"playback":{"target_uri":"channel:1.1"},"recording":{"target_uri":"channel:1.1"}}`))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c.calls.calls["1.1"] = newCall(c, &ari.ChannelData{ID: "1.1"})
		if err := c.handle(data); err != nil && !errors.Is(err, errTaken) {
			t.Error(err)
		}
	})
}
