package voicemail_test

import (
	"slices"
	"testing"

	"glennline/voicemail"
)

// A disk that fills up ends a recording as silence does, by all that Asterisk
// tells: the reason is that it could not be written, the caller is asked to call
// again and not whether they are still there, and what was written is kept.
func TestWhatCannotBeWritten(t *testing.T) {
	said := voice(t)
	for name, tt := range map[string]struct {
		record recorded
		full   bool
		ending string
		steps  []string // after the recording
	}{
		"full in mid-message":         {recorded{samples: said, end: voicemail.RecordEndSilence}, true, "message/record", []string{"play busy", "hangup normal"}},
		"full before the first word":  {recorded{samples: quiet, end: voicemail.RecordEndSilence}, true, "silent/record", []string{"play busy", "hangup normal"}},
		"nothing written":             {recorded{raw: header(0), end: voicemail.RecordEndUnknown}, true, "failed/record", []string{"play busy", "hangup normal"}},
		"nothing, as asterisk says":   {recorded{end: voicemail.RecordEndFailed}, false, "failed/record", []string{"play busy", "hangup normal"}},
		"a header, as asterisk says":  {recorded{raw: header(0), end: voicemail.RecordEndFailed}, false, "failed/record", []string{"play busy", "hangup normal"}},
		"full, and the caller left":   {recorded{samples: said, end: voicemail.RecordEndHangup}, true, "message/caller", nil},
		"full, and the key was heard": {recorded{samples: said, end: voicemail.RecordEndKey}, true, "message/key", []string{"hangup normal"}},
		"room":                        {recorded{samples: said, end: voicemail.RecordEndSilence}, false, "message/silence", []string{"hangup normal"}},
	} {
		t.Run(name, func(t *testing.T) {
			ch := &channel{record: map[int]recorded{0: tt.record}}
			s, _, _ := newScript(t, ch)
			s.Recordable = func() bool { return !tt.full }
			got := s.Serve(t.Context(), ch, arrival("+3225550100"))
			if got.Ending.String() != tt.ending {
				t.Errorf("ended %s, want %s", got.Ending, tt.ending)
			}
			if steps := ch.steps[3:]; !slices.Equal(steps, tt.steps) {
				t.Errorf("after the recording: %q, want %q", steps, tt.steps)
			}
		})
	}
}
