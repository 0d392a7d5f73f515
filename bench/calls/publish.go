package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// published are the figures from which the documentation's tables are made, and
// pages those that have some.
const published = "bench/results/calls.json"

var pages = []string{"docs/capacity.md", "docs/profiles.md"}

// readReport reads what write has written and summarises it anew.
func readReport(path string) (*report, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var r report
	if err := json.Unmarshal(raw, &r); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
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
	if err := r.write(published); err != nil {
		return err
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			return err
		}
		filled, err := r.fill(string(text))
		if err != nil {
			return fmt.Errorf("%s: %w", page, err)
		}
		if err := os.WriteFile(page, []byte(filled), 0o644); err != nil {
			return err
		}
		fmt.Println(filepath.Clean(page))
	}
	return nil
}

const sectionEnd = "<!-- end -->"

// fill puts the tables between their marks, <!-- bench-calls: NAME --> and
// <!-- end -->.
func (r *report) fill(page string) (string, error) {
	found := false
	for _, s := range sections {
		mark := "<!-- bench-calls: " + s.name + " -->"
		before, rest, ok := strings.Cut(page, mark)
		if !ok {
			continue
		}
		_, after, ok := strings.Cut(rest, sectionEnd)
		if !ok {
			return "", fmt.Errorf("%s has no %s", mark, sectionEnd)
		}
		page, found = before+mark+"\n"+s.of(r)+"\n"+sectionEnd+after, true
	}
	if !found {
		return "", errors.New("no table's mark is in it")
	}
	return page, nil
}
