//go:build bench

package report_test

import (
	"bytes"
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"glennline/ops/report"
)

// BenchmarkMillion reports on a ledger in which a million signatures are
// counted. GLENNLINE_BENCH_REPORT names one that is kept between runs.
func BenchmarkMillion(b *testing.B) {
	path := os.Getenv("GLENNLINE_BENCH_REPORT")
	if path == "" {
		path = databasePath(b)
	}
	if _, err := os.Stat(path); err != nil {
		called(b, path, 1_000_000, 1)
	}
	db := ledger(b, path)
	cfg := config()
	cfg.Goal, cfg.Now = 25000, time.Date(2025, 1, 1, 0, 0, 0, 0, brussels)
	var most atomic.Uint64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		var m runtime.MemStats
		for {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
				runtime.ReadMemStats(&m)
				most.Store(max(most.Load(), m.HeapInuse))
			}
		}
	}()
	for b.Loop() {
		r, err := report.Make(b.Context(), db, cfg)
		if err != nil {
			b.Fatal(err)
		}
		if r.Counted != 1_000_000 {
			b.Fatalf("%d counted", r.Counted)
		}
		var page bytes.Buffer
		if err := r.HTML(&page); err != nil {
			b.Fatal(err)
		}
	}
	close(stop)
	<-stopped
	b.ReportMetric(float64(most.Load())/1e6, "heap-MB")
}
