package archive

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// cpu is what the calling thread has used of the processor.
func cpu(b *testing.B) time.Duration {
	var used unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Nano())
}

// BenchmarkKeep archives messages of 8 s. What counts is cpu-µs/op; the rest of
// the time is the disk's.
func BenchmarkKeep(b *testing.B) {
	whole := recording(8 * 8000)
	for name, file := range map[string][]byte{"linked": whole, "repaired": killed(whole)} {
		b.Run(name, func(b *testing.B) {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			a, spool := openTest(b)
			var used time.Duration
			n := 0
			for b.Loop() {
				b.StopTimer()
				path := spoolFile(b, spool, fmt.Sprint(n, ".wav"), file)
				n++
				b.StartTimer()
				before := cpu(b)
				if _, err := a.Keep(b.Context(), path, testID(n), testDay); err != nil {
					b.Fatal(err)
				}
				used += cpu(b) - before
			}
			b.ReportMetric(float64(used.Microseconds())/float64(n), "cpu-µs/op")
		})
	}
}

// BenchmarkKeepAtOnce archives 100 messages at once, as after the 20:00 news.
func BenchmarkKeepAtOnce(b *testing.B) {
	file := recording(8 * 8000)
	a, spool := openTest(b)
	n := 0
	for b.Loop() {
		b.StopTimer()
		paths := make([]string, 100)
		for i := range paths {
			paths[i] = spoolFile(b, spool, fmt.Sprint(n+i, ".wav"), file)
		}
		b.StartTimer()
		var all sync.WaitGroup
		for i, path := range paths {
			all.Go(func() {
				if _, err := a.Keep(b.Context(), path, testID(n+i), testDay); err != nil {
					b.Error(err)
				}
			})
		}
		all.Wait()
		n += len(paths)
	}
}
