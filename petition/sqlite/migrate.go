package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

// Migrations only append: a database in use has run those that are there.
//
//go:embed migrations/*.sql
var embedded embed.FS

// migrator runs the embedded migrations on a database.
func migrator(pool *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(embedded, "migrations")
	if err != nil {
		return nil, err
	}
	// Two that were written at the same time may arrive in any order.
	return goose.NewProvider(goose.DialectSQLite3, pool, files, goose.WithAllowOutofOrder(true),
		goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
}

// migrate brings the database at path up to the schema of this version and says
// which it had and has. Each migration is a transaction.
func migrate(ctx context.Context, path string, pool *sql.DB) (from, to int64, err error) {
	m, err := migrator(pool)
	if err != nil {
		return 0, 0, err
	}
	sources := m.ListSources()
	to = sources[len(sources)-1].Version
	if from, err = schemaVersion(ctx, pool); err != nil {
		return 0, 0, err
	}
	if from > to {
		return 0, 0, newer(path, from, to)
	}
	missing, err := lacks(ctx, pool, m)
	if err != nil || !missing {
		return from, to, err
	}
	if _, err := m.Up(ctx); err != nil {
		return 0, 0, fmt.Errorf("migrate from schema %d to %d: %w", from, to, err)
	}
	return from, to, nil
}

// sameSchema refuses a database that this version would have to migrate before
// it can read it, or that a newer one wrote.
func sameSchema(ctx context.Context, path string, pool *sql.DB) error {
	m, err := migrator(pool)
	if err != nil {
		return err
	}
	sources := m.ListSources()
	want := sources[len(sources)-1].Version
	got, err := schemaVersion(ctx, pool)
	if err != nil {
		return err
	}
	missing, err := lacks(ctx, pool, m)
	switch {
	case err != nil:
		return err
	case got > want:
		return newer(path, got, want)
	case missing:
		return fmt.Errorf("%s has schema %d and this program reads %d; start the service once, which migrates it: %w", path, got, want, ErrOlderSchema)
	}
	return nil
}

func newer(path string, got, want int64) error {
	return fmt.Errorf("%s has schema %d and this program knows %d; run the version that wrote it, or a newer one: %w", path, got, want, ErrNewerSchema)
}

// lacks is whether one of the migrations was not applied.
func lacks(ctx context.Context, pool *sql.DB, m *goose.Provider) (bool, error) {
	version, err := schemaVersion(ctx, pool)
	if err != nil || version == 0 {
		return version == 0, err
	}
	for _, source := range m.ListSources() {
		var applied bool
		err := pool.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM goose_db_version WHERE version_id = ? AND is_applied = 1)`, source.Version).Scan(&applied)
		if err != nil || !applied {
			return !applied, err
		}
	}
	return false, nil
}

// schemaVersion is that of the last migration that was applied, 0 for a new
// database. It only reads: goose itself would make its table first.
func schemaVersion(ctx context.Context, pool *sql.DB) (int64, error) {
	var tables int
	err := pool.QueryRowContext(ctx, `SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name = 'goose_db_version'`).Scan(&tables)
	if err != nil || tables == 0 {
		return 0, err
	}
	var version int64
	err = pool.QueryRowContext(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied = 1`).Scan(&version)
	return version, err
}
