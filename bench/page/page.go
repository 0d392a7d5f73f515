// Package page keeps what a benchmark measured, and puts its tables into the
// documentation, between marks:
//
//	<!-- NAME: TABLE -->
//	…
//	<!-- end -->
//
// NAME is that of the benchmark, so that a page can show tables of several.
package page

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Section is a table, or a text, and the name that stands in the mark.
type Section struct {
	Name string
	Text func() string
}

const end = "<!-- end -->"

// Fill puts the sections of a benchmark into the text of a page, which must have a
// mark for one of them at least.
func Fill(text, benchmark string, sections []Section) (string, error) {
	found := false
	for _, s := range sections {
		mark := "<!-- " + benchmark + ": " + s.Name + " -->"
		before, rest, ok := strings.Cut(text, mark)
		if !ok {
			continue
		}
		_, after, ok := strings.Cut(rest, end)
		if !ok {
			return "", fmt.Errorf("%s has no %s", mark, end)
		}
		text, found = before+mark+"\n"+s.Text()+"\n"+end+after, true
	}
	if !found {
		return "", errors.New("no table's mark is in it")
	}
	return text, nil
}

// Publish puts the sections into the files of the pages, and names each on standard
// output. Nothing is written unless all can be filled; keep then writes the figures
// that they are of, first.
func Publish(files []string, benchmark string, sections []Section, keep func() error) error {
	pages := make([]string, len(files))
	for i, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if pages[i], err = Fill(string(text), benchmark, sections); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	if err := keep(); err != nil {
		return err
	}
	for i, file := range files {
		if err := os.WriteFile(file, []byte(pages[i]), 0o644); err != nil { //nolint:gosec // a page, for everybody
			return err
		}
		fmt.Println(filepath.Clean(file))
	}
	return nil
}

// Stale are the files of those pages that do not show what the sections say.
func Stale(files []string, benchmark string, sections []Section) (stale []string, err error) {
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return stale, err
		}
		want, err := Fill(string(text), benchmark, sections)
		if err != nil {
			return stale, fmt.Errorf("%s: %w", file, err)
		}
		if want != string(text) {
			stale = append(stale, file)
		}
	}
	return stale, nil
}

// WriteFigures writes what a benchmark measured into a file, as JSON.
func WriteFigures(path string, figures any) error {
	text, err := json.MarshalIndent(figures, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644) //nolint:gosec // figures, for everybody
}

// ReadFigures reads them again.
func ReadFigures(path string, figures any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, figures); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// Table writes rows as Markdown; the first one is the head.
func Table(rows [][]string) string {
	var b strings.Builder
	for i, row := range rows {
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
		if i == 0 {
			b.WriteString(strings.Repeat("|---", len(row)) + "|\n")
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}
