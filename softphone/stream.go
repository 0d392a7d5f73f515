package softphone

import "time"

// Stream is how the other end's RTP arrived.
type Stream struct {
	Packets   int // that carried audio, without duplicates
	Lost      int // missing by their sequence numbers
	Reordered int // arrived after a later one

	// MaxJitter is the highest that the interarrival jitter of RFC 3550
	// section 6.4.1 reached.
	MaxJitter time.Duration
	// LongestWait is the longest time between two packets that were to follow
	// each other directly: pauses that the sender made on purpose do not
	// count.
	LongestWait time.Duration
}

// reception counts one call's packets into a Stream. RFC 3550 appendix A.
type reception struct {
	Stream
	started  bool
	ssrc     uint32
	highest  uint16 // sequence number
	ts       uint32 // of the highest
	arrived  time.Time
	jitter   time.Duration
	received map[uint16]struct{} // recent sequence numbers, to know duplicates by
}

const (
	recent  = 512  // sequence numbers that are remembered for knowing duplicates
	dropout = 3000 // a longer jump is a new start of the sender, not a loss (RFC 3550 appendix A.1)
)

// note counts a packet and reports whether it was new. ts is the RTP
// timestamp, in samples of 1/8000 s.
func (r *reception) note(ssrc uint32, seq uint16, ts uint32, at time.Time) (fresh bool) {
	step := int16(seq - r.highest)
	if !r.started || ssrc != r.ssrc || step > dropout || step < -dropout {
		r.started, r.ssrc, r.jitter = true, ssrc, 0
		r.received = map[uint16]struct{}{seq: {}}
		r.highest, r.ts, r.arrived = seq, ts, at
		r.Packets++
		return true
	}
	if _, seen := r.received[seq]; seen {
		return false
	}
	r.received[seq] = struct{}{}
	delete(r.received, seq-recent)
	r.Packets++

	if step <= 0 {
		// It was counted as lost when the later one came.
		r.Reordered++
		r.Lost = max(0, r.Lost-1)
		return true
	}
	r.Lost += int(step) - 1
	wait, media := at.Sub(r.arrived), time.Duration(int32(ts-r.ts))*time.Second/8000
	if step == 1 && media <= 60*time.Millisecond {
		r.LongestWait = max(r.LongestWait, wait)
		// The difference of transit times is that of the spacings.
		r.jitter += ((wait - media).Abs() - r.jitter) / 16
		r.MaxJitter = max(r.MaxJitter, r.jitter)
	}
	r.highest, r.ts, r.arrived = seq, ts, at
	return true
}
