package witness_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"glennline/ops/witness"
	"glennline/petition"
	"glennline/petition/sqlite"
)

func TestImport(t *testing.T) {
	dir := t.TempDir()
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(dir, "glennline.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	log := filepath.Join(dir, "witness.jsonl")

	imports := func(what string, lines, unreadable int) {
		t.Helper()
		gotLines, gotBad, err := witness.Import(t.Context(), db, witness.Log{Path: log})
		if err != nil || gotLines != lines || gotBad != unreadable {
			t.Fatalf("%s: %d lines, %d unreadable, %v; want %d, %d", what, gotLines, gotBad, err, lines, unreadable)
		}
	}
	imports("no log yet", 0, 0)

	add(t, log, line("CHAN_START", "gl-100.1", "100.25")+line("ANSWER", "gl-100.1", "101.5"))
	imports("two lines", 2, 0)
	imports("again", 0, 0)

	// Asterisk writes while we read, and may not live to finish a line.
	hangup := line("HANGUP", "gl-100.1", "109.75")
	add(t, log, hangup[:20])
	imports("half a line", 0, 0)
	add(t, log, hangup[20:])
	imports("the other half", 1, 0)

	// A new Asterisk writes on behind what its predecessor left unfinished.
	add(t, log, hangup[:20]+line("CHAN_START", "gl-150.1", "150"))
	imports("a record behind half a line", 1, 0)
	add(t, log, "\n")
	imports("an empty line", 1, 1)
	imports("an empty line, again", 0, 0)
	if n, err := witness.Behind(t.Context(), db, witness.Log{Path: log}); err != nil || n != 0 {
		t.Errorf("%d bytes behind, %v", n, err)
	}

	add(t, log, "garbage\n"+line("LINKEDID_END", "gl-100.1", "110")+line("ANSWER", "gl-200.1", "200"))
	imports("what is no record", 3, 2)

	// Rotated: what was not read before the rotation is read after it.
	add(t, log, line("HANGUP", "gl-200.1", "205"))
	if err := os.Rename(log, log+".1"); err != nil {
		t.Fatal(err)
	}
	add(t, log, line("ANSWER", "gl-300.1", "300"))
	imports("rotated", 2, 0)
	imports("rotated, again", 0, 0)

	var got []petition.Witnessed
	if err := db.Unexplained(t.Context(), time.Time{}, func(w petition.Witnessed) error {
		got = append(got, w)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 {
		t.Fatalf("%d calls without a row, want 3", len(got))
	}
	first := got[0]
	if first.UniqueID != "gl-100.1" || !first.StartedAt.Equal(time.UnixMilli(100250)) ||
		!first.AnsweredAt.Equal(time.UnixMilli(101500)) || !first.EndedAt.Equal(time.UnixMilli(109750)) {
		t.Errorf("the first call came out as %+v", first)
	}
	if got[1].EndedAt.IsZero() || !got[2].EndedAt.IsZero() {
		t.Error("the second call ended before the rotation, the third has not")
	}
}

func line(kind, uniqueID, at string) string {
	return `{"eventtype":"` + kind + `","eventtime":` + at + `,"uniqueid":"` + uniqueID + `","linkedid":"` + uniqueID + `","exten":"s","context":"call"}` + "\n"
}

func add(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// Of an Asterisk that has other calls too, only ours are copied.
func TestImportShared(t *testing.T) {
	dir := t.TempDir()
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(dir, "glennline.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	log := filepath.Join(dir, "witness.jsonl")
	in := func(context, uniqueID string) string {
		return `{"eventtype":"ANSWER","eventtime":100.5,"uniqueid":"` + uniqueID + `","context":"` + context + `"}` + "\n"
	}
	add(t, log, in("from-internal", "pbx-100.1")+in("glennline-call", "pbx-100.2")+in("call", "pbx-100.3"))
	if lines, bad, err := witness.Import(t.Context(), db, witness.Log{Path: log, Shared: true}); err != nil || lines != 3 || bad != 0 {
		t.Fatalf("%d lines, %d bad, %v", lines, bad, err)
	}
	var got []string
	if err := db.Unexplained(t.Context(), time.Time{}, func(w petition.Witnessed) error {
		got = append(got, w.UniqueID+" in "+w.Context)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if want := []string{"pbx-100.2 in call"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
