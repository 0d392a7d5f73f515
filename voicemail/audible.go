package voicemail

import (
	"os"
	"time"
)

// flushEvery is how often Asterisk writes to a recording: its buffer holds
// 32 KiB, 2.05 s of audio.
const flushEvery = 2100 * time.Millisecond

// silenceDefault is what a line without a limit of silence waits for audio.
const silenceDefault = 10 * time.Second

// audible says whether audio still arrives in a recording: whether the file has
// grown within the limit of silence. A caller whose line was lost sends
// nothing, and nothing else would end the call before its longest length. A
// file that is not there says nothing.
func audible(path string, maxSilence time.Duration) func() bool {
	limit := maxSilence
	if limit == 0 {
		limit = silenceDefault
	}
	limit += 2 * flushEvery
	grown := time.Now()
	size := int64(-1)
	return func() bool {
		info, err := os.Stat(path)
		if err != nil || info.Size() != size {
			grown = time.Now()
		}
		if err == nil {
			size = info.Size()
		}
		return time.Since(grown) < limit
	}
}
