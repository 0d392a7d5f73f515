package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"glennline/ops/copies"
	"glennline/ops/datadir"
	"glennline/ops/subject"
	"glennline/petition/sqlite"
)

type eraseOptions struct {
	whose
	apply, asJSON bool
	backups       []string
}

func newSubjectEraseCommand(g *globals) *cobra.Command {
	var opts eraseOptions
	cmd := &cobra.Command{
		Use:   "erase",
		Short: "Erase a person",
		Long: `Without --apply shows what would be erased. With it, recordings and identity of
every call of the person go from the archive, the spool, the quarantine, the
database and its log, the journal, and from the backups that can be reached:
those that were made from this data folder, and those named with --backup. That
there were calls, when, and on which line, stays. It cannot be undone. On a
terminal it asks once more.

A tombstone for each call (tombstones.jsonl in the data folder) keeps it from
coming back, with a restored backup or in any other way: keep a copy of that file
with the secret. The receipt names what could not be reached, and when it goes.
Broken off, it is finished by the next one, and by 'glennline reconcile --apply'.

` + whoseHelp + `
Exit codes: 0 shown or erased; 1 could not be done: a call is in progress and
nothing was changed, or it was broken off, as is then said; 2 wrong use, or
nothing is stored, nothing was changed; 3 erased here, and something is left that
the receipt names.`,
		Args: noNumber,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runSubjectErase(cmd, g, opts)
		},
	}
	opts.flags(cmd, g)
	cmd.Flags().BoolVar(&opts.apply, "apply", false, "erase")
	cmd.Flags().StringArrayVar(&opts.backups, "backup", nil, "a `folder` of a backup to erase from, too")
	cmd.Flags().BoolVar(&opts.asJSON, "json", false, "the receipt as a JSON object")
	return cmd
}

func runSubjectErase(cmd *cobra.Command, g *globals, opts eraseOptions) error {
	m, err := g.ask(cmd, opts.whose)
	if err != nil {
		return err
	}
	for i, path := range opts.backups {
		if opts.backups[i], err = filepath.Abs(path); err != nil {
			return err
		}
	}
	ctx, out, talk := cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr()
	return g.change(ctx, func(dir datadir.Dir, db *sqlite.DB) error {
		made, err := copies.List(dir.Copies())
		if err != nil {
			return err
		}
		rows, err := m.find(ctx, db)
		nothing := errors.Is(err, subject.ErrNothing)
		if err != nil && !nothing {
			return err
		}
		unsettled, unknown := m.settled(ctx, db, rows)
		if err := errors.Join(unknown, unsettled.Err()); err != nil {
			return err
		}
		eraser := subject.Eraser{
			Dir: dir, Spool: spoolOf(m.file, dir), Actor: m.who,
			Backups: opts.backups, Copies: made, Patience: patience, Now: time.Now,
		}
		if nothing {
			return m.finish(cmd, db, eraser, opts, err)
		}
		held, err := subject.Held(ctx, db, made, rows)
		if err != nil {
			return err
		}
		if !opts.apply {
			if err := previewErase(out, dir, rows, held); err != nil {
				return err
			}
			_, err := fmt.Fprintf(out, "%s would be erased, for good; nothing was changed: --apply does it\n", several(len(rows), "call"))
			return err
		}
		if err := m.confirmed(cmd, talk, dir, rows, held); err != nil {
			return err
		}
		receipt, err := eraser.Erase(ctx, db, rows)
		if err != nil {
			return fmt.Errorf("not to its end: run it again, which finishes it: %w", err)
		}
		return printReceipt(out, dir, receipt, opts.asJSON)
	})
}

// finish does what an erasure left that was broken off, and says that there is
// nothing else to erase.
func (m *matter) finish(cmd *cobra.Command, db *sqlite.DB, eraser subject.Eraser, opts eraseOptions, nothing error) error {
	if !opts.apply {
		return usage(nothing)
	}
	receipt, err := eraser.Erase(cmd.Context(), db, nil)
	switch {
	case err != nil:
		return err
	case len(receipt.Finished) == 0 && receipt.Files == 0:
		return usage(nothing)
	}
	fmt.Fprintln(cmd.ErrOrStderr(), "an erasure before was broken off: this one finishes it")
	return printReceipt(cmd.OutOrStdout(), m.dir, receipt, opts.asJSON)
}

// previewErase shows what would be erased.
func previewErase(out io.Writer, dir datadir.Dir, rows []sqlite.CallRow, held []subject.Outside) error {
	if err := printCalls(out, dir, rows); err != nil {
		return err
	}
	for _, c := range held {
		fate := holding(c) + "; cannot be reached from here" + until(c)
		if c.Kind == string(copies.Backup) {
			fate = "will be erased from, if it is there"
		}
		fmt.Fprintf(out, "%-8s  %s, of %s: %s\n", c.Kind, printable(c.Path), c.At.Format(time.RFC3339), fate)
	}
	return nil
}

func printCalls(out io.Writer, dir datadir.Dir, rows []sqlite.CallRow) error {
	p := newTablePrinter(out)
	for _, row := range rows {
		if err := p.print(toJSON(dir, row)); err != nil {
			return err
		}
	}
	return p.close()
}

// confirmed asks on a terminal.
func (m *matter) confirmed(cmd *cobra.Command, talk io.Writer, dir datadir.Dir, rows []sqlite.CallRow, held []subject.Outside) error {
	if !asked(cmd) {
		return nil
	}
	if err := previewErase(talk, dir, rows, held); err != nil {
		return err
	}
	fmt.Fprintf(talk, "%s will be erased, for good. Type the number to go on: ", several(len(rows), "call"))
	answer, err := m.in.ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if strings.TrimSpace(answer) != strconv.Itoa(len(rows)) {
		return usage(errors.New("not confirmed; nothing was changed"))
	}
	return nil
}

func printReceipt(out io.Writer, dir datadir.Dir, r subject.Receipt, asJSON bool) error {
	var err error
	if asJSON {
		err = json.NewEncoder(out).Encode(r)
	} else {
		err = writeReceipt(out, dir, r)
	}
	if err == nil && len(r.Left) > 0 {
		err = errLeft
	}
	return err
}

func writeReceipt(to io.Writer, dir datadir.Dir, r subject.Receipt) error {
	out := bufio.NewWriter(to)
	fmt.Fprintf(out, "erased on %s by %s\n", r.At.Format(time.RFC3339), r.Actor)
	for _, id := range append(r.Calls, r.Finished...) {
		fmt.Fprintf(out, "call      %s: voice, pseudonym, decisions and the key to the carrier's records\n", id)
	}
	fmt.Fprintf(out, "files     %d removed below %s\n", r.Files, dir)
	for _, b := range r.Backups {
		if b.Why == "" {
			fmt.Fprintf(out, "backup    %s: erased from it, %s removed\n", printable(b.Path), several(b.Files, "file"))
			continue
		}
		fmt.Fprintf(out, "NOT from  backup %s: %s%s\n", printable(b.Path), printable(b.Why), toGo(b.Expires))
	}
	for _, c := range r.Outside {
		fmt.Fprintf(out, "NOT from  %s %s, of %s: %s%s\n", c.Kind, printable(c.Path), c.At.Format(time.RFC3339), holding(c), until(c))
	}
	for _, left := range r.Left {
		fmt.Fprintf(out, "left      %s\n", printable(left))
	}
	fmt.Fprintf(out, "so that nothing comes back: keep a copy of %s with the secret\n", dir.Tombstones())
	return out.Flush()
}
