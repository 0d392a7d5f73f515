package archive

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"glennline/voicemail/wav"
)

// testDay is half past midnight in Brussels, which is the day before in UTC.
var testDay = time.Date(2026, 11, 23, 0, 30, 0, 0, time.FixedZone("CET", 3600))

const testFolder = "2026/11/22"

func testID(n int) string {
	var id ulid.ULID
	if err := id.SetTime(uint64(testDay.UnixMilli())); err != nil {
		panic(err)
	}
	binary.BigEndian.PutUint32(id[12:], uint32(n))
	return id.String()
}

// recording is a WAV file as Asterisk closes it.
func recording(samples int) []byte {
	s := make([]int16, samples)
	seed := uint32(samples)
	for i := range s {
		seed = seed*1664525 + 1013904223
		s[i] = int16(seed>>16) >> (i / 4000 % 3 * 3)
	}
	var b bytes.Buffer
	if err := wav.Write(&b, 8000, s); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// killed is the same file if Asterisk was killed: sizes of 0.
func killed(file []byte) []byte {
	file = bytes.Clone(file)
	clear(file[4:8])
	clear(file[40:44])
	return file
}

func openTest(tb testing.TB) (a *Archive, spool string) {
	tb.Helper()
	dir := tb.TempDir()
	a, err := Open(filepath.Join(dir, "archive"), filepath.Join(dir, "quarantine"))
	if err != nil {
		tb.Fatal(err)
	}
	spool = filepath.Join(dir, "spool")
	if err := os.Mkdir(spool, 0o700); err != nil {
		tb.Fatal(err)
	}
	return a, spool
}

// spoolFile puts a file into the spool as Asterisk would.
func spoolFile(tb testing.TB, spool, name string, file []byte) string {
	tb.Helper()
	path := filepath.Join(spool, name)
	if err := os.WriteFile(path, file, 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}
