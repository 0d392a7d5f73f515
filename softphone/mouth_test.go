package softphone

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"

	"glennline/softphone/audio"
)

// fakeClock is a clock that only moves when somebody waits, or stalls.
type fakeClock struct{ now time.Time }

func (c *fakeClock) Now() time.Time { return c.now }

func (c *fakeClock) WaitUntil(ctx context.Context, t time.Time) bool {
	if t.After(c.now) {
		c.now = t
	}
	return ctx.Err() == nil
}

// speech runs a mouth until it has sent so many packets. stall says for how
// long the machine stands still before a packet.
type speech struct {
	*mouth
	clock   *fakeClock
	start   time.Time
	packets []*rtp.Packet
	sentAt  []time.Duration
	senses  []sense
}

func newSpeech() *speech {
	start := time.Now()
	s := &speech{clock: &fakeClock{now: start}, start: start}
	s.mouth = &mouth{
		tell:  func(x sense) { s.senses = append(s.senses, x) },
		clock: s.clock, law: audio.ALaw, payloadType: 8, keyType: 101,
	}
	return s
}

func (s *speech) run(t *testing.T, packets int, stall map[int]time.Duration) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s.send = func(p *rtp.Packet) error {
		s.packets = append(s.packets, p)
		s.sentAt = append(s.sentAt, s.clock.now.Sub(s.start))
		if len(s.packets) == packets {
			cancel()
		}
		s.clock.now = s.clock.now.Add(stall[len(s.packets)])
		return nil
	}
	if err := s.mouth.run(ctx); err != nil {
		t.Fatal(err)
	}
}

func (s *speech) heard() []int16 {
	var out []int16
	for _, p := range s.packets {
		out = audio.ALaw.Decode(out, p.Payload)
	}
	return out
}

func TestMouthIsNeverStill(t *testing.T) {
	s := newSpeech()
	s.run(t, 50, nil)
	for i, p := range s.packets {
		if s.sentAt[i] != time.Duration(i)*packetTime {
			t.Fatalf("packet %d went out at %v", i, s.sentAt[i])
		}
		if p.PayloadType != 8 || len(p.Payload) != packetSamples || p.Marker != (i == 0) {
			t.Fatalf("packet %d: %v", i, p.Header)
		}
	}
	if level := audio.LevelDB(s.heard()); level > -70 {
		t.Errorf("silence has %.1f dBFS", level)
	}
}

// See the comment at the sequence number.
func TestMouthDoesNotWrap(t *testing.T) {
	for range 100 {
		s := newSpeech()
		s.run(t, 1, nil)
		if n := s.packets[0].SequenceNumber; n >= 1<<15 {
			t.Fatalf("begins at sequence number %d", n)
		}
	}
}

// After a stall what is overdue goes out at once, and the rest on time: nothing
// of the speech is lost, and the stream is not late for ever.
func TestMouthCatchesUp(t *testing.T) {
	s := newSpeech()
	said := babble(1, 30*packetSamples)
	s.do(order{say: said})
	s.run(t, 50, map[int]time.Duration{10: 310 * time.Millisecond, 30: 5 * time.Millisecond})
	if got := s.heard()[:len(said)]; !slices.Equal(got, overTheLine(said)) {
		t.Error("what was sent is not what was to be said")
	}
	for i, at := range s.sentAt {
		due := time.Duration(i) * packetTime
		stalled := i >= 10 && i < 25
		if at < due || !stalled && at > due+5*time.Millisecond {
			t.Errorf("packet %d, due at %v, went out at %v", i, due, at)
		}
	}
	for i, p := range s.packets[1:] {
		if p.SequenceNumber != s.packets[i].SequenceNumber+1 || p.Timestamp != s.packets[i].Timestamp+packetSamples {
			t.Fatalf("packet %d does not follow", i+1)
		}
	}
}

func TestPacerDoesNotDrift(t *testing.T) {
	start := time.Now()
	if got := (pacer{start}).due(180000).Sub(start); got != time.Hour {
		t.Errorf("after 180000 packets it is %v later, want 1h", got)
	}
}

func TestMouthSpeaksInTurn(t *testing.T) {
	s := newSpeech()
	first, second := babble(1, 250), babble(2, 320) // the first fills a packet and a half
	s.do(order{notBefore: s.start.Add(95 * time.Millisecond), say: first})
	s.do(order{say: second})
	s.run(t, 20, nil)
	want := make([]int16, 20*packetSamples)
	copy(want[5*packetSamples:], first)
	copy(want[7*packetSamples:], second)
	if !slices.Equal(s.heard(), overTheLine(want)) {
		t.Error("the two are not where they should be")
	}
	type told struct {
		Kind
		at time.Duration
	}
	var got []told
	for _, x := range s.senses {
		got = append(got, told{x.kind, x.at.Sub(s.start)})
	}
	if want := []told{
		{Speaking, 100 * time.Millisecond},
		{Spoke, 140 * time.Millisecond},
		{Speaking, 140 * time.Millisecond},
		{Spoke, 180 * time.Millisecond},
	}; !slices.Equal(got, want) {
		t.Errorf("told %v, want %v", got, want)
	}
}

func TestMouthSaysHowFarItCame(t *testing.T) {
	s := newSpeech()
	s.do(order{say: babble(1, 100*packetSamples)})
	s.run(t, 7, nil)
	if got := s.result(); got.samples != 7*packetSamples || got.from != s.start || got.to.Sub(s.start) != 7*packetTime {
		t.Errorf("said %d samples from %v to %v", got.samples, got.from.Sub(s.start), got.to.Sub(s.start))
	}
}

func TestMouthPressesKeys(t *testing.T) {
	s := newSpeech()
	s.do(order{keys: "5#"})
	s.run(t, 30, nil)
	base := s.packets[0].Timestamp
	for i, p := range s.packets {
		key, tick := i/keyTicks, i%keyTicks
		if key > 1 || tick >= keyPackets+keyEnds {
			if p.PayloadType != 8 || p.Timestamp != base+uint32(i)*packetSamples {
				t.Errorf("packet %d: %v, want silence", i, p.Header)
			}
			continue
		}
		end := byte(0)
		if tick >= keyPackets {
			end = 0x80
		}
		duration := uint16(min(tick+1, keyPackets) * packetSamples)
		want := []byte{[]byte{5, 11}[key], end | 10, byte(duration >> 8), byte(duration)}
		if p.PayloadType != 101 || p.Timestamp != base+uint32(key*keyTicks)*packetSamples || p.Marker != (tick == 0) || !slices.Equal(p.Payload, want) {
			t.Errorf("packet %d: %v % x, want % x", i, p.Header, p.Payload, want)
		}
	}
	if len(s.senses) != 1 || s.senses[0].kind != Pressed {
		t.Errorf("told %v", s.senses)
	}
}

// What the network drops is missing at the other end, and the rest stands where
// it belongs.
func TestMouthOnABadNetwork(t *testing.T) {
	s := newSpeech()
	say := babble(7, 10*packetSamples)
	s.do(order{say: say})
	var told []int
	s.uplink = func(said int, h *rtp.Header) bool {
		told = append(told, said)
		h.SSRC = 1
		return said != 3*packetSamples
	}
	s.run(t, 9, nil)
	if first, fourth := s.packets[0], s.packets[2]; fourth.SequenceNumber != first.SequenceNumber+3 || fourth.SSRC != 1 {
		t.Errorf("the packet after the lost one has number %d after %d, source %d", fourth.SequenceNumber, first.SequenceNumber, fourth.SSRC)
	}
	for i, said := range told {
		if said != (i+1)*packetSamples {
			t.Errorf("packet %d: %d samples were said", i, said)
		}
	}
	want := overTheLine(append(slices.Clone(say[:2*packetSamples]), say[3*packetSamples:]...))
	if !slices.Equal(s.heard(), want) {
		t.Error("what arrived is not what was said but for the lost packet")
	}
}
