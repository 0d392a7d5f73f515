package report_test

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// keys are all keys of a document, at any depth.
func keys(v any, into map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			into[key] = true
			keys(value, into)
		}
	case []any:
		for _, value := range v {
			keys(value, into)
		}
	}
}

// Whoever adds a key explains it.
func TestEveryKeyIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/report.md")
	if err != nil {
		t.Fatal(err)
	}
	path := told(t)
	execute(t, path, `INSERT INTO purged_witness (name, n) VALUES ('before', 1732780000000), ('refused', 7)`,
		`INSERT INTO kpis SELECT name, '2024-11-19', value, baseline, goal, source, actor, changed_at FROM kpis`)
	raw, err := json.Marshal(made(t, ledger(t, path), config()))
	if err != nil {
		t.Fatal(err)
	}
	var document any
	if err := json.Unmarshal(raw, &document); err != nil {
		t.Fatal(err)
	}
	all := make(map[string]bool)
	keys(document, all)
	if len(all) < 60 {
		t.Errorf("%d keys are few: %v", len(all), slices.Sorted(maps.Keys(all)))
	}
	for key := range all {
		if !strings.Contains(string(page), "`"+key+"`") && !strings.Contains(string(page), "."+key+"`") {
			t.Errorf("docs/report.md does not explain %s", key)
		}
	}
}
