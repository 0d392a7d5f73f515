package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"glennline/ops/backup"
	"glennline/ops/copies"
	"glennline/ops/doctor"
	"glennline/petition/sqlite"
)

// data looks at the data folder and at what belongs to it.
func (x *examination) data(ctx context.Context) {
	if _, err := os.Stat(string(x.dir)); errors.Is(err, fs.ErrNotExist) {
		x.report.Add(doctor.Warn("data", fmt.Sprintf("%s is not there yet", x.dir), "start the line once, which makes it, or name another folder with --data"))
		return
	}
	least := uint64(x.file.Admission.MinFreeMiB) << 20
	x.report.Add(
		doctor.Rights("rights", string(x.dir), x.dir.Database(), x.dir.Database()+"-wal", x.dir.Secret(), x.dir.Secrets(),
			x.dir.SealKey(), x.dir.Audit(), x.dir.Tombstones(), x.dir.Copies(), x.dir.Journal(), x.dir.Archive(), x.dir.Quarantine()),
		doctor.Disk("disk", string(x.dir), least),
		doctor.Sync("sync", string(x.dir)),
	)
	spool := x.dir.Spool()
	if x.foreign() && x.file.Spool != "" {
		spool = x.file.Spool
		x.report.Add(doctor.Disk("disk", spool, least))
	}
	x.report.Add(doctor.Spool("spool", spool, today(spool)))
	x.database(ctx)
	x.secret()
	x.backups()
}

func (x *examination) database(ctx context.Context) {
	const name = "database"
	if err := errors.Join(backup.Half(x.dir), lostDatabase(x.dir)); err != nil {
		x.report.Add(doctor.Bad(name, oneLine(err), "do as it says before calls are taken"))
		return
	}
	db, err := sqlite.Open(ctx, sqlite.Config{Path: x.dir.Database(), ReadOnly: true})
	if errors.Is(err, sqlite.ErrNoDatabase) {
		x.report.Add(doctor.Warn(name, "none yet", "start the line once, which makes it"))
		return
	}
	if err == nil {
		defer db.Close()
		err = db.Check(ctx)
	}
	figure := "sound, of this version's schema"
	if err == nil {
		_, _, err = db.VerifyFigure(ctx)
	}
	switch {
	case errors.Is(err, sqlite.ErrCorrupt):
		x.report.Add(doctor.Bad(name, oneLine(err), remedy(x.dir)))
	case errors.Is(err, sqlite.ErrOlderSchema):
		x.report.Add(doctor.Warn(name, oneLine(err), "start the line with this version once"))
	case errors.Is(err, sqlite.ErrNewerSchema):
		x.report.Add(doctor.Bad(name, oneLine(err), "install the newer version again"))
	case errors.Is(err, sqlite.ErrCounters):
		x.report.Add(doctor.Bad(name, oneLine(err), "keep a copy of the database, and make it anew: glennline rebuild"))
	case err != nil:
		x.report.Add(doctor.Bad(name, oneLine(err), "see who holds or may not read "+x.dir.Database()))
	default:
		x.report.Add(doctor.Good(name, figure))
	}
}

func (x *examination) secret() {
	const name = "secret"
	keys, err := readKeys(x.dir)
	if errors.Is(err, fs.ErrNotExist) {
		if _, dbErr := os.Stat(x.dir.Database()); errors.Is(dbErr, fs.ErrNotExist) {
			x.report.Add(doctor.Warn(name, "none yet", "start the line once, which makes it"))
			return
		}
	}
	if err != nil {
		x.report.Add(doctor.Bad(name, oneLine(err), "put back the copy of the secret that was kept elsewhere"))
		return
	}
	content, err := os.ReadFile(x.dir.Secret())
	if err != nil {
		x.report.Add(doctor.Bad(name, oneLine(err), "let the user that runs glennline read it"))
		return
	}
	for _, c := range x.backupsMade() {
		if path := holds(c.Path, bytes.TrimSpace(content)); path != "" {
			x.report.Add(doctor.Bad(name, fmt.Sprintf("%s, in a backup, holds the secret: whoever has both can guess callers' numbers", path),
				"remove it there, and keep a copy of the secret in another place than the backups"))
			return
		}
	}
	x.report.Add(doctor.Good(name, fmt.Sprintf("%s is there, and in no backup; keep a copy elsewhere", keys.ID)))
}

// largestSecret bounds the files that are looked into.
const largestSecret = 4096

// holds finds a small file of a backup that has the secret in it; "" for none.
// What is copied by content, recordings and prompts, is left out.
func holds(folder string, secret []byte) (found string) {
	_ = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // the backup's own check says what cannot be read
		}
		if name := d.Name(); d.IsDir() && (name == "archive" || name == "quarantine" || name == "prompts") {
			return fs.SkipDir
		}
		info, err := d.Info()
		if err != nil || !info.Mode().IsRegular() || info.Size() > largestSecret {
			return nil //nolint:nilerr // as above
		}
		if content, err := os.ReadFile(path); err == nil && bytes.Contains(content, secret) {
			found = path
			return fs.SkipAll
		}
		return nil
	})
	return found
}

func (x *examination) backupsMade() (made []copies.Copy) {
	all, err := copies.List(x.dir.Copies())
	if err != nil {
		return nil
	}
	for _, c := range all {
		if c.Kind == copies.Backup {
			made = append(made, c)
		}
	}
	return made
}

// oldBackup is the age from which a backup is too old: a night and some hours.
const oldBackup = 26 * time.Hour

func (x *examination) backups() {
	const name, do = "backup", "glennline backup --to FOLDER, each night, on another disk"
	made := x.backupsMade()
	if len(made) == 0 {
		x.report.Add(doctor.Warn(name, "none was made of this data folder", do))
		return
	}
	latest := made[0]
	for _, c := range made[1:] {
		if c.At.After(latest.At) {
			latest = c
		}
	}
	m, err := backup.Read(latest.Path)
	if err != nil {
		x.report.Add(doctor.Warn(name, fmt.Sprintf("the latest, in %s, cannot be read: %s", latest.Path, oneLine(err)), "connect its disk, or make another: "+do))
		return
	}
	age := time.Since(m.CreatedAt).Round(time.Minute)
	found := fmt.Sprintf("%s, %s old, %s; expires on %s", latest.Path, age, several(m.Calls, "call"), m.ExpiresAt.UTC().Format(time.DateOnly))
	switch {
	case time.Now().After(m.ExpiresAt):
		x.report.Add(doctor.Warn(name, "the latest has expired: "+found, do))
	case age > oldBackup:
		x.report.Add(doctor.Warn(name, "the latest is too old: "+found, do))
	default:
		x.report.Add(doctor.Good(name, found))
	}
}
