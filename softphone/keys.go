package softphone

import (
	"strings"

	"github.com/emiago/diago/media"
)

// keyNames holds the keys in the order of their event codes, RFC 4733 table 3.
const keyNames = "0123456789*#ABCD"

// A key lasts 100 ms and is followed by as much silence; its end is sent three
// times, because the loss of the end would hold the key down (RFC 4733
// section 2.5.1.4).
const (
	keyPackets = 5
	keyEnds    = 3
	keyPause   = 5
	keyTicks   = keyPackets + keyEnds + keyPause
)

// keyEvent is the payload for a tick of a key, counted from 0, and nil once
// only its pause is left. All of a key's packets carry the timestamp of its
// first.
func keyEvent(key byte, tick int) []byte {
	if tick >= keyPackets+keyEnds {
		return nil
	}
	return media.DTMFEncode(media.DTMFEvent{
		Event:      uint8(strings.IndexByte(keyNames, key)),
		EndOfEvent: tick >= keyPackets,
		Volume:     10, // -10 dBm0
		Duration:   uint16(min(tick+1, keyPackets) * packetSamples),
	})
}
