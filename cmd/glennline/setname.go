package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"glennline/ops/datadir"
	"glennline/petition/sqlite"
)

// longestName is more than anybody is called, in characters.
const longestName = 200

// runSetName notes the name that somebody heard in a recording.
func runSetName(cmd *cobra.Command, g *globals, args []string, opts setOptions) error {
	switch {
	case opts.conditions || opts.status != "" || opts.reason != "" || cmd.Flags().Changed("undo"):
		return usage(errors.New("--name is what was heard in one recording: leave out --status, --reason, --undo and conditions"))
	case len(args) != 1:
		return usage(fmt.Errorf("--name is what was heard in one recording: name it by its ID, got %d", len(args)))
	}
	who, err := actor()
	if err != nil {
		return err
	}
	file, err := g.settings()
	if err != nil {
		return err
	}
	name, err := typedName(cmd, opts.name)
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	return g.change(ctx, func(_ datadir.Dir, db *sqlite.DB) error {
		row, err := findCall(ctx, db, args[0])
		if err != nil {
			return err
		}
		own, same, err := db.Confidential(ctx, row.Call.ID)
		if err != nil {
			return err
		}
		if (own || same) && !slices.Contains(file.Professionals, who) {
			return usage(secluded(row.Call.ID, own, who))
		}
		changed, err := db.SetName(ctx, row.Call.ID, name, who)
		if err != nil {
			return err
		}
		told := "now has the name that you typed; to remove it: glennline set " + row.Call.ID + " --name ''"
		switch {
		case !changed:
			told = "has that name already, nothing was changed"
			if name == "" {
				told = "has no name, nothing was changed"
			}
		case name == "":
			told = "has no name any more"
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "signature %s %s\n", row.Call.ID, told)
		return err
	})
}

// typedName is the name as it is stored. "-" is for whoever wants no shell to keep
// it: it is asked for then, or read as a line from standard input.
func typedName(cmd *cobra.Command, name string) (string, error) {
	if name == "-" {
		if asked(cmd) {
			fmt.Fprint(cmd.ErrOrStderr(), "The name that was heard: ")
		}
		line, err := bufio.NewReader(io.LimitReader(cmd.InOrStdin(), longestAnswer)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		if name = strings.TrimSpace(line); name == "" {
			return "", usage(errors.New("no name: type it when asked, or pipe it in; to remove one, give --name ''"))
		}
	}
	name = strings.Join(strings.Fields(name), " ")
	switch {
	case !utf8.ValidString(name):
		return "", usage(errors.New("--name is not UTF-8: type it on a terminal with a UTF-8 locale"))
	case strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return "", usage(errors.New("--name has a character that cannot be printed: leave it out"))
	case utf8.RuneCountInString(name) > longestName:
		return "", usage(fmt.Errorf("--name has %d characters, more than %d: a name is meant, what else was heard belongs into no list", utf8.RuneCountInString(name), longestName))
	}
	return name, nil
}
