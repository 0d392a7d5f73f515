package rebuild_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/mattn/go-sqlite3"

	"glennline/ops/rebuild"
	"glennline/petition"
	"glennline/petition/audit"
	"glennline/petition/journal"
	"glennline/petition/sqlite"
)

// ofOneMobile are the calls 0, 2 and 3, which one telephone made.
func ofOneMobile() []petition.Call {
	calls := []petition.Call{call(0), call(2), call(3)}
	for i := range calls {
		calls[i].Caller = calls[0].Caller
	}
	return calls
}

// takenBack is a lost database in which dedupe found duplicates among the calls
// of one mobile, and somebody took that back; and what the signatures were then.
func takenBack(t *testing.T, after func(db *sqlite.DB)) (rebuild.Config, map[string]petition.Verdict) {
	t.Helper()
	cfg, voices := lost(t)
	cfg.Apply, cfg.Actor = true, "carla"
	path := filepath.Join(t.TempDir(), "glennline.db")
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	must(t, err)
	j, err := journal.Open(cfg.Dir.Journal())
	must(t, err)
	for i, c := range ofOneMobile() {
		end := closing([]int{0, 2, 3}[i], &voices[[]int{0, 2, 3}[i]])
		_, err := db.Settle(t.Context(), c, end)
		must(t, err)
		must(t, j.Append(t.Context(), journal.Entry{Settle: &journal.Settlement{Call: c, Closing: end}}))
	}
	must(t, j.Close())
	must(t, db.Close())
	raw, err := sql.Open("sqlite3", "file:"+path)
	must(t, err)
	_, err = raw.ExecContext(t.Context(), `UPDATE signatures SET status = 'counted', status_reason = 'voice', duplicate_of = NULL`)
	must(t, err)
	must(t, raw.Close())
	db, err = sqlite.Open(t.Context(), sqlite.Config{Path: path})
	must(t, err)
	run, changed, err := db.Dedupe(t.Context(), "anna")
	if err != nil || changed != 2 {
		t.Fatalf("dedupe changed %d, %v", changed, err)
	}
	_, err = db.UndoDedupe(t.Context(), run, "bert")
	must(t, err)
	if after != nil {
		after(db)
	}
	must(t, audit.Follow(t.Context(), db, cfg.Dir.Audit()))
	had := verdicts(t, db)
	must(t, db.Close())
	return cfg, had
}

func verdicts(t *testing.T, db *sqlite.DB) map[string]petition.Verdict {
	t.Helper()
	all := make(map[string]petition.Verdict)
	for _, c := range ofOneMobile() {
		row, err := db.Call(t.Context(), c.ID)
		must(t, err)
		s := row.Signature
		all[c.ID] = petition.Verdict{Status: s.Status, Reason: s.StatusReason, Of: s.DuplicateOf}
	}
	return all
}

// rebuilt fails unless the new database has the verdicts, and counts them.
func rebuilt(t *testing.T, cfg rebuild.Config, had map[string]petition.Verdict, decisions int) {
	t.Helper()
	report, err := rebuild.Run(t.Context(), cfg)
	must(t, err)
	if report.Decisions != decisions {
		t.Errorf("%d were taken for decisions, want %d: %+v", report.Decisions, decisions, report)
	}
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: cfg.Dir.Database(), ReadOnly: true})
	must(t, err)
	defer db.Close()
	for id, got := range verdicts(t, db) {
		if got != had[id] {
			t.Errorf("signature %s is %+v, and was %+v", id, got, had[id])
		}
	}
	kept, rows, err := db.VerifyFigure(t.Context())
	if err != nil || kept != rows {
		t.Errorf("counters %+v, rows %+v, %v", kept, rows, err)
	}
}

// A run of dedupe that was taken back stays so, and nobody has decided anything.
func TestDedupeTakenBack(t *testing.T) {
	cfg, had := takenBack(t, nil)
	for id, v := range had {
		if v.Status != petition.StatusCounted || v.Reason != petition.StatusReasonVoice {
			t.Fatalf("%s: %+v", id, v)
		}
	}
	rebuilt(t, cfg, had, 0)
	// And it is still so when that database is lost too.
	must(t, os.WriteFile(cfg.Dir.Database(), []byte("garbage, and no database at all"), 0o600))
	rebuilt(t, cfg, had, 0)
}

// What was judged or decided since stands.
func TestDedupeTakenBackAndThen(t *testing.T) {
	calls := ofOneMobile()
	for name, after := range map[string]func(db *sqlite.DB){
		"done again": func(db *sqlite.DB) {
			_, _, err := db.Dedupe(t.Context(), "anna")
			must(t, err)
		},
		"decided": func(db *sqlite.DB) {
			_, err := db.Decide(t.Context(), sqlite.Decision{IDs: []string{calls[2].ID}, Status: petition.StatusRejected, Actor: "anna"})
			must(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, had := takenBack(t, after)
			decisions := 0
			if name == "decided" {
				decisions = 1
			}
			rebuilt(t, cfg, had, decisions)
		})
	}
}

// Taking back that was broken off took back what it came to.
func TestTakingBackBrokenOff(t *testing.T) {
	cut := func(t *testing.T, cfg rebuild.Config) {
		t.Helper()
		text, err := os.ReadFile(cfg.Dir.Audit())
		must(t, err)
		lines := strings.SplitAfter(strings.TrimSuffix(string(text), "\n"), "\n")
		if last := lines[len(lines)-1]; !strings.Contains(last, `"kind":"undo"`) {
			t.Fatalf("the chain ends with %s", last)
		}
		must(t, os.WriteFile(cfg.Dir.Audit(), []byte(strings.Join(lines[:len(lines)-1], "")), 0o600))
	}
	t.Run("dedupe", func(t *testing.T) {
		cfg, had := takenBack(t, nil)
		cut(t, cfg)
		rebuilt(t, cfg, had, 0)
	})
	t.Run("decisions", func(t *testing.T) {
		id := ofOneMobile()[0].ID
		cfg, had := takenBack(t, func(db *sqlite.DB) {
			_, _, err := db.Dedupe(t.Context(), "anna")
			must(t, err)
			run, err := db.Decide(t.Context(), sqlite.Decision{IDs: []string{id}, Status: petition.StatusRejected, Actor: "anna"})
			must(t, err)
			_, err = db.Undo(t.Context(), run, "bert", "another one")
			must(t, err)
		})
		cut(t, cfg)
		rebuilt(t, cfg, had, 0)
	})
}
