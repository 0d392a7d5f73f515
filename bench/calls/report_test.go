package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func made() *report {
	run := func(who contestant, rate, pair int, asterisk, glennline float64, lost int) sample {
		return sample{
			Who: who, Rate: rate, Length: 8, Pair: pair, Calls: 100, Lost: lost,
			Asterisk: cost{Total: asterisk}, Glennline: cost{Total: glennline},
			Recordings: recordings{Seconds: spread{4.8, 4.8 - float64(pair)/10, 4.9}},
		}
	}
	return &report{Pairs: 2, Samples: []sample{
		run(dialplanAlone, 10, 1, 20, 0, 0), run(itsVoicemail, 10, 1, 11, 0, 0), run(withGlennline, 10, 1, 20, 2, 0),
		run(dialplanAlone, 50, 1, 20, 0, 0), run(withGlennline, 50, 1, 24, 1, 0),
		// A slow minute: the ratio is that within the pair.
		run(withGlennline, 10, 2, 40, 8, 0), run(dialplanAlone, 10, 2, 40, 0, 0), run(itsVoicemail, 10, 2, 20, 0, 0),
		run(dialplanAlone, 50, 2, 40, 0, 0), run(withGlennline, 50, 2, 48, 2, 3),
	}}
}

func TestSummarise(t *testing.T) {
	r := made()
	r.summarise()
	if len(r.Summary) != 2 || r.Summary[0].Rate != 10 || r.Summary[1].Rate != 50 {
		t.Fatalf("rates: %+v, want 10 and 50", r.Summary)
	}
	if got, want := r.Summary[0].Total, (spread{1.15, 1.1, 1.2}); got.text("%.4f") != want.text("%.4f") {
		t.Errorf("ratio at 10/s is %v, want %v", got, want)
	}
	if got, want := r.Summary[0].ToVoicemail, (spread{2.2, 2, 2.4}); got.text("%.4f") != want.text("%.4f") {
		t.Errorf("ratio to the voicemail at 10/s is %v, want %v", got, want)
	}
	if got, want := r.Summary[1].Total, (spread{1.25, 1.25, 1.25}); got != want {
		t.Errorf("ratio at 50/s is %v, want %v", got, want)
	}
	if got := r.Summary[1].Glennline; got.Lost != 3 || got.Calls != 200 || got.Glennline != (spread{1.5, 1, 2}) {
		t.Errorf("glennline at 50/s: %+v, want 3 of 200 lost and 1 to 2 ms", got)
	}
	if got, want := r.Summary[0].Dialplan.Seconds, (spread{4.8, 4.6, 4.9}); got.text("%.4f") != want.text("%.4f") {
		t.Errorf("recordings: %v, want %v", got, want)
	}
}

func TestLost(t *testing.T) {
	r := made()
	err := r.lost()
	if err == nil || !strings.Contains(err.Error(), "3 of 100 to the glennline at 50/s of 8 s (pair 2)") {
		t.Errorf("lost calls are reported as %v", err)
	}
	r.Samples[9].Lost = 0
	if err := r.lost(); err != nil {
		t.Errorf("no call is lost, and yet: %v", err)
	}
}

func TestReportFile(t *testing.T) {
	r := made()
	r.summarise()
	path := filepath.Join(t.TempDir(), "new", "calls.json")
	if err := r.write(path); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Summary []map[string]any
		Samples []struct {
			Rate      int  `json:"calls_per_second"`
			Glennline cost `json:"glennline"`
		}
	}
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Summary) != 2 || len(got.Samples) != 10 || got.Samples[2].Rate != 10 || got.Samples[2].Glennline.Total != 2 {
		t.Errorf("the file has %+v", got)
	}
}

func TestTable(t *testing.T) {
	r := made()
	r.summarise()
	var b bytes.Buffer
	if err := r.print(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"10 calls/s of 8 s", "50 calls/s of 8 s", "1.150 (1.100 - 1.200)", "200, 3, 0, 0"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, &b)
		}
	}
}

// A run that is missing takes its own pair out, and does not shift the others.
func TestRatioIsWithinThePair(t *testing.T) {
	r := made()
	r.Samples = r.Samples[1:] // the dialplan's first run at 10/s
	r.summarise()
	if got, want := r.Summary[0].Total, (spread{1.2, 1.2, 1.2}); got != want {
		t.Errorf("ratio at 10/s is %v, want %v of the second pair alone", got, want)
	}
}

// What broke off is kept, and is not taken for the whole.
func TestBrokenOff(t *testing.T) {
	r := made()
	r.BrokenOff = "sipp did not end"
	r.summarise()
	path := filepath.Join(t.TempDir(), "calls.json")
	if err := r.write(path); err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := publish(path); err == nil || !strings.Contains(err.Error(), "broken off: sipp did not end") {
		t.Errorf("published with %v", err)
	}
	var b bytes.Buffer
	if err := r.print(&b); err != nil || !strings.Contains(b.String(), "broken off") {
		t.Errorf("%v: the table does not say that it is not all:\n%s", err, &b)
	}
}
