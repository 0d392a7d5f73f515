package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"glennline/ops/datadir"
	"glennline/petition"
	"glennline/petition/sqlite"
)

type countOptions struct {
	at     string
	freeze bool
	verify bool
	asJSON bool
}

func newCountCommand(g *globals) *cobra.Command {
	var opts countOptions
	cmd := &cobra.Command{
		Use:   "count",
		Short: "Print the number for the press",
		Long: `Prints how many calls and signatures there are and what they count for. None is
legally countable, and the configured legal text says why.

  calls           that came to glennline or the dialplan's own answering,
                  however they ended, also those to a number that no line has;
                  those that Asterisk refused are told by 'glennline report'
  messages        recordings that were left after the beep, whatever they count
                  for: the sum of counted and all statuses from blank on
  counted         signatures, of which
  distinct lines  from so many different telephone lines,
  withheld        with a number that the caller withheld,
  unknown         with one that is not known otherwise; nothing says that callers
                  whose number is withheld or unknown are different people
  blank           nothing is to be heard; each other status as 'glennline set' and
                  the README tell it

With --at, of the calls that had arrived before that moment. With --freeze the
figure is fixed in the audit chain and printed as a sentence in four languages;
for the same moment no other figure is ever printed, and what has changed since
is shown as a correction. With --verify all rows are counted and compared with
the counters.

Exit codes: 0 printed; 1 could not be read; 2 wrong use; 4 --verify found that
the counters do not agree with the rows.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if opts.verify && (opts.freeze || opts.at != "") {
				return usage(fmt.Errorf("--verify compares what stands now: leave out --at and --freeze"))
			}
			return runCount(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), g, opts)
		},
	}
	cmd.Flags().StringVar(&opts.at, "at", "", "as of this `moment`; UTC unless it has a zone")
	cmd.Flags().BoolVar(&opts.freeze, "freeze", false, "fix the figure, and print it as a sentence")
	cmd.Flags().BoolVar(&opts.verify, "verify", false, "count all rows and compare")
	cmd.Flags().BoolVar(&opts.asJSON, "json", false, "print as JSON")
	return cmd
}

// countJSON is what `count --json` prints. It is a contract: keys are added,
// never renamed or removed.
type countJSON struct {
	At time.Time `json:"at"` // UTC
	petition.Figure
	Countable   int              `json:"legally_countable"` // always 0
	Legal       string           `json:"legal"`
	Frozen      *frozenJSON      `json:"frozen"`      // null unless the figure is fixed
	Corrections *petition.Figure `json:"corrections"` // what to add to a fixed figure now; null where it is not fixed or nothing changed
}

type frozenJSON struct {
	Entry     int64             `json:"audit_entry"`
	Head      string            `json:"audit_head"` // before the entry
	Hash      string            `json:"audit_hash"` // of the entry
	Sentences map[string]string `json:"sentences"`  // by language
}

func runCount(ctx context.Context, out, errs io.Writer, g *globals, opts countOptions) error {
	at, err := momentFlag("at", opts.at)
	if err != nil {
		return err
	}
	now := now().UTC().Truncate(time.Millisecond)
	if at.After(now) {
		return usage(fmt.Errorf("--at %s is still to come", opts.at))
	}
	file, err := g.settings()
	if err != nil {
		return err
	}
	c := countJSON{At: at, Legal: file.Legal}
	if at.IsZero() {
		c.At = now
	}
	if opts.freeze {
		// The sentence tells whole seconds: of one second there is one figure.
		c.At = c.At.Truncate(time.Second)
		err = g.freeze(ctx, errs, &c)
	} else {
		err = g.count(ctx, errs, &c, at, opts.verify)
	}
	if err != nil {
		return err
	}
	if opts.asJSON {
		return json.NewEncoder(out).Encode(c)
	}
	return printCount(out, c, opts)
}

// freeze fixes the figure of c.At.
func (g *globals) freeze(ctx context.Context, errs io.Writer, c *countJSON) error {
	who, err := actor()
	if err != nil {
		return err
	}
	return g.change(ctx, func(dir datadir.Dir, db *sqlite.DB) error {
		tellWaiting(errs, dir)
		frozen, err := db.Freeze(ctx, c.At, who)
		if err != nil {
			return err
		}
		return c.fix(ctx, db, frozen)
	})
}

// count reads the figure of a moment, or of now if that is zero.
func (g *globals) count(ctx context.Context, errs io.Writer, c *countJSON, at time.Time, verify bool) error {
	dir, db, err := g.openLedger(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	tellWaiting(errs, dir)
	if verify {
		kept, counted, err := db.VerifyFigure(ctx)
		if err != nil {
			return fmt.Errorf("%w: %s", err, differ(kept, counted))
		}
	}
	if at.IsZero() {
		c.Figure, err = db.Figure(ctx)
		return err
	}
	frozen, err := db.Frozen(ctx, at)
	if err != nil {
		return err
	}
	if frozen != nil {
		return c.fix(ctx, db, frozen)
	}
	c.Figure, err = db.FigureAt(ctx, at)
	return err
}

// fix fills in a figure that is fixed, and what was changed since.
func (c *countJSON) fix(ctx context.Context, db *sqlite.DB, frozen *sqlite.Frozen) error {
	c.At, c.Figure = frozen.At, frozen.Figure
	c.Frozen = &frozenJSON{Entry: frozen.Entry.Seq, Head: frozen.Head, Hash: frozen.Entry.Hash, Sentences: sentences(c.At, c.Figure)}
	if frozen.New {
		return nil
	}
	current, err := db.FigureAt(ctx, c.At)
	if err != nil {
		return err
	}
	if current != c.Figure {
		corrections := difference(c.Figure, current)
		c.Corrections = &corrections
	}
	return nil
}

// part is a number of a figure, with what it is called.
type part struct {
	name string
	n    *int
}

func parts(f *petition.Figure) []part {
	return []part{
		{"calls", &f.Calls},
		{"messages", &f.Messages},
		{"counted", &f.Counted},
		{"distinct lines", &f.Lines},
		{"withheld", &f.Withheld},
		{"unknown", &f.Unknown},
		{"blank", &f.Blank},
		{"duplicates", &f.Duplicates},
		{"review", &f.Review},
		{"confidential", &f.Confidential},
		{"rejected", &f.Rejected},
		{"withdrawn", &f.Withdrawn},
		{"test", &f.Test},
	}
}

// difference is what to add to one figure to get the other.
func difference(from, to petition.Figure) petition.Figure {
	old := parts(&from)
	for i, p := range parts(&to) {
		*p.n -= *old[i].n
	}
	return to
}

// differ names the numbers of two figures that are not the same.
func differ(kept, counted petition.Figure) (text string) {
	other := parts(&counted)
	for i, p := range parts(&kept) {
		if *p.n != *other[i].n {
			text += fmt.Sprintf("%s %d, counted %d; ", p.name, *p.n, *other[i].n)
		}
	}
	return text + "no figure should be given out before the cause is known"
}

func printCount(out io.Writer, c countJSON, opts countOptions) error {
	if c.Frozen != nil {
		for _, language := range languages {
			fmt.Fprintf(out, "%s  %s\n", language, c.Frozen.Sentences[language])
		}
		fmt.Fprintf(out, "\nfixed as audit entry %d, after head %s\n", c.Frozen.Entry, c.Frozen.Head)
	}
	fmt.Fprintf(out, "as of %s\n", c.At.Format(time.RFC3339Nano))
	for _, p := range parts(&c.Figure) {
		fmt.Fprintf(out, "%8d  %s\n", *p.n, p.name)
	}
	fmt.Fprintf(out, "%8d  legally countable: %s\n", c.Countable, c.Legal)
	if c.Corrections != nil {
		fmt.Fprintln(out, "corrections since it was fixed:")
		for _, p := range parts(c.Corrections) {
			if *p.n != 0 {
				fmt.Fprintf(out, "%+8d  %s\n", *p.n, p.name)
			}
		}
	}
	if opts.verify {
		fmt.Fprintln(out, "the counters agree with the rows")
	}
	_, err := fmt.Fprint(out)
	return err
}
