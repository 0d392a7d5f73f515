//go:build e2e || heavy

package e2e

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	_ "github.com/mattn/go-sqlite3"
)

// lockDatabase names the environment variable that makes the test binary
// another program, which takes the database that it names for itself.
const lockDatabase = "GLENNLINE_E2E_LOCK"

func init() {
	if path := os.Getenv(lockDatabase); path != "" {
		holdDatabase(path)
	}
}

// holdDatabase says when it has the lock, and keeps it until its standard input
// ends.
func holdDatabase(path string) {
	db, err := sql.Open("sqlite3", "file:"+path+"?_busy_timeout=10000")
	if err == nil {
		db.SetMaxOpenConns(1)
		_, err = db.ExecContext(context.Background(), `BEGIN EXCLUSIVE`)
	}
	if err == nil {
		fmt.Println("locked")
		_, _ = io.Copy(io.Discard, os.Stdin)
		_, err = db.ExecContext(context.Background(), `ROLLBACK`)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// locked runs while another process has the database for itself.
func (l *line) locked(t *testing.T, while func()) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), lockDatabase+"="+filepath.Join(l.dir, "data", "glennline.db"))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, len("locked\n"))); err != nil {
		t.Fatal("the other process got no lock:", err)
	}
	while()
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
}
