package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"glennline/ops/copies"
	"glennline/ops/datadir"
	"glennline/ops/subject"
	"glennline/petition"
	"glennline/petition/sqlite"
)

func newSubjectShowCommand(g *globals) *cobra.Command {
	var w whose
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show",
		Short: "What is stored about a person",
		Long: `Shows every call of a person with what is stored of it, and which backups and
exports were made since. That it was shown is written to the audit chain.

` + whoseHelp + `
Exit codes: 0 shown, also that nothing is stored; 1 could not be read; 2 wrong use.`,
		Args: noNumber,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runSubjectShow(cmd, g, w, asJSON)
		},
	}
	w.flags(cmd, g)
	cmd.Flags().BoolVar(&asJSON, "json", false, "the document that export writes")
	return cmd
}

func runSubjectShow(cmd *cobra.Command, g *globals, w whose, asJSON bool) error {
	m, err := g.ask(cmd, w)
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	return g.change(ctx, func(dir datadir.Dir, db *sqlite.DB) error {
		rows, nothing := m.find(ctx, db)
		if nothing != nil && !errors.Is(nothing, subject.ErrNothing) {
			return nothing
		}
		unsettled, err := m.settled(ctx, db, rows)
		if err != nil {
			return err
		}
		source, err := m.source(db)
		if err != nil {
			return err
		}
		if err := m.note(ctx, db, petition.AuditShow, rows); err != nil {
			return err // and nobody sees what is not written down
		}
		dossier, err := source.Describe(ctx, rows, time.Now())
		if err != nil {
			return err
		}
		switch {
		case asJSON:
			err = json.NewEncoder(cmd.OutOrStdout()).Encode(dossier)
		case nothing != nil:
			_, err = fmt.Fprintln(cmd.OutOrStdout(), nothing)
		default:
			err = printDossier(cmd.OutOrStdout(), dir, rows, dossier)
		}
		if late := unsettled.String(); late != "" {
			fmt.Fprintln(cmd.ErrOrStderr(), "not in it yet: "+late)
		}
		return err
	})
}

func printDossier(out io.Writer, dir datadir.Dir, rows []sqlite.CallRow, d subject.Dossier) error {
	for i, row := range rows {
		s := detail(row)
		s.callJSON = toJSON(dir, row)
		if r := d.Calls[i].Recording; r != nil && r.LeftOut != "" {
			s.WAV = ""
		}
		if sig := d.Calls[i].Signature; sig != nil {
			s.TypedName = sig.TypedName
		}
		if err := printDetail(out, s); err != nil {
			return err
		}
		fmt.Fprintln(out)
	}
	recordings := 0
	for _, call := range d.Calls {
		if call.Recording != nil && call.Recording.LeftOut != subject.LeftPurged {
			recordings++
		}
	}
	_, err := fmt.Fprintf(out, "%s, %s\n", several(len(rows), "call"), several(recordings, "recording"))
	printOutside(out, d.Copies)
	return err
}

// printOutside tells of copies that may hold the person too.
func printOutside(out io.Writer, all []subject.Outside) {
	for _, c := range all {
		fmt.Fprintf(out, "also in   %-8s %s, of %s: %s%s\n", c.Kind, printable(c.Path), c.At.Format(time.RFC3339), holding(c), until(c))
	}
}

// holding says what a copy has of a person.
func holding(c subject.Outside) string {
	switch c.Holds {
	case subject.HoldsVoice:
		return "the voice"
	case subject.HoldsRow:
		return "a row without the voice, if it left then"
	case subject.HoldsPerhaps:
		return "a row, and perhaps the voice"
	}
	return "all that was stored"
}

// until says when a copy has to go.
func until(c subject.Outside) string {
	switch {
	case c.Kind == string(copies.Subject):
		return "; it was made for the person"
	case c.Expires == nil:
		return "; no date by which it goes is known: ask whoever has it"
	}
	return toGo(c.Expires)
}

func toGo(expires *time.Time) string {
	if expires == nil {
		return "; no date by which it goes is known"
	}
	return "; to be erased by " + expires.Format(time.DateOnly)
}
