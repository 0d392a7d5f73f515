package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"glennline/config"
	"glennline/petition/sqlite"
)

// lineFlag refuses the name of a line that is neither in the configuration nor
// has had a call: what is mistyped is not to be taken for a line on which nobody
// signed.
func lineFlag(ctx context.Context, file config.File, db *sqlite.DB, name string) error {
	var known []string
	for _, line := range file.Lines {
		known = append(known, line.Name)
	}
	if name == "" || slices.Contains(known, name) {
		return nil
	}
	if had, err := db.HasLine(ctx, name); had || err != nil {
		return err
	}
	had, err := db.Lines(ctx)
	if err != nil {
		return err
	}
	for _, line := range had {
		if !slices.Contains(known, line) {
			known = append(known, line)
		}
	}
	return usage(fmt.Errorf("--line %q: no call came on such a line, and the configuration has none of that name: write one of %s", name, strings.Join(known, ", ")))
}

// knownLine is lineFlag for a command that has not read the configuration.
func (g *globals) knownLine(ctx context.Context, db *sqlite.DB, name string) error {
	if name == "" {
		return nil
	}
	file, err := g.settings()
	if err != nil {
		return err
	}
	return lineFlag(ctx, file, db, name)
}
