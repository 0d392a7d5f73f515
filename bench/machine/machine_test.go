package machine

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func TestDescribeOfNoProgram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "glennline")
	if err := os.WriteFile(path, []byte("#!/bin/true\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	m, err := Describe(t.Context(), t.TempDir(), path, "")
	if err == nil {
		t.Errorf("a script is described as %+v", m)
	}
	if m.SyncMedian <= 0 || m.SyncP99 < m.SyncMedian {
		t.Errorf("a sync takes %g ms, %g at the 99th percentile", m.SyncMedian, m.SyncP99)
	}
	if m.Cores < 1 || m.MemoryMB < 1 || m.CPU == "" || m.Kernel == "" || m.Disk == "" {
		t.Errorf("the machine itself: %+v", m)
	}
}

func TestRevision(t *testing.T) {
	tree := t.TempDir()
	t.Setenv("GIT_CEILING_DIRECTORIES", filepath.Dir(tree))
	if got := revision(t.Context(), tree); got != "" {
		t.Errorf("a folder that is no repository is at %q", got)
	}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(tree, "file"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("first")
	for _, args := range [][]string{
		{"init", "-q"},
		{"add", "file"},
		{"-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false", "commit", "-q", "-m", "first"},
	} {
		git := exec.CommandContext(t.Context(), "git", args...)
		git.Dir = tree
		if out, err := git.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
	clean := revision(t.Context(), tree)
	write("second")
	if changed := revision(t.Context(), tree); len(clean) != 12 || changed != clean+"-dirty" {
		t.Errorf("at %q, and with a change at %q", clean, changed)
	}
}

func TestUnWritable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Writable(filepath.Join(file, "data.json")); err == nil {
		t.Error("a file below a file can be written")
	}
	if err := Writable(t.TempDir()); err == nil {
		t.Error("figures can be written over a folder")
	}
	if err := os.Chmod(file, 0o400); err != nil {
		t.Fatal(err)
	}
	// Root may write whatever the mode says, but not into a program that runs.
	if os.Geteuid() == 0 {
		running, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		file = running
	}
	if err := Writable(file); err == nil {
		t.Errorf("figures can be written over %s", file)
	}
	folder := filepath.Join(t.TempDir(), "new")
	if err := Writable(filepath.Join(folder, "data.json")); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
