package backup_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glennline/ops/backup"
	"glennline/ops/datadir"
	"glennline/petition"
	"glennline/petition/caller"
	"glennline/petition/callid"
	"glennline/petition/sqlite"
	"glennline/voicemail/archive"
	"glennline/voicemail/wav"
)

// line is a data folder in use.
type line struct {
	t      *testing.T
	dir    datadir.Dir
	db     *sqlite.DB
	store  *archive.Archive
	secret *caller.Secret
	spool  string
	said   *wav.Audio
}

// now is what the clock says, in tests that do not say otherwise.
var now = time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)

func clock() time.Time { return now }

func use(t *testing.T) *line {
	t.Helper()
	l := &line{t: t, spool: t.TempDir()}
	var err error
	l.dir, err = datadir.Create(t.TempDir())
	must(t, err)
	l.secret, err = caller.OpenSecret(l.dir.Secret())
	must(t, err)
	l.store, err = archive.Open(l.dir.Archive(), l.dir.Quarantine())
	must(t, err)
	l.db, err = sqlite.Open(t.Context(), sqlite.Config{Path: l.dir.Database()})
	must(t, err)
	t.Cleanup(func() {
		if err := l.db.Close(); err != nil {
			t.Error(err)
		}
	})
	must(t, l.db.BindSecret(t.Context(), l.secret.ID, l.secret.Check()))
	l.said, err = wav.Read("../../voicemail/prompts/placeholder/fr/notice.wav")
	must(t, err)
	must(t, os.WriteFile(filepath.Join(l.dir.Prompts(), "0123456789ab.alaw"), []byte("prompt"), 0o644))
	return l
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (l *line) call(n int) petition.Call {
	at := now.Add(-2 * time.Hour).Add(time.Duration(n) * time.Second)
	unique := fmt.Sprintf("pbx-%d.%d", at.Unix(), n)
	return petition.Call{
		ID:        callid.Derive("pbx", unique, at),
		System:    "pbx",
		UniqueID:  unique,
		SIPCallID: fmt.Sprintf("%d@carrier.example", n),
		Line:      "main",
		Dialled:   "+3225550100",
		StartedAt: at,
		Caller:    caller.Identify(l.secret, fmt.Sprintf("+32470%06d", n), "allowed", "BE"),
	}
}

// record leaves the recording of call n in the archive and says how it ended.
// It is safe for use by many at once.
func (l *line) record(ctx context.Context, n int) (petition.Closing, error) {
	call := l.call(n)
	var file bytes.Buffer
	if err := wav.Write(&file, l.said.Rate, l.said.Samples[n*160:n*160+8000]); err != nil {
		return petition.Closing{}, err
	}
	spooled := filepath.Join(l.spool, call.ID+".wav")
	if err := os.WriteFile(spooled, file.Bytes(), 0o600); err != nil {
		return petition.Closing{}, err
	}
	voice, err := l.store.Keep(ctx, spooled, call.ID, call.StartedAt)
	return petition.Closing{
		CallID:     call.ID,
		Ending:     petition.Ending{Result: petition.ResultMessage, Reason: petition.ReasonCaller},
		AnsweredAt: call.StartedAt.Add(time.Second),
		EndedAt:    call.StartedAt.Add(20 * time.Second),
		Consent:    petition.Consent{Notice: "0123456789ab", Language: "fr", Complete: true},
		Voice:      &voice,
	}, errors.Join(err, os.Remove(spooled))
}

// take is a call from ring to signature.
func (l *line) take(ctx context.Context, n int) error {
	if err := l.db.Begin(ctx, l.call(n)); err != nil {
		return err
	}
	closing, err := l.record(ctx, n)
	if err != nil {
		return err
	}
	_, err = l.db.End(ctx, closing)
	return err
}

func (l *line) takes(from, to int) {
	l.t.Helper()
	for n := from; n < to; n++ {
		must(l.t, l.take(l.t.Context(), n))
	}
}

// wav is where the recording of call n lies below the data folder.
func (l *line) wav(n int) string {
	return "archive/" + l.call(n).StartedAt.Format("2006/01/02/") + l.call(n).ID + ".wav"
}

func (l *line) config(to string) backup.Config {
	return backup.Config{Dir: l.dir, To: to, Expires: 24 * time.Hour, Now: clock}
}

func (l *line) backUp(to string) backup.Report {
	l.t.Helper()
	report, err := backup.Run(l.t.Context(), l.config(to))
	must(l.t, err)
	return report
}

func restoreInto(t *testing.T, from, to string) (backup.Restored, error) {
	t.Helper()
	return backup.Restore(t.Context(), backup.RestoreConfig{From: from, To: to, MaxCall: time.Minute, Now: clock})
}

// restored brings a backup back, which must hold, and counts its signatures.
func restored(t *testing.T, from string, signatures int) {
	t.Helper()
	to := filepath.Join(t.TempDir(), "data")
	r, err := restoreInto(t, from, to)
	must(t, err)
	if r.Left != 0 || r.Backup.Signatures != signatures {
		t.Errorf("restored: %+v, want %d signatures and nothing left", r, signatures)
	}
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(to, "glennline.db"), ReadOnly: true})
	must(t, err)
	defer db.Close()
	n := 0
	must(t, db.Signatures(t.Context(), sqlite.Filter{}, func(row sqlite.SignatureRow) error {
		n++
		_, err := wav.Read(filepath.Join(to, "archive", filepath.FromSlash(row.Closing.Voice.Path)))
		return err
	}))
	if n != signatures {
		t.Errorf("%d signatures, want %d", n, signatures)
	}
	if exists(filepath.Join(to, ".restoring")) || exists(filepath.Join(to, "secret")) {
		t.Error("the folder holds what it must not")
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// tree is every file below a folder with its content.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	must(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		files[rel] = string(text)
		return err
	}))
	return files
}

// names are those of a tree that begin with the prefix.
func names(files map[string]string, prefix string) (found []string) {
	for name := range files {
		if strings.HasPrefix(name, prefix) {
			found = append(found, name)
		}
	}
	return found
}
