package softphone

import (
	"time"

	"github.com/pion/rtp"

	"glennline/softphone/audio"
)

const (
	// audible is the sample value from which something counts as sound: -42
	// dBFS, well above what A-law makes of silence.
	audible = 260
	// adrift is how far a timestamp may lead away from the time at which its
	// packet came before it is not believed. It allows for a machine that was
	// stalled and then reads what had queued up.
	adrift = 10 * audio.Rate
)

// ear puts what is heard in its place in time and listens for the beep. It
// belongs to one goroutine.
type ear struct {
	answered time.Time
	laws     map[uint8]audio.Law // by payload type
	limit    int                 // longest Heard, in samples
	beep     time.Duration       // how long the beep lasts; 0 if not known
	detector *audio.BeepDetector
	tell     func(sense)

	reception
	heard    []int16
	arrivals []Arrival
	beeps    []audio.Beep
	first    int // first audible sample, -1 before
	end      int // position after the latest packet
	fed      int // position up to which the detector has heard
	excess   int // samples of silence it was fed where there was none
	sounding bool

	anchored bool
	source   uint32 // SSRC
	baseTS   uint32 // timestamp of the sample at basePos
	basePos  int
}

func newEar(answered time.Time, laws map[uint8]audio.Law, beep audio.BeepConfig, longest time.Duration, tell func(sense)) *ear {
	return &ear{
		answered: answered, laws: laws, limit: samplesIn(longest),
		detector: audio.NewBeepDetector(beep), tell: tell, first: -1,
	}
}

// packet hears a packet that arrived at now.
func (e *ear) packet(p *rtp.Packet, now time.Time) {
	law, ok := e.laws[p.PayloadType]
	if !ok || len(p.Payload) == 0 {
		return // comfort noise, telephone events
	}
	if !e.note(p.SSRC, p.SequenceNumber, p.Timestamp, now) {
		return
	}
	pos := e.place(p, now)
	samples := law.Decode(nil, p.Payload)
	if pos < 0 || pos+len(samples) > e.limit {
		return
	}
	if missing := pos + len(samples) - len(e.heard); missing > 0 {
		e.heard = append(e.heard, make([]int16, missing)...)
	}
	copy(e.heard[pos:], samples)
	e.arrivals = append(e.arrivals, Arrival{Sample: pos, At: now.Sub(e.answered)})
	if e.first < 0 {
		for i, s := range samples {
			if s >= audible || s <= -audible {
				e.first = pos + i
				e.tell(sense{kind: FirstAudio, at: now})
				break
			}
		}
	}
	if pos < e.end {
		return // out of order: heard, but the detector takes the stream as it flows
	}
	// A sender that is held up in its beep may count the time in its timestamps:
	// that is no silence either.
	if e.patience() != heldUp {
		e.silence(pos-e.fed, now)
	}
	// What follows directly on a packet that was late contradicts the silence
	// that quiet took for granted meanwhile.
	e.excess += e.fed - pos
	e.feed(samples, now)
	e.end = pos + len(samples)
	e.fed = e.end
}

// place is the position of a packet's first sample, from its timestamp where
// that can be believed. A new SSRC begins anew, as does a timestamp that jumps.
func (e *ear) place(p *rtp.Packet, now time.Time) int {
	arrived := samplesIn(now.Sub(e.answered))
	pos := e.basePos + int(int32(p.Timestamp-e.baseTS))
	if !e.anchored || p.SSRC != e.source || pos-arrived > adrift || arrived-pos > adrift {
		pos = max(arrived, e.end)
		e.anchored, e.source, e.baseTS, e.basePos = true, p.SSRC, p.Timestamp, pos
	}
	return pos
}

// quiet is told while nothing arrives, for each packet that should have.
// Asterisk sends nothing at all while it records, so the end of a beep shows
// only in the absence of packets.
func (e *ear) quiet(now time.Time) { e.silence(packetSamples, now) }

// unsure is by how much a beep may seem shorter than it was.
const unsure = 60 * time.Millisecond

// patience is after how many waits in vain for a packet nothing is sent any more.
func (e *ear) patience() int {
	if heard := e.detector.Length(); heard > 0 && heard < e.beep-unsure {
		return heldUp
	}
	return slack
}

// silence lets the detector hear so many samples of it.
func (e *ear) silence(samples int, now time.Time) {
	if samples = min(samples, e.limit-e.fed); samples > 0 {
		e.feed(make([]int16, samples), now)
		e.fed += samples
	}
}

func (e *ear) feed(samples []int16, now time.Time) {
	for _, b := range e.detector.Feed(samples) {
		b = e.shift(b)
		e.beeps = append(e.beeps, b)
		e.tell(sense{kind: BeepEnded, at: now, beep: b})
	}
	b, sounding := e.detector.Sounding()
	if sounding && !e.sounding {
		e.tell(sense{kind: BeepBegan, at: now, beep: e.shift(b)})
	}
	e.sounding = sounding
}

// shift takes the excess silence out of a beep's place.
func (e *ear) shift(b audio.Beep) audio.Beep {
	excess := time.Duration(e.excess) * time.Second / audio.Rate
	b.From, b.To = b.From-excess, b.To-excess
	return b
}

func samplesIn(d time.Duration) int { return int(d * audio.Rate / time.Second) }
