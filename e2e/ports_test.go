//go:build e2e || heavy

package e2e

import (
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
)

// freePort is one that nobody has, neither of UDP nor of TCP.
func freePort(t *testing.T) int {
	t.Helper()
	for {
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		port := c.LocalAddr().(*net.UDPAddr).Port
		l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
		if err != nil {
			continue
		}
		defer l.Close()
		return port
	}
}

// lineCalls is how many calls at once a line has ports for, unless it says
// otherwise.
const lineCalls = 50

// Ports for audio lie below Linux's range for outgoing connections, from which
// telephones take theirs, and are given out in blocks.
const (
	rtpLowest  = 11000
	rtpHighest = 32000 // not included
	rtpBlock   = 100
	rtpBlocks  = (rtpHighest - rtpLowest) / rtpBlock
)

var (
	rtpMutex sync.Mutex
	rtpNext  = rand.IntN(rtpBlocks) //nolint:gosec // no secret
)

// freeRTP gives ports for the audio of so many calls at once, two for each: the
// first of them. They are the test's to its end, also beside other runs: whoever
// has a block listens on its first port by TCP, which the kernel ends with the
// process. Blocks are given out in turn, because who was on a call when Asterisk died
// goes on sending for a while to a port that another call would have then.
func freeRTP(t *testing.T, calls int) int {
	t.Helper()
	rtpMutex.Lock()
	defer rtpMutex.Unlock()
	blocks := (2*calls + rtpBlock - 1) / rtpBlock
	for range 2 * rtpBlocks {
		if rtpNext+blocks > rtpBlocks {
			rtpNext = 0
		}
		first := rtpLowest + rtpNext*rtpBlock
		taken, ok := takeRTP(t, first, blocks)
		if !ok {
			rtpNext++
			continue
		}
		rtpNext += blocks
		t.Cleanup(func() {
			for _, l := range taken {
				l.Close() //nolint:errcheck,gosec // it ends with the process at the latest
			}
		})
		return first
	}
	t.Fatalf("no ports for the audio of %d calls are free between %d and %d", calls, rtpLowest, rtpHighest)
	return 0
}

// takeRTP takes a run of blocks if nobody has one of them, or uses one of its ports.
func takeRTP(t *testing.T, first, blocks int) (taken []net.Listener, ok bool) {
	t.Helper()
	defer func() {
		if !ok {
			for _, l := range taken {
				l.Close() //nolint:errcheck,gosec // it held nothing
			}
		}
	}()
	for port := first; port < first+blocks*rtpBlock; port++ {
		if (port-first)%rtpBlock == 0 {
			l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
			if err != nil {
				return taken, false
			}
			taken = append(taken, l)
		}
		// On all addresses: not every line is called on loopback.
		c, err := net.ListenUDP("udp", &net.UDPAddr{Port: port})
		if err != nil {
			return taken, false
		}
		c.Close() //nolint:errcheck,gosec // nothing was sent
	}
	return taken, true
}

// setting reads a value out of one of Asterisk's files.
func setting(t *testing.T, etc, file, key string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(etc, file))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^` + key + ` = (.+)$`).FindSubmatch(raw)
	if m == nil {
		t.Fatalf("%s sets no %s", file, key)
	}
	return string(m[1])
}
