package disk

import (
	"time"

	"golang.org/x/sys/unix"
)

// Booted is when the machine came up, to a second; zero where that is not known.
// What is older can have lost its content: the kernel brings a file's name and its
// content to disk one after the other.
func Booted() time.Time {
	var now unix.Sysinfo_t
	if err := unix.Sysinfo(&now); err != nil {
		return time.Time{}
	}
	return time.Now().Add(-time.Duration(now.Uptime) * time.Second)
}
