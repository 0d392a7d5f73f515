package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"glennline/ops/backup"
	"glennline/ops/reconcile"
)

type restoreOptions struct {
	from            string
	expired, asJSON bool
	tombstones      []string
}

func newRestoreCommand(g *globals) *cobra.Command {
	var opts restoreOptions
	cmd := &cobra.Command{
		Use:   "restore --from DIR",
		Short: "Bring a backup back into an empty data folder",
		Long: `Brings back what 'glennline backup' copied, checks every file's hash, and joins
ledger and files as 'glennline reconcile' does. The data folder (--data) must be
empty or not exist; one that an interrupted restore of the same backup left is
completed. The secret is not in a backup: put its file back before the service
starts.

Whoever was erased does not come back, as far as the backup's own tombstones.jsonl
tells, and those named with --tombstones: give that of the data folder that was,
if the backup was out of reach when somebody was erased.

Exit codes: 0 restored, and all agree; 1 could not be done; 2 wrong use, nothing
was changed; 3 restored, and something is left to look at: 'glennline reconcile'
names it; 4 the backup is not what was put there: files that are damaged are in
the quarantine; where its list or database is, nothing was restored.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if opts.from == "" {
				return usage(errors.New("name the folder of the backup with --from"))
			}
			return runRestore(cmd.Context(), cmd.OutOrStdout(), g, opts)
		},
	}
	cmd.Flags().StringVar(&opts.from, "from", "", "`folder` of the backup")
	cmd.Flags().BoolVar(&opts.expired, "expired", false, "also one that has expired")
	cmd.Flags().StringArrayVar(&opts.tombstones, "tombstones", nil, "a `file` tombstones.jsonl of the folder that was: whoever was erased since the backup does not come back; may be repeated")
	cmd.Flags().BoolVar(&opts.asJSON, "json", false, "the report as a JSON object")
	return cmd
}

func runRestore(ctx context.Context, out io.Writer, g *globals, opts restoreOptions) error {
	file, err := g.settings()
	if err != nil {
		return err
	}
	for _, path := range opts.tombstones {
		if _, err := os.Stat(path); err != nil {
			return usage(fmt.Errorf("--tombstones: %w: name the file tombstones.jsonl of the data folder that was", err))
		}
	}
	looked, stop := showLooked()
	restored, err := backup.Restore(ctx, backup.RestoreConfig{
		From:       opts.from,
		To:         file.Data,
		Expired:    opts.expired,
		Erased:     opts.tombstones,
		MaxCall:    file.PBX.MaxCall,
		Thresholds: thresholds(file),
		Progress:   looked,
	})
	stop()
	if err != nil && restored.Findings == nil {
		return err // nothing was restored, or not to its end
	}
	if opts.asJSON {
		err = errors.Join(json.NewEncoder(out).Encode(restored), err)
	} else {
		err = errors.Join(printRestored(out, restored), err)
	}
	if err == nil && restored.Left > 0 {
		err = errLeft
	}
	return err
}

func printRestored(out io.Writer, r backup.Restored) error {
	for _, path := range r.Missing {
		fmt.Fprintf(out, "%-11s %s\n", "missing", printable(path))
	}
	for _, path := range r.Damaged {
		fmt.Fprintf(out, "%-11s %s\n", "damaged", printable(path))
	}
	for _, kind := range reconcile.Kinds() {
		if n := r.Findings[kind]; n > 0 {
			fmt.Fprintf(out, "%-11s %d\n", kind, n)
		}
	}
	fmt.Fprintf(out, "backup of %s: %s, %s, %s in %s\n", r.Backup.CreatedAt.Format(time.RFC3339),
		several(r.Backup.Calls, "call"), several(r.Backup.Signatures, "signature"), several(r.Files, "file"), r.Data)
	if r.Erased > 0 {
		fmt.Fprintf(out, "%s erased after the backup was made, and did not come back\n", several(r.Erased, "call"))
	}
	if r.Left > 0 {
		fmt.Fprintf(out, "%d left to look at: 'glennline reconcile --data %s' names them\n", r.Left, r.Data)
	}
	if r.Backup.SecretID == "" {
		return nil
	}
	_, err := fmt.Fprintf(out, "put the file of secret %s back as %s/secret before the service starts, and secrets/ beside it if there was one\n", r.Backup.SecretID, r.Data)
	return err
}
