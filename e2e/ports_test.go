//go:build e2e || heavy

package e2e

import (
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

var (
	rtpMutex sync.Mutex
	// Below Linux's range for outgoing connections, and apart from those of
	// another run beside this one.
	rtpNext = 11000 + os.Getpid()%5*4000
)

// freeRTP gives each line of a test run a range of its own: its first port, of
// two for each call.
func freeRTP(calls int) int {
	rtpMutex.Lock()
	defer rtpMutex.Unlock()
	rtpNext += 2 * calls
	return rtpNext - 2*calls
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
