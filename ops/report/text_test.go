package report_test

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/text"

	"glennline/ops/report"
	"glennline/petition"
	"glennline/petition/sqlite"
)

// told is a ledger with a crowd and side figures.
func told(t *testing.T) string {
	t.Helper()
	path := databasePath(t)
	called(t, path, 900, 11)
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: path, Now: func() time.Time { return launch }})
	if err != nil {
		t.Fatal(err)
	}
	var figures []petition.KPI
	for _, typed := range [][6]string{
		{"vues de l’écran", "41839", "95", "950", "2024-11-20", "la plate-forme — <b>ses</b> chiffres"},
		{"calls to the help line", "+12%", "", "", "2024-11-20", "the help line"},
	} {
		k, err := petition.NewKPI(typed[0], typed[1], typed[2], typed[3], typed[4], typed[5])
		if err != nil {
			t.Fatal(err)
		}
		figures = append(figures, k)
	}
	if _, err := db.SetKPIs(t.Context(), figures, "anna"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestText(t *testing.T) {
	r := made(t, ledger(t, told(t)), config())
	for name, terminal := range map[string]report.Terminal{
		"wide.txt":   {Width: 110},
		"narrow.txt": {Width: 60},
		"ascii.txt":  {Width: 80, ASCII: true},
	} {
		var out bytes.Buffer
		if err := r.Text(&out, terminal); err != nil {
			t.Fatal(err)
		}
		golden(t, name, out.Bytes())
		for line := range strings.Lines(out.String()) {
			if w := text.StringWidth(strings.TrimSuffix(line, "\n")); w > terminal.Width || line != strings.TrimRight(line, " \n")+"\n" {
				t.Errorf("%s: a line of %d columns: %q", name, w, line)
			}
		}
		if terminal.ASCII && strings.ContainsFunc(out.String(), func(r rune) bool { return r >= utf8.RuneSelf }) {
			t.Errorf("%s is not all ASCII", name)
		}
	}
	for _, width := range []int{-1, 0, 1, 39, 1 << 20} {
		if err := r.Text(&bytes.Buffer{}, report.Terminal{Width: width}); err != nil {
			t.Error(err)
		}
	}
}

// A report of a part of the calls does not tell that somebody in it has something
// to hide.
func TestNarrowedTellsNothingConfidential(t *testing.T) {
	db := ledger(t, told(t))
	for name, narrow := range map[string]func(*report.Config){
		"since": func(c *report.Config) { c.Since = launch.Add(time.Hour) },
		"until": func(c *report.Config) { c.Until = launch.Add(100 * time.Hour) },
		"line":  func(c *report.Config) { c.Line = "main" },
	} {
		cfg := config()
		narrow(&cfg)
		for kind, out := range renderings(t, made(t, db, cfg)) {
			if strings.Contains(strings.ToLower(out), "confidential") || !strings.Contains(out, "set_aside") && !strings.Contains(out, "taken out by a person") {
				t.Errorf("%s, %s: %s", name, kind, out)
			}
		}
	}
}
