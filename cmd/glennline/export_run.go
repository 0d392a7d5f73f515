package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"glennline/config"
	"glennline/ops/copies"
	"glennline/ops/datadir"
	"glennline/ops/export"
	"glennline/ops/outfile"
	"glennline/ops/seal"
	"glennline/petition"
	"glennline/petition/sqlite"
)

// errPipe says that whoever read standard output went away, which is their right.
var errPipe = errors.New("nobody reads standard output any more")

// exporter is an export on its way.
type exporter struct {
	opts   exportOptions
	filter sqlite.ExportFilter
	who    string
	file   config.File
	dir    datadir.Dir
	db     *sqlite.DB
	out    io.Writer // standard output
	errs   io.Writer
}

func runExport(cmd *cobra.Command, g *globals, opts exportOptions) error {
	filter, err := opts.filter()
	if err != nil {
		return err
	}
	if opts.format == export.XLSX && opts.out == "" && terminal(os.Stdout) {
		return usage(errors.New("a terminal shows no XLSX: name a file with -o"))
	}
	e := &exporter{opts: opts, filter: filter, out: cmd.OutOrStdout(), errs: cmd.ErrOrStderr()}
	if e.who, err = actor(); err != nil {
		return err
	}
	if e.file, err = g.settings(); err != nil {
		return err
	}
	ctx := cmd.Context()
	return g.change(ctx, func(dir datadir.Dir, db *sqlite.DB) error {
		e.dir, e.db = dir, db
		if opts.out == "" {
			return e.toOutput(ctx)
		}
		return e.toFile(ctx)
	})
}

// toFile writes a file that is there as a whole or not at all. What leaves is
// written to the audit chain before it can be seen.
func (e *exporter) toFile(ctx context.Context) error {
	files := outfile.NewSet(e.opts.replace)
	defer files.Abort()
	out, err := files.Create(e.opts.out)
	if err != nil {
		return err
	}
	snapshot, err := e.db.Snapshot(ctx)
	if err != nil {
		return err
	}
	defer snapshot.Close()
	hash := seal.NewHash(out)
	result, err := e.write(ctx, snapshot, hash)
	if err != nil {
		return fmt.Errorf("%w; %s was not written", noRoom(err), e.opts.out)
	}
	held, err := snapshot.HeldBack(ctx, e.filter)
	if err != nil {
		return err
	}
	path, err := filepath.Abs(e.opts.out)
	if err != nil {
		return err
	}
	if err := e.audit(ctx, "file", path, result, hash); err != nil {
		return err
	}
	if err := e.remember(path, snapshot); err != nil {
		return err
	}
	if err := files.Commit(); err != nil {
		return noRoom(err)
	}
	fmt.Fprintf(e.out, "%s in %s%s\n", several(result.Rows, "signature"), e.opts.out, listed(result.Totals))
	if len(held) > 0 {
		fmt.Fprintf(e.out, "never leaves and was left out%s\n", listed(held))
	}
	fmt.Fprintf(e.out, "SHA-256 %s\n", hash.Sum())
	return e.recordings(result)
}

// toOutput writes to standard output. That it begins is in the audit chain before
// the first byte leaves, and what left when it has.
func (e *exporter) toOutput(ctx context.Context) error {
	signal.Ignore(syscall.SIGPIPE) // what left belongs into the audit chain
	if err := e.audit(ctx, "standard output, begun", "", export.Result{}, nil); err != nil {
		return err
	}
	snapshot, err := e.db.Snapshot(ctx)
	if err != nil {
		return err
	}
	defer snapshot.Close()
	if err := e.remember("standard output", snapshot); err != nil {
		return err
	}
	hash := seal.NewHash(e.out)
	result, err := e.write(ctx, snapshot, hash)
	if err != nil {
		err = noRoom(err)
		return errors.Join(err, e.audit(context.WithoutCancel(ctx), "standard output, broken off", "", export.Result{}, hash))
	}
	if err := e.audit(context.WithoutCancel(ctx), "standard output", "", result, hash); err != nil {
		return err
	}
	return e.recordings(result)
}

// write writes the rows.
func (e *exporter) write(ctx context.Context, snapshot *sqlite.Snapshot, to io.Writer) (export.Result, error) {
	look, done := export.Presence(e.dir.Archive())
	defer done()
	if e.opts.verifyHashes {
		look = export.Hashed(e.dir.Archive())
	}
	cfg := export.Config{
		Filter:       e.filter,
		Format:       e.opts.format,
		Zone:         e.file.Location(),
		Banner:       e.file.Legal,
		Recordings:   look,
		Delimiter:    e.opts.delimiter[0],
		DecimalComma: e.opts.decimalComma,
		BOM:          e.opts.bom,
	}
	if e.opts.out != "" {
		cfg.TempDir = filepath.Dir(e.opts.out) // which has to have the room anyway
	}
	if e.opts.format == export.XLSX {
		debug.SetGCPercent(50) // its library's waste would otherwise pass 100 MB
	}
	if e.opts.out != "" || !terminal(os.Stdout) {
		total, err := e.expected(ctx)
		if err != nil {
			return export.Result{}, err
		}
		update, stop := showBar("signatures", total)
		defer stop()
		cfg.Progress = func(rows int) { update(int64(rows)) }
	}
	return export.Write(ctx, snapshot, to, cfg)
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

// audit writes to the chain what leaves. A file's path is free text, which can be
// erased.
func (e *exporter) audit(ctx context.Context, to, path string, result export.Result, hash *seal.Hash) error {
	detail := e.opts.query(e.filter)
	detail["format"], detail["to"] = e.opts.format, to
	if hash != nil {
		detail["bytes"], detail["sha256"] = strconv.FormatInt(hash.Size(), 10), hash.Sum()
	}
	if result.Totals != nil {
		detail["rows"] = strconv.Itoa(result.Rows)
	}
	return e.db.Audit(ctx, petition.AuditEntry{Actor: e.who, Kind: petition.AuditExport, Detail: detail}, path)
}

// remember notes what left and where it is, for those who are erased later.
func (e *exporter) remember(path string, snapshot *sqlite.Snapshot) error {
	return copies.Record(e.dir.Copies(), copies.Copy{Kind: copies.Export, Path: path, At: snapshot.At, Actor: e.who})
}

// recordings says which are not as they were.
func (e *exporter) recordings(result export.Result) error {
	for _, named := range []struct {
		what string
		ids  []string
	}{{"missing", result.Missing}, {"damaged", result.Damaged}} {
		const most = 20
		for i, id := range named.ids {
			if i == most {
				fmt.Fprintf(e.errs, "and %d more recordings are %s\n", len(named.ids)-most, named.what)
				break
			}
			fmt.Fprintf(e.errs, "the recording of %s is %s\n", id, named.what)
		}
	}
	if len(result.Missing)+len(result.Damaged) > 0 {
		return fmt.Errorf("%w: all rows were written, and glennline reconcile says what became of the recordings", errLeft)
	}
	return nil
}

// noRoom gives errors of writing their meaning.
func noRoom(err error) error {
	switch {
	case errors.Is(err, syscall.EPIPE):
		return errPipe
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%w: make room, or write to another disk", err)
	}
	return err
}

// listed tells counts by name.
func listed(counts map[string]int) string {
	var parts []string
	for _, status := range petition.Statuses {
		if n := counts[string(status)]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, status))
		}
	}
	if n := counts[sqlite.HeldSameAudio]; n > 0 {
		parts = append(parts, fmt.Sprintf("%d with the samples of one of them", n))
	}
	if len(parts) == 0 {
		return ""
	}
	return ": " + strings.Join(parts, ", ")
}

// told is a moment as it is told, "" for none.
func told(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339Nano)
}
