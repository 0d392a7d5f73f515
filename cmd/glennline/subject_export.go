package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"glennline/ops/copies"
	"glennline/ops/datadir"
	"glennline/ops/outfile"
	"glennline/ops/subject"
	"glennline/petition"
	"glennline/petition/sqlite"
)

func newSubjectExportCommand(g *globals) *cobra.Command {
	var w whose
	var into string
	cmd := &cobra.Command{
		Use:   "export --into DIR",
		Short: "Give a person what is stored about them",
		Long: `Writes what is stored about a person into a new folder: the document stored.json
and each recording as a WAV file. That it was handed out is written to the audit
chain, and 'glennline subject erase' will name the folder. A recording that is
confidential is left out, unless the configuration names whoever gives the
command under professionals.

` + whoseHelp + `
Exit codes: 0 written; 1 could not be done; 2 wrong use, or nothing is stored;
3 written, and a recording was left out, as the document says.`,
		Args: noNumber,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if into == "" {
				return usage(errors.New("name the new folder with --into"))
			}
			if _, err := os.Lstat(into); err == nil {
				return usage(fmt.Errorf("%s %w: name a folder that does not exist", into, subject.ErrTarget))
			}
			if err := unix.Access(filepath.Dir(filepath.Clean(into)), unix.W_OK|unix.X_OK); err != nil { // before the audit chain says that it was handed out
				return usage(fmt.Errorf("%s: %w (%w): name a new folder where this user may write", into, outfile.ErrTarget, err))
			}
			return runSubjectExport(cmd, g, w, into)
		},
	}
	w.flags(cmd, g)
	cmd.Flags().StringVar(&into, "into", "", "the new `folder`")
	return cmd
}

func runSubjectExport(cmd *cobra.Command, g *globals, w whose, into string) error {
	m, err := g.ask(cmd, w)
	if err != nil {
		return err
	}
	into, err = filepath.Abs(into)
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	return g.change(ctx, func(dir datadir.Dir, db *sqlite.DB) error {
		rows, err := m.find(ctx, db)
		if errors.Is(err, subject.ErrNothing) {
			err = usage(err)
		}
		if err != nil {
			return err
		}
		unsettled, err := m.settled(ctx, db, rows)
		if err != nil {
			return err
		}
		source, err := m.source(db)
		if err != nil {
			return err
		}
		dossier, err := source.Describe(ctx, rows, time.Now())
		if err != nil {
			return err
		}
		if err := m.note(ctx, db, petition.AuditExport, rows); err != nil {
			return err
		}
		made := copies.Copy{Kind: copies.Subject, Path: into, At: time.Now(), Actor: m.who, Holds: copies.Voices}
		for _, row := range rows {
			made.Voices = append(made.Voices, row.Call.ID)
		}
		if err := copies.Record(dir.Copies(), made); err != nil {
			return err
		}
		if err := subject.Export(&dossier, into); err != nil {
			return fmt.Errorf("%w; %s was not written", noRoom(err), filepath.Base(into))
		}
		if late := unsettled.String(); late != "" {
			fmt.Fprintln(cmd.ErrOrStderr(), "not in it yet: "+late)
		}
		return tellExport(cmd, into, dossier)
	})
}

// tellExport says what was written, and what was not.
func tellExport(cmd *cobra.Command, into string, d subject.Dossier) error {
	recordings, left := 0, 0
	for _, call := range d.Calls {
		switch r := call.Recording; {
		case r == nil, r.LeftOut == subject.LeftPurged:
		case r.LeftOut == "":
			recordings++
		default:
			left++
			fmt.Fprintf(cmd.OutOrStdout(), "left out  %s: %s\n", call.ID, leftOut[r.LeftOut])
		}
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s and %s in %s\n", several(len(d.Calls), "call"), several(recordings, "recording"), into)
	if err == nil && left > 0 {
		err = errLeft
	}
	return err
}

var leftOut = map[string]string{
	subject.LeftConfidential: "it is confidential: somebody whom the configuration names under professionals has to export it",
	subject.LeftMissing:      "its file is missing: run glennline reconcile",
	subject.LeftDamaged:      "its file is not what was archived: run glennline reconcile --verify-hashes",
}
