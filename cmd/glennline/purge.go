package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"glennline/config"
	"glennline/ops/copies"
	"glennline/ops/datadir"
	"glennline/ops/retention"
	"glennline/petition"
	"glennline/petition/sqlite"
)

type purgeOptions struct{ apply, asJSON bool }

func newPurgeCommand(g *globals) *cobra.Command {
	var opts purgeOptions
	cmd := &cobra.Command{
		Use:   "purge",
		Short: "Remove what has been kept for long enough",
		Long: `Shows what is older than the configuration's retention allows, and removes it with
--apply, in short transactions beside the service, under an entry of the audit
chain. Recordings go by what they count for; pseudonyms when the line's last call
is old enough, SIP Call-IDs and typed names by their calls; Asterisk's event log by
its channels.

The figure does not change: what counted stays counted, duplicates stay
duplicates, and different lines stay different, under pseudonyms that belong to
nobody. Whoever calls again after that counts again, and cannot be found by the
number any more. What was purged cannot be made anew by 'glennline rebuild'.

Backups lose their copies with the next backup into the same folder. Those that
have expired are named: to remove them is for people.

Exit codes: 0 shown or removed, or nothing is due; 1 could not be done, or in part:
run it again; 2 wrong use; 3 something is left that people have to remove.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runPurge(cmd, g, opts)
		},
	}
	cmd.Flags().BoolVar(&opts.apply, "apply", false, "remove it")
	cmd.Flags().BoolVar(&opts.asJSON, "json", false, "the report as a JSON object")
	return cmd
}

func runPurge(cmd *cobra.Command, g *globals, opts purgeOptions) error {
	who, err := actor()
	if err != nil {
		return err
	}
	file, err := g.settings()
	if err != nil {
		return err
	}
	return g.change(cmd.Context(), func(dir datadir.Dir, db *sqlite.DB) error {
		made, err := copies.List(dir.Copies())
		if err != nil {
			return err
		}
		report, err := retention.Run(cmd.Context(), retention.Config{
			DB:      db,
			Dir:     dir,
			Policy:  policy(file.Retention),
			Witness: eventLog(file, dir),
			Copies:  made,
			Actor:   who,
			Apply:   opts.apply,
			Now:     time.Now,
		})
		if err != nil {
			return err
		}
		if opts.asJSON {
			err = json.NewEncoder(cmd.OutOrStdout()).Encode(report)
		} else {
			err = printPurge(cmd.OutOrStdout(), report, file.Retention == config.Retention{})
		}
		if err == nil && len(report.Left) > 0 {
			err = errLeft
		}
		return err
	})
}

// policy is the configured retention.
func policy(r config.Retention) retention.Policy {
	s := r.ByStatus
	p := retention.Policy{
		Recordings: map[petition.Status]time.Duration{
			petition.StatusCounted:      s.Counted,
			petition.StatusBlank:        s.Blank,
			petition.StatusDuplicate:    s.Duplicate,
			petition.StatusReview:       s.Review,
			petition.StatusConfidential: s.Confidential,
			petition.StatusRejected:     s.Rejected,
			petition.StatusWithdrawn:    s.Withdrawn,
			petition.StatusTest:         s.Test,
		},
		Quarantine: r.Recordings,
		Identity:   r.Pseudonyms,
		Witness:    r.Witness,
	}
	for status, kept := range p.Recordings {
		if kept == 0 {
			p.Recordings[status] = r.Recordings
		}
	}
	return p
}

// purged is how each kind of thing is told.
var purged = map[string]string{
	"recordings": "recordings",
	"quarantine": "files in the quarantine",
	"lines":      "telephone lines' pseudonyms",
	"call_ids":   "calls' SIP Call-IDs and typed names",
	"channels":   "channels of Asterisk's log",
	"logs":       "files of Asterisk's log",
}

func printPurge(out io.Writer, r retention.Report, unset bool) error {
	for _, item := range r.Items {
		what := purged[item.What]
		if item.Status != "" {
			what += ", " + item.Status
		}
		fmt.Fprintf(out, "%8d  %s, from before %s UTC\n", item.N, what, item.Before.UTC().Format(time.DateTime))
	}
	for _, left := range r.Left {
		fmt.Fprintf(out, "left      %s\n", printable(left))
	}
	verdict := "removed; the figure is what it was"
	switch {
	case unset:
		verdict = "everything is kept for ever: say for how long under retention in the configuration"
	case len(r.Items) == 0:
		verdict = "nothing is due"
	case !r.Applied:
		verdict = "nothing was changed: --apply removes it"
	}
	_, err := fmt.Fprintln(out, verdict)
	return err
}
