package main

import (
	"fmt"
	"os"

	"glennline/bench/page"
)

// benchmark is the name in the marks of its tables.
const benchmark = "bench-calls"

// published are the figures from which the documentation's tables are made, and
// pages those that have some.
const published = "bench/results/calls.json"

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

// publish takes figures over into the documentation.
func publish(path string) error {
	r, err := readReport(path)
	if err != nil {
		return err
	}
	if r.BrokenOff != "" {
		return fmt.Errorf("%s was broken off: %s", path, r.BrokenOff)
	}
	// Elsewhere there is no page, and a copy would be left where nobody looks for it.
	if _, err := os.Stat(pages[0]); err != nil {
		return fmt.Errorf("run it from the project's folder: %w", err)
	}
	if err := r.write(published); err != nil {
		return err
	}
	return page.Publish(pages, benchmark, r.sections())
}
