package asteriskconf

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write what is rendered to docs/asterisk-example")

// The rendered example is documentation, and shows what a change does.
func TestExample(t *testing.T) {
	root := t.TempDir()
	docs := filepath.Join("..", "docs", "asterisk-example")
	for name, render := range map[string]func(Config, string) error{"etc": Render, "fragment": RenderFragment} {
		dir := filepath.Join(root, name)
		if err := render(example(), dir); err != nil {
			t.Fatal(err)
		}
		got := read(t, dir)
		// The folder that it was rendered to is not the example's.
		for file := range got {
			got[file] = strings.ReplaceAll(got[file], dir, filepath.Join(example().Dir, name))
		}
		golden := filepath.Join(docs, name)
		if *update {
			write(t, golden, got)
		}
		if diff := cmp.Diff(read(t, golden), got); diff != "" {
			t.Errorf("%s: run go test ./asterisk-conf -update and look at the change (-want +got):\n%s", name, diff)
		}
	}
}

func read(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(b)
	}
	return files
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRenderIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "etc")
	if err := Render(example(), dir); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v %v", info, err)
	}
	for name := range read(t, dir) {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, info, err)
		}
	}
}

func TestRenderAgain(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "etc")
	c := example()
	for range 2 {
		if err := Render(c, dir); err != nil {
			t.Fatal(err)
		}
		c.MaxCalls = 77
	}
	if got := read(t, dir)["asterisk.conf"]; !strings.Contains(got, "maxcalls = 127") {
		t.Errorf("not rendered again:\n%s", got)
	}
	if entries, err := os.ReadDir(parent); err != nil || len(entries) != 1 {
		t.Errorf("left beside it: %v %v", entries, err)
	}
}

// A reader finds every file whole at any time.
func TestRenderIsAtomic(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "etc")
	if err := Render(example(), dir); err != nil {
		t.Fatal(err)
	}
	want := read(t, dir)
	stop, done := make(chan struct{}), make(chan error)
	go func() {
		for {
			for name, content := range want {
				if b, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(b) != content {
					done <- fmt.Errorf("%s: %d bytes of %d: %w", name, len(b), len(content), err)
					return
				}
			}
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
		}
	}()
	for range 10 {
		if err := Render(example(), dir); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestRenderLeavesOthersAlone(t *testing.T) {
	for name, make := range map[string]func(dir string) error{
		"a folder with a file": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "sip.conf"), []byte("[general]"), 0o600)
		},
		"a folder with a folder": func(dir string) error { return os.Mkdir(filepath.Join(dir, "x"), 0o700) },
		"one of ours and a guest": func(dir string) error {
			if err := os.Remove(dir); err != nil {
				return err
			}
			if err := Render(example(), dir); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(dir, "mine.conf"), nil, 0o600)
		},
		"a file": func(dir string) error {
			return errors.Join(os.Remove(dir), os.WriteFile(dir, []byte("x"), 0o600))
		},
		"a link": func(dir string) error {
			return errors.Join(os.Remove(dir), os.Symlink(os.TempDir(), dir))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := make(dir); err != nil {
				t.Fatal(err)
			}
			before, err := os.Lstat(dir)
			if err != nil {
				t.Fatal(err)
			}
			if err := Render(example(), dir); !errors.Is(err, ErrForeign) || !strings.Contains(err.Error(), dir) {
				t.Errorf("Render: %v", err)
			}
			if after, err := os.Lstat(dir); err != nil || !os.SameFile(before, after) || after.ModTime() != before.ModTime() {
				t.Errorf("changed: %v %v", after, err)
			}
		})
	}
	if err := Render(example(), t.TempDir()); err != nil {
		t.Errorf("an empty folder: %v", err)
	}
}

func TestRenderRefusesBeforeItWrites(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "etc")
	c := example()
	c.SIP.Port = 0
	var fe *FieldError
	for _, render := range []func(Config, string) error{Render, RenderFragment} {
		if err := render(c, dir); !errors.As(err, &fe) {
			t.Errorf("Render: %v", err)
		}
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("wrote: %v", err)
	}
}

// An Asterisk without the newest modules gets a configuration without them.
func TestOldAsterisk(t *testing.T) {
	c := example()
	c.ModuleDir = t.TempDir()
	files, err := Files(c, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{websocketClient, recordEngine} {
		if bytes.Contains(files["modules.conf"], []byte(name)) {
			t.Errorf("%s is required, but not there", name)
		}
		if err := os.WriteFile(filepath.Join(c.ModuleDir, name+".so"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Contains(files["cel_custom.conf"], []byte("[mappings]")) {
		t.Errorf("the witness needs what is not there:\n%s", files["cel_custom.conf"])
	}
	if files, err = Files(c, t.TempDir()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{websocketClient, recordEngine} {
		if !bytes.Contains(files["modules.conf"], []byte(name)) {
			t.Errorf("%s is not loaded, but there", name)
		}
	}
}

// Whatever the configuration: see Tracer.
func TestTracerIsNotLoadedAtStart(t *testing.T) {
	if files := example().ModuleFiles(); len(files) < 60 || slices.Contains(files, Tracer) {
		t.Errorf("loaded at start: %q", files)
	}
}

func TestFolders(t *testing.T) {
	got := example().Folders()
	for i, folder := range got[1:] {
		if !slices.Contains(got[:i+1], filepath.Dir(folder)) {
			t.Errorf("%s does not come after its parent: %q", folder, got)
		}
	}
	files, err := Files(example(), "/etc/x")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range parse(t, string(files["asterisk.conf"])) {
		for _, o := range s.options {
			if s.name == "directories" && strings.HasPrefix(o.value, example().Dir) && !slices.Contains(got, o.value) {
				t.Errorf("%s = %s is not among the folders", o.key, o.value)
			}
		}
	}
	if !slices.Contains(got, example().Dir+"/log/cel-custom") {
		t.Error("no folder for the witness")
	}
}
