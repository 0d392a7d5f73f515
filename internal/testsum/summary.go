package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// event is one line of go test -json (see go doc test2json).
type event struct {
	Action      string
	Package     string
	Test        string
	ImportPath  string // of build output
	FailedBuild string
	Elapsed     float64 // seconds
	Output      string
}

// totals counts tests and subtests.
type totals struct{ passed, failed, skipped int }

// summary follows a go test run, tells of it as it happens and counts.
type summary struct {
	w       io.Writer
	verbose bool
	totals  totals
	failing map[string]bool // packages with a failed test
	passing map[string]int  // tests passed, by package
	seen    tests
	output  map[test]*strings.Builder // of what has not ended; test{pkg, ""} is the package's own
}

func newSummary(w io.Writer, verbose bool) *summary {
	return &summary{
		w: w, verbose: verbose,
		failing: map[string]bool{}, passing: map[string]int{},
		seen: tests{}, output: map[test]*strings.Builder{},
	}
}

// read takes in the output of go test -json. Lines that are no JSON, as of a
// tool that go test ran, are passed on.
func (s *summary) read(r io.Reader) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 64<<20) // a line is one write of a test: allow for a dump
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Fprintln(s.w, lines.Text())
			continue
		}
		s.take(e)
	}
	return lines.Err()
}

func (s *summary) take(e event) {
	if e.Action == "build-output" {
		s.keep(test{e.ImportPath, ""}, e.Output)
		return
	}
	t := test{e.Package, e.Test}
	switch {
	case e.Action == "output":
		s.keep(t, e.Output)
	case e.Action != "pass" && e.Action != "fail" && e.Action != "skip":
	case e.Test == "":
		s.packageEnded(e)
	default:
		s.testEnded(t, e)
	}
}

func (s *summary) keep(t test, text string) {
	if s.output[t] == nil {
		s.output[t] = &strings.Builder{}
	}
	s.output[t].WriteString(text)
}

func (s *summary) testEnded(t test, e event) {
	text := s.drop(t)
	s.seen[t] = struct{}{}
	show := s.verbose && !strings.Contains(t.name, "/")
	switch e.Action {
	case "pass":
		s.totals.passed++
		s.passing[t.pkg]++
	case "fail":
		s.totals.failed++
		s.failing[t.pkg] = true
		show = true
	case "skip":
		s.totals.skipped++
		show = true
	}
	if show {
		fmt.Fprintf(s.w, "  %-4s  %s %s (%.1f s)\n", e.Action, t.pkg, t.name, e.Elapsed)
	}
	if e.Action != "pass" {
		s.print(text)
	}
}

// packageEnded counts a failure of its own for a package that failed without a
// failed test: it did not build, or it died.
func (s *summary) packageEnded(e event) {
	word := "ok"
	if e.Action == "fail" {
		word = "FAIL"
	}
	fmt.Fprintf(s.w, "%-4s  %s  %d passed (%.1f s)\n", word, e.Package, s.passing[e.Package], e.Elapsed)
	text := s.drop(test{e.Package, ""})
	if e.Action != "fail" {
		return
	}
	s.print(s.drop(test{e.FailedBuild, ""}))
	s.print(text) // names the seed of the shuffle, too
	if !s.failing[e.Package] {
		s.totals.failed++
		s.cut(e.Package)
	}
}

// cut shows the tests of a package that had begun and never ended.
func (s *summary) cut(pkg string) {
	for t := range s.output {
		if t.pkg == pkg {
			fmt.Fprintf(s.w, "  cut   %s %s\n", t.pkg, t.name)
			s.print(s.drop(t))
		}
	}
}

func (s *summary) drop(t test) string {
	b := s.output[t]
	delete(s.output, t)
	if b == nil {
		return ""
	}
	return b.String()
}

// print shows what a test wrote, without the lines that only frame it.
func (s *summary) print(text string) {
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "=== ") {
			fmt.Fprint(s.w, "        ", strings.TrimSuffix(line, "\n"), "\n")
		}
	}
}

// exited notes that go test itself ended with an error. With no failure to
// show for it, that is one.
func (s *summary) exited(code int) {
	if s.totals.failed == 0 {
		fmt.Fprintf(s.w, "FAIL  go test ended with exit code %d\n", code)
		s.totals.failed++
	}
}

// close counts each expected test that never ended as failed, and returns the
// totals.
func (s *summary) close(expected tests) totals {
	lost := map[string][]string{}
	for t := range expected {
		if _, ok := s.seen[t]; !ok {
			lost[t.pkg] = append(lost[t.pkg], t.name)
			s.totals.failed++
		}
	}
	for _, pkg := range slices.Sorted(maps.Keys(lost)) {
		fmt.Fprintf(s.w, "FAIL  %s  did not run: %s\n", pkg, strings.Join(slices.Sorted(slices.Values(lost[pkg])), " "))
	}
	return s.totals
}
