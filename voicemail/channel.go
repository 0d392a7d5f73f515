package voicemail

import (
	"context"
	"errors"
	"time"
)

// ErrEnded says that a step was cut short, or never began, because the channel
// is no longer ours: the caller hung up, or Asterisk or the network did.
var ErrEnded = errors.New("channel ended")

// ErrBeep says that a recording failed because its beep could not be played.
var ErrBeep = errors.New("beep not played")

// Channel is the telephone call as the script sees it. Every method blocks
// until its step is over, ends early with ErrEnded when the channel does, and
// has a deadline of its own besides the context's.
type Channel interface {
	// Claim makes the call ours for so long, 0 for as long as a call may last.
	// When that time is over and it was not claimed again, Asterisk takes the call
	// back and answers by itself: nobody waits for one who hangs or is gone.
	// Not while something plays or records: it would wait for its end.
	Claim(ctx context.Context, within time.Duration) error
	// Answer answers the call.
	Answer(ctx context.Context) error
	// Play plays the media one after the other and says how many of them
	// played to their end. Media are absolute paths without an extension.
	Play(ctx context.Context, media ...string) (finished int, err error)
	// Record plays the beep, if there is one, and records right behind it until
	// silence, the longest length, the ending key, or the end of the channel.
	// What it returns says why it stopped, as far as Asterisk tells; it is no
	// proof of a file. A channel that ends during the beep may leave a file
	// without audio.
	Record(ctx context.Context, req RecordRequest) (Recorded, error)
	// Hangup ends the call. It is no error if the call has ended already.
	Hangup(ctx context.Context, cause HangupCause) error
	// Ended is closed when the channel has left us.
	Ended() <-chan struct{}
	// Fate is how it left us, once Ended is closed.
	Fate() Fate
}

// Fate is how a channel left us.
type Fate struct {
	At       time.Time // by Asterisk's clock; zero if not known
	Vanished bool      // it was gone without a word: that was found, not told
	// TakenBack says that the time for which it was claimed was over: Asterisk
	// answers by itself.
	TakenBack bool
}

// RecordRequest asks for one recording.
type RecordRequest struct {
	// Beep is a medium that is played before, "" for none. The recording is
	// asked for while it plays: whatever dies then, who hears the beep to its end
	// is recorded.
	Beep string
	// Begun is called, by Record, when the beep is over and the recording
	// begins; may be nil.
	Begun      func()
	Name       string        // below Asterisk's recording spool, without extension: see spoolName
	MaxLength  time.Duration // whole seconds
	MaxSilence time.Duration // whole seconds; 0 for no limit
	EndKey     string        // "#", or "" for none
	// Audible is false once no audio comes any more: then the recording is stopped;
	// nil is always true. What Asterisk did not write before since proves nothing:
	// it, or we, stood still, and what arrived meanwhile may be on its way to the file.
	Audible func(since time.Time) bool
	// Renew says that the recording is to be stopped and begun anew behind what it
	// has, of which the caller hears nothing; nil is never. since is as for Audible.
	Renew  func(since time.Time) bool
	Append bool // add to the recording of that name instead of refusing it
}

// Recorded is how a recording ended.
type Recorded struct {
	End      RecordEnd
	Duration time.Duration // as Asterisk reports it, whole seconds
}

// RecordEnd is why a recording stopped.
type RecordEnd string

// Why a recording stopped.
const (
	RecordEndHangup  RecordEnd = "hangup"
	RecordEndSilence RecordEnd = "silence"
	RecordEndKey     RecordEnd = "key"
	RecordEndLength  RecordEnd = "length"
	RecordEndNoAudio RecordEnd = "no_audio" // no frame arrived
	RecordEndFailed  RecordEnd = "failed"   // RecordingFailed: Asterisk gave a cause
	// RecordEndUnknown is the end of a recording of which Asterisk tells no
	// reason and of which none follows from its times: nobody saw it, the disk
	// ran full, a clock was set. The file decides.
	RecordEndUnknown RecordEnd = "unknown"
)

// HangupCause is what the caller's side is told.
type HangupCause string

// The causes.
const (
	HangupNormal      HangupCause = "normal"
	HangupUnallocated HangupCause = "unallocated" // 404: no such number
	HangupCongestion  HangupCause = "congestion"  // 503
)
