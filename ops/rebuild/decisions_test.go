package rebuild_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"glennline/ops/rebuild"
	"glennline/petition"
	"glennline/petition/audit"
	"glennline/petition/sqlite"
)

// decidedUpon leaves the audit chain of a database in which people decided on
// the calls 1 to 4, and erased 2.
func decidedUpon(t *testing.T, cfg rebuild.Config, voices []petition.Voice) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "glennline.db")})
	must(t, err)
	defer db.Close()
	for n := 1; n < 5; n++ {
		_, err := db.Settle(t.Context(), call(n), closing(n, &voices[n]))
		must(t, err)
	}
	decide := func(n int, status petition.Status, actor string) int64 {
		run, err := db.Decide(t.Context(), sqlite.Decision{IDs: []string{call(n).ID}, Status: status, Actor: actor, Reason: "heard it"})
		must(t, err)
		return run
	}
	for _, n := range []int{1, 2, 4} { // 1 and 4 become void with what follows, 2 is erased
		_, err := db.Accept(t.Context(), []string{call(n).ID}, "anna")
		must(t, err)
	}
	decide(1, petition.StatusRejected, "anna")
	decide(1, petition.StatusConfidential, "bert")
	decide(3, petition.StatusReview, "anna")
	decide(3, petition.StatusCounted, "anna")
	_, err = db.Accept(t.Context(), []string{call(3).ID}, "bert")
	must(t, err)
	run := decide(4, petition.StatusWithdrawn, "bert")
	_, err = db.Undo(t.Context(), run, "anna", "another caller")
	must(t, err)
	must(t, db.Forget(t.Context(), call(2).ID, "anna"))
	must(t, audit.Follow(t.Context(), db, cfg.Dir.Audit()))
}

func TestDecisionsComeBack(t *testing.T) {
	cfg, voices := lost(t)
	cfg.Apply, cfg.Actor = true, "carla"
	decidedUpon(t, cfg, voices)
	old, err := os.ReadFile(cfg.Dir.Audit())
	must(t, err)
	report, err := rebuild.Run(t.Context(), cfg)
	must(t, err)
	if report.Decisions != 2 || len(report.Refused) != 1 || !strings.Contains(report.Refused[0], "it was erased") {
		t.Errorf("report %+v", report)
	}
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: cfg.Dir.Database(), ReadOnly: true})
	must(t, err)
	defer db.Close()
	for n, want := range map[int]petition.Signature{
		1: {Status: petition.StatusConfidential, Actor: "bert"},
		3: {Status: petition.StatusCounted, Actor: "anna"},
		4: {Status: petition.StatusReview, Actor: petition.ActorRule}, // it was undone
	} {
		row, err := db.Call(t.Context(), call(n).ID)
		must(t, err)
		if s := row.Signature; s == nil || s.Status != want.Status || s.Actor != want.Actor {
			t.Errorf("call %d: %+v, want %s by %s", n, s, want.Status, want.Actor)
		}
	}
	row, err := db.Call(t.Context(), call(2).ID)
	if err != nil || row.ErasedAt.IsZero() || row.Signature != nil || row.Closing.Voice != nil || row.Closing.Ending.Reason != petition.ReasonErased {
		t.Errorf("of whom was erased: %+v, %v; want that there was a call, and no more", row, err)
	}
	if accepted, err := db.Accepted(t.Context()); err != nil || len(accepted) != 1 || !accepted[call(3).ID] {
		t.Errorf("accepted for the handover: %v, %v; want %s alone", accepted, err, call(3).ID)
	}
	// The new chain holds, and begins where the old one ended.
	proof, err := audit.Verify(t.Context(), db, cfg.Dir.Audit())
	if err != nil || proof.Entries != 5 {
		t.Errorf("the new chain: %+v (%v)", proof, err)
	}
	fresh, err := os.ReadFile(cfg.Dir.Audit())
	must(t, err)
	lines := strings.Split(strings.TrimSpace(string(old)), "\n")
	_, head, _ := strings.Cut(lines[len(lines)-1], `"hash":"`)
	if first, _, _ := strings.Cut(string(fresh), "\n"); !strings.Contains(first, strings.TrimSuffix(head, `"}`)) || !strings.Contains(first, "carla") {
		t.Errorf("the new chain begins with %s", first)
	}
	if aside, err := os.ReadFile(filepath.Join(report.Aside, "audit.jsonl")); err != nil || string(aside) != string(old) {
		t.Errorf("the old chain is not what it was (%v)", err)
	}
}

// From where a chain was changed on, nothing in it is taken for a decision.
func TestABrokenChain(t *testing.T) {
	cfg, voices := lost(t)
	cfg.Apply, cfg.Actor = true, "carla"
	decidedUpon(t, cfg, voices)
	text, err := os.ReadFile(cfg.Dir.Audit())
	must(t, err)
	lines := strings.SplitAfter(string(text), "\n")
	lines[4] = strings.Replace(lines[4], "confidential", "counted", 1)
	must(t, os.WriteFile(cfg.Dir.Audit(), []byte(strings.Join(lines, "")), 0o600))
	report, err := rebuild.Run(t.Context(), cfg)
	must(t, err)
	if report.Decisions != 1 || len(report.Refused) != 3 || !strings.Contains(report.Refused[0], "entry 5") {
		t.Errorf("report %+v", report)
	}
}

func TestSideFiguresComeBack(t *testing.T) {
	cfg, _ := lost(t)
	cfg.Apply, cfg.Actor = true, "carla"
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "glennline.db")})
	must(t, err)
	for _, typed := range [][3]string{
		{"impressions", "1000", "2025-12-09"},
		{"impressions", "1200", "2025-12-09"}, // replaces
		{"impressions", "1500", "2025-12-10"},
		{"help line", "+12%", "2025-12-09"},
		{"parliament", "resolution adopted", "2025-12-09"},
		{"mistake", "1", "2025-12-09"},
	} {
		k, err := petition.NewKPI(typed[0], typed[1], "", "50000", typed[2], "somebody")
		must(t, err)
		_, err = db.SetKPIs(t.Context(), []petition.KPI{k}, "anna")
		must(t, err)
	}
	_, err = db.RemoveKPIs(t.Context(), "mistake", time.Time{}, "anna")
	must(t, err)
	must(t, audit.Follow(t.Context(), db, cfg.Dir.Audit()))
	must(t, db.Close())

	report, err := rebuild.Run(t.Context(), cfg)
	must(t, err)
	if report.KPIs != 4 {
		t.Errorf("report %+v", report)
	}
	db, err = sqlite.Open(t.Context(), sqlite.Config{Path: cfg.Dir.Database(), ReadOnly: true})
	must(t, err)
	defer db.Close()
	figures, err := db.KPIs(t.Context())
	must(t, err)
	var got []string
	for _, k := range figures {
		got = append(got, strings.Join([]string{k.Name, k.Day.Format(time.DateOnly), k.Value.Text, k.Goal.Text, k.Actor, k.Source}, " | "))
	}
	const source = " of the audit chain before the database was lost, and its source with it"
	want := []string{
		"help line | 2025-12-09 | +12% | 50000 | anna | entry 4" + source,
		"impressions | 2025-12-09 | 1200 | 50000 | anna | entry 2" + source,
		"impressions | 2025-12-10 | 1500 | 50000 | anna | entry 3" + source,
		"parliament | 2025-12-09 | (the text was lost with the database) | 50000 | anna | entry 5" + source,
	}
	if !slices.Equal(got, want) {
		t.Errorf("side figures:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
