package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdRefused runs a command that has to fail with the exit code, say so in one
// line on standard error and nothing on standard output, and leave every file
// below the script's folder as it was.
func cmdRefused(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: refused CODE COMMAND ARG...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	before := snapshot(ts)
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		ts.Fatalf("%q ended with %v, want exit code %d", args[1:], err, want)
	}
	if code := exit.ExitCode(); code != want {
		ts.Fatalf("%q ended with exit code %d, want %d", args[1:], code, want)
	}
	if out := ts.ReadFile("stdout"); out != "" {
		ts.Fatalf("%q printed on standard output: %q", args[1:], out)
	}
	said := ts.ReadFile("stderr")
	text, ok := strings.CutPrefix(said, "glennline: ")
	if !ok || strings.Count(said, "\n") != 1 || !strings.HasSuffix(said, "\n") || strings.TrimSpace(text) == "" {
		ts.Fatalf("%q said %q, want one line that begins with \"glennline: \"", args[1:], said)
	}
	if changed := differences(before, snapshot(ts)); len(changed) > 0 {
		ts.Fatalf("%q was refused and changed %s", args[1:], strings.Join(changed, ", "))
	}
}

// snapshot is what lies below the script's folder: by path, what is told of it.
// Left out is what has to be touched to look at a data folder at all: its lock,
// and SQLite's index of the write-ahead log and the log itself while it is empty.
func snapshot(ts *testscript.TestScript) map[string]string {
	root := ts.Getenv("WORK")
	tree := make(map[string]string)
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := os.Lstat(path)
		if err != nil {
			return err
		}
		told := info.Mode().String()
		switch name := filepath.Base(path); {
		case name == "lock", name == "glennline.db-shm", name == "glennline.db-wal" && info.Size() == 0:
			return nil
		case info.Mode().IsRegular():
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			told += fmt.Sprintf(" %s %x", info.ModTime(), sha256.Sum256(content))
		case info.Mode().Type() == fs.ModeSymlink:
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			told += " to " + target
		}
		tree[path] = told
		return nil
	})
	ts.Check(err)
	return tree
}

// differences names the paths that are not the same in both.
func differences(before, after map[string]string) (changed []string) {
	paths := maps.Clone(before)
	maps.Copy(paths, after)
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		if before[path] != after[path] {
			changed = append(changed, path)
		}
	}
	return changed
}
