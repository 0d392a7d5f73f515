package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWitness(t *testing.T) {
	w := &witness{path: filepath.Join(t.TempDir(), "witness.jsonl")}
	if times, err := w.answers(); err != nil || len(times) != 0 {
		t.Fatalf("before there is a file: %v, %v", times, err)
	}
	append1 := func(text string) {
		t.Helper()
		f, err := os.OpenFile(w.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
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
	append1(`{"eventtype":"CHAN_START","eventtime":100.000,"uniqueid":"a"}
{"eventtype":"CHAN_START","eventtime":100.250,"uniqueid":"b"}
{"eventtype":"ANSWER","eventtime":100.500,"uniqueid":"a"}
{"eventtype":"HANGUP","eventtime":101.000,"uniqueid":"b"}
{"eventtype":"CHAN_ST`)
	if times, err := w.answers(); err != nil || len(times) != 1 || times[0] != 500 {
		t.Fatalf("got %v, %v; want one answer after 500 ms", times, err)
	}
	append1(`ART","eventtime":102.000,"uniqueid":"c"}
{"eventtype":"ANSWER","eventtime":102.125,"uniqueid":"c"}
`)
	if times, err := w.answers(); err != nil || len(times) != 1 || times[0] != 125 {
		t.Errorf("read on: got %v, %v; want one answer after 125 ms", times, err)
	}
}
