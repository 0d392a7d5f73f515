package main

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"glennline/ops/copies"
	"glennline/ops/export"
	"glennline/ops/outfile"
	"glennline/ops/seal"
	"glennline/petition/sqlite"
)

// toFile writes a file and its manifest, which are there as a whole or not at all.
// What leaves is written to the audit chain before it can be seen.
func (e *exporter) toFile(ctx context.Context) error {
	path, err := filepath.Abs(e.opts.out)
	if err != nil {
		return err
	}
	files := outfile.NewSet(e.opts.replace)
	defer files.Abort()
	out, err := files.Create(path)
	if err != nil {
		return noRoom(err)
	}
	proof, err := e.proof(files, path+seal.ManifestSuffix)
	if err != nil {
		return noRoom(err)
	}
	from, err := e.snapshot(ctx)
	if err != nil {
		return err
	}
	defer from.Close()
	m, err := e.manifest(ctx, kindExport, from)
	if err != nil {
		return err
	}
	look, looked, done := e.look()
	defer done()
	rows, result, err := e.rows(ctx, from, out, look, filepath.Dir(path))
	defer result.Close()
	if err != nil {
		return e.written(path, err)
	}
	m.Looked = looked
	e.fill(&m, filepath.Base(path), rows, result)
	sum, err := proof.write(m, e.key)
	if err != nil {
		return e.written(path, err)
	}
	if err := e.watch.Check(ctx); err != nil {
		return e.written(path, err)
	}
	if err := e.leave(ctx, leaving{to: "file", path: path, kind: copies.Export, at: from.At, rows: rows, result: &result, manifest: sum}); err != nil {
		return err
	}
	if err := files.Commit(); err != nil {
		return e.written(path, err)
	}
	return e.tell(e.opts.out, m, sum)
}

// proof is a manifest and its signature, on their way.
type proof struct{ manifest, signature *outfile.File }

// proof begins them. Without a key, a signature that lies there belongs to what is
// replaced.
func (e *exporter) proof(files *outfile.Set, path string) (p proof, err error) {
	if p.manifest, err = files.Create(path); err != nil {
		return p, err
	}
	if e.key == nil {
		return p, files.Clear(path + seal.SignatureSuffix)
	}
	p.signature, err = files.Create(path + seal.SignatureSuffix)
	return p, err
}

func (p proof) write(m seal.Manifest, key *seal.Key) (sum string, err error) {
	sum, signature, err := seal.Make(p.manifest, m, key)
	if err == nil && signature != nil {
		_, err = p.signature.Write(signature)
	}
	return sum, err
}

// toFolder writes a folder of rows, and recordings where they were asked for, which
// is there as a whole or not at all.
func (e *exporter) toFolder(ctx context.Context) error {
	path, err := filepath.Abs(e.opts.bundle)
	if err != nil {
		return err
	}
	folder, err := outfile.CreateFolder(path, e.opts.replace, seal.Sealed)
	if err != nil {
		return noRoom(err)
	}
	defer folder.Abort()
	from, err := e.snapshot(ctx)
	if err != nil {
		return err
	}
	defer from.Close()
	m, err := e.manifest(ctx, kindBundle, from)
	if err != nil {
		return err
	}
	m.Spool = filepath.Dir(path) // whose disk has room for as many recordings
	defer m.Close()
	look, looked, done := e.look()
	defer done()
	if e.opts.voices {
		look, looked = export.CopyVoices(e.dir.Archive(), folder.Path, e.recipients, &m), seal.LookedHash
		m.Voices = seal.VoicesAll
	}
	name := "signatures." + e.opts.format
	if len(e.recipients) > 0 {
		name += seal.EncryptedSuffix
	}
	files := outfile.NewSet(false)
	defer files.Abort()
	out, err := files.Create(filepath.Join(folder.Path, name))
	if err != nil {
		return e.written(path, err)
	}
	rows, result, err := e.rows(ctx, from, out, look, filepath.Dir(path))
	defer result.Close()
	if err == nil {
		err = files.Commit()
	}
	if err != nil {
		return e.written(path, err)
	}
	m.Looked = looked
	e.fill(&m, name, rows, result)
	sum, err := seal.Write(folder.Path, m, e.key)
	if err != nil {
		return e.written(path, err)
	}
	if err := e.watch.Check(ctx); err != nil {
		return e.written(path, err)
	}
	if err := e.leave(ctx, leaving{to: "bundle", path: path, kind: copies.Bundle, at: from.At, rows: rows, result: &result, manifest: sum}); err != nil {
		return err
	}
	if err := folder.Commit(); err != nil {
		return e.written(path, err)
	}
	return e.tell(e.opts.bundle, m, sum)
}

// toOutput writes to standard output. That it begins is in the audit chain before
// the first byte leaves, and what left when it has.
func (e *exporter) toOutput(ctx context.Context) error {
	signal.Ignore(syscall.SIGPIPE) // what left belongs into the audit chain
	files := outfile.NewSet(false)
	defer files.Abort()
	var manifest proof
	if e.opts.manifest != "" {
		var err error
		if manifest, err = e.proof(files, e.opts.manifest); err != nil {
			return noRoom(err)
		}
	}
	from, err := e.snapshot(ctx)
	if err != nil {
		return err
	}
	defer from.Close()
	m, err := e.manifest(ctx, kindExport, from)
	if err != nil {
		return err
	}
	const to = "standard output"
	if err := e.leave(ctx, leaving{to: to + ", begun", path: to, kind: copies.Export, at: from.At}); err != nil {
		return err
	}
	look, looked, done := e.look()
	defer done()
	rows, result, err := e.rows(ctx, from, e.out, look, "")
	defer result.Close()
	ended := context.WithoutCancel(ctx)
	if errors.Is(err, sqlite.ErrTakenOut) {
		err = fmt.Errorf("%w while it was written, and may be in what left: destroy that, and run it again", err)
		return errors.Join(err, e.leave(ended, leaving{to: to + ", broken off", rows: rows}))
	}
	if err != nil {
		return errors.Join(noRoom(err), e.leave(ended, leaving{to: to + ", broken off", rows: rows}))
	}
	if e.opts.manifest == "" {
		if err := e.leave(ended, leaving{to: to, rows: rows, result: &result}); err != nil {
			return err
		}
		return e.recordings(result.Missing, result.Damaged)
	}
	m.Looked = looked
	e.fill(&m, strings.TrimSuffix(filepath.Base(e.opts.manifest), seal.ManifestSuffix), rows, result)
	sum, err := manifest.write(m, e.key)
	if err == nil {
		err = e.leave(ended, leaving{to: to, rows: rows, result: &result, manifest: sum})
	}
	if err == nil {
		err = files.Commit()
	}
	if err != nil {
		return e.written(e.opts.manifest, err)
	}
	e.out = e.errs // where talk belongs now
	return e.tell(to, m, sum)
}

// tell says what was written, and what to publish.
func (e *exporter) tell(to string, m seal.Manifest, sum string) error {
	fmt.Fprintf(e.out, "%s in %s%s\n", several(m.Rows, "signature"), printable(to), listed(m.Totals))
	if len(m.HeldBack) > 0 {
		fmt.Fprintf(e.out, "never leaves and was left out%s\n", listed(m.HeldBack))
	}
	if m.Voices != "" {
		fmt.Fprintf(e.out, "%s in %s\n", several(m.Files.Len()-len(m.Tables), "recording"), filepath.Join(to, seal.VoicesFolder))
	}
	if m.Removed.Len() > 0 {
		fmt.Fprintf(e.out, "%s removed, since its time was over\n", several(m.Removed.Len(), "recording"))
	}
	if e.key == nil {
		fmt.Fprintln(e.out, notSigned)
	} else {
		fmt.Fprintf(e.out, "signed with the campaign's key %s\n", e.key.Public())
	}
	fmt.Fprintf(e.out, "SHA-256 of the manifest, to be published: %s\n", sum)
	return e.recordings(m.Missing, m.Damaged)
}
