// Package sched says how the kernel's scheduler treats a thread.
package sched

import (
	"time"

	"golang.org/x/sys/unix"
)

// Slice is how long the calling thread may run while others wait.
func Slice() (time.Duration, error) {
	attr, err := unix.SchedGetAttr(0, 0)
	if err != nil {
		return 0, err
	}
	return time.Duration(attr.Runtime), nil
}

// SetSlice sets that time for the calling thread, and for those that it makes
// (sched_setattr(2), sched_runtime; 100 µs to 100 ms), 0 for the kernel's default.
// The caller is locked to its thread. Kernels before 6.12 take no notice.
func SetSlice(d time.Duration) error {
	attr, err := unix.SchedGetAttr(0, 0)
	if err != nil {
		return err
	}
	attr.Runtime = uint64(d)
	return unix.SchedSetAttr(0, attr, 0)
}
