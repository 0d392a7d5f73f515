package ledger_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

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

// BenchmarkEndings begins and ends calls through the ledger as the service has it:
// endings wait for others, and whoever is told of one is told after its sync. So many
// calls come a second, whatever becomes of those before, and the median of what an
// ending takes is told (the last ones' wait counts too, so that a little less a second
// end than come); or as many as 400 callers at once can make, which is judged by the
// aim. What is written is looked for in the end. That it syncs,
//
//	go test -c -o /tmp/ledger.test ./ops/ledger
//	strace -f -c -e trace=fsync,fdatasync /tmp/ledger.test -test.run '^$' -test.bench Endings -test.benchtime 4000x
//
// shows.
func BenchmarkEndings(b *testing.B) {
	for _, rate := range []int{1000, 2000} {
		b.Run(fmt.Sprintf("arrive=%d/s", rate), func(b *testing.B) {
			took := make([]time.Duration, b.N)
			endings(b, func(one func(n int)) {
				var all sync.WaitGroup
				began := time.Now()
				for n := range b.N {
					time.Sleep(time.Until(began.Add(time.Duration(n) * time.Second / time.Duration(rate))))
					all.Go(func() {
						at := time.Now()
						one(n)
						took[n] = time.Since(at)
					})
				}
				all.Wait()
			})
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Milliseconds()), "ms-median")
			b.ReportMetric(float64(took[len(took)*99/100].Milliseconds()), "ms-p99")
		})
	}
	b.Run("callers=400", func(b *testing.B) {
		made := endings(b, func(one func(n int)) {
			var all sync.WaitGroup
			for part := range 400 {
				all.Go(func() {
					for n := part; n < b.N; n += 400 {
						one(n)
					}
				})
			}
			all.Wait()
		})
		var disk unix.Statfs_t
		if err := unix.Statfs(b.TempDir(), &disk); err != nil {
			b.Fatal(err)
		}
		if b.N >= leastEndings && !b.Failed() { // Go tries one first
			b.Logf("%.0f endings a second with full sync, of 400 callers at once; aim, at least %d: %s", made, leastEndings, judged(made, disk.Type))
		}
	})
}

// leastEndings a second are to go through the ledger.
const leastEndings = 1000

// judged says whether so many a second, in a file system of a type, reach that.
func judged(made float64, fileSystem int64) string {
	switch {
	case fileSystem == unix.TMPFS_MAGIC:
		return "not judged in memory (tmpfs), where a sync costs nothing: name a folder on a disk with TMPDIR="
	case made < leastEndings:
		return fmt.Sprintf("missed by %.0f%%", 100*(leastEndings-made)/leastEndings)
	}
	return "met"
}

func TestJudged(t *testing.T) {
	for made, want := range map[float64]string{2200: "met", 1000: "met", 860: "missed by 14%"} {
		if got := judged(made, unix.EXT4_SUPER_MAGIC); got != want {
			t.Errorf("%v endings a second: %s, want %s", made, got, want)
		}
		if got := judged(made, unix.TMPFS_MAGIC); !strings.HasPrefix(got, "not judged") {
			t.Errorf("%v endings a second in memory: %s", made, got)
		}
	}
}

// endings has calls made, each of which begins and ends, and checks that they are
// all in the database then. It returns how many ended in a second.
func endings(b *testing.B, calls func(one func(n int))) (perSecond float64) {
	b.Helper()
	dir := b.TempDir()
	cfg := ledger.Config{Journal: dir + "/journal", EndDelay: ledger.EndDelay}
	cfg.Database.Path = dir + "/glennline.db"
	l, err := ledger.Open(b.Context(), cfg)
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	calls(func(n int) {
		err := l.Begin(b.Context(), call(n))
		if err == nil {
			_, err = l.End(b.Context(), message(n))
		}
		if err != nil {
			b.Error(err)
		}
	})
	b.StopTimer()
	perSecond = float64(b.N) / b.Elapsed().Seconds()
	b.ReportMetric(perSecond, "endings/s")
	figure, err := l.DB().Figure(b.Context())
	if err != nil || figure.Messages != b.N || l.Waiting() > 0 {
		b.Errorf("%d messages in the database and %d entries in the journal, %v; want %d and none", figure.Messages, l.Waiting(), err, b.N)
	}
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
	return perSecond
}
