package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	_ "github.com/mattn/go-sqlite3" // by its name
	"golang.org/x/sys/unix"

	"glennline/internal/crowd"
)

// bench is a data folder and the program that is measured on it.
type bench struct {
	plan
	work, data string
	calls      int
	built      bool // glennline, from this tree
}

// build makes the program, where none was named.
func (b *bench) build(ctx context.Context) error {
	if b.glennline != "" {
		return nil
	}
	b.glennline, b.built = filepath.Join(b.work, "glennline"), true
	say("building glennline")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", b.glennline, "./cmd/glennline").CombinedOutput(); err != nil {
		return fmt.Errorf("building glennline: %w: %s", err, out)
	}
	return nil
}

// prepare makes the data folder.
func (b *bench) prepare(ctx context.Context) error {
	if err := os.Mkdir(b.data, 0o700); err != nil {
		return err
	}
	say("making %d signatures and their files", b.signatures)
	// In a process of its own: a child counts what its parent has had in memory
	// as its own peak.
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self, "-signatures", fmt.Sprint(b.signatures), "-seed", fmt.Sprint(b.seed))
	cmd.Env = append(os.Environ(), makeEnv+"="+b.data)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("making the data folder: %w", err)
	}
	// Else the first of the commands that sync what they write would wait for all of
	// this to reach the disk, and what stands beside it, which does not sync, would not.
	unix.Sync()
	_, err = fmt.Sscan(string(out), &b.calls)
	return err
}

// makeEnv names the data folder to fill, in the process that does it.
const makeEnv = "GLENNLINE_BENCH_DATA_MAKE"

// again is the share of calls from mobile telephones with a voice that come from
// one which has called before.
const again = 0.2

// fill makes database and files of a data folder, and prints how many calls.
func (b *bench) fill(ctx context.Context) error {
	launch := time.Date(2026, 11, 18, 18, 30, 0, 0, time.UTC)
	database := filepath.Join(b.data, "glennline.db")
	if err := crowd.Make(ctx, database, crowd.Config{Launch: launch, Until: launch.AddDate(0, 0, 10), Counted: b.signatures, Seed: b.seed, Again: again}); err != nil {
		return err
	}
	db, err := sql.Open("sqlite3", "file:"+database+"?mode=ro")
	if err != nil {
		return err
	}
	defer db.Close()
	var calls int
	if err := db.QueryRowContext(ctx, `SELECT count(*) FROM calls ORDER BY 1`).Scan(&calls); err != nil {
		return err
	}
	fmt.Println(calls)
	rows, err := db.QueryContext(ctx, `SELECT path, seconds FROM voices ORDER BY path`)
	if err != nil {
		return err
	}
	defer rows.Close()
	return b.files(rows)
}

// files makes the recordings. Each is a file of its own, as long as its message
// would be, but of nothing: nobody reads what is in it.
func (b *bench) files(rows *sql.Rows) error {
	folder := ""
	for rows.Next() {
		var path string
		var seconds float64
		if err := rows.Scan(&path, &seconds); err != nil {
			return err
		}
		path = filepath.Join(b.data, "archive", path)
		if dir := filepath.Dir(path); dir != folder {
			if err := os.MkdirAll(dir, 0o700); err != nil {
				return err
			}
			folder = dir
		}
		file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o400)
		if err != nil {
			return err
		}
		const header, second = 44, 16000 // bytes of a WAV file
		if err := errors.Join(file.Truncate(header+int64(seconds*second)), file.Close()); err != nil {
			return err
		}
	}
	return rows.Err()
}
