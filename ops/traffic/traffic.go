// Package traffic reckons what a line needs for the calls that come to it:
// channels of its carrier, bandwidth, and room on the disk.
//
// Calls are taken to come independently of each other (Poisson) and not to be
// tried again when refused: Erlang's loss formula. The evening on which a number
// is told on television is worse than that for its first minutes, since all call
// at once: order for the bound there, not for the mean.
package traffic

import (
	"math"
	"time"
)

// blocked is the share of calls that may be refused for want of a channel: one
// in a thousand.
const blocked = 0.001

// A packet of G.711 every 20 ms, as Ethernet carries it over IPv4: 160 bytes of
// audio, and the headers of RTP (12), UDP (8), IP (20) and Ethernet with its
// checksum (18). Its tag adds 10 where it is encrypted (SRTP, RFC 4568).
const (
	packetsPerSecond = 50
	packetBytes      = 160 + 12 + 8 + 20 + 18
	tagBytes         = 10
)

// recordedPerSecond is what a recording takes of the disk, in bytes: 8,000
// samples of 16 bits.
const recordedPerSecond = 16000

// Load is the calls that come.
type Load struct {
	PerMinute float64
	Call      time.Duration // length of one, from its arrival to its end
	Message   time.Duration // what is recorded of it
	Encrypted bool          // audio as SRTP
}

// Need is what they take.
type Need struct {
	Erlang    float64 // calls at once, in the mean
	Channels  int     // so that no more than blocked are refused
	Bandwidth float64 // with all channels in use, each way, in bits a second
	Disk      float64 // in bytes an hour
}

// Need reckons what the load takes.
func (l Load) Need() Need {
	n := Need{Erlang: l.PerMinute / 60 * l.Call.Seconds()}
	n.Channels = Channels(n.Erlang, blocked)
	bytes := packetBytes
	if l.Encrypted {
		bytes += tagBytes
	}
	n.Bandwidth = float64(n.Channels * bytes * 8 * packetsPerSecond)
	n.Disk = l.PerMinute * 60 * l.Message.Seconds() * recordedPerSecond
	return n
}

// Channels is the fewest with which no more than a share of the calls is refused.
func Channels(erlang, share float64) int {
	if erlang <= 0 || math.IsNaN(erlang) || math.IsInf(erlang, 0) {
		return 0
	}
	// Erlang B by its recursion: B(0) = 1, B(n) = A B(n-1) / (n + A B(n-1)).
	blocked, channels := 1.0, 0
	for blocked > share {
		channels++
		blocked = erlang * blocked / (float64(channels) + erlang*blocked)
	}
	return channels
}
