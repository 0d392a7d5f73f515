package sqlite_test

import (
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"glennline/petition/sqlite"
)

// cpu is what the process has used, user and system.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkLedger begins and ends calls with full sync, so many at once, and
// reports endings a second and the CPU of a Begin and an End together.
func BenchmarkLedger(b *testing.B) {
	for name, callers := range map[string]int{"callers=1": 1, "callers=10": 10, "callers=100": 100, "callers=400": 400} {
		b.Run(name, func(b *testing.B) {
			db := open(b, sqlite.Config{Path: path(b)})
			var next atomic.Int64
			var wg sync.WaitGroup
			before, begun := cpu(b), time.Now()
			b.ResetTimer()
			for range callers {
				wg.Go(func() {
					for n := int(next.Add(1)); n <= b.N; n = int(next.Add(1)) {
						if err := db.Begin(b.Context(), call(n)); err != nil {
							b.Error(err)
							return
						}
						if _, err := db.End(b.Context(), message(n)); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.StopTimer()
			b.ReportMetric(float64(b.N)/time.Since(begun).Seconds(), "endings/s")
			b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-µs/call")
		})
	}
}

// BenchmarkCalls reads rows of a ledger.
func BenchmarkCalls(b *testing.B) {
	db := open(b, sqlite.Config{Path: path(b)})
	const rows = 10_000
	var wg sync.WaitGroup
	for w := range 100 {
		wg.Go(func() {
			for n := w; n < rows; n += 100 {
				if _, err := db.Settle(b.Context(), call(n), message(n)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	for b.Loop() {
		found := 0
		if err := db.Calls(b.Context(), sqlite.Filter{}, func(sqlite.CallRow) error {
			found++
			return nil
		}); err != nil || found != rows {
			b.Fatal(found, err)
		}
	}
	b.ReportMetric(float64(b.N*rows)/b.Elapsed().Seconds(), "rows/s")
}
