package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glennline/ops/datadir"
)

func TestLoss(t *testing.T) {
	l := &line{data: datadir.Dir(t.TempDir()), log: file(t, `{"level":"info","msg":"ready"}
{"level":"warn","msg":"the connection was lost"}
not JSON
`)}
	fallback := filepath.Join(l.data.Spool(), "fallback", "2026-11-22")
	if err := os.MkdirAll(fallback, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"one.wav", "two.wav", "two.caller"} {
		if err := os.WriteFile(filepath.Join(fallback, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := sample{Calls: 10, Lost: 4, SIP: placed{Calls: 9, Successful: 8, Failed: 1}, Probes: []probe{{Error: "status 503"}}}
	s.Recordings.Missing = 2
	got := (&bench{line: l}).loss(s)
	for _, want := range []string{
		"4 of 10 lost", "8 good and 1 failed of 9", "a probe: status 503", "2 missing",
		"2 recordings of the dialplan's fallback", "the connection was lost",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
	if strings.Contains(got, "ready") {
		t.Errorf("%q repeats mere information", got)
	}
}
