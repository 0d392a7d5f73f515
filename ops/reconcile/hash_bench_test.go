//go:build bench

package reconcile_test

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"glennline/petition/sqlite"
)

// hashEnv has the process that millionEnv makes compare hashes too.
const hashEnv = "GLENNLINE_TEST_HASHES"

// BenchmarkHashes reconciles 2,000 recordings of 200 KB with --verify-hashes, in
// turn with sha256sum over the same files, and reports how many times as long
// it takes: by the clock and by the processor, medians of five pairs.
//
//	go test -tags bench -run '^$' -bench Hashes -benchtime 1x ./ops/reconcile
func BenchmarkHashes(b *testing.B) {
	const files, size, pairs = 2000, 200_000, 5
	dir := b.TempDir()
	recordings(b, dir, files, size)
	list := filepath.Join(dir, "list")
	var ours, theirs, ourCPU, theirCPU []float64
	for b.Loop() {
		for range pairs {
			reconcile := exec.CommandContext(b.Context(), os.Args[0])
			reconcile.Env = append(os.Environ(), millionEnv+"="+dir, hashEnv+"=1")
			clock, cpu := timed(b, reconcile, fmt.Sprintf("0 %d %d\n", files, files))
			ours, ourCPU = append(ours, clock), append(ourCPU, cpu)
			clock, cpu = timed(b, exec.CommandContext(b.Context(), "sh", "-c", `xargs -0 sha256sum <"$0" | wc -l`, list), fmt.Sprintf("%d\n", files))
			theirs, theirCPU = append(theirs, clock), append(theirCPU, cpu)
		}
	}
	b.ReportMetric(median(ours), "s/reconcile")
	b.ReportMetric(median(theirs), "s/sha256sum")
	b.ReportMetric(median(ours)/median(theirs), "times-clock")
	b.ReportMetric(median(ourCPU)/median(theirCPU), "times-cpu")
}

// timed runs a command and gives its seconds by the clock and of the processor.
func timed(b *testing.B, cmd *exec.Cmd, want string) (clock, cpu float64) {
	b.Helper()
	cmd.Stderr = os.Stderr
	began := time.Now()
	out, err := cmd.Output()
	clock = time.Since(began).Seconds()
	if err != nil || string(out) != want {
		b.Fatalf("%s: %q, %v; want %q", cmd, out, err, want)
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	return clock, time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
}

func median(of []float64) float64 {
	return slices.Sorted(slices.Values(of))[len(of)/2]
}

// recordings makes a data folder with so many recordings, each with its hash,
// and a list of them for xargs.
func recordings(b *testing.B, dir string, files, size int) {
	b.Helper()
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
	folder := filepath.Join(dir, "archive", "2026", "11", "22")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		b.Fatal(err)
	}
	var list strings.Builder
	noise := rand.NewChaCha8([32]byte{1})
	content := make([]byte, size)
	for i := range files {
		_, _ = noise.Read(content) // never fails
		sum := sha256.Sum256(content)
		id, unique := fmt.Sprintf("01M81%021d", i), fmt.Sprintf("gl-%d.%d", 1795341600+i, i)
		at := 1795341600000 + int64(i)*1000
		path := filepath.Join(folder, id+".wav")
		err := os.WriteFile(path, content, 0o400)
		for _, insert := range []struct {
			query string
			args  []any
		}{
			{`INSERT INTO calls (id, system, unique_id, sip_call_id, line, dialled, started_at, caller_class, answered_at, ended_at, result, reason)
				VALUES (?, 'gl', ?, '', 'main', '', ?, 'unknown', ?, ?, 'message', 'caller')`, []any{id, unique, at, at + 500, at + 9000}},
			{`INSERT INTO voices (call_id, path, file_sha256, audio_sha256, seconds, speech_seconds, level_dbfs, peak_dbfs, clipped, repaired)
				VALUES (?, ?, ?, ?, 8, 6, -20, -6, 0, 0)`, []any{id, "2026/11/22/" + id + ".wav", hex.EncodeToString(sum[:]), hex.EncodeToString(sum[:])}},
			{`INSERT INTO signatures (call_id, status, status_reason, created_at, own_status, own_reason)
				VALUES (?, 'counted', 'voice', ?, 'counted', 'voice')`, []any{id, at}},
			{`INSERT INTO witness (unique_id, started_at, answered_at, ended_at, context) VALUES (?, ?, ?, ?, 'call')`, []any{unique, at, at + 500, at + 9000}},
		} {
			_, failed := raw.ExecContext(b.Context(), insert.query, insert.args...)
			err = errors.Join(err, failed)
		}
		if err != nil {
			b.Fatal(err)
		}
		list.WriteString(path + "\x00")
	}
	if err := os.WriteFile(filepath.Join(dir, "list"), []byte(list.String()), 0o600); err != nil {
		b.Fatal(err)
	}
}
