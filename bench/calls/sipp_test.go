package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func file(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.csv")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadStatistics(t *testing.T) {
	const head = "StartTime;TotalCallCreated;SuccessfulCall(P);SuccessfulCall(C);FailedCall(C);Retransmissions(C);\n"
	got, err := readStatistics(file(t, head+"2026-11-22\t13:00:00;10;5;5;0;0;\n2026-11-22\t13:00:01;20;14;19;1;3;\n"))
	if want := (placed{Calls: 20, Successful: 19, Failed: 1, Retransmissions: 3}); err != nil || got != want {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	for name, content := range map[string]string{
		"only a head":    head,
		"column missing": "TotalCallCreated;SuccessfulCall(C);\n1;1;\n",
		"line cut":       head + "2026;20;14;\n",
		"not a number":   head + "2026;20;14;many;1;3;\n",
		"nothing in it":  "",
	} {
		if got, err := readStatistics(file(t, content)); err == nil {
			t.Errorf("%s: no error, %+v", name, got)
		}
	}
}

func TestReadTimes(t *testing.T) {
	got, err := readTimes(file(t, "Date_ms;response_time_ms;rtd_no\n104.001;0;1\n204.001;12;1\n"))
	if err != nil || !slices.Equal(got, []float64{0, 12}) {
		t.Errorf("got %v, %v; want [0 12]", got, err)
	}
	if _, err := readTimes(file(t, "Date_ms;response_time_ms;rtd_no\n104.001;soon;1\n")); err == nil {
		t.Error("a time that is no number is no error")
	}
}
