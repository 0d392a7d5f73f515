package page

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFill(t *testing.T) {
	sections := []Section{
		{"cost", func() string { return Table([][]string{{"a", "b"}, {"1", "2"}}) }},
		{"absent", func() string { t.Error("nobody asked for it"); return "" }},
	}
	text := "before\n<!-- bench: cost -->\nold\n<!-- end -->\n<!-- other: cost -->\ntheirs\n<!-- end -->\nafter\n"
	want := strings.Replace(text, "old", "| a | b |\n|---|---|\n| 1 | 2 |", 1)
	got, err := Fill(text, "bench", sections)
	if err != nil || got != want {
		t.Errorf("%v:\n%s", err, got)
	}
	if again, err := Fill(got, "bench", sections); err != nil || again != got {
		t.Errorf("filled twice it is another page: %v", err)
	}
	for _, wrong := range []string{"no mark", "<!-- bench: cost -->\nwithout end\n", "<!-- other: cost -->\n<!-- end -->\n"} {
		if _, err := Fill(wrong, "bench", sections); err == nil {
			t.Errorf("%q: no error", wrong)
		}
	}
}

func TestPublish(t *testing.T) {
	file := filepath.Join(t.TempDir(), "page.md")
	sections := []Section{{"cost", func() string { return "new" }}}
	if err := os.WriteFile(file, []byte("<!-- bench: cost -->\nold\n<!-- end -->\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if stale, err := Stale([]string{file}, "bench", sections); err != nil || len(stale) != 1 {
		t.Errorf("before: %v, %v", stale, err)
	}
	kept := 0
	keep := func() error { kept++; return nil }
	markless := filepath.Join(t.TempDir(), "markless.md")
	if err := os.WriteFile(markless, []byte("no mark"), 0o600); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := Publish([]string{file, markless}, "bench", sections, keep); err == nil || kept > 0 {
		t.Errorf("a page without a mark: %v, figures kept %d times", err, kept)
	}
	if after, err := os.ReadFile(file); err != nil || string(after) != string(before) {
		t.Errorf("one page is written where another cannot be: %v\n%s", err, after)
	}
	if err := Publish([]string{file}, "bench", sections, keep); err != nil {
		t.Fatal(err)
	}
	if stale, err := Stale([]string{file}, "bench", sections); err != nil || len(stale) != 0 {
		t.Errorf("after: %v, %v", stale, err)
	}
}
