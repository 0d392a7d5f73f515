package ari

import (
	"time"

	"glennline/voicemail"
)

// noFrames is how long Asterisk waits for a frame before it ends a recording:
// twice two seconds, unless transmit_silence is set.
const noFrames = 4 * time.Second

// tolerance is what lies between Asterisk's doings and our hearing of them.
const tolerance = 300 * time.Millisecond

// stop is what is known of a recording that is over. RecordingFinished gives
// no reason: it says "done" for silence, key, length, hang-up, missing audio,
// a full disk and a file that could not be opened.
type stop struct {
	req    voicemail.RecordRequest
	took   time.Duration // from its beginning to its end
	length time.Duration // whole seconds of audio, without the silence at its end
	failed bool          // RecordingFailed
	mute   bool          // stopped from here, because no audio came
	key    bool
	hungUp bool
	lost   bool
}

// certain says whether the reason does not change if the channel ends now.
func (s stop) certain() bool {
	return s.failed || s.key || s.hungUp || s.end() == voicemail.RecordEndLength
}

// end finds the reason. What Asterisk reports as the length is the audio
// written, rounded down, less the silence at its end beyond 0.2 s, rounded
// down. So the time that went by without counting tells why it stopped: at the
// limit of silence it is that limit less one second and up to one more for the
// rounding; without frames it is four seconds or more.
func (s stop) end() voicemail.RecordEnd {
	away := s.took - s.length
	silence := s.req.MaxSilence
	least := silence - time.Second - tolerance
	if s.req.Append {
		least -= time.Second // two lengths were rounded
	}
	switch {
	case s.failed:
		return voicemail.RecordEndFailed
	case s.key:
		return voicemail.RecordEndKey
	case s.mute && !s.lost && !s.hungUp: // who lost the socket cannot tell
		return voicemail.RecordEndNoAudio
	case s.lost && !s.hungUp:
		return voicemail.RecordEndUnknown
	case s.length == 0 && s.took >= noFrames-tolerance && !s.hungUp:
		return voicemail.RecordEndNoAudio // with transmit_silence only at the longest length
	case !s.lost && s.took >= s.req.MaxLength: // Asterisk takes up to 1 s more
		return voicemail.RecordEndLength
	case s.hungUp:
		return voicemail.RecordEndHangup
	case silence > 0 && s.took >= silence-tolerance &&
		away >= least && away < max(noFrames, silence+time.Second):
		return voicemail.RecordEndSilence
	case away >= noFrames-tolerance:
		return voicemail.RecordEndNoAudio
	case s.length == 0:
		return voicemail.RecordEndFailed // nothing was written
	}
	return voicemail.RecordEndUnknown
}
