package seal_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glennline/ops/seal"
)

func all(t *testing.T, l *seal.List) (texts []string) {
	t.Helper()
	for text, err := range l.All() {
		must(t, err)
		texts = append(texts, text)
	}
	return texts
}

func TestList(t *testing.T) {
	for _, atOnce := range []int{1, 2, 9, 10, 100} {
		t.Run(fmt.Sprint(atOnce), func(t *testing.T) {
			defer seal.InParts(atOnce)()
			for n := range 31 {
				dir := t.TempDir()
				kept, sorted := seal.NewList(dir), seal.NewSorted(dir)
				var want []string
				for i := range n {
					text := fmt.Sprintf("%d\n\x00é", i*7%31/2) // each twice, in no order
					kept.Add(text)
					sorted.Add(text)
					want = append(want, text)
				}
				for range 2 { // they can be read again
					if diff := cmp.Diff(want, all(t, kept)); diff != "" {
						t.Errorf("of %d (-want +got):\n%s", n, diff)
					}
				}
				if diff := cmp.Diff(want[:min(n, 20)], kept.First()); diff != "" || kept.Len() != n {
					t.Errorf("%d of %d, the first:\n%s", kept.Len(), n, diff)
				}
				slices.Sort(want)
				for range 2 {
					if diff := cmp.Diff(want, all(t, sorted)); diff != "" {
						t.Errorf("of %d, sorted (-want +got):\n%s", n, diff)
					}
				}
				if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
					t.Errorf("a crash would leave %v, %v", left, err)
				}
				must(t, errors.Join(kept.Close(), sorted.Close(), kept.Close()))
			}
		})
	}
}

// What cannot be kept is never left out.
func TestListTells(t *testing.T) {
	defer seal.InParts(2)()
	nowhere := seal.NewList(t.TempDir() + "/nowhere")
	closed := seal.NewList(t.TempDir())
	for n := range 5 {
		nowhere.Add(id(n))
		closed.Add(id(n))
	}
	must(t, closed.Close())
	for want, l := range map[error]*seal.List{os.ErrNotExist: nowhere, os.ErrClosed: closed} {
		var got error
		for _, err := range l.All() {
			got = errors.Join(got, err)
		}
		if !errors.Is(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
		m := seal.Manifest{Missing: l}
		if _, err := seal.Write(t.TempDir(), m, nil); !errors.Is(err, want) {
			t.Errorf("a manifest without them: %v, want %v", err, want)
		}
	}
}
