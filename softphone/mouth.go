package softphone

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/pion/rtp"

	"glennline/softphone/audio"
)

// mouth sends a packet every 20 ms from start to end: silence, unless there is
// something to say or to press. A far end that waits for RTP, or gives up
// without, sees a caller who listens.
type mouth struct {
	send        func(*rtp.Packet) error
	tell        func(sense)
	clock       clock
	law         audio.Law
	payloadType uint8
	dies        bool // nothing is sent any more after the first order
	uplink      func(said int, header *rtp.Header) (arrives bool)
	keyType     uint8 // 0 where telephone events were not agreed

	mu     sync.Mutex
	orders []order
	spoken

	// Of run alone.
	current *order
	at      int // samples said or ticks pressed of the current order
	header  rtp.Header
	keyTime uint32 // timestamp of the key that is down
}

// spoken is what became of what was to be said.
type spoken struct {
	from, to time.Time // zero if nothing was said
	samples  int
}

// order is one thing to do: to say or to press.
type order struct {
	notBefore time.Time
	cue       <-chan struct{} // which is waited for, too; nil for none
	say       []int16
	keys      string
}

// do takes an order; it is carried out after those before it.
func (m *mouth) do(o order) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.orders = append(m.orders, o)
}

// result is what was said so far.
func (m *mouth) result() spoken {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.spoken
}

// run sends until ctx ends or sending fails.
func (m *mouth) run(ctx context.Context) error {
	m.header = rtp.Header{
		Version: 2, Marker: true, SSRC: rand.Uint32(), Timestamp: rand.Uint32(),
		// In the lower half, as RFC 3711 section 3.3.1 has it, a call of less
		// than eleven minutes does not wrap. Asterisk 22.10 loses a packet at
		// the wrap, and its recording 20 ms.
		SequenceNumber: uint16(rand.Uint32N(1 << 15)),
	}
	pace := pacer{start: m.clock.Now()}
	for n := 0; m.clock.WaitUntil(ctx, pace.due(n)); n++ {
		packet := m.packet(pace.due(n))
		if m.dies && m.current == nil && m.result().samples > 0 {
			continue // it is dead, and nobody hung up
		}
		if m.uplink == nil || m.uplink(m.result().samples, &packet.Header) {
			if err := m.send(packet); err != nil {
				return fmt.Errorf("send audio: %w", err)
			}
		}
		m.header.SequenceNumber++
		m.header.Timestamp += packetSamples
		m.header.Marker = false
	}
	return nil
}

// packet is what goes out at the time due.
func (m *mouth) packet(due time.Time) *rtp.Packet {
	m.next(due)
	p := &rtp.Packet{Header: m.header}
	p.PayloadType = m.payloadType
	switch o := m.current; {
	case o == nil:
	case o.keys != "":
		tick := m.at % keyTicks
		if tick == 0 {
			m.keyTime = m.header.Timestamp
		}
		p.Payload = keyEvent(o.keys[m.at/keyTicks], tick)
		if p.Payload != nil {
			p.PayloadType, p.Timestamp, p.Marker = m.keyType, m.keyTime, tick == 0
		}
		m.at++
	default:
		p.Payload = m.speech(o.say)
	}
	if p.Payload == nil {
		p.Payload = m.law.Encode(nil, make([]int16, packetSamples))
	}
	return p
}

// next ends the order that is done and begins the one whose time has come.
func (m *mouth) next(due time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if o := m.current; o != nil {
		switch {
		case o.keys != "" && m.at == len(o.keys)*keyTicks:
			m.tell(sense{kind: Pressed, at: m.clock.Now()})
			m.current = nil
		case o.keys == "" && m.at == len(o.say):
			m.tell(sense{kind: Spoke, at: m.clock.Now()})
			m.current = nil
		}
	}
	if m.current != nil || len(m.orders) == 0 || due.Before(m.orders[0].notBefore) {
		return
	}
	if cue := m.orders[0].cue; cue != nil {
		select {
		case <-cue:
		default:
			return
		}
	}
	m.current, m.at = &m.orders[0], 0
	m.orders = m.orders[1:]
	if m.current.keys == "" {
		m.from = m.clock.Now()
		m.tell(sense{kind: Speaking, at: m.from})
	}
}

// speech is the next packet of what is said; the last one is filled up with
// silence.
func (m *mouth) speech(say []int16) []byte {
	part := say[m.at:min(m.at+packetSamples, len(say))]
	m.at += len(part)
	payload := m.law.Encode(make([]byte, 0, packetSamples), part)
	payload = m.law.Encode(payload, make([]int16, packetSamples-len(part)))
	m.mu.Lock()
	defer m.mu.Unlock()
	m.samples = m.at
	m.to = m.clock.Now().Add(packetTime)
	return payload
}
