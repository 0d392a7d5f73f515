package ledger_test

import (
	"sync"
	"testing"
	"time"

	"glennline/ops/ledger"
	"glennline/petition/journal"
)

// BenchmarkOutage is what a call costs that goes through the journal: two
// entries, of callers at once, and their replay.
func BenchmarkOutage(b *testing.B) {
	dir := b.TempDir()
	j, err := journal.Open(dir + "/journal")
	if err != nil {
		b.Fatal(err)
	}
	var all sync.WaitGroup
	began := time.Now()
	for part := range 50 {
		all.Go(func() {
			for n := part; n < b.N; n += 50 {
				call := call(n)
				for _, e := range []journal.Entry{{Begin: &call}, {Settle: &journal.Settlement{Call: call, Closing: message(n)}}} {
					if err := j.Append(b.Context(), e); err != nil {
						b.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "calls-in/s")
	if err := j.Close(); err != nil {
		b.Fatal(err)
	}
	began = time.Now()
	cfg := ledger.Config{Journal: dir + "/journal"}
	cfg.Database.Path = dir + "/glennline.db"
	l, err := ledger.Open(b.Context(), cfg)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "calls-out/s")
	if n := l.Waiting(); n > 0 {
		b.Errorf("%d entries wait", n)
	}
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
}
