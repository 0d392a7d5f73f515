package subject_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"glennline/ops/backup"
	"glennline/ops/copies"
	"glennline/ops/datadir"
	"glennline/ops/subject"
	"glennline/petition"
	"glennline/petition/caller"
	"glennline/petition/callid"
	"glennline/petition/sqlite"
	"glennline/voicemail/archive"
	"glennline/voicemail/wav"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var now = time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)

// line is a data folder in use.
type line struct {
	t      *testing.T
	root   string // above everything that the line writes
	dir    datadir.Dir
	db     *sqlite.DB
	store  *archive.Archive
	secret *caller.Secret
	said   *wav.Audio
}

func use(t *testing.T) *line {
	t.Helper()
	l := &line{t: t, root: t.TempDir()}
	var err error
	l.dir, err = datadir.Create(filepath.Join(l.root, "data"))
	must(t, err)
	l.secret, err = caller.OpenSecret(l.dir.Secret())
	must(t, err)
	l.store, err = archive.Open(l.dir.Archive(), l.dir.Quarantine())
	must(t, err)
	l.db, err = sqlite.Open(t.Context(), sqlite.Config{Path: l.dir.Database()})
	must(t, err)
	t.Cleanup(func() { must(t, l.db.Close()) })
	must(t, l.db.BindSecret(t.Context(), l.secret.ID, l.secret.Check()))
	l.said, err = wav.Read("../../voicemail/prompts/placeholder/fr/notice.wav")
	must(t, err)
	must(t, os.MkdirAll(l.dir.Spool(), 0o700))
	return l
}

// call is that number n, from a number.
func (l *line) call(n int, number string) petition.Call {
	at := now.Add(-2 * time.Hour).Add(time.Duration(n) * time.Minute)
	unique := fmt.Sprintf("pbx-%d.%d", at.Unix(), n)
	presentation := "allowed"
	if number == "" {
		presentation = "prohib"
	}
	return petition.Call{
		ID:        callid.Derive("pbx", unique, at),
		System:    "pbx",
		UniqueID:  unique,
		SIPCallID: fmt.Sprintf("the call numbered %d@carrier.example", n),
		Line:      "main",
		Dialled:   "+3225550100",
		StartedAt: at,
		Caller:    caller.Identify(l.secret, number, presentation, "BE"),
	}
}

// file is the recording of call n; no other has the same samples.
func (l *line) file(n int) []byte {
	var file bytes.Buffer
	must(l.t, wav.Write(&file, l.said.Rate, l.said.Samples[n*9000:n*9000+8000]))
	return file.Bytes()
}

// voice is a piece of call n's recording that is in no other.
func (l *line) voice(n int) []byte {
	var piece bytes.Buffer
	must(l.t, binary.Write(&piece, binary.LittleEndian, l.said.Samples[n*9000+4000:n*9000+4100]))
	return piece.Bytes()
}

// take is a call from ring to signature.
func (l *line) take(n int, number string) petition.Call {
	l.t.Helper()
	c := l.call(n, number)
	spooled := filepath.Join(l.root, c.ID+".wav")
	must(l.t, os.WriteFile(spooled, l.file(n), 0o600))
	voice, err := l.store.Keep(l.t.Context(), spooled, c.ID, c.StartedAt)
	must(l.t, err)
	_, err = l.db.Settle(l.t.Context(), c, petition.Closing{
		CallID:     c.ID,
		Ending:     petition.Ending{Result: petition.ResultMessage, Reason: petition.ReasonCaller},
		AnsweredAt: c.StartedAt.Add(time.Second),
		EndedAt:    c.StartedAt.Add(20 * time.Second),
		Consent:    petition.Consent{Notice: "0123456789ab", Language: "fr", Complete: true},
		Voice:      &voice,
	})
	must(l.t, err)
	must(l.t, l.store.Release(spooled, voice))
	return c
}

func (l *line) query(number string) subject.Query {
	e164, err := caller.E164(number, "BE")
	must(l.t, err)
	return subject.Query{Number: true, Pseudonyms: []string{l.secret.Pseudonym(e164)}}
}

func (l *line) find(number string) []sqlite.CallRow {
	l.t.Helper()
	rows, err := subject.Find(l.t.Context(), l.db, l.query(number))
	must(l.t, err)
	return rows
}

// backUp makes a backup and remembers it, as the command does.
func (l *line) backUp(to string) {
	l.t.Helper()
	report, err := backup.Run(l.t.Context(), backup.Config{
		Dir: l.dir, To: to, Expires: 24 * time.Hour, Now: func() time.Time { return now },
	})
	must(l.t, err)
	must(l.t, copies.Record(l.dir.Copies(), copies.Copy{Kind: copies.Backup, Path: to, At: now, Expires: report.ExpiresAt, Actor: "anna"}))
}

func (l *line) eraser(backups ...string) *subject.Eraser {
	l.t.Helper()
	made, err := copies.List(l.dir.Copies())
	must(l.t, err)
	return &subject.Eraser{
		Dir: l.dir, Spool: l.dir.Spool(), Actor: "anna",
		Backups: backups, Copies: made, Patience: 10 * time.Second, Now: func() time.Time { return now },
	}
}

// holders are the files below a folder that hold the needle, whole or in part.
func holders(t *testing.T, root string, needle []byte) (files []string) {
	t.Helper()
	must(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if bytes.Contains(raw, needle) {
			files = append(files, path)
		}
		return err
	}))
	return files
}

// nowhere fails for every file below a folder that holds anything of the calls.
func (l *line) nowhere(root string, calls map[int]petition.Call) {
	l.t.Helper()
	for n, c := range calls {
		for what, needle := range map[string][]byte{
			"voice": l.voice(n), "pseudonym": []byte(c.Caller.Pseudonym), "SIP Call-ID": []byte(c.SIPCallID),
		} {
			if files := holders(l.t, root, needle); files != nil && len(needle) > 0 {
				l.t.Errorf("the %s of call %d is left in %v", what, n, files)
			}
		}
	}
}

// somewhere fails where a call is not whole.
func (l *line) somewhere(root string, n int, c petition.Call) {
	l.t.Helper()
	for what, needle := range map[string][]byte{"voice": l.voice(n), "pseudonym": []byte(c.Caller.Pseudonym)} {
		if !slices.ContainsFunc(holders(l.t, root, needle), func(string) bool { return true }) {
			l.t.Errorf("the %s of call %d, of somebody else, is gone from %s", what, n, root)
		}
	}
}
