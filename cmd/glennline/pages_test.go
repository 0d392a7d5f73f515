package main

import (
	"bytes"
	"context"
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"glennline/internal/crowd"
	"glennline/ops/datadir"
	"glennline/petition/sqlite"
	"glennline/voicemail/wav"
)

// testNow is the variable that tells the commands of a test what time it is.
const testNow = "TEST_NOW"

// pages are those of the documentation that show commands and what they print.
// Each is run in a folder of its own, in which the page's files lie.
var pages = []struct {
	path  string
	now   string
	begin func(t *testing.T, dir string)
}{
	{"morning.fr.md", "2025-11-20T08:30:00+01:00", aMorning},
	{"morning.nl.md", "2025-11-20T08:30:00+01:00", aMorning},
	{"morning.en.md", "2025-11-20T08:30:00+01:00", aMorning},
	{"example-campaign/README.md", "2024-12-10T09:00:00+01:00", nobodyCalled},
}

// TestPagesShowWhatCommandsPrint runs every command that a page shows after a $,
// in the order of the page, and compares what it prints with what stands there.
// With -update it writes that into the page.
func TestPagesShowWhatCommandsPrint(t *testing.T) {
	for _, page := range pages {
		t.Run(page.path, func(t *testing.T) {
			path := filepath.Join("..", "..", "docs", page.path)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			page.begin(t, dir)
			ran := 0
			got := blocks.ReplaceAllFunc(text, func(block []byte) []byte {
				shown, out := "", ""
				for line := range strings.Lines(string(blocks.FindSubmatch(block)[1])) {
					if command, ok := strings.CutPrefix(line, "$ "); ok {
						shown += line
						out = printed(t, dir, page.now, strings.TrimSpace(command))
						shown += out
						ran++
					}
				}
				return []byte("```console\n" + shown + "```\n")
			})
			if ran == 0 {
				t.Fatal("the page shows no command")
			}
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(text), string(got)); diff != "" && !*update {
				t.Errorf("the page does not show what the commands print; go test ./cmd/glennline -run Pages -update writes it there (-page +printed):\n%s", diff)
			}
		})
	}
}

var (
	blocks = regexp.MustCompile("(?ms)^```console\n(.*?)^```\n")
	quoted = regexp.MustCompile(`"[^"]*"|\S+`)
)

// printed is what a command prints, with the folder of the test told as that of
// a server.
func printed(t *testing.T, dir, now, command string) string {
	t.Helper()
	var words []string
	for _, word := range quoted.FindAllString(command, -1) {
		words = append(words, strings.Trim(word, `"`))
	}
	cmd := exec.CommandContext(t.Context(), words[0], words[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), testNow+"="+now, "LC_ALL=C.UTF-8", "COLUMNS=78", "GLENNLINE_CONFIG="+filepath.Join(dir, "glennline.yaml"))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out.String())
	}
	var lines strings.Builder
	for line := range strings.Lines(strings.ReplaceAll(out.String(), dir, "/srv/glennline")) {
		lines.WriteString(strings.TrimRight(line, " \n") + "\n") // tables are filled with spaces
	}
	return lines.String()
}

// aMorning is the second morning after an evening of national attention.
func aMorning(t *testing.T, dir string) {
	t.Helper()
	launch, err := time.Parse(time.RFC3339, "2025-11-18T18:55:00+01:00")
	if err != nil {
		t.Fatal(err)
	}
	data := configured(t, dir, `lines:
  - {name: francais, language: fr, numbers: ["+32 2 555 01 00"]}
  - {name: nederlands, language: nl, numbers: ["+32 2 555 01 01"]}
campaign: {goal: 25000, milestones: [1000, 5000], deadline: 2025-12-18}
`)
	ctx := context.WithoutCancel(t.Context())
	err = crowd.Make(ctx, data.Database(), crowd.Config{Launch: launch, Until: launch.Add(37 * time.Hour), Counted: 1284, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := sql.Open("sqlite3", "file:"+data.Database())
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if _, err := raw.ExecContext(ctx, `UPDATE calls SET line = 'francais' WHERE line = 'main'`); err != nil {
		t.Fatal(err)
	}
	// The recordings of those that are to be reviewed.
	rows, err := raw.QueryContext(ctx, `SELECT path FROM voices JOIN signatures USING (call_id) WHERE status = 'review' ORDER BY path`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var path string
		if err := rows.Scan(&path); err != nil {
			t.Fatal(err)
		}
		var file bytes.Buffer
		path = filepath.Join(data.Archive(), filepath.FromSlash(path))
		if err := wav.Write(&file, 8000, make([]int16, 8000)); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

// nobodyCalled is a data folder without a call, and the worked example's file.
func nobodyCalled(t *testing.T, dir string) {
	t.Helper()
	data := configured(t, dir, "campaign: {goal: 25000}\n")
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: data.Database()})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	figures, err := os.ReadFile("../../docs/example-campaign/figures.csv")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "figures.csv"), figures, 0o600); err != nil {
		t.Fatal(err)
	}
}

// configured makes a data folder, and a configuration that names it.
func configured(t *testing.T, dir, config string) datadir.Dir {
	t.Helper()
	data, err := datadir.Create(filepath.Join(dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "glennline.yaml"), []byte("data: data\n"+config), 0o600); err != nil {
		t.Fatal(err)
	}
	return data
}
