package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"glennline/bench/page"
)

// benchmark is the name in the marks of its tables.
const benchmark = "bench-calls"

// published are the figures from which the documentation's tables are made, and
// pages those that have some.
const published = "bench/results/calls.json"

// fewestPairs are those from which a median may be told.
const fewestPairs = 5

var pages = []string{"docs/capacity.md", "docs/profiles.md"}

// readReport reads what write has written and summarises it anew.
func readReport(path string) (*report, error) {
	var r report
	if err := page.ReadFigures(path, &r); err != nil {
		return nil, err
	}
	if len(r.Samples) == 0 {
		return nil, fmt.Errorf("%s holds no runs: name a file that bench-calls wrote", path)
	}
	r.summarise()
	return &r, nil
}

// publishable says why figures are not those that the documentation may show.
func (r *report) publishable() error {
	if r.Pairs < fewestPairs {
		return fmt.Errorf("%d pairs of runs, and it takes %d", r.Pairs, fewestPairs)
	}
	for text := range strings.SplitSeq(judgedRates, ",") {
		l, err := readLoad(text, usualLength)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(r.compared(), func(s summary) bool { return s.Rate == l.Rate && s.Length == l.Length.Seconds() }) {
			return fmt.Errorf("without %s, which everybody answers", l)
		}
	}
	if err := r.Machine.Committed(); err != nil {
		return err
	}
	return r.lost()
}

// publish takes figures over into the documentation.
func publish(path string) error {
	r, err := readReport(path)
	if err != nil {
		return err
	}
	if r.BrokenOff != "" {
		return fmt.Errorf("%s was broken off: %s", path, r.BrokenOff)
	}
	if err := r.publishable(); err != nil {
		return fmt.Errorf("%s is not for the documentation: %w", path, err)
	}
	// Elsewhere there is no page, and a copy would be left where nobody looks for it.
	if _, err := os.Stat(pages[0]); err != nil {
		return fmt.Errorf("run it from the project's folder: %w", err)
	}
	return page.Publish(pages, benchmark, r.sections(), func() error { return r.write(published) })
}
