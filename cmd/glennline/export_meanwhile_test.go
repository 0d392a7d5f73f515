package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"glennline/config"
	"glennline/ops/datadir"
	"glennline/petition"
	"glennline/petition/sqlite"
)

// meanwhile is a recipient and a reader in whose name somebody decides: for the
// former a file is begun after its rows were fixed, the latter is given the rows.
type meanwhile struct {
	decide func()
	got    bytes.Buffer
}

func (m *meanwhile) Wrap(key []byte) ([]*age.Stanza, error) {
	m.decide()
	return []*age.Stanza{{Type: "test", Body: key}}, nil
}

func (m *meanwhile) Write(p []byte) (int, error) {
	m.decide()
	return m.got.Write(p)
}

// Whoever takes a signature out while it is on its way out is heeded.
func TestExportHeedsWhatIsTakenOutMeanwhile(t *testing.T) {
	dir, err := datadir.Create(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: dir.Database()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const first, second = "01M826ME809DFVBNC3TMFHPCDH", "01M826R3E096EKCQDG2Q22JCHM"
	for i, id := range []string{first, second} {
		at := time.Date(2026, 11, 22, 18, i, 0, 0, time.UTC)
		_, err := db.Settle(t.Context(), petition.Call{
			ID: id, System: "pbx", UniqueID: id, Line: "main", StartedAt: at,
			Caller: petition.Caller{Class: petition.ClassWithheld},
		}, petition.Closing{
			CallID: id, Ending: petition.Ending{Result: petition.ResultMessage, Reason: petition.ReasonCaller},
			AnsweredAt: at, EndedAt: at.Add(time.Minute),
			Consent: petition.Consent{Notice: "0123456789ab", Language: "fr", Complete: true},
			Voice: &petition.Voice{
				Path: id + ".wav", FileSHA256: strings.Repeat("0", 63) + string(rune('1'+i)), AudioSHA256: strings.Repeat("0", 63) + string(rune('1'+i)),
				Measure: petition.Measure{Seconds: 2, SpeechSeconds: 1},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, run := range map[string]func(*exporter, *meanwhile, string) error{
		"file": func(e *exporter, m *meanwhile, folder string) error {
			e.opts.out, e.recipients = filepath.Join(folder, "rows.csv.age"), []age.Recipient{m}
			return e.toFile(t.Context())
		},
		"bundle": func(e *exporter, m *meanwhile, folder string) error {
			e.opts.bundle, e.recipients = filepath.Join(folder, "bundle"), []age.Recipient{m}
			return e.toFolder(t.Context())
		},
		"standard output": func(e *exporter, m *meanwhile, folder string) error {
			e.opts.manifest, e.out = filepath.Join(folder, "rows.csv.manifest.json"), m
			return e.toOutput(t.Context())
		},
	} {
		t.Run(name, func(t *testing.T) {
			undo := func() {}
			m := &meanwhile{}
			m.decide = func() {
				m.decide = func() {}
				n, err := db.Decide(t.Context(), sqlite.Decision{IDs: []string{second}, Status: petition.StatusConfidential, Reason: "tells of herself", Actor: "alice"})
				if err != nil {
					t.Error(err)
				}
				undo = func() {
					if _, err := db.Undo(t.Context(), n, "alice", ""); err != nil {
						t.Error(err)
					}
				}
			}
			folder := t.TempDir()
			e := &exporter{opts: exportOptions{format: "csv", delimiter: ","}, who: "alice", file: config.Default(), dir: dir, db: db, out: io.Discard, errs: io.Discard}
			err := run(e, m, folder)
			if !errors.Is(err, sqlite.ErrTakenOut) || exitCode(err) != exitFailed {
				t.Errorf("error = %v, want ErrTakenOut", err)
			}
			if name == "standard output" && !strings.Contains(err.Error(), "destroy that") {
				t.Errorf("it has left, and is told so: %v", err)
			}
			left, _ := os.ReadDir(folder)
			if len(left) > 0 {
				t.Errorf("%v is left", left)
			}
			var exported []string
			if err := db.AuditSince(t.Context(), 0, func(e petition.AuditEntry, _, _ string) error {
				if e.Kind == petition.AuditExport {
					exported = append(exported, e.Detail["to"])
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if slices.Contains(exported, name) {
				t.Errorf("the audit chain has %q", exported)
			}
			undo()
		})
	}
}
