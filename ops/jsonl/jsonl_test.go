package jsonl_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"testing"

	"glennline/ops/jsonl"
)

type line struct{ N int }

func read(t *testing.T, path string) (all []int, err error) {
	t.Helper()
	err = jsonl.Read(path, func(l line) error {
		all = append(all, l.N)
		return nil
	})
	return all, err
}

// A crash may leave any part of the last line. It is no line, and the next one
// is whole.
func TestACrashLeavesAPartOfALine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lines.jsonl")
	if err := jsonl.Append(path, line{1}, line{22}); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for length := range len(whole) + 1 {
		if err := os.WriteFile(path, whole[:length], 0o600); err != nil {
			t.Fatal(err)
		}
		before, err := read(t, path)
		if err != nil {
			t.Fatalf("after %d bytes: %v", length, err)
		}
		if err := jsonl.Append(path, line{333}); err != nil {
			t.Fatal(err)
		}
		after, err := read(t, path)
		if err != nil || !reflect.DeepEqual(after, append(before, 333)) {
			t.Fatalf("after %d bytes: %v, then %v (%v)", length, before, after, err)
		}
	}
}

func TestWhatIsNoLineIsSaid(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lines.jsonl")
	if got, err := read(t, path); err != nil || got != nil {
		t.Errorf("without a file: %v, %v", got, err)
	}
	for _, text := range []string{"{\"N\":1}\nnonsense\n{\"N\":2}\n", "{\"N\":\"one\"}\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := read(t, path); !errors.Is(err, jsonl.ErrLine) {
			t.Errorf("%q: error = %v, want ErrLine", text, err)
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lines.jsonl")
	var group sync.WaitGroup
	for n := range 20 {
		group.Go(func() {
			if err := jsonl.Append(path, line{n}, line{n}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	all, err := read(t, path)
	if err != nil || len(all) != 40 {
		t.Fatalf("%v, %v", all, err)
	}
	for i := 0; i < len(all); i += 2 {
		if all[i] != all[i+1] {
			t.Errorf("the two of one stand apart: %v", all)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
}
