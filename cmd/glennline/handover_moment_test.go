package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"glennline/config"
	"glennline/ops/datadir"
	"glennline/ops/handover"
	"glennline/petition"
	"glennline/petition/sqlite"
)

// Calls come in while rows and voices are copied: the report in the folder tells the
// number that its page tells, of the same moment.
func TestHandoverTellsOneNumber(t *testing.T) {
	dir, err := datadir.Create(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	began := time.Date(2026, 11, 22, 18, 0, 0, 0, time.UTC)
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: dir.Database(), Now: func() time.Time { return began.Add(time.Hour) }})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	call := func(n int) {
		id, at := fmt.Sprintf("01M826ME809DFVBNC3TMFHPC%02d", n), began.Add(time.Duration(n)*time.Minute)
		_, err := db.Settle(t.Context(), petition.Call{
			ID: id, System: "pbx", UniqueID: id, Line: "main", StartedAt: at,
			Caller: petition.Caller{Class: petition.ClassWithheld},
		}, petition.Closing{
			CallID: id, Ending: petition.Ending{Result: petition.ResultMessage, Reason: petition.ReasonCaller},
			AnsweredAt: at, EndedAt: at.Add(time.Minute),
			Consent: petition.Consent{Notice: "0123456789ab", Language: "fr", Complete: true},
			Voice: &petition.Voice{
				Path: id + ".wav", FileSHA256: fmt.Sprintf("%064d", n), AudioSHA256: fmt.Sprintf("%064d", n),
				Measure: petition.Measure{Seconds: 2, SpeechSeconds: 1},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	call(1)
	from, err := db.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	var cfg handover.Config
	if err := (handoverOptions{}).fill(t.Context(), &cfg, config.Default(), dir, from); err != nil {
		t.Fatal(err)
	}
	call(2)
	var page bytes.Buffer
	if err := cfg.Report(&page); err != nil {
		t.Fatal(err)
	}
	if cfg.Counted != 1 {
		t.Errorf("%d counted, want 1", cfg.Counted)
	}
	for _, want := range []string{"1 of 25,000 counted", "As of 2026-11-22 20:00, Europe/Brussels"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("no %q in the report", want)
		}
	}
}
