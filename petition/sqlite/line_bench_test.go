package sqlite_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"glennline/petition"
	"glennline/petition/sqlite"
)

const (
	lineHistory = 20_000 // calls before those that are measured
	lineAtOnce  = 400    // calls between a call's begin and its end, as at 50 calls/s of 8 s
)

// busyCall and busyMessage are call and message with digests and a Call-ID
// as random as real ones, so that rows come to lie anywhere in an index.
func busyCall(n int) petition.Call {
	c := call(n)
	c.Caller.Pseudonym = random("line", n)
	c.SIPCallID = random("sip", n)[:32] + "@192.0.2.1"
	return c
}

func busyMessage(n int) petition.Closing {
	c := message(n)
	c.Voice.FileSHA256, c.Voice.AudioSHA256 = random("file", n), random("audio", n)
	return c
}

func random(kind string, n int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", kind, n))
	return hex.EncodeToString(sum[:])
}

// written is how often this process has read and written files, and how many bytes
// it wrote.
func written(b *testing.B) (reads, writes, bytes int) {
	b.Helper()
	raw, err := os.ReadFile("/proc/self/io")
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		_, _ = fmt.Sscanf(line, "wchar: %d", &bytes)
		_, _ = fmt.Sscanf(line, "syscr: %d", &reads)
		_, _ = fmt.Sscanf(line, "syscw: %d", &writes)
	}
	return reads, writes, bytes
}

// lineDelay is for how long an ending waits, as a line has it.
const lineDelay = 50 * time.Millisecond

// BenchmarkLine begins and ends calls in a ledger that has many, with 400 of them
// between begin and end, one request at a time or 50 calls a second (of each
// 8 s: -benchtime 400x); and reports what a call costs.
func BenchmarkLine(b *testing.B) {
	for name, every := range map[string]time.Duration{"one at a time": 0, "50 calls per s": 20 * time.Millisecond} {
		b.Run(name, func(b *testing.B) {
			db := open(b, sqlite.Config{Path: path(b)})
			var wg sync.WaitGroup
			for w := range 100 {
				wg.Go(func() {
					for n := w; n < lineHistory; n += 100 {
						if _, err := db.Settle(b.Context(), busyCall(n), busyMessage(n)); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			begin := func(n int) {
				if err := db.Begin(b.Context(), busyCall(n)); err != nil {
					b.Error(err)
				}
			}
			end := func(n int) {
				if _, err := db.EndWithin(b.Context(), busyMessage(n), min(every, lineDelay)); err != nil {
					b.Error(err)
				}
			}
			for n := range lineAtOnce {
				begin(lineHistory + n)
			}
			before := cpu(b)
			reads, writes, bytes := written(b)
			b.ResetTimer()
			for n := range b.N {
				if every == 0 {
					end(lineHistory + n)
					begin(lineHistory + lineAtOnce + n)
					continue
				}
				wg.Go(func() { begin(lineHistory + lineAtOnce + n) })
				time.Sleep(every / 3)
				wg.Go(func() { end(lineHistory + n) })
				time.Sleep(every - every/3)
			}
			wg.Wait()
			b.StopTimer()
			b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-µs/call")
			readsNow, writesNow, bytesNow := written(b)
			b.ReportMetric(float64(readsNow-reads)/float64(b.N), "reads/call")
			b.ReportMetric(float64(writesNow-writes)/float64(b.N), "writes/call")
			b.ReportMetric(float64(bytesNow-bytes)/float64(b.N)/1000, "kB/call")
		})
	}
}
