package handover_test

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"glennline/ops/export"
	"glennline/ops/handover"
	"glennline/ops/seal"
	"glennline/petition"
	"glennline/petition/sqlite"
	"glennline/voicemail/wav"
)

var now = time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func id(n int) string { return fmt.Sprintf("01M826ME%018d", n) }

// line is a ledger with voices of 0.4 seconds, all of them accepted.
type line struct {
	db      *sqlite.DB
	dir     string
	archive string
}

func use(t *testing.T, calls int) *line {
	t.Helper()
	l := &line{dir: t.TempDir()}
	l.archive = filepath.Join(l.dir, "archive")
	must(t, os.MkdirAll(filepath.Join(l.archive, "2026/11/22"), 0o700))
	var err error
	l.db, err = sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(l.dir, "glennline.db"), Now: func() time.Time { return now }})
	must(t, err)
	t.Cleanup(func() { must(t, l.db.Close()) })
	var ids []string
	for n := 1; n <= calls; n++ {
		samples := make([]int16, 3200)
		for i := range samples {
			samples[i] = int16(8000 * math.Sin(2*math.Pi*float64(200+50*n)*float64(i)/8000))
		}
		var voice bytes.Buffer
		must(t, wav.Write(&voice, 8000, samples))
		path, at := "2026/11/22/"+id(n)+".wav", now.Add(time.Duration(n-calls-1)*time.Minute)
		must(t, os.WriteFile(filepath.Join(l.archive, path), voice.Bytes(), 0o600))
		_, err := l.db.Settle(t.Context(), petition.Call{
			ID: id(n), System: "pbx", UniqueID: fmt.Sprint(n), Line: "main", Dialled: "+3225550100", StartedAt: at,
			Caller: petition.Caller{Class: petition.ClassMobile, Pseudonym: seal.Sum(voice.Bytes()), KeyID: "key"},
		}, petition.Closing{
			CallID: id(n), Ending: petition.Ending{Result: petition.ResultMessage, Reason: petition.ReasonCaller},
			AnsweredAt: at, EndedAt: at.Add(time.Second), Consent: petition.Consent{Notice: "0123456789ab", Language: "fr", Complete: true},
			Voice: &petition.Voice{
				Path: path, FileSHA256: seal.Sum(voice.Bytes()), AudioSHA256: seal.Sum(voice.Bytes()),
				Measure: petition.Measure{Seconds: 0.4, SpeechSeconds: 0.4},
			},
		})
		must(t, err)
		ids = append(ids, id(n))
	}
	if calls > 0 {
		_, err = l.db.Accept(t.Context(), ids, "alice")
		must(t, err)
	}
	return l
}

// config is a plain folder.
func (l *line) config(t *testing.T, to string) handover.Config {
	t.Helper()
	from, err := l.db.Snapshot(t.Context())
	must(t, err)
	t.Cleanup(func() { _ = from.Close() }) // the context has ended it already
	figure, err := from.Figure(t.Context())
	must(t, err)
	said := make(map[string]string)
	for _, language := range handover.Languages {
		said[language] = language + ": " + fmt.Sprint(figure.Counted)
	}
	return handover.Config{
		To: to, From: from, Archive: l.archive,
		Rows:      export.Config{Format: export.CSV, Zone: time.UTC, Banner: "none of it counts", TempDir: l.dir},
		Manifest:  seal.Manifest{Legal: "none of it counts", CutOff: from.At, Software: "glennline test", Config: seal.Sum(nil), Audit: seal.Head{Entries: from.Entries, Hash: from.Head}},
		Report:    func(w io.Writer) error { _, err := io.WriteString(w, "<!doctype html>the report"); return err },
		Sentences: said,
		Counted:   figure.Counted,
	}
}
