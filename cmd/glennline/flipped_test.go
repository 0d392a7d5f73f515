package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdFlipped changes a bit of a file, in its middle or where it first has the text,
// lets its bundle be verified, which must fail, and changes it back.
func cmdFlipped(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: flipped CODE FILE [TEXT]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	path := ts.MkAbs(args[1])
	whole, err := os.ReadFile(path)
	ts.Check(err)
	at := len(whole) / 2
	if len(args) == 3 {
		if at = bytes.Index(whole, []byte(args[2])); at < 0 {
			ts.Fatalf("%s has no %q", args[1], args[2])
		}
	}
	changed := bytes.Clone(whole)
	changed[at] ^= 1
	info, err := os.Stat(path)
	ts.Check(err)
	ts.Check(os.WriteFile(path, changed, info.Mode()))
	bundle := filepath.Dir(path)
	for filepath.Dir(bundle) != filepath.Clean(ts.Getenv("WORK")) {
		bundle = filepath.Dir(bundle)
	}
	err = ts.Exec("glennline", "verify", bundle)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != want {
		ts.Fatalf("with byte %d of %s changed, verify ended with %v, want exit code %d", at, args[1], err, want)
	}
	ts.Check(os.WriteFile(path, whole, info.Mode()))
}
