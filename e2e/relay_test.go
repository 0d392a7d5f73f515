//go:build e2e

package e2e

import (
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
)

// newRelay puts a relay between the line and the Asterisk that it serves. cut
// closes the connections that there are; new ones are carried.
func newRelay(t *testing.T, l *line, s *stock) (cut func()) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var open []net.Conn
	cut = func() {
		mu.Lock()
		defer mu.Unlock()
		for _, c := range open {
			_ = c.Close()
		}
		open = nil
	}
	t.Cleanup(func() {
		_ = listener.Close()
		cut()
	})
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.ari))
			if err != nil {
				_ = near.Close()
				continue
			}
			mu.Lock()
			open = append(open, near, far)
			mu.Unlock()
			for from, to := range map[net.Conn]net.Conn{near: far, far: near} {
				go func() {
					_, _ = io.Copy(to, from)
					_ = to.Close()
				}()
			}
		}
	}()
	l.reconfigure(fmt.Sprintf("http://127.0.0.1:%d/ari", s.ari), "http://"+listener.Addr().String()+"/ari")
	return cut
}

// reconfigure replaces something in the configuration everywhere.
func (l *line) reconfigure(text, with string) {
	l.t.Helper()
	config, err := os.ReadFile(l.config)
	if err != nil {
		l.t.Fatal(err)
	}
	if !strings.Contains(string(config), text) {
		l.t.Fatalf("the configuration has no %s", text)
	}
	if err := os.WriteFile(l.config, []byte(strings.ReplaceAll(string(config), text, with)), 0o600); err != nil {
		l.t.Fatal(err)
	}
}
