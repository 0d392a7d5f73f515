//go:build bench

package reconcile_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"glennline/ops/reconcile"
	"glennline/petition/sqlite"
	"glennline/voicemail/archive"
)

// millionEnv makes the test binary a process that reconciles a folder once, so
// that its memory is its own.
const millionEnv = "GLENNLINE_TEST_RECONCILE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(millionEnv); dir != "" {
		if err := reconcileOnce(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func reconcileOnce(dir string) error {
	ctx := context.Background()
	db, err := sqlite.Open(ctx, sqlite.Config{Path: filepath.Join(dir, "glennline.db")})
	if err != nil {
		return err
	}
	defer db.Close()
	store, err := archive.Open(filepath.Join(dir, "archive"), filepath.Join(dir, "quarantine"))
	if err != nil {
		return err
	}
	report, err := reconcile.Run(ctx, reconcile.Config{
		DB: db, Archive: store, Root: filepath.Join(dir, "archive"), Spool: filepath.Join(dir, "spool"),
		Live:         func(context.Context) (map[string]bool, error) { return nil, nil },
		MaxCall:      time.Minute,
		VerifyHashes: os.Getenv(hashEnv) != "",
	})
	if err != nil {
		return err
	}
	_, err = fmt.Printf("%d %d %d\n", report.Left, report.Totals.Calls, report.Totals.Files)
	return err
}

// BenchmarkRows reconciles so many rows and files without hashing, and reports
// seconds and the most memory that the process had.
//
//	go test -tags bench -run '^$' -bench Rows -benchtime 1x -timeout 30m ./ops/reconcile
func BenchmarkRows(b *testing.B) {
	for _, rows := range []int{100_000, 1_000_000} {
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			dir := b.TempDir()
			began := time.Now()
			generate(b, dir, rows)
			b.Logf("made in %s", time.Since(began).Round(time.Second))
			for b.Loop() {
				began = time.Now()
				cmd := exec.CommandContext(b.Context(), os.Args[0])
				cmd.Env = append(os.Environ(), millionEnv+"="+dir)
				cmd.Stderr = os.Stderr
				out, err := cmd.Output()
				if err != nil {
					b.Fatal(err)
				}
				if want := fmt.Sprintf("0 %d %d\n", rows, rows); string(out) != want {
					b.Fatalf("left, calls and files are %q, want %q", out, want)
				}
				b.ReportMetric(time.Since(began).Seconds(), "s/run")
				b.ReportMetric(float64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)/1024, "MiB")
			}
		})
	}
}

// days is over how many the calls spread.
const days = 4

// links is how many names one file is given: file systems allow 65,000.
const links = 60_000

// generate makes a data folder in which everything agrees. Its recordings are
// names of a few small files.
func generate(b *testing.B, dir string, rows int) {
	db, err := sqlite.Open(b.Context(), sqlite.Config{Path: filepath.Join(dir, "glennline.db")})
	if err == nil {
		err = db.Close()
	}
	if err != nil {
		b.Fatal(err)
	}
	raw, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, "glennline.db")+"?_journal_mode=WAL&_synchronous=OFF")
	if err != nil {
		b.Fatal(err)
	}
	defer raw.Close()
	zeros := strings.Repeat("0", 32)
	const numbers = `WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1) `
	const id, uniqueID, at = `printf('01M81%021d', i)`, `printf('gl-%d.%d', 1795341600 + i, i)`, `(1795341600000 + i * 1000)`
	for _, query := range []string{
		`INSERT INTO calls (id, system, unique_id, sip_call_id, line, dialled, started_at, caller_class, answered_at, ended_at, result, reason) ` +
			numbers + `SELECT ` + id + `, 'gl', ` + uniqueID + `, ` + uniqueID + ` || '@carrier', 'main', '+3225550100', ` + at + `, 'unknown', ` + at + ` + 500, ` + at + ` + 9000, 'message', 'caller' FROM n`,
		`INSERT INTO consents (call_id, notice, language, complete) ` + numbers + `SELECT ` + id + `, '0123456789ab', 'fr', 1 FROM n`,
		`INSERT INTO voices (call_id, path, file_sha256, audio_sha256, seconds, speech_seconds, level_dbfs, peak_dbfs, clipped, repaired) ` + numbers + `SELECT ` + id + `, printf('2026/11/%02d/', 22 + i % ` + fmt.Sprint(days) + `) || ` + id + ` || '.wav', printf('%032d', i) || '` + zeros + `', printf('%032d', i) || '` + zeros + `', 8, 6, -20, -6, 0, 0 FROM n`,
		`INSERT INTO signatures (call_id, status, status_reason, created_at, own_status, own_reason) ` +
			numbers + `SELECT ` + id + `, 'counted', 'voice', ` + at + `, 'counted', 'voice' FROM n`,
		`INSERT INTO witness (unique_id, started_at, answered_at, ended_at, context) ` + numbers + `SELECT ` + uniqueID + `, ` + at + `, ` + at + ` + 500, ` + at + ` + 9000, 'call' FROM n`,
	} {
		if _, err := raw.ExecContext(b.Context(), query, rows); err != nil {
			b.Fatal(err)
		}
	}
	folders := make([]string, days)
	for d := range folders {
		folders[d] = filepath.Join(dir, "archive", "2026", "11", fmt.Sprintf("%02d", 22+d))
		if err := os.MkdirAll(folders[d], 0o700); err != nil {
			b.Fatal(err)
		}
	}
	voice, err := os.ReadFile("../../voicemail/prompts/placeholder/fr/beep.wav")
	if err != nil {
		b.Fatal(err)
	}
	first := ""
	for i := range rows {
		path := filepath.Join(folders[i%days], fmt.Sprintf("01M81%021d.wav", i))
		if i%links == 0 {
			first = path
			err = os.WriteFile(path, voice, 0o400)
		} else {
			err = os.Link(first, path)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
