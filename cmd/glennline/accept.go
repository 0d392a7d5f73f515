package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"glennline/ops/datadir"
	"glennline/petition"
	"glennline/petition/sqlite"
)

type acceptOptions struct {
	line, since, until string
	conditions         bool // one at least is given
	yes                bool
	undo               int64
}

func newAcceptCommand(g *globals) *cobra.Command {
	var opts acceptOptions
	cmd := &cobra.Command{
		Use:   "accept [ID...]",
		Short: "Accept voices for the handover, or undo that",
		Long: `Accepts voices, or all that count and meet every condition given, to be heard by
those to whom the phone is handed over: no other goes into the bundle of 'glennline
handover'. It changes no figure. Each is an entry of the audit chain, with the
login of who gives the command.

The number is told first and has to be confirmed, on the terminal or with --yes,
where more than one is meant; and how many of them nobody has heard through
'glennline play'. Each run has a number, by which --undo takes the whole of it
back. An acceptance is void for good once the signature becomes confidential,
rejected, withdrawn or a test, or the person is erased.

Exit codes: 0 done; 1 could not be done, or in part, as is then said; 2 wrong
use, not allowed or not confirmed, nothing was changed.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, name := range []string{"line", "since", "until"} {
				opts.conditions = opts.conditions || cmd.Flags().Changed(name)
			}
			switch {
			case cmd.Flags().Changed("undo"):
				return undoAccept(cmd, g, args, opts)
			case len(args) > 0 && opts.conditions:
				return usage(errors.New("accept takes IDs or conditions, and not both"))
			case len(args) == 0 && !opts.conditions:
				return usage(errors.New("name voices by their IDs, or give a condition such as --line or --since"))
			}
			return runAccept(cmd, g, args, opts)
		},
	}
	cmd.Flags().StringVar(&opts.line, "line", "", "those of this `line`")
	cmd.Flags().StringVar(&opts.since, "since", "", "those that called at this `moment` or later; UTC unless it has a zone")
	cmd.Flags().StringVar(&opts.until, "until", "", "those that called before this `moment`")
	cmd.Flags().BoolVar(&opts.yes, "yes", false, "do not ask")
	cmd.Flags().Int64Var(&opts.undo, "undo", 0, "take back the `run` with this number")
	completeFlag(cmd, "line", g.lineNames)
	return cmd
}

func runAccept(cmd *cobra.Command, g *globals, args []string, opts acceptOptions) error {
	who, err := actor()
	if err != nil {
		return err
	}
	ctx, errs := cmd.Context(), cmd.ErrOrStderr()
	ids, err := g.acceptable(ctx, errs, args, opts)
	if err != nil || len(ids) == 0 {
		return err
	}
	unheard, err := g.unheard(ctx, ids)
	if err != nil {
		return err
	}
	if len(args) != 1 {
		if err := confirm(cmd.InOrStdin(), errs, len(ids), opts.yes, "be accepted for the handover"+unheard); err != nil {
			return err
		}
	}
	return g.change(ctx, func(_ datadir.Dir, db *sqlite.DB) error {
		run, err := db.Accept(ctx, ids, who)
		if run > 0 && err != nil {
			return fmt.Errorf("run %d was broken off; take back what it did with --undo %d: %s", run, run, err.Error())
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s accepted for the handover%s, run %d; to take it back: glennline accept --undo %d\n",
			several(len(ids), "voice"), unheard, run, run)
		return err
	})
}

// acceptable are the signatures that are meant and can be accepted. Those that are
// named by their ids have to be, each of them, or nothing is shown or done.
func (g *globals) acceptable(ctx context.Context, errs io.Writer, args []string, opts acceptOptions) (ids []string, err error) {
	filter := sqlite.Filter{Line: opts.line, Status: petition.StatusCounted}
	if filter.Since, filter.Until, err = span(opts.since, opts.until); err != nil {
		return nil, err
	}
	_, db, err := g.openLedger(ctx)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if err := g.knownLine(ctx, db, opts.line); err != nil {
		return nil, err
	}
	if len(args) > 0 {
		var refused []error
		seen := make(map[string]bool)
		for _, arg := range args {
			row, err := findCall(ctx, db, arg)
			if err != nil {
				return nil, err
			}
			if seen[row.Call.ID] {
				continue
			}
			seen[row.Call.ID] = true
			if err := db.Acceptable(ctx, row.Call.ID); err != nil {
				refused = append(refused, err)
			}
			ids = append(ids, row.Call.ID)
		}
		if len(refused) > 0 {
			return nil, cannotAccept(refused, len(ids))
		}
	} else {
		accepted, err := db.Accepted(ctx)
		if err != nil {
			return nil, err
		}
		err = db.Signatures(ctx, filter, func(row sqlite.SignatureRow) error {
			if !accepted[row.Call.ID] {
				ids = append(ids, row.Call.ID)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		if len(ids) == 0 {
			fmt.Fprintln(errs, "no signature that counts and is not accepted yet meets the conditions; nothing was changed")
			return nil, nil
		}
	}
	return ids, nil
}

// cannotAccept is one line about those of n voices that cannot be accepted. Each of
// the errors stays to be found in it.
func cannotAccept(refused []error, n int) error {
	err := refused[0]
	for _, e := range refused[1:min(len(refused), 5)] {
		err = fmt.Errorf("%w; %w", err, e)
	}
	if n > 1 {
		err = fmt.Errorf("%d of %s cannot be accepted, and nothing was changed: %w", len(refused), several(n, "voice"), err)
	}
	return err
}

// unheard says how many of the recordings nobody has heard, "" for none.
func (g *globals) unheard(ctx context.Context, ids []string) (string, error) {
	_, db, err := g.openLedger(ctx)
	if err != nil {
		return "", err
	}
	defer db.Close()
	n, err := db.Unheard(ctx, ids)
	if err != nil || n == 0 {
		return "", err
	}
	return fmt.Sprintf(" (%d never heard through glennline play)", n), nil
}

func undoAccept(cmd *cobra.Command, g *globals, args []string, opts acceptOptions) error {
	if len(args) > 0 || opts.conditions {
		return usage(errors.New("--undo takes a whole run back: leave out IDs and conditions"))
	}
	who, err := actor()
	if err != nil {
		return err
	}
	return g.change(cmd.Context(), func(_ datadir.Dir, db *sqlite.DB) error {
		n, err := db.UndoAccept(cmd.Context(), opts.undo, who)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "run %d is taken back, of %s\n", opts.undo, several(n, "voice"))
		return err
	})
}
