package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"glennline/config"
	"glennline/ops/copies"
	"glennline/ops/datadir"
	"glennline/ops/export"
	"glennline/ops/seal"
	"glennline/petition"
	"glennline/petition/sqlite"
)

// What manifests are of.
const (
	kindExport = "export"
	kindBundle = "bundle"
)

// beginManifest says of which moment the rows are, and what made them.
func beginManifest(kind string, file config.File, from *sqlite.Snapshot) (seal.Manifest, error) {
	sum, err := file.SHA256()
	return seal.Manifest{
		Kind:     kind,
		Legal:    file.Legal,
		CutOff:   from.At,
		Software: software(),
		Config:   sum,
		Audit:    seal.Head{Entries: from.Entries, Hash: from.Head},
	}, err
}

// software is this program, as a manifest names it.
func software() string {
	info := readVersion()
	name := "glennline " + info.Version
	if info.Revision != "" {
		name += " (" + info.Revision + ")"
	}
	return name
}

// leaving is what leaves the data folder.
type leaving struct {
	to       string         // in a word
	path     string         // where it is; "" if that is noted already
	kind     copies.Kind    // of path
	at       time.Time      // the moment that it is of
	rows     *seal.Outlet   // nil before the first byte
	result   *export.Result // nil unless all of it left
	manifest string         // its hash; "" without one
}

// leave writes to the audit chain what leaves, and notes where it is for those who
// are erased later. A path is free text, which can be erased.
func (e *exporter) leave(ctx context.Context, l leaving) error {
	detail := e.opts.query(e.filter)
	detail["format"], detail["to"] = e.opts.format, l.to
	if l.rows != nil {
		detail["bytes"], detail["sha256"] = strconv.FormatInt(l.rows.Size(), 10), l.rows.Sum()
		if l.rows.Encrypted() {
			detail["inside_sha256"], detail["recipients"] = l.rows.Inside(), strconv.Itoa(len(e.recipients))
		}
	}
	if l.result != nil {
		detail["rows"] = strconv.Itoa(l.result.Rows)
	}
	if l.manifest != "" {
		detail["manifest_sha256"] = l.manifest
	}
	if err := e.db.Audit(ctx, petition.AuditEntry{Actor: e.who, Kind: petition.AuditExport, Detail: detail}, l.path); err != nil || l.path == "" {
		return err
	}
	made := copies.Copy{
		Kind: l.kind, Path: l.path, At: l.at, Actor: e.who, Holds: copies.Rows,
		Line: e.filter.Line, Since: e.filter.Since, Until: e.filter.Until,
	}
	if e.opts.voices {
		made.Holds = copies.Voices
	}
	return left(e.dir, e.file, made)
}

// left notes what left the data folder, and until when it may be kept.
func left(dir datadir.Dir, file config.File, made copies.Copy) error {
	return copies.Record(dir.Copies(), expiring(file, made))
}

func expiring(file config.File, made copies.Copy) copies.Copy {
	if kept := file.Retention.Exports; kept > 0 {
		made.Expires = made.At.Add(kept)
	}
	return made
}

// recordings says which are not as they were.
func (e *exporter) recordings(missing, damaged *seal.List) error {
	for _, named := range []struct {
		what string
		ids  *seal.List
	}{{"missing", missing}, {"damaged", damaged}} {
		first := named.ids.First()
		for _, id := range first {
			fmt.Fprintf(e.errs, "the recording of %s is %s\n", id, named.what)
		}
		if more := named.ids.Len() - len(first); more > 0 {
			fmt.Fprintf(e.errs, "and %d more recordings are %s\n", more, named.what)
		}
	}
	if missing.Len()+damaged.Len() > 0 {
		return fmt.Errorf("%w: all rows were written, and glennline reconcile says what became of the recordings", errLeft)
	}
	return nil
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
	if n := counts[sqlite.HeldSameLine]; n > 0 {
		parts = append(parts, fmt.Sprintf("%d from the line of one of them", n))
	}
	if n := counts[sqlite.HeldTakenOut]; n > 0 {
		parts = append(parts, fmt.Sprint(n)) // why is not told of a part of the calls
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
