package softphone

import (
	"time"

	"glennline/softphone/audio"
)

// sense is what ear and mouth tell the script.
type sense struct {
	kind Kind // FirstAudio, BeepBegan, BeepEnded, Speaking, Spoke, Pressed
	at   time.Time
	beep audio.Beep
}
