package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"glennline/config"
	"glennline/ops/backup"
	"glennline/ops/datadir"
	"glennline/ops/rebuild"
	"glennline/ops/tombstone"
	"glennline/ops/witness"
	"glennline/petition/sqlite"
)

type rebuildOptions struct {
	apply, asJSON bool
}

func newRebuildCommand(g *globals) *cobra.Command {
	var opts rebuildOptions
	cmd := &cobra.Command{
		Use:   "rebuild",
		Short: "Make the database anew where it is damaged or lost",
		Long: `Makes a new database from what can still be read of the damaged one, the recordings
in the archive, the journal, Asterisk's event log, and what people decided, as the
audit chain's file has it. Voices are measured anew. What none of them knows is not
made up: a recording whose caller, line or notice is lost goes to review, and is not
counted until somebody decides. Where there is a backup, 'glennline restore' brings
back more.

Without --apply it shows what would be made and changes nothing. With it, the
damaged database is moved aside, into the data folder's damaged/, and never
deleted. The service must not be running; 'glennline reconcile' tells afterwards
what is left.

Exit codes: 0 shown or made; 1 could not be done; 2 wrong use, or nothing to
rebuild; 3 made or shown, and something had to be left out.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runRebuild(cmd.Context(), cmd.OutOrStdout(), g, opts)
		},
	}
	cmd.Flags().BoolVar(&opts.apply, "apply", false, "make it, and move the damaged one aside")
	cmd.Flags().BoolVar(&opts.asJSON, "json", false, "the report as a JSON object")
	return cmd
}

func runRebuild(ctx context.Context, out io.Writer, g *globals, opts rebuildOptions) error {
	file, err := g.settings()
	if err != nil {
		return err
	}
	dir, err := datadir.Used(file.Data)
	if err != nil {
		return usage(err)
	}
	if err := backup.Half(dir); err != nil {
		return err
	}
	switch _, err := rebuild.Damage(ctx, dir); { // before anything is made, such as the lock
	case errors.Is(err, rebuild.ErrSound), errors.Is(err, sqlite.ErrOlderSchema):
		return usage(err)
	case err != nil:
		return err
	}
	who, err := actor()
	if err != nil {
		return err
	}
	unlock, err := dir.Lock()
	if err != nil {
		return err
	}
	defer unlock()
	erased, err := tombstone.Load(dir.Tombstones())
	if err != nil {
		return err
	}
	looked, stop := showLooked()
	report, err := rebuild.Run(ctx, rebuild.Config{
		Dir:        dir,
		Witness:    eventLog(file, dir),
		Actor:      who,
		Tombstones: erased,
		Thresholds: thresholds(file),
		Apply:      opts.apply,
		Progress:   looked,
		Log:        zap.NewNop(),
	})
	stop()
	if err != nil {
		return err
	}
	if opts.asJSON {
		err = json.NewEncoder(out).Encode(report)
	} else {
		err = printRebuild(out, dir, report)
	}
	if err == nil && len(report.Refused) > 0 {
		err = errLeft
	}
	return err
}

// eventLog is where Asterisk writes its event log: our own, or the one that the
// configuration names, if it does.
func eventLog(file config.File, dir datadir.Dir) witness.Log {
	if _, err := os.Stat(dir.Asterisk()); err == nil {
		return witnessLog(dir)
	}
	return witness.Log{Path: file.Witness, Shared: true}
}

func printRebuild(out io.Writer, dir datadir.Dir, r rebuild.Report) error {
	fmt.Fprintf(out, "the database:   %s\n", r.Damage)
	if r.Salvaged+r.Gaps > 0 {
		fmt.Fprintf(out, "still readable: %s; in %s not\n", several(r.Salvaged, "call"), several(r.Gaps, "place"))
	}
	fmt.Fprintf(out, "the journal:    %s\n", entries(r.Journal))
	fmt.Fprintf(out, "Asterisk's log: %s\n", several(r.Channels, "line"))
	fmt.Fprintf(out, "the archive:    %s, %d of them known with their endings, %d from Asterisk's log\n", several(r.Recordings, "recording"), r.Known, r.Witnessed)
	for _, left := range r.Refused {
		fmt.Fprintf(out, "left out:       %s\n", left)
	}
	fmt.Fprintf(out, "decisions:      %d\n", r.Decisions)
	if r.TakenBack > 0 {
		fmt.Fprintf(out, "taken back:     dedupe, of %s\n", several(r.TakenBack, "signature"))
	}
	fmt.Fprintf(out, "side figures:   %d, without texts and sources\n", r.KPIs)
	fmt.Fprintf(out, "a new one has   %s, %s counted, %d to review\n", several(r.Calls, "call"), several(r.Counted, "signature"), r.Review)
	verdict := "nothing was changed: --apply makes it"
	if r.Applied {
		verdict = "made: start the service, or run 'glennline reconcile --data " + string(dir) + "'"
		if r.Aside != "" {
			verdict += "; the damaged one is in " + r.Aside
		}
	}
	_, err := fmt.Fprintln(out, verdict)
	return err
}
