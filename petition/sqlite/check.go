package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"strconv"
	"strings"
)

// maxFindings bounds what a check reports.
const maxFindings = 10

// quickLimit is the size up to which Open looks at every page, at about 1 ms a
// MiB. A larger database would keep callers waiting; there Open sees a file
// that was cut or is damaged at its beginning, and Check sees the rest.
const quickLimit = 128 << 20

// Check reads the whole database and returns ErrCorrupt, with what was found, if
// it is not sound: pages, indexes against tables, and rows that belong to a
// call that is not there. It takes seconds for a million calls and delays none.
func (db *DB) Check(ctx context.Context) error {
	err := examine(ctx, db.path, db.readers,
		`SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok' ORDER BY 1`,
		`SELECT "table" || ': a row of no call' FROM pragma_foreign_key_check ORDER BY 1`)
	if err != nil {
		return db.failed("check the database", err)
	}
	return nil
}

// CheckFile is Check without its look at rows, of a database of any schema.
func CheckFile(ctx context.Context, path string) error {
	pool, err := sql.Open("sqlite3", reading(Sealed(path)).name(path, DefaultBusyTimeout))
	if err != nil {
		return err
	}
	err = examine(ctx, path, pool, `SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok' ORDER BY 1`)
	return errors.Join(explain(path, err), pool.Close())
}

// quickCheck looks at the pages of a database that is small enough.
func quickCheck(ctx context.Context, path string, pool *sql.DB) error {
	info, err := os.Stat(path)
	if err != nil || info.Size() > quickLimit {
		return err
	}
	return examine(ctx, path, pool, `SELECT quick_check FROM pragma_quick_check WHERE quick_check <> 'ok' ORDER BY 1`)
}

// examine runs queries of which each row is a fault.
func examine(ctx context.Context, path string, pool *sql.DB, queries ...string) error {
	var findings []string
	for _, query := range queries {
		found, err := lines(ctx, pool, query+` LIMIT `+strconv.Itoa(maxFindings))
		if err != nil {
			return err
		}
		findings = append(findings, found...)
	}
	if len(findings) == 0 {
		return nil
	}
	return &UnavailableError{Path: path, Cause: ErrCorrupt, Err: errors.New(strings.Join(findings, "; "))}
}

func lines(ctx context.Context, pool *sql.DB, query string) ([]string, error) {
	rows, err := pool.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var lines []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, rows.Err()
}
