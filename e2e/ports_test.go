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

// freePort is one that nobody has, neither of UDP nor of TCP, and that the test keeps
// until it is bound: telephones take theirs from elsewhere.
func freePort(t *testing.T) int {
	t.Helper()
	portMutex.Lock()
	defer portMutex.Unlock()
	for {
		if len(singles) == 0 {
			// To the end of the process, as its listener is. The first port is taken by that.
			first, taken := takeBlocks(t, 1, aboveRTP)
			kept = append(kept, taken...)
			for port := first + 1; port < first+portBlock; port++ {
				singles = append(singles, port)
			}
		}
		port := singles[0]
		singles = singles[1:]
		l, err := net.ListenTCP("tcp", &net.TCPAddr{Port: port})
		if err != nil {
			continue
		}
		l.Close() //nolint:errcheck,gosec // nobody called
		return port
	}
}

// lineCalls is how many calls at once a line has ports for, unless it says
// otherwise.
const lineCalls = 50

// Ports lie below Linux's range for outgoing connections, from which telephones take
// theirs, and are given out in blocks.
const (
	lowestPort  = 11000
	highestPort = 32000 // not included
	aboveRTP    = 20100 // where no other is configured, audio has 10000 to 20000, in which SIP must not be
	portBlock   = 100
	portBlocks  = (highestPort - lowestPort) / portBlock
	aboveBlocks = (aboveRTP - lowestPort) / portBlock
)

var (
	portMutex sync.Mutex
	nextBlock = aboveBlocks + rand.IntN(portBlocks-aboveBlocks) //nolint:gosec // no secret; where most begin, runs beside each other would meet
	singles   []int                                             // ports of blocks that the process keeps
	kept      []net.Listener                                    // by these
)

// freeRTP gives ports for the audio of so many calls at once, two for each: the
// first of them. They are the test's to its end, also beside other runs.
func freeRTP(t *testing.T, calls int) int {
	t.Helper()
	portMutex.Lock()
	defer portMutex.Unlock()
	first, taken := takeBlocks(t, (2*calls+portBlock-1)/portBlock, lowestPort)
	t.Cleanup(func() {
		for _, l := range taken {
			l.Close() //nolint:errcheck,gosec // it ends with the process at the latest
		}
	})
	return first
}

// takeBlocks takes so many blocks that follow each other, from a port on: whoever has a block listens
// on its first port by TCP, which the kernel ends with the process. Blocks are given out
// in turn, because who was on a call when Asterisk died goes on sending for a while to a
// port that another call would have then.
func takeBlocks(t *testing.T, blocks, from int) (first int, taken []net.Listener) {
	t.Helper()
	for range 2 * portBlocks {
		if nextBlock+blocks > portBlocks {
			nextBlock = 0
		}
		nextBlock = max(nextBlock, (from-lowestPort)/portBlock)
		first := lowestPort + nextBlock*portBlock
		taken, ok := tryBlocks(first, blocks)
		if !ok {
			nextBlock++
			continue
		}
		nextBlock += blocks
		return first, taken
	}
	t.Fatalf("no %d ports in a row are free between %d and %d", blocks*portBlock, lowestPort, highestPort)
	return 0, nil
}

// tryBlocks takes blocks if nobody has one of them, or uses one of their ports.
func tryBlocks(first, blocks int) (taken []net.Listener, ok bool) {
	defer func() {
		if !ok {
			for _, l := range taken {
				l.Close() //nolint:errcheck,gosec // it held nothing
			}
		}
	}()
	for port := first; port < first+blocks*portBlock; port++ {
		if (port-first)%portBlock == 0 {
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
