package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"

	"filippo.io/age"
	"github.com/jedib0t/go-pretty/v6/progress"
	"github.com/spf13/cobra"

	"glennline/config"
	"glennline/ops/datadir"
	"glennline/ops/export"
	"glennline/ops/seal"
	"glennline/petition/sqlite"
)

// errPipe says that whoever read standard output went away, which is their right.
var errPipe = errors.New("nobody reads standard output any more")

// exporter is an export on its way.
type exporter struct {
	opts       exportOptions
	filter     sqlite.ExportFilter
	recipients []age.Recipient
	who        string
	file       config.File
	dir        datadir.Dir
	db         *sqlite.DB
	key        *seal.Key     // nil where there is none
	watch      *sqlite.Watch // over what leaves
	out        io.Writer     // standard output
	errs       io.Writer
}

func runExport(cmd *cobra.Command, g *globals, opts exportOptions) error {
	filter, err := opts.filter()
	if err != nil {
		return err
	}
	e := &exporter{opts: opts, filter: filter, out: cmd.OutOrStdout(), errs: cmd.ErrOrStderr()}
	if e.recipients, err = seal.Recipients(opts.recipients); err != nil {
		return usage(err)
	}
	if e.who, err = actor(); err != nil {
		return err
	}
	if e.file, err = g.settings(); err != nil {
		return err
	}
	ctx := cmd.Context()
	return g.change(ctx, func(dir datadir.Dir, db *sqlite.DB) error {
		e.dir, e.db = dir, db
		if err := lineFlag(ctx, e.file, db, opts.line); err != nil {
			return err
		}
		if e.key, err = campaignKey(dir, cmd.InOrStdin(), e.errs, opts.passwordFile); err != nil {
			return err
		}
		switch {
		case opts.bundle != "":
			return e.toFolder(ctx)
		case opts.out != "":
			return e.toFile(ctx)
		}
		return e.toOutput(ctx)
	})
}

// snapshot is of what moment the rows are.
func (e *exporter) snapshot(ctx context.Context) (from *sqlite.Snapshot, err error) {
	if from, err = e.db.Snapshot(ctx); err != nil {
		return nil, err
	}
	if e.watch, err = from.Watch(ctx, e.filter); err != nil {
		return nil, errors.Join(err, from.Close())
	}
	return from, nil
}

// look is how the recordings are looked at where they do not leave.
func (e *exporter) look() (look export.Recordings, name string, done func()) {
	if e.opts.verifyHashes {
		return export.Hashed(e.dir.Archive()), seal.LookedHash, func() {}
	}
	look, done = export.Presence(e.dir.Archive())
	return look, seal.LookedPresence, done
}

// rows writes the rows to w, encrypted where that was asked for. tmp is a folder
// for what is on its way.
func (e *exporter) rows(ctx context.Context, from *sqlite.Snapshot, w io.Writer, look export.Recordings, tmp string) (*seal.Outlet, export.Result, error) {
	out, err := seal.NewOutlet(w, e.recipients)
	if err != nil {
		return out, export.Result{}, err
	}
	cfg := export.Config{
		Filter:       e.filter,
		Format:       e.opts.format,
		Zone:         e.file.Location(),
		Banner:       e.file.Legal,
		Recordings:   look,
		Still:        e.watch.Check,
		Delimiter:    e.opts.delimiter[0],
		DecimalComma: e.opts.decimalComma,
		BOM:          e.opts.bom,
		TempDir:      tmp,
	}
	if e.opts.format == export.XLSX {
		debug.SetGCPercent(25) // what its library holds is one large buffer: little to look through, and 100 MB is the limit
	}
	if out.Encrypted() {
		cfg.TempDir = string(e.dir) // where they lie in clear anyway
	}
	if tmp != "" || !terminal(os.Stdout) {
		total, err := e.expected(ctx)
		if err != nil {
			return out, export.Result{}, err
		}
		update, stop := showBar("signatures", total, progress.UnitsDefault)
		defer stop()
		cfg.Progress = func(rows int) { update(int64(rows)) }
	}
	result, err := export.Write(ctx, from, out, cfg)
	if err == nil {
		err = out.Close()
	}
	return out, result, err
}

// expected is how many rows there will be, 0 where that takes counting.
func (e *exporter) expected(ctx context.Context) (int64, error) {
	if e.filter.Line != "" || !e.filter.Since.IsZero() || !e.filter.Until.IsZero() {
		return 0, nil
	}
	figure, err := e.db.Figure(ctx)
	if err != nil {
		return 0, err
	}
	if e.filter.Status != "" {
		return int64(*figure.Of(e.filter.Status)), nil
	}
	n := figure.Messages
	for _, status := range sqlite.NeverLeave {
		n -= *figure.Of(status)
	}
	return int64(n), nil
}

// manifest begins the manifest of a file of rows.
func (e *exporter) manifest(ctx context.Context, kind string, from *sqlite.Snapshot) (m seal.Manifest, err error) {
	m, err = beginManifest(kind, e.file, from)
	if err != nil {
		return m, err
	}
	m.Query = e.opts.query(e.filter)
	m.HeldBack, err = from.HeldBack(ctx, e.filter)
	return m, err
}

// fill enters what was written.
func (e *exporter) fill(m *seal.Manifest, name string, out *seal.Outlet, result export.Result) {
	m.Rows, m.Totals = result.Rows, result.Totals
	m.Missing, m.Damaged, m.Removed = result.Missing, result.Damaged, result.Removed
	m.Tables = append(m.Tables, seal.Table{Path: name, Format: e.opts.format})
	out.Add(m, name)
}

// written gives errors of writing their meaning, and says that nothing is there.
func (e *exporter) written(target string, err error) error {
	return fmt.Errorf("%w; %s was not written", noRoom(err), filepath.Base(target))
}

// noRoom gives errors of writing their meaning.
func noRoom(err error) error {
	switch {
	case errors.Is(err, syscall.EPIPE):
		return errPipe
	case errors.Is(err, sqlite.ErrTakenOut):
		return fmt.Errorf("%w while it was made: run it again", err)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		if e := (*fs.PathError)(nil); errors.As(err, &e) {
			err = e.Err // the path is that of what is on its way, and so gone when this is read
		}
		return fmt.Errorf("%w: make room, or write to another disk", err)
	}
	return err
}
