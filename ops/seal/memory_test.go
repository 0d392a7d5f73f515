package seal_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"glennline/ops/seal"
)

// What is kept of a folder does not grow with it: the names and hashes of so many
// recordings alone take more.
func TestVerifyKeepsLittle(t *testing.T) {
	const recordings, most = 15_000, 2 << 20 // bytes
	path := filepath.Join(t.TempDir(), "bundle")
	must(t, os.Mkdir(path, 0o755))
	sealMany(t, path, recordings)
	before, peak := used(), int64(0)
	v := seal.Verification{Path: path, Rows: map[string]seal.RowReader{"plain": func(ctx context.Context, r io.Reader, row func(seal.Row) error) error {
		for lines := bufio.NewScanner(r); lines.Scan(); {
			cells := strings.Fields(lines.Text())
			if err := row(seal.Row{ID: cells[0], Status: cells[1], SHA256: cells[2]}); err != nil {
				return err
			}
		}
		peak = max(peak, used()-before)
		return ctx.Err()
	}}}
	defer seal.InParts(recordings / 2)()
	r := once(t, v)
	if r.Rows != recordings || !said(r, seal.Fails, fmt.Sprintf("and %d more", recordings-20)) {
		t.Errorf("%+v", r.Checks)
	}
	if peak == 0 || peak > most {
		t.Errorf("with %d recordings it keeps %d bytes", recordings, peak)
	}
}

// used is how much memory is.
func used() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what a pool holds outlives the first
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// weighing looks now and then at how much memory is used while it is written to.
type weighing struct{ peak int64 }

func (w *weighing) Write(p []byte) (int, error) {
	w.peak = max(w.peak, used())
	return len(p), nil
}

// What a manifest is made of does not grow with it either.
func TestMakeKeepsLittle(t *testing.T) {
	const recordings, most = 15_000, 1 << 20 // bytes
	defer seal.InParts(recordings / 10)()
	before := used()
	m := seal.Manifest{Missing: seal.NewList(t.TempDir()), Spool: t.TempDir()}
	defer m.Close()
	for n := range recordings {
		m.AddEncrypted(seal.File{Path: seal.VoicesFolder + "/" + id(recordings-n) + ".wav.age", SHA256: none}, none)
		m.Missing.Add(id(n))
	}
	var w weighing
	w.peak = used()
	_, _, err := seal.Make(&w, m, nil)
	must(t, err)
	if peak := w.peak - before; peak > most {
		t.Errorf("with %d recordings it keeps %d bytes", recordings, peak)
	}
}

// sealMany seals rows whose recordings are named and are not there.
func sealMany(t *testing.T, path string, recordings int) {
	t.Helper()
	m := seal.Manifest{
		Kind: "bundle", CutOff: cutOff, Rows: recordings, Totals: map[string]int{"counted": recordings},
		Voices: seal.VoicesAll, Tables: []seal.Table{{Path: "rows", Format: "plain"}},
	}
	var rows bytes.Buffer
	for n := range recordings {
		fmt.Fprintf(&rows, "%s counted %s\n", id(n), none)
		m.Add(seal.File{Path: seal.VoicesFolder + "/" + id(n) + ".wav", SHA256: none})
	}
	must(t, os.WriteFile(filepath.Join(path, "rows"), rows.Bytes(), 0o644))
	m.Add(seal.File{Path: "rows", SHA256: seal.Sum(rows.Bytes())})
	_, err := seal.Write(path, m, nil)
	must(t, err)
}
