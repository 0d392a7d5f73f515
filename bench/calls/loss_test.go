package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"glennline/asterisk-conf/pbx"
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

// What is needed to find out why calls were lost is kept, also of a process that
// does not answer any more.
func TestEvidence(t *testing.T) {
	dir := t.TempDir()
	asterisk := filepath.Join(dir, "asterisk")
	if err := os.WriteFile(asterisk, []byte("#!/bin/sh\necho \"$4\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	monitor := httptest.NewServer(http.NotFoundHandler())
	defer monitor.Close()
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{dir: dir, line: &line{
		data: datadir.Dir(dir), install: pbx.Install{Binary: asterisk}, asterisk: os.Getpid(),
		cmd: &exec.Cmd{Process: self}, monitor: strings.TrimPrefix(monitor.URL, "http://"),
	}}
	b.evidence(t.Context(), "run7")
	for name, want := range map[string]string{
		"channels": "core show channels concise", "goroutines": "404", "glennline-threads": "1 ", "asterisk-threads": "1 ",
	} {
		said, err := os.ReadFile(filepath.Join(dir, "run7."+name+".txt"))
		if err != nil || !strings.Contains(string(said), want) {
			t.Errorf("%s: %q, %v; want %q in it", name, said, err, want)
		}
	}
	b.line.cmd = nil // it has ended
	if err := b.close(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Errorf("the folder of a run that lost calls: %v", err)
	}
}
