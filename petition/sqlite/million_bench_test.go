//go:build bench

package sqlite_test

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"glennline/petition"
	"glennline/petition/sqlite"
)

const (
	million     = 1_000_000
	everyRepeat = 10 // each tenth calls again from the mobile of five calls before
)

func digest(kind string, n int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", kind, n))
	return hex.EncodeToString(sum[:])
}

// aMillion is a ledger of a million signatures, of which 100,000 are duplicates.
// GLENNLINE_BENCH_DATABASE names one that is kept between runs.
func aMillion(b *testing.B) string {
	b.Helper()
	p := os.Getenv("GLENNLINE_BENCH_DATABASE")
	if p == "" {
		p = path(b)
	}
	if _, err := os.Stat(p); err == nil {
		return p
	}
	db, err := sqlite.Open(b.Context(), sqlite.Config{Path: p})
	if err != nil {
		b.Fatal(err)
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	raw, err := sql.Open("sqlite3", "file:"+p+"?_synchronous=OFF&_cache_size=-200000")
	if err != nil {
		b.Fatal(err)
	}
	defer raw.Close()
	raw.SetMaxOpenConns(1)
	tx, err := raw.BeginTx(b.Context(), nil)
	if err != nil {
		b.Fatal(err)
	}
	insert := func(query string) func(args ...any) {
		stmt, err := tx.PrepareContext(b.Context(), query)
		if err != nil {
			b.Fatal(err)
		}
		return func(args ...any) {
			if _, err := stmt.ExecContext(b.Context(), args...); err != nil {
				b.Fatal(err)
			}
		}
	}
	calls := insert(`INSERT INTO calls (id, system, unique_id, sip_call_id, line, dialled, started_at, caller_class, caller_pseudonym, caller_key_id,
		answered_at, ended_at, result, reason)
		VALUES (?1, 'pbx', ?2, ?2, 'main', '+3225550100', ?3, 'mobile', ?4, 'key', ?3, ?3, 'message', 'caller')`)
	consents := insert(`INSERT INTO consents VALUES (?, '0123456789ab', 'fr', 1)`)
	voices := insert(`INSERT INTO voices (call_id, path, file_sha256, audio_sha256, seconds, speech_seconds, level_dbfs, peak_dbfs, clipped, repaired)
		VALUES (?1, ?1, ?2, ?3, 4, 2, -20, -6, 0, 0)`)
	signatures := insert(`INSERT INTO signatures (call_id, status, status_reason, duplicate_of, own_status, own_reason, created_at, changed_at)
		VALUES (?1, ?2, ?3, ?4, 'counted', 'voice', ?5, ?5)`)
	for n := range million {
		at := start.UnixMilli() + int64(n)*10
		id := fmt.Sprintf("%026d", n)
		line, status, reason, of := n, petition.StatusCounted, petition.StatusReasonVoice, any(nil)
		if n%everyRepeat == everyRepeat-1 {
			line, status, reason, of = n-5, petition.StatusDuplicate, petition.StatusReasonSameMobile, fmt.Sprintf("%026d", n-5)
		}
		calls(id, fmt.Sprint(n), at, digest("line", line))
		consents(id)
		voices(id, digest("file", n), digest("audio", n))
		signatures(id, string(status), reason, of, at)
	}
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
	return p
}

func BenchmarkMillion(b *testing.B) {
	p := aMillion(b)
	b.Run("group by", func(b *testing.B) {
		raw, err := sql.Open("sqlite3", "file:"+p+"?mode=ro")
		if err != nil {
			b.Fatal(err)
		}
		defer raw.Close()
		for b.Loop() {
			var groups int
			if err := raw.QueryRowContext(b.Context(), `SELECT count(*) FROM (SELECT caller_pseudonym, count(*) FROM calls GROUP BY caller_pseudonym)`).Scan(&groups); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("group by, without the index", func(b *testing.B) {
		raw, err := sql.Open("sqlite3", "file:"+p+"?mode=ro")
		if err != nil {
			b.Fatal(err)
		}
		defer raw.Close()
		for b.Loop() {
			var groups int
			if err := raw.QueryRowContext(b.Context(), `SELECT count(*) FROM (SELECT caller_pseudonym, count(*) FROM calls NOT INDEXED GROUP BY caller_pseudonym)`).Scan(&groups); err != nil {
				b.Fatal(err)
			}
		}
	})
	db := open(b, sqlite.Config{Path: p, Now: time.Now})
	b.Run("dedupe preview", func(b *testing.B) {
		var most, memory uint64
		for b.Loop() {
			groups := 0
			if err := db.Groups(b.Context(), func(g sqlite.Group) error {
				groups++
				if groups%20_000 == 0 {
					var m runtime.MemStats
					runtime.ReadMemStats(&m)
					memory = m.HeapAlloc
					most = max(most, memory)
				}
				if len(g.Changes) > 0 {
					b.Fatalf("%+v", g)
				}
				return nil
			}); err != nil || groups != million/everyRepeat {
				b.Fatal(groups, err)
			}
		}
		b.ReportMetric(float64(most)/1e6, "heap-MB")
	})
	b.Run("count", func(b *testing.B) {
		for b.Loop() {
			if f, err := db.Figure(b.Context()); err != nil || f.Messages < million {
				b.Fatal(f, err)
			}
		}
	})
	b.Run("count --at", func(b *testing.B) {
		for b.Loop() {
			if _, err := db.FigureAt(b.Context(), time.Now().AddDate(10, 0, 0)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("count --verify", func(b *testing.B) {
		for b.Loop() {
			if kept, counted, err := db.VerifyFigure(b.Context()); err != nil {
				b.Fatal(kept, counted, err)
			}
		}
	})
	b.Run("settle", func(b *testing.B) {
		n := 2 * million
		for b.Loop() {
			n++
			if _, err := db.Settle(b.Context(), call(n), message(n)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
