package softphone

import (
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"

	"glennline/softphone/audio"
)

// hearing feeds an ear packet by packet.
type hearing struct {
	*ear
	start  time.Time
	senses []sense
}

func newHearing() *hearing {
	h := &hearing{start: time.Now()}
	h.ear = newEar(h.start, laws, audio.BeepConfig{}, time.Minute, func(s sense) { h.senses = append(h.senses, s) })
	return h
}

// hear feeds samples as packets, the first of which is number n of the stream,
// that all arrive so late.
func (h *hearing) hear(n int, samples []int16, late time.Duration) {
	for ; len(samples) >= packetSamples; samples = samples[packetSamples:] {
		p := &rtp.Packet{
			Header: rtp.Header{
				Version: 2, PayloadType: 8, SSRC: 1,
				SequenceNumber: uint16(n), Timestamp: 7 + uint32(n)*packetSamples,
			},
			Payload: audio.ALaw.Encode(nil, samples[:packetSamples]),
		}
		h.packet(p, h.start.Add(time.Duration(n)*packetTime+late))
		n++
	}
}

// hush tells of the absence of so many packets.
func (h *hearing) hush(packets int) {
	for range packets {
		h.quiet(h.start)
	}
}

func (h *hearing) kinds() []Kind {
	var kinds []Kind
	for _, s := range h.senses {
		kinds = append(kinds, s.kind)
	}
	return kinds
}

func overTheLine(samples []int16) []int16 {
	return audio.ALaw.Decode(nil, audio.ALaw.Encode(nil, samples))
}

func TestEarKeepsEverythingInItsPlace(t *testing.T) {
	said := babble(1, 20*packetSamples)
	want := overTheLine(said)
	h := newHearing()
	h.hear(0, said[:5*packetSamples], 0)
	h.hear(8, said[8*packetSamples:9*packetSamples], 0) // 5 to 7 are late; 6 never comes
	h.hear(5, said[5*packetSamples:6*packetSamples], 100*time.Millisecond)
	h.hear(7, said[7*packetSamples:8*packetSamples], 90*time.Millisecond)
	h.hear(9, said[9*packetSamples:], 30*time.Millisecond)
	clear(want[6*packetSamples : 7*packetSamples])
	if !slices.Equal(h.heard, want) {
		t.Error("what was heard is not what was played, with a hole for the lost packet")
	}
	if got, want := h.arrivals[5:8], []Arrival{{8 * packetSamples, 160 * time.Millisecond}, {5 * packetSamples, 200 * time.Millisecond}, {7 * packetSamples, 230 * time.Millisecond}}; !slices.Equal(got, want) {
		t.Errorf("arrivals %v, want %v", got, want)
	}
	if h.Lost != 1 || h.Reordered != 2 {
		t.Errorf("stream %+v", h.Stream)
	}
}

func TestEarAlignsAtTheAnswer(t *testing.T) {
	h := newHearing()
	h.hear(0, make([]int16, packetSamples), 500*time.Millisecond)
	h.hear(1, beepTone(1000, packetSamples), 500*time.Millisecond)
	if len(h.heard) != 4000+2*packetSamples {
		t.Errorf("heard %d samples, want %d", len(h.heard), 4000+2*packetSamples)
	}
	if h.first < 4000+packetSamples || h.first > 4000+packetSamples+2 {
		t.Errorf("first sound at %d, want %d", h.first, 4000+packetSamples)
	}
	if want := []Kind{FirstAudio}; !slices.Equal(h.kinds(), want) {
		t.Errorf("told %v, want %v", h.kinds(), want)
	}
}

func TestEarKnowsTheBeepsEndFromTheLackOfPackets(t *testing.T) {
	h := newHearing()
	h.hear(0, join(make([]int16, 1600), beepTone(1000, 3200)), 0)
	if want := []Kind{FirstAudio, BeepBegan}; !slices.Equal(h.kinds(), want) {
		t.Fatalf("told %v before the end, want %v", h.kinds(), want)
	}
	h.hush(5)
	if want := []Kind{FirstAudio, BeepBegan, BeepEnded}; !slices.Equal(h.kinds(), want) {
		t.Fatalf("told %v, want %v", h.kinds(), want)
	}
	if len(h.beeps) != 1 || (h.beeps[0].To-600*time.Millisecond).Abs() > 40*time.Millisecond {
		t.Errorf("beeps %v, want one that ends at 600ms", h.beeps)
	}
}

// The far end, or this machine, is held up: nothing comes for a while, and
// then what was missing, as if nothing had been. The beep that follows is
// whole and in its place.
func TestEarForgivesAHeldUpStream(t *testing.T) {
	h := newHearing()
	h.hear(0, babble(1, 1600), 0)
	h.hush(20)
	h.hear(10, join(babble(2, 1600), make([]int16, 1600), beepTone(1000, 3200), make([]int16, 1600)), 400*time.Millisecond)
	if len(h.beeps) != 1 {
		t.Fatalf("beeps %v, want one", h.beeps)
	}
	b := h.beeps[0]
	if (b.From-600*time.Millisecond).Abs() > 40*time.Millisecond || (b.To-1000*time.Millisecond).Abs() > 40*time.Millisecond {
		t.Errorf("beep lies at %v to %v, want 600ms to 1s", b.From, b.To)
	}
}

// A beep whose length is known and that stops half-way is held up: its end is not
// there yet, however long nothing comes.
func TestEarWaitsForTheRestOfABeep(t *testing.T) {
	h := newHearing()
	h.beep = 400 * time.Millisecond
	tone := beepTone(1000, 3200)
	h.hear(0, join(make([]int16, 1600), tone[:1600]), 0)
	if got := h.patience(); got != heldUp {
		t.Errorf("in the beep %d waits are in vain before that is silence, want %d", got, heldUp)
	}
	h.hear(20, tone[1600:], time.Second)
	if got := h.patience(); got != slack {
		t.Errorf("after the beep %d waits are in vain before that is silence, want %d", got, slack)
	}
	h.hush(10)
	if len(h.beeps) != 1 || (h.beeps[0].To-h.beeps[0].From-400*time.Millisecond).Abs() > 40*time.Millisecond {
		t.Errorf("beeps %v, want one of 400ms", h.beeps)
	}
}

// Nor is it there where the timestamps count the time for which it was held up.
func TestEarBridgesAHoleInABeep(t *testing.T) {
	h := newHearing()
	h.beep = 400 * time.Millisecond
	tone := beepTone(1000, 3200)
	h.hear(0, join(make([]int16, 1600), tone[:1600]), 0)
	h.hear(60, tone[1600:], 0) // 0.8 s later
	h.hush(10)
	if len(h.beeps) != 1 || (h.beeps[0].To-1400*time.Millisecond).Abs() > 40*time.Millisecond {
		t.Errorf("beeps %v, want one that ends at 1.4s", h.beeps)
	}
}

// Two short tones with nothing sent between them are not one long tone.
func TestEarHearsWhatWasNotSentAsSilence(t *testing.T) {
	h := newHearing()
	short := beepTone(1000, 5*packetSamples)
	h.hear(0, short, 0)
	h.hear(20, short, 0)
	h.hush(10)
	if len(h.beeps) != 0 {
		t.Errorf("beeps %v, want none", h.beeps)
	}
}

func TestEarTakesUpANewSource(t *testing.T) {
	h := newHearing()
	h.hear(0, babble(1, 1600), 0)
	p := &rtp.Packet{
		Header:  rtp.Header{Version: 2, PayloadType: 8, SSRC: 99, Timestamp: 123456789},
		Payload: audio.ALaw.Encode(nil, beepTone(1000, packetSamples)),
	}
	h.packet(p, h.start.Add(time.Second))
	if len(h.heard) != 8000+packetSamples {
		t.Errorf("heard %d samples, want %d", len(h.heard), 8000+packetSamples)
	}
}

// A timestamp out of nowhere must not make the ear believe in hours of audio.
func TestEarDistrustsWildTimestamps(t *testing.T) {
	h := newHearing()
	h.hear(0, babble(1, 1600), 0)
	p := &rtp.Packet{
		Header:  rtp.Header{Version: 2, PayloadType: 8, SSRC: 1, SequenceNumber: 10, Timestamp: 1 << 30},
		Payload: audio.ALaw.Encode(nil, beepTone(1000, packetSamples)),
	}
	h.packet(p, h.start.Add(200*time.Millisecond))
	if len(h.heard) != 1600+packetSamples {
		t.Errorf("heard %d samples, want %d", len(h.heard), 1600+packetSamples)
	}
	h.packet(p, h.start.Add(2*time.Hour))
	if len(h.heard) > h.limit {
		t.Errorf("heard %d samples, more than the limit", len(h.heard))
	}
}

func TestEarIgnoresWhatIsNotAudio(t *testing.T) {
	h := newHearing()
	for _, payloadType := range []uint8{13, 18, 101} {
		h.packet(&rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: payloadType, SSRC: 1}, Payload: []byte{1, 2, 3, 4}}, h.start)
	}
	if len(h.heard) != 0 || h.Packets != 0 {
		t.Errorf("heard %d samples in %d packets", len(h.heard), h.Packets)
	}
}
