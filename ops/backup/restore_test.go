package backup_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"glennline/ops/backup"
)

func TestRestoreRefused(t *testing.T) {
	l := use(t)
	l.takes(0, 2)
	good := t.TempDir()
	state := l.backUp(good).State
	full := t.TempDir()
	must(t, os.WriteFile(filepath.Join(full, "notes.txt"), []byte("mine"), 0o600))
	empty := t.TempDir()
	tests := map[string]struct {
		spoil func(t *testing.T, from string)
		to    string
		now   time.Time
		want  error
	}{
		"not empty": {to: full, want: backup.ErrNotEmpty},
		"expired":   {now: now.Add(25 * time.Hour), want: backup.ErrExpired},
		"nothing":   {spoil: func(t *testing.T, from string) { must(t, os.RemoveAll(from)) }, want: backup.ErrNoBackup},
		"a list that was changed": {spoil: func(t *testing.T, from string) {
			spoil(t, filepath.Join(from, state, "files.sha256"))
		}, want: backup.ErrUnverified},
		"a database that was changed": {spoil: func(t *testing.T, from string) {
			spoil(t, filepath.Join(from, state, "glennline.db"))
		}, want: backup.ErrUnverified},
		"no database": {spoil: func(t *testing.T, from string) {
			must(t, os.Remove(filepath.Join(from, state, "glennline.db")))
		}, want: backup.ErrUnverified},
		"a manifest that is none": {spoil: func(t *testing.T, from string) {
			must(t, os.WriteFile(filepath.Join(from, "manifest.json"), []byte("{"), 0o600))
		}, want: backup.ErrUnverified},
		"inside the backup": {to: "inside", want: backup.ErrOverlap},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			from := filepath.Join(t.TempDir(), "backup")
			must(t, os.CopyFS(from, os.DirFS(good)))
			if tt.spoil != nil {
				tt.spoil(t, from)
			}
			to := tt.to
			switch to {
			case "":
				to = filepath.Join(empty, name)
			case "inside":
				to = filepath.Join(from, "data")
			}
			at := tt.now
			if at.IsZero() {
				at = now
			}
			before := tree(t, to)
			_, err := backup.Restore(t.Context(), backup.RestoreConfig{From: from, To: to, Now: func() time.Time { return at }})
			if !errors.Is(err, tt.want) {
				t.Errorf("Restore = %v, want %v", err, tt.want)
			}
			if diff := cmp.Diff(before, tree(t, to)); diff != "" {
				t.Errorf("it changed the data folder: %s", diff)
			}
		})
	}
	if left, err := os.ReadDir(empty); err != nil || len(left) > 0 {
		t.Errorf("a refused restore made %v (%v)", left, err)
	}
	if _, err := backup.Restore(t.Context(), backup.RestoreConfig{
		From: good, To: filepath.Join(empty, "expired"), Expired: true, Now: func() time.Time { return now.Add(25 * time.Hour) },
	}); err != nil {
		t.Errorf("an expired one that was asked for: %v", err)
	}
}

// Files that are not what they were are not put into the archive.
func TestRestoreOfADamagedBackup(t *testing.T) {
	l := use(t)
	l.takes(0, 3)
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "data")
	l.backUp(from)
	spoil(t, filepath.Join(from, l.wav(0)))
	must(t, os.Remove(filepath.Join(from, l.wav(1))))
	r, err := restoreInto(t, from, to)
	if !errors.Is(err, backup.ErrUnverified) {
		t.Errorf("Restore = %v, want ErrUnverified", err)
	}
	if diff := cmp.Diff([][]string{{l.wav(0)}, {l.wav(1)}}, [][]string{r.Damaged, r.Missing}); diff != "" {
		t.Error(diff)
	}
	if r.Findings["missing"] != 2 || exists(filepath.Join(to, l.wav(0))) || !exists(filepath.Join(to, l.wav(2))) ||
		!exists(filepath.Join(to, "quarantine", "damaged-"+filepath.Base(l.wav(0)))) {
		t.Errorf("restored: %+v", r)
	}
}

func TestRestoreInterrupted(t *testing.T) {
	l := use(t)
	l.takes(0, 3)
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "data")
	l.backUp(from)
	for at := 1; at <= 4; at++ {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := backup.Restore(ctx, backup.RestoreConfig{From: from, To: to, Now: clock, Progress: func(done int) {
			if done == at {
				cancel()
			}
		}})
		cancel()
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("Restore = %v, want context.Canceled", err)
		}
		if exists(filepath.Join(to, "glennline.db")) {
			t.Fatal("half a restore has a database: a service would start on it")
		}
	}
	r, err := restoreInto(t, from, to)
	must(t, err)
	if r.Left != 0 || len(names(tree(t, to), "archive/")) != 3 {
		t.Errorf("restored: %+v", r)
	}
	if _, err := restoreInto(t, from, to); !errors.Is(err, backup.ErrNotEmpty) {
		t.Errorf("once more: %v, want ErrNotEmpty", err)
	}
}
