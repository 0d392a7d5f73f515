package ledger_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"glennline/ops/ledger"
	"glennline/petition"
	"glennline/petition/journal"
	"glennline/petition/sqlite"
)

// A file that cannot be written is no reason not to start.
func TestReadOnly(t *testing.T) {
	dir := made(t)
	path := filepath.Join(dir, "glennline.db")
	must(t, os.Chmod(path, 0o400))
	must(t, os.Chmod(dir, 0o700))
	out := asNobody(t, dir, "readonly", path)
	if !strings.HasPrefix(out, "ok ") {
		t.Fatalf("the other process says %q", out)
	}
	must(t, os.Chmod(path, 0o600))
	l := open(t, config(t, dir))
	if l.Waiting() != 0 {
		t.Errorf("%d entries wait after the start", l.Waiting())
	}
	shut(t, l)
	if got := rows(t, dir); len(got) != 5 || got[id(1)].Signature == nil || got[id(2)].Signature == nil {
		t.Errorf("%d calls, want 5", len(got))
	}
}

// kill -9 with entries in the journal, and again between two replays: each is
// in the database once.
func TestKilledBeforeTheReplay(t *testing.T) {
	dir := made(t)
	release := lock(t, dir, all)
	cmd := exec.CommandContext(t.Context(), os.Args[0], dir)
	cmd.Env = append(os.Environ(), helper+"=killed")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	if _, err := io.ReadFull(out, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	must(t, cmd.Process.Kill())
	_ = cmd.Wait()
	release()

	file := filepath.Join(dir, "journal", "journal.jsonl")
	kept, err := os.ReadFile(file)
	must(t, err)
	for range 2 { // the second time, everything is in the database already
		must(t, os.WriteFile(file, kept, 0o600))
		l := open(t, config(t, dir))
		if l.Waiting() != 0 {
			t.Errorf("%d entries wait after the start", l.Waiting())
		}
		shut(t, l)
		got := rows(t, dir)
		if len(got) != 3+10+1 {
			t.Errorf("%d calls, want 14", len(got))
		}
		for n := range 10 {
			if got[id(n)].Signature == nil {
				t.Errorf("call %d has no signature", n)
			}
		}
		if row := got[id(10)]; row.Closing != nil || row.Call.Caller.Pseudonym != pseudonym(10) {
			t.Errorf("the call in progress: %+v", row)
		}
		noJournal(t, dir)
	}
}

// journalAndDie takes calls while the database is locked, and waits to be killed.
func journalAndDie(dir string) {
	l, err := ledger.Open(context.Background(), ledger.Config{
		Database: sqlite.Config{Path: filepath.Join(dir, "glennline.db"), BusyTimeout: 50 * time.Millisecond},
		Journal:  filepath.Join(dir, "journal"),
	})
	for n := range 10 {
		if err == nil {
			err = l.Begin(context.Background(), call(n))
		}
		if err == nil {
			_, err = l.End(context.Background(), message(n))
		}
	}
	if err == nil {
		err = l.Begin(context.Background(), call(10))
	}
	if err != nil || l.Waiting() == 0 {
		fmt.Fprintln(os.Stderr, "nothing went to the journal:", err)
		os.Exit(1)
	}
	_, _ = os.Stdout.WriteString(".")
	select {}
}

// A disk without a byte left, in a namespace of its own where we are not root.
func TestDiskFull(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), os.Args[0], dir)
	cmd.Env = append(os.Environ(), helper+"=full")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	if err != nil || string(out) != "ok" {
		t.Errorf("%s (%v)", out, err)
	}
}

func fillDisk(dir string) {
	if err := fullDisk(dir); err != nil {
		fmt.Print(err)
		os.Exit(1)
	}
	fmt.Print("ok")
}

func fullDisk(dir string) error {
	ctx := context.Background()
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=24m"); err != nil {
		return fmt.Errorf("mount: %w", err)
	}
	cfg := ledger.Config{
		Database: sqlite.Config{Path: filepath.Join(dir, "glennline.db")},
		Journal:  filepath.Join(dir, "journal"),
		Probe:    50 * time.Millisecond,
	}
	l, err := ledger.Open(ctx, cfg)
	if err != nil {
		return err
	}
	filler, err := os.Create(filepath.Join(dir, "filler"))
	if err != nil {
		return err
	}
	for block := make([]byte, 4096); ; {
		if _, err = filler.Write(block); err != nil {
			break
		}
	}
	const calls = 300
	for n := range calls {
		if err := l.Begin(ctx, call(n)); err != nil {
			return fmt.Errorf("begin %d on a full disk: %w", n, err)
		}
		if s, err := l.End(ctx, message(n)); err != nil || s == nil {
			return fmt.Errorf("end %d on a full disk: %v, %w", n, s, err)
		}
	}
	if l.Waiting() == 0 {
		return fmt.Errorf("nothing waits: the disk was not full")
	}
	if err := errorsOf(filler.Close(), os.Remove(filler.Name())); err != nil {
		return err
	}
	for end := time.Now().Add(30 * time.Second); l.Waiting() > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			return fmt.Errorf("%d entries still wait", l.Waiting())
		}
	}
	counts, err := l.DB().Counts(ctx)
	if err != nil {
		return err
	}
	if counts.Calls != calls || counts.Statuses[petition.StatusCounted] != calls {
		return fmt.Errorf("the database has %+v", counts)
	}
	if err := l.DB().Check(ctx); err != nil {
		return err
	}
	return l.Close()
}

// readOnly takes calls with a database that this user cannot write.
func readOnly(path string) {
	ctx := context.Background()
	dir := filepath.Dir(path)
	l, err := ledger.Open(ctx, ledger.Config{
		Database: sqlite.Config{Path: path, BusyTimeout: 50 * time.Millisecond},
		Journal:  filepath.Join(dir, "journal"),
	})
	for n := 1; n <= 2 && err == nil; n++ {
		if err = l.Begin(ctx, call(n)); err == nil {
			_, err = l.End(ctx, message(n))
		}
	}
	if err == nil && l.Waiting() == 0 {
		err = fmt.Errorf("nothing waits")
	}
	if err == nil {
		err = l.Close()
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	entries := 0
	_, err = journal.Read(filepath.Join(dir, "journal"), func(journal.Entry) error { entries++; return nil })
	fmt.Println("ok", entries, err)
}

// asNobody runs this test binary as a user whom file modes bind, who gets
// everything below dir.
func asNobody(t *testing.T, dir, what string, args ...string) string {
	t.Helper()
	const nobody = 65534
	program := os.Args[0]
	cmd := exec.CommandContext(t.Context(), program, args...)
	if os.Geteuid() == 0 {
		program = filepath.Join(t.TempDir(), "program")
		text, err := os.ReadFile(os.Args[0])
		must(t, err)
		must(t, os.WriteFile(program, text, 0o755))
		for _, at := range []string{filepath.Dir(program), filepath.Dir(filepath.Dir(program)), filepath.Dir(dir)} {
			must(t, os.Chmod(at, 0o755))
		}
		must(t, filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
			return errorsOf(err, os.Chown(path, nobody, nobody))
		}))
		t.Cleanup(func() {
			_ = filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
				return errorsOf(err, os.Chown(path, 0, 0))
			})
		})
		cmd = exec.CommandContext(t.Context(), program, args...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	cmd.Env = append(os.Environ(), helper+"="+what)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s (%v)", out, err)
	}
	return string(out)
}
