// Package sched says how the kernel's scheduler is to treat a thread.
package sched

import (
	"time"

	"golang.org/x/sys/unix"
)

// SetSlice makes d the time that the calling thread, and those that it makes, may
// run while others wait (sched_setattr(2), sched_runtime), 0 for the kernel's
// default. The caller is locked to its thread. Kernels before 6.12 take no notice;
// where the call is not allowed, it is an error.
func SetSlice(d time.Duration) error {
	attr, err := unix.SchedGetAttr(0, 0)
	if err != nil {
		return err
	}
	attr.Runtime = uint64(d)
	return unix.SchedSetAttr(0, attr, 0)
}
