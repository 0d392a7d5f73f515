package copies_test

import (
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"glennline/ops/copies"
)

// voices gives so many of them, and then an error, if there is one.
func voices(n int, end error) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for i := range n {
			if !yield(fmt.Sprintf("01M826ME%018d", i), nil) {
				return
			}
		}
		if end != nil {
			yield("", end)
		}
	}
}

// What is recorded voice by voice is read as what is recorded at once, and as a whole
// or not at all.
func TestRecordVoices(t *testing.T) {
	dir := t.TempDir()
	one, streamed := filepath.Join(dir, "one"), filepath.Join(dir, "streamed")
	made := copies.Copy{
		Kind: copies.Bundle, Path: `/media/a "stick"`, At: time.Date(2026, 11, 22, 18, 0, 0, 5, time.UTC),
		Expires: time.Date(2027, 11, 22, 18, 0, 0, 5, time.UTC), Actor: "anna", Holds: copies.Voices,
	}
	broken := errors.New("broken off")
	for _, n := range []int{1, 2, 10_000} {
		whole := made
		for voice, err := range voices(n, nil) {
			if err != nil {
				t.Fatal(err)
			}
			whole.Voices = append(whole.Voices, voice)
		}
		if err := errors.Join(copies.Record(one, whole), copies.RecordVoices(streamed, made, voices(n, nil))); err != nil {
			t.Fatal(err)
		}
		before, err := os.ReadFile(streamed)
		if err != nil {
			t.Fatal(err)
		}
		if err := copies.RecordVoices(streamed, made, voices(10_000, broken)); !errors.Is(err, broken) {
			t.Error(err)
		}
		if err := copies.RecordVoices(streamed, made, voices(0, nil)); err == nil {
			t.Error("no voices, which would stand for all, were recorded")
		}
		after, err := os.ReadFile(streamed)
		if err != nil || string(after) != string(before) {
			t.Errorf("what was broken off leaves %d bytes of %d, %v", len(after), len(before), err)
		}
	}
	want, err := copies.List(one)
	if err != nil {
		t.Fatal(err)
	}
	got, err := copies.List(streamed)
	if diff := cmp.Diff(want, got); diff != "" || err != nil || len(got) != 3 {
		t.Errorf("%d copies, %v (-want +got):\n%s", len(got), err, diff)
	}
}
