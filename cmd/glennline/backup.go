package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"glennline/config"
	"glennline/ops/backup"
	"glennline/ops/copies"
	"glennline/ops/datadir"
)

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
		Long: `Copies database, journal, recordings, prompts and Asterisk's event log into a
folder, as they are at one moment, and delays no call. Run again with the same
folder it copies only what is new, and completes what was interrupted. What was
lost here stays there.

The secret is never inside: keep a copy of the data folder's 'secret' elsewhere.
A backup has a date after which it is not restored any more, since what it holds
was to be erased by then; every run sets it anew (backup.expires, or --expires).

'sha256sum -c' in the folder checks every file: state/*/files.sha256.

Exit codes: 0 copied; 1 could not be done, and the backup before stays; 2 wrong
use, nothing was changed; 3 copied, and something is left to look at: recordings
that are missing or damaged, or a data folder that could not take a note of it.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if opts.to == "" {
				return usage(errors.New("name the folder of the backup with --to"))
			}
			return runBackup(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), g, opts)
		},
	}
	cmd.Flags().StringVar(&opts.to, "to", "", "`folder` of the backup, of its own")
	cmd.Flags().StringVar(&opts.expires, "expires", "", "from now, the `time` until which it can be restored, such as 90d or 36h (default backup.expires of the configuration)")
	cmd.Flags().BoolVar(&opts.asJSON, "json", false, "the report as a JSON object")
	return cmd
}

func runBackup(ctx context.Context, out, talk io.Writer, g *globals, opts backupOptions) error {
	file, err := g.settings()
	if err != nil {
		return err
	}
	expires := file.Backup.Expires
	if opts.expires != "" {
		if expires, err = config.Duration(opts.expires); err != nil || expires <= 0 {
			return usage(fmt.Errorf("--expires %q is no time from now: give one such as 90d or 36h", opts.expires))
		}
	}
	dir, err := existing(file)
	if err != nil {
		return err
	}
	looked, stop := showLooked()
	report, err := backup.Run(ctx, backup.Config{
		Dir:      dir,
		Witness:  eventLog(file, dir),
		Spool:    spoolOf(file, dir),
		To:       opts.to,
		Expires:  expires,
		Progress: looked,
	})
	stop()
	if err != nil {
		return err
	}
	forgotten := remember(dir, opts.to, report)
	if opts.asJSON {
		err = json.NewEncoder(out).Encode(report)
	} else {
		err = printBackup(out, opts.to, report)
	}
	if forgotten != nil {
		fmt.Fprintf(talk, "glennline: the backup is whole, and could not be noted in the data folder: who is erased later is not looked for in it (%s)\n", oneLine(forgotten))
	}
	if err == nil && (report.Left() || forgotten != nil) {
		err = errLeft
	}
	return err
}

// remember notes where the backup is, for those who are to be erased from it.
func remember(dir datadir.Dir, to string, report backup.Report) error {
	to, err := filepath.Abs(to)
	if err != nil {
		return err
	}
	who, err := actor()
	if err != nil {
		return err
	}
	return copies.Record(dir.Copies(), copies.Copy{
		Kind: copies.Backup, Path: to, At: report.CreatedAt, Expires: report.ExpiresAt, Actor: who,
	})
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
	fmt.Fprintf(out, "%s, %s; %s, %.1f MB, of which %d %s new\n", several(r.Calls, "call"), several(r.Signatures, "signature"),
		several(r.Files, "file"), float64(r.Bytes)/1e6, r.Copied, was(r.Copied))
	if r.InProgress > 0 {
		fmt.Fprintf(out, "%s came while it was made: %s in it, and the rows come with the next one\n", several(r.InProgress, "recording"), are(r.InProgress))
	}
	if r.Spooled > 0 {
		fmt.Fprintf(out, "%s in Asterisk's folder %s not in it: 'glennline reconcile --apply' brings in what waits there, then run this again\n", several(r.Spooled, "recording"), are(r.Spooled))
	}
	if r.Unclaimed > 0 {
		fmt.Fprintf(out, "%s in it %s known to no row: see 'glennline reconcile'\n", several(r.Unclaimed, "recording"), are(r.Unclaimed))
	}
	_, err := fmt.Fprintf(out, "backup of %s in %s, to be erased by %s; the secret is not in it\n",
		r.CreatedAt.Format(time.RFC3339), to, r.ExpiresAt.Format(time.DateOnly))
	return err
}
