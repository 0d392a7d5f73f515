package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"glennline/ops/backup"
	"glennline/ops/reconcile"
)

// defaultExpires is how long a backup may be restored.
const defaultExpires = "90d"

type backupOptions struct {
	to      string
	expires string
	asJSON  bool
}

func newBackupCommand(g *globals) *cobra.Command {
	var opts backupOptions
	cmd := &cobra.Command{
		Use:   "backup --to DIR",
		Short: "Copy the data folder while calls run",
		Long: `Copies database, journal, recordings and prompts into a folder, as they are at
one moment, and delays no call. Run again with the same folder it copies only
what is new, and completes what was interrupted. What was lost here stays there.

The secret is never inside: keep a copy of the data folder's 'secret' elsewhere.
A backup has a date after which it is not restored any more, since what it holds
was to be erased by then; every run sets it anew.

'sha256sum -c' in the folder checks every file: state/*/files.sha256.

Exit codes: 0 copied; 1 could not be done, and the backup before stays; 2 wrong
use, nothing was changed; 3 copied, and recordings are missing or damaged.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if opts.to == "" {
				return usage(errors.New("name the folder of the backup with --to"))
			}
			expires, err := parseDays(opts.expires)
			if err != nil {
				return usage(err)
			}
			return runBackup(cmd.Context(), cmd.OutOrStdout(), g, opts, expires)
		},
	}
	cmd.Flags().StringVar(&opts.to, "to", "", "`folder` of the backup, of its own")
	cmd.Flags().StringVar(&opts.expires, "expires", defaultExpires, "from now, the `time` until which it can be restored, such as 90d or 36h")
	cmd.Flags().BoolVar(&opts.asJSON, "json", false, "the report as a JSON object")
	return cmd
}

// parseDays is a time such as 90d, or any that Go knows.
func parseDays(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var n int
		n, err = strconv.Atoi(days)
		d = time.Duration(n) * 24 * time.Hour
		if n > 36500 {
			err = strconv.ErrRange
		}
	}
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("--expires %q is no time from now: give one such as 90d or 36h", text)
	}
	return d, nil
}

func runBackup(ctx context.Context, out io.Writer, g *globals, opts backupOptions, expires time.Duration) error {
	file, err := g.settings()
	if err != nil {
		return err
	}
	dir, err := existing(file)
	if err != nil {
		return err
	}
	var shown reconcile.Config
	stop := showProgress(&shown)
	report, err := backup.Run(ctx, backup.Config{
		Dir:      dir,
		Witness:  eventLog(file, dir),
		To:       opts.to,
		Expires:  expires,
		Progress: shown.Progress,
	})
	stop()
	if err != nil {
		return err
	}
	if opts.asJSON {
		err = json.NewEncoder(out).Encode(report)
	} else {
		err = printBackup(out, opts.to, report)
	}
	if err == nil && report.Left() {
		err = errLeft
	}
	return err
}

func printBackup(out io.Writer, to string, r backup.Report) error {
	for _, what := range []struct {
		name  string
		paths []string
	}{{"missing", r.Missing}, {"damaged", r.Damaged}, {"left out", r.LeftOut}} {
		for _, path := range what.paths {
			fmt.Fprintf(out, "%-9s %s\n", what.name, printable(path))
		}
	}
	if r.Completed {
		fmt.Fprintln(out, "a run before was interrupted: this one completes it")
	}
	fmt.Fprintf(out, "%d calls, %d signatures; %d files, %.1f MB, of which %d were new\n",
		r.Calls, r.Signatures, r.Files, float64(r.Bytes)/1e6, r.Copied)
	if r.InProgress > 0 {
		fmt.Fprintf(out, "%d recordings of calls in progress come with the next backup\n", r.InProgress)
	}
	_, err := fmt.Fprintf(out, "backup of %s in %s, to be erased by %s; the secret is not in it\n",
		r.CreatedAt.Format(time.RFC3339), to, r.ExpiresAt.Format(time.DateOnly))
	return err
}
