package ari

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// Backlog is how many bytes of events wait in the socket to be read, as far as
// the kernel tells; 0 without a connection. Behind the socket nothing waits.
func (c *Client) Backlog() int64 {
	s := c.socket.Load()
	if s == nil {
		return 0
	}
	conn, ok := s.under.(syscall.Conn)
	if !ok {
		return 0 // TLS
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0
	}
	waiting := 0
	_ = raw.Control(func(fd uintptr) { // closed meanwhile: nothing waits
		waiting, _ = unix.IoctlGetInt(int(fd), unix.SIOCINQ)
	})
	return int64(waiting)
}
