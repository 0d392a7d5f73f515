package voicemail

import (
	"context"
	"errors"
	"time"
)

// ErrLost says that a step ended while nobody could see it, the socket to
// Asterisk being down, and that it is not known how.
var ErrLost = errors.New("the end of the step was lost with the socket")

// Left is a call that a process which is gone left in the middle. It can be
// asked what still runs of that process's steps, and what does can be waited
// for as if it had been begun here. Asking goes on until there is an answer or
// the channel ends: in doubt nothing is begun that could disturb what runs.
type Left interface {
	Channel
	// Playing finds the playback that still runs; nil if there is none.
	Playing(ctx context.Context) (Playback, error)
	// AwaitRecord waits for the end of the recording of that name, which may
	// still wait behind its beep: then it calls req.Begun when that is over. It
	// is false at once if there is none. began is when it began, as far as known.
	AwaitRecord(ctx context.Context, req RecordRequest, began time.Time) (rec Recorded, running bool, err error)
}

// Playback is one that was found. It has to be waited for before anything else
// is played.
type Playback interface {
	// Media is the medium that plays now, an absolute path without extension.
	Media() string
	// Await waits for its end. rest is Media and what follows it; finished is
	// how many of these played to their end.
	Await(ctx context.Context, rest ...string) (finished int, err error)
}
