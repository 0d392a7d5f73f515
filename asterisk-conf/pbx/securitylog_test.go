package pbx

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"golang.org/x/sys/unix"
)

func aSecurityEvent(t *testing.T, session string) securityEvent {
	t.Helper()
	e, ok := parseSecurity(eventHead + `AccountID="+32470555019",SessionID="` + session + `",` + eventTail)
	if !ok {
		t.Fatal("no event")
	}
	return e
}

func TestSecurityLog(t *testing.T) {
	dir := t.TempDir()
	core, logs := observer.New(zap.WarnLevel)
	l := newSecurityLog(dir, zap.New(core))
	defer l.close()
	now := time.Date(2026, 11, 22, 23, 59, 0, 0, time.FixedZone("CET", 3600))
	l.now = func() time.Time { return now }
	read := func(name string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode(); mode != 0o600 {
			t.Errorf("%s has mode %v", name, mode)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if text := read("security.log"); text != "" {
		t.Errorf("a new one holds %q", text)
	}
	l.write(aSecurityEvent(t, "a"), 77)
	want := "[2026-11-22T22:59:00.000+0000] SECURITY[77] res_security_log.c: " + eventHead + `AccountID="[user]",SessionID="a",` + eventTail + "\n"
	if text := read("security.log"); text != want {
		t.Errorf("\ngot  %swant %s", text, want)
	}

	// A new one goes on with what is there, and keeps it to itself.
	l.close()
	if err := os.Chmod(filepath.Join(dir, "security.log"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(filepath.Join(dir, "security.log"), now, now); err != nil {
		t.Fatal(err)
	}
	clock := l.now
	l = newSecurityLog(dir, zap.New(core))
	l.now = clock
	l.write(aSecurityEvent(t, "b"), 77)
	if text := read("security.log"); strings.Count(text, "\n") != 2 {
		t.Errorf("%s", text)
	}

	// Another day, and then by size.
	now = now.Add(2 * time.Hour)
	l.write(aSecurityEvent(t, "c"), 77)
	if text, old := read("security.log"), read("security.log.1"); strings.Count(text, "\n") != 1 || strings.Count(old, "\n") != 2 {
		t.Errorf("%s\n%s", text, old)
	}
	l.size = int64(len(want))
	for n := range 20 {
		l.write(aSecurityEvent(t, strconv.Itoa(n%10)), 77)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1+securityKept {
		t.Errorf("%d files, want %d: %v", len(entries), 1+securityKept, err)
	}
	if text, old := read("security.log"), read("security.log.13"); !strings.Contains(text, `SessionID="9"`) || !strings.Contains(old, `SessionID="6"`) {
		t.Errorf("%s\n%s", text, old)
	}
	if logs.Len() != 0 {
		t.Errorf("%v", logs.All())
	}
}

// What Asterisk's user may have put there leads nowhere, and stops nobody.
func TestSecurityLogInTheWay(t *testing.T) {
	elsewhere := filepath.Join(t.TempDir(), "other")
	if err := os.WriteFile(elsewhere, []byte("other"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, put := range map[string]func(path string) error{
		"link":          func(path string) error { return os.Symlink(elsewhere, path) },
		"pipe":          func(path string) error { return unix.Mkfifo(path, 0o600) },
		"folder":        func(path string) error { return os.Mkdir(path, 0o700) },
		"no log folder": func(path string) error { return os.Remove(filepath.Dir(path)) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "log")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, "security.log")
			if err := put(path); err != nil {
				t.Fatal(err)
			}
			core, logs := observer.New(zap.WarnLevel)
			l := newSecurityLog(dir, zap.New(core))
			defer l.close()
			l.write(aSecurityEvent(t, "a"), 1)
			l.write(aSecurityEvent(t, "b"), 1)
			if logs.Len() != 1 { // once a minute
				t.Errorf("%v", logs.All())
			}
			if text, err := os.ReadFile(elsewhere); err != nil || string(text) != "other" {
				t.Errorf("the other file holds %q (%v)", text, err)
			}
			// Once it is out of the way, it is written.
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.Remove(path); err != nil && name != "no log folder" {
				t.Fatal(err)
			}
			l.write(aSecurityEvent(t, "c"), 1)
			if text, err := os.ReadFile(path); err != nil || strings.Count(string(text), "\n") != 1 {
				t.Errorf("%q (%v)", text, err)
			}
		})
	}
}
