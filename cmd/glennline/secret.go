package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"glennline/ops/datadir"
	"glennline/ops/shred"
	"glennline/petition/caller"
	"glennline/petition/sqlite"
)

func newSecretCommand(g *globals) *cobra.Command {
	return parent("secret", "The key of the callers' pseudonyms", newSecretShowCommand(g), newSecretRotateCommand(g), newSecretDestroyCommand(g))
}

func newSecretShowCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "show",
		Short: "Which secrets there are, by id and date",
		Long: `Lists the secrets that pseudonyms were made with: id, since when, the calls that
have its pseudonyms, and whether its file is there. What is in the files is never
printed.

Exit codes: 0 shown; 1 could not be read; 2 wrong use.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, db, err := g.openLedger(cmd.Context())
			if err != nil {
				return err
			}
			defer db.Close()
			known, err := db.Keys(cmd.Context())
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), keyTable(dir, known))
			return err
		},
	}
}

func keyTable(dir datadir.Dir, known []sqlite.KeyUse) string {
	t := newTable("secret", "since (UTC)", "calls", "last call (UTC)", "file")
	at := func(moment time.Time) string {
		if moment.IsZero() {
			return ""
		}
		return moment.Format(time.DateTime)
	}
	for _, k := range known {
		t.AppendRow(table.Row{k.ID, at(k.BoundAt), k.Calls, at(k.Last), fileOf(dir, k)})
	}
	return t.Render()
}

// fileOf is where a secret is.
func fileOf(dir datadir.Dir, k sqlite.KeyUse) string {
	if !k.DestroyedAt.IsZero() {
		return "destroyed on " + k.DestroyedAt.Format(time.DateOnly)
	}
	for _, path := range []string{dir.Secret(), filepath.Join(dir.Secrets(), k.ID)} {
		if s, err := caller.ReadSecret(path); err == nil && s.ID == k.ID {
			return path
		}
	}
	return "MISSING: put it back"
}

func newSecretRotateCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "rotate",
		Short: "Make pseudonyms with a new secret from now on",
		Long: `Makes a new secret and puts it in force. The one before is kept, in the data
folder's secrets/: whoever signed under it is known again when they call, and their
calls are then stored under the new one. Destroy it when nobody has to be compared
or found under it any more.

A running service takes the new secret with its next start. Where an Asterisk of
your own runs (glennline serve), render its dialplan again after that: callers'
numbers are sealed in it with a key that follows from the secret.

Exit codes: 0 rotated; 1 could not be done; 2 wrong use, nothing was changed.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runSecretRotate(cmd, g)
		},
	}
}

func runSecretRotate(cmd *cobra.Command, g *globals) error {
	who, err := actor()
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	return g.change(ctx, func(dir datadir.Dir, db *sqlite.DB) error {
		if err := settleKeys(ctx, dir, db); err != nil {
			return err
		}
		keys, err := readKeys(dir)
		if err != nil {
			return usage(err)
		}
		if err := bindKeys(ctx, db, keys); err != nil {
			return err
		}
		fresh, err := caller.NewSecret(dir.Secrets())
		if err != nil {
			return err
		}
		if err := sameOwner(string(dir), dir.Secrets(), filepath.Join(dir.Secrets(), fresh.ID)); err != nil {
			return err
		}
		if err := db.Rotate(ctx, sqlite.Key{ID: fresh.ID, Check: fresh.Check()}, who); err != nil {
			return errors.Join(err, shred.File(filepath.Join(dir.Secrets(), fresh.ID)))
		}
		if err := caller.Install(dir.Secret(), dir.Secrets(), fresh.ID); err != nil {
			return fmt.Errorf("%w: run glennline secret rotate again, or start the service: either finishes it", err)
		}
		fmt.Fprintf(cmd.OutOrStdout(), "secret %s is in force; secret %s is kept in %s\n", fresh.ID, keys.ID, dir.Secrets())
		fmt.Fprintf(cmd.OutOrStdout(), "keep a copy of both apart from the backups: %s\n", dir.Secret())
		_, err = fmt.Fprintln(cmd.OutOrStdout(), "a running service takes it with its next start: restart it now")
		return err
	})
}

type destroyOptions struct{ apply, all bool }

func newSecretDestroyCommand(g *globals) *cobra.Command {
	var opts destroyOptions
	cmd := &cobra.Command{
		Use:   "destroy ID",
		Short: "Destroy a secret, so that nobody finds callers by their number",
		Long: `Without --apply shows what would be lost. With it, the file of a secret before the
one in force is overwritten and removed, and the audit chain says so. Nobody can
tell any more whose the pseudonyms are that were made with it: erasing or showing
by number is impossible for those calls, and whoever calls again counts again.
The figure stays as it is. It cannot be undone: other copies of the file are for
you to destroy.

--all destroys every secret, as at the end of a campaign; a service that starts
after that makes a new one. The service must not be running.

Exit codes: 0 shown or destroyed; 1 could not be done; 2 wrong use, nothing was
changed.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 || opts.all == (len(args) == 1) {
				return usage(errors.New("name one secret, by its id as 'glennline secret show' prints it, or give --all"))
			}
			return runSecretDestroy(cmd, g, strings.Join(args, ""), opts)
		},
	}
	cmd.Flags().BoolVar(&opts.apply, "apply", false, "destroy it")
	cmd.Flags().BoolVar(&opts.all, "all", false, "every secret, also the one in force")
	return cmd
}

func runSecretDestroy(cmd *cobra.Command, g *globals, id string, opts destroyOptions) error {
	who, err := actor()
	if err != nil {
		return err
	}
	ctx, out := cmd.Context(), cmd.OutOrStdout()
	return g.change(ctx, func(dir datadir.Dir, db *sqlite.DB) error {
		doomed, err := doomed(ctx, dir, db, id, opts.all)
		if err != nil {
			return err
		}
		if !opts.apply {
			fmt.Fprintln(out, keyTable(dir, doomed))
			_, err := fmt.Fprintf(out, "%s would be destroyed, for good; nothing was changed: --apply does it\n", several(len(doomed), "secret"))
			return err
		}
		unlock, err := dir.Lock()
		if errors.Is(err, datadir.ErrInUse) {
			return fmt.Errorf("%w; nothing was destroyed. Callers are compared under its secrets as long as it runs", err)
		}
		if err != nil {
			return err
		}
		defer unlock()
		if err := g.unsealed(ctx, dir, db, doomed); err != nil {
			return err
		}
		for _, k := range doomed {
			if err := db.DestroySecret(ctx, k.ID, who); err != nil {
				return err
			}
			if err := shred.File(pathOf(dir, k.ID)); err != nil {
				return fmt.Errorf("%w: run this again, or start the service: either finishes it", err)
			}
			fmt.Fprintf(out, "secret %s is destroyed: of %s nobody can tell any more whose they are, and who calls again counts again\n", k.ID, several(k.Calls, "call"))
		}
		_, err = fmt.Fprintln(out, "destroy the copies of the file that you keep elsewhere, too")
		return err
	})
}

// pathOf is where a secret's file would be.
func pathOf(dir datadir.Dir, id string) string {
	if s, err := caller.ReadSecret(dir.Secret()); err == nil && s.ID == id {
		return dir.Secret()
	}
	return filepath.Join(dir.Secrets(), id)
}

// doomed are the secrets that are to be destroyed.
func doomed(ctx context.Context, dir datadir.Dir, db *sqlite.DB, id string, all bool) ([]sqlite.KeyUse, error) {
	known, err := db.Keys(ctx)
	if err != nil {
		return nil, err
	}
	if all {
		known = slices.DeleteFunc(known, func(k sqlite.KeyUse) bool { return !k.DestroyedAt.IsZero() })
		if len(known) == 0 {
			return nil, usage(errors.New("no secret is left to destroy"))
		}
		return known, nil
	}
	i := slices.IndexFunc(known, func(k sqlite.KeyUse) bool { return k.ID == id })
	current, err := caller.ReadSecret(dir.Secret())
	switch {
	case i < 0:
		return nil, usage(fmt.Errorf("no secret %q: 'glennline secret show' lists them", id))
	case !known[i].DestroyedAt.IsZero():
		return nil, usage(fmt.Errorf("secret %s was destroyed on %s", id, known[i].DestroyedAt.Format(time.DateOnly)))
	case err == nil && current.ID == id:
		return nil, usage(fmt.Errorf("secret %s is in force: 'glennline secret rotate' puts another in its place; --all destroys every one", id))
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	return known[i : i+1], nil
}

// unsealed refuses to destroy what callers' numbers are sealed with that were not
// brought in yet.
func (g *globals) unsealed(ctx context.Context, dir datadir.Dir, db *sqlite.DB, doomed []sqlite.KeyUse) error {
	keys, err := readKeys(dir)
	if err != nil {
		return nil //nolint:nilerr // what is not there opens nothing
	}
	file, err := g.settings()
	if err != nil {
		return err
	}
	m := &matter{file: file, dir: dir, keys: keys}
	waiting, err := m.waiting(ctx, db)
	if err != nil {
		return err
	}
	left := 0
	for _, call := range waiting {
		if call.Caller.Pseudonym == "" {
			continue
		}
		left++
	}
	if left > 0 && len(doomed) > 0 {
		return fmt.Errorf("%s that Asterisk answered by itself wait with sealed numbers: 'glennline reconcile --apply' brings them in; nothing was changed", several(left, "call"))
	}
	return nil
}
