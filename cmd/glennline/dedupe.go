package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"glennline/ops/datadir"
	"glennline/petition/sqlite"
)

type dedupeOptions struct {
	apply  bool
	asJSON bool
	undo   int64
}

func newDedupeCommand(g *globals) *cobra.Command {
	var opts dedupeOptions
	cmd := &cobra.Command{
		Use:   "dedupe",
		Short: "Show which signatures belong together, and judge them anew",
		Long: `Shows the groups of signatures that belong together: exactly the same recording,
the same mobile telephone, the same fixed or other line; and what the rule would
change in them. Signatures are compared as they come in, so that there is
nothing to change unless rows came in some other way.

With --apply the changes are made, in short transactions beside the service,
under the number of a run; a second time changes nothing. --undo takes a run
back as a whole: each signature gets the status again that it had before, until
the next one that arrives in its group.

Exit codes: 0 done; 1 could not be done, or in part, as is then said; 2 wrong
use, nothing was changed.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, out := cmd.Context(), cmd.OutOrStdout()
			switch undo := cmd.Flags().Changed("undo"); {
			case undo && opts.apply:
				return usage(errors.New("--apply and --undo are opposites: give one of them"))
			case undo:
				return undoDedupe(ctx, out, g, opts.undo)
			case opts.apply:
				return applyDedupe(ctx, out, g, opts)
			}
			return g.groups(ctx, out, cmd.ErrOrStderr(), opts)
		},
	}
	cmd.Flags().BoolVar(&opts.apply, "apply", false, "make the changes")
	cmd.Flags().BoolVar(&opts.asJSON, "json", false, "an object a group; with --apply one of the run")
	cmd.Flags().Int64Var(&opts.undo, "undo", 0, "take back the `run` with this number")
	return cmd
}

// groupJSON is a group as `dedupe --json` prints it. It is a contract: keys are
// added, never renamed or removed.
type groupJSON struct {
	Kind    string       `json:"kind"` // same_audio, same_mobile, household, same_line, alone
	First   string       `json:"first"`
	IDs     []string     `json:"ids"` // First too, in order
	Changes []changeJSON `json:"changes"`
}

type changeJSON struct {
	ID          string `json:"id"`
	From        string `json:"from"`
	To          string `json:"to"`
	Reason      string `json:"status_reason"`
	DuplicateOf string `json:"duplicate_of"`
}

func (g *globals) groups(ctx context.Context, out, errs io.Writer, opts dedupeOptions) error {
	_, db, err := g.openLedger(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	enc := json.NewEncoder(out)
	groups, signatures, changes := 0, 0, 0
	err = db.Groups(ctx, func(group sqlite.Group) error {
		groups++
		signatures += len(group.IDs)
		changes += len(group.Changes)
		if opts.asJSON {
			return enc.Encode(groupToJSON(group))
		}
		return printGroup(out, group)
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(errs, "%s of %s; --apply would make %s\n",
		several(groups, "group"), several(signatures, "signature"), several(changes, "change"))
	return nil
}

func groupToJSON(group sqlite.Group) groupJSON {
	j := groupJSON{Kind: group.Kind, First: group.First, IDs: group.IDs, Changes: []changeJSON{}}
	for _, c := range group.Changes {
		j.Changes = append(j.Changes, changeJSON{c.ID, string(c.From.Status), string(c.To.Status), c.To.Reason, c.To.Of})
	}
	return j
}

func printGroup(out io.Writer, group sqlite.Group) error {
	_, err := fmt.Fprintf(out, "%-11s  %s  %s\n", group.Kind, group.First, several(len(group.IDs), "signature"))
	for _, c := range group.Changes {
		to := string(c.To.Status)
		if c.To.Of != "" {
			to += " of " + c.To.Of
		}
		fmt.Fprintf(out, "    %s  %s to %s (%s)\n", c.ID, c.From.Status, to, c.To.Reason)
	}
	return err
}

// dedupedJSON is what `dedupe --apply --json` prints.
type dedupedJSON struct {
	Run     int64 `json:"run"` // 0 if there was nothing to change
	Changed int   `json:"changed"`
}

func applyDedupe(ctx context.Context, out io.Writer, g *globals, opts dedupeOptions) error {
	who, err := actor()
	if err != nil {
		return err
	}
	return g.change(ctx, func(_ datadir.Dir, db *sqlite.DB) error {
		run, changed, err := db.Dedupe(ctx, who)
		switch {
		case err != nil && run > 0:
			return fmt.Errorf("run %d was broken off after %s; go on with --apply, or take it back with --undo %d: %w",
				run, several(changed, "change"), run, err)
		case err != nil:
			return err
		case opts.asJSON:
			return json.NewEncoder(out).Encode(dedupedJSON{run, changed})
		case run == 0:
			_, err = fmt.Fprintln(out, "nothing to change")
			return err
		}
		_, err = fmt.Fprintf(out, "%s made, run %d; to take it back: glennline dedupe --undo %d\n", several(changed, "change"), run, run)
		return err
	})
}

func undoDedupe(ctx context.Context, out io.Writer, g *globals, run int64) error {
	who, err := actor()
	if err != nil {
		return err
	}
	return g.change(ctx, func(_ datadir.Dir, db *sqlite.DB) error {
		undone, err := db.UndoDedupe(ctx, run, who)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "run %d is taken back, of %s\n", run, several(undone, "signature"))
		return err
	})
}
