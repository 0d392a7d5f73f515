package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestRun(t *testing.T) {
	passes := `func TestGood(t *testing.T) { t.Run("part", func(*testing.T) {}) }`
	for _, tc := range []struct {
		name  string
		files map[string]string // body after the package clause and the import of testing
		opts  options
		ok    bool
		sum   string // line of totals
		says  []string
	}{
		{
			name:  "passed",
			files: map[string]string{"a_test.go": passes},
			ok:    true, sum: "tests 2 0 0", says: []string{"ok    m  2 passed"},
		},
		{
			name:  "failed",
			files: map[string]string{"a_test.go": passes + "\nfunc TestBad(t *testing.T) { t.Error(`the reason`) }"},
			sum:   "tests 2 1 0", says: []string{"fail  m TestBad", "the reason", "FAIL  m"},
		},
		{
			name:  "skipped itself",
			files: map[string]string{"a_test.go": passes + "\nfunc TestIdle(t *testing.T) { t.Skip(`no time`) }"},
			sum:   "tests 2 0 1", says: []string{"skip  m TestIdle", "no time"},
		},
		{
			name:  "never started",
			files: map[string]string{"a_test.go": passes + "\nfunc TestMain(m *testing.M) {}"},
			sum:   "tests 0 1 0", says: []string{"did not run: TestGood"},
		},
		{
			name:  "died on the way",
			files: map[string]string{"a_test.go": passes + "\nfunc TestPanics(t *testing.T) { panic(`lost it`) }\nfunc TestSeed(t *testing.T) {}"},
			opts:  options{verbose: true},
			says:  []string{"fail  m TestPanics", "lost it"},
		},
		{
			name:  "does not build",
			files: map[string]string{"a_test.go": passes, "b_test.go": "var x int = `no`"},
			sum:   "tests 0 2 0", says: []string{"FAIL  m", "b_test.go", "did not run: TestGood"},
		},
		{
			name: "only what the tags add",
			files: map[string]string{
				"a_test.go": passes,
				"b_test.go": "//go:build real\n" + "func TestReal(t *testing.T) {}",
			},
			opts: options{tags: "real"},
			ok:   true, sum: "tests 1 0 0",
		},
		{
			name:  "tags that add none",
			files: map[string]string{"a_test.go": passes},
			opts:  options{tags: "real", none: true},
			ok:    true, sum: "tests 0 0 0",
		},
		{
			name:  "fuzz seeds count, methods do not",
			files: map[string]string{"a_test.go": "func FuzzA(f *testing.F) { f.Add(1); f.Fuzz(func(*testing.T, int) {}) }\ntype suite struct{}\nfunc (suite) TestMethod(t *testing.T) {}"},
			ok:    true, sum: "tests 2 0 0",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := module(t, tc.files)
			o := tc.opts
			o.name, o.timeout, o.totals = "tests", time.Minute, filepath.Join(dir, "totals")
			var out bytes.Buffer
			ok, err := run(t.Context(), o, nil, &out)
			if err != nil {
				t.Fatal(err)
			}
			if ok != tc.ok {
				t.Errorf("ok = %t, want %t", ok, tc.ok)
			}
			for _, want := range tc.says {
				if !strings.Contains(out.String(), want) {
					t.Errorf("the report lacks %q", want)
				}
			}
			sum, err := os.ReadFile(o.totals)
			if err != nil {
				t.Fatal(err)
			}
			if tc.sum != "" && string(sum) != tc.sum+"\n" {
				t.Errorf("totals = %q, want %q", sum, tc.sum)
			}
			if t.Failed() {
				t.Log(out.String())
			}
		})
	}
}

func TestRunWithoutTests(t *testing.T) {
	module(t, map[string]string{"a_test.go": "func helper() { _ = testing.Short }"})
	if _, err := run(t.Context(), options{timeout: time.Minute}, nil, &bytes.Buffer{}); err == nil {
		t.Error("a tree without a test passes")
	}
}

// A test file that Go cannot read must not drop out of the count.
func TestRunWithBrokenFile(t *testing.T) {
	dir := module(t, map[string]string{"a_test.go": "func TestGood(t *testing.T) {}"})
	if err := os.WriteFile(filepath.Join(dir, "b_test.go"), []byte("package m\nimport \"testing\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := run(t.Context(), options{timeout: time.Minute}, nil, &bytes.Buffer{}); err == nil {
		t.Error("a tree with a broken test file passes")
	}
}

// An interrupt ends the tests and what they started, not only go test.
func TestRunInterrupted(t *testing.T) {
	dir := module(t, map[string]string{"a_test.go": `func TestHangs(t *testing.T) {
		exec.Command("sh", "-c", "exec sleep 1000 >alive").Run()
		select {}
	}`})
	alive := filepath.Join(dir, "alive")
	if err := syscall.Mkfifo(alive, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	opened := make(chan *os.File, 1)
	go func() {
		f, err := os.Open(alive) // waits for the sleeper
		if err != nil {
			t.Error(err)
		}
		opened <- f
		cancel()
	}()
	ok, err := run(ctx, options{timeout: time.Minute}, nil, &bytes.Buffer{})
	if ok || !errors.Is(err, context.Canceled) {
		t.Errorf("run = %t, %v after an interrupt, want that error", ok, err)
	}
	f := <-opened
	defer f.Close()
	if _, err := io.ReadAll(f); err != nil { // ends when the last writer has
		t.Error(err)
	}
}

// module writes a module m with one package and makes it the working folder.
// A first line with a build constraint stays first.
func module(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module m\n\ngo 1.26\n")
	for name, body := range files {
		var constraint string
		if strings.HasPrefix(body, "//go:build") {
			constraint, body, _ = strings.Cut(body, "\n")
		}
		write(name, constraint+"\n\npackage m\n\nimport (\n\t\"os/exec\"\n\t\"testing\"\n)\n\nvar _ exec.Cmd\n\n"+body+"\n")
	}
	t.Chdir(dir)
	return dir
}

func TestEnvironment(t *testing.T) {
	const short = "GORACE=atexit_sleep_ms=100"
	if got := environment([]string{"HOME=/"}); !slices.Equal(got, []string{"HOME=/", short}) {
		t.Errorf("without GORACE: %q", got)
	}
	if own := []string{"GORACE=halt_on_error=1"}; !slices.Equal(environment(own), own) {
		t.Errorf("with the user's own GORACE: %q", environment(own))
	}
}
