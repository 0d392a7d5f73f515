package main

import (
	"bytes"
	"context"
	"database/sql"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"glennline/softphone"
	"glennline/softphone/audio"
)

// call is what is heard of prompts that follow each other: packets of 20 ms,
// and each prompt so much later than the one before ended.
func heardCall(late []time.Duration, prompts ...[]byte) softphone.Report {
	r := softphone.Report{AnswerTime: 3 * time.Millisecond}
	var at time.Duration
	var line []byte
	for n, prompt := range prompts {
		at += late[n]
		for packet := range slices.Chunk(prompt, 160) {
			r.Arrivals = append(r.Arrivals, softphone.Arrival{Sample: len(line), At: at})
			line = append(line, packet...)
			at += time.Duration(len(packet)) * time.Second / sampleRate
		}
	}
	r.Heard = audio.ALaw.Decode(nil, line)
	return r
}

func TestProbeJudges(t *testing.T) {
	all := noise(9000)
	name, notice := all[:2000], all[2000:9000] // the last packet of each is short
	beep := bytes.Repeat([]byte{0xD5, 0x34, 0x2A, 0x34, 0xD5, 0xB4, 0xAA, 0xB4}, 200)
	p := &prober{name: newTrack(name, false), notice: newTrack(notice, false), beep: beep}
	late := []time.Duration{12 * time.Millisecond, 5 * time.Millisecond, 30 * time.Millisecond}
	got := p.judge(heardCall(late, name, notice, beep))
	if got.Unheard != "" || got.Error != "" || math.Abs(got.ToPrompt-12) > 0.01 || math.Abs(got.ToBeep-30) > 0.01 || got.ToAnswer != 3 {
		t.Errorf("%+v, want the prompt after 12 ms, the beep after 30 ms", got)
	}
	for want, heard := range map[string][][]byte{
		"heard no name":   {noise(100)[:10]},
		"heard no notice": {name},
		"heard no beep":   {name, notice},
	} {
		if got := p.judge(heardCall(late, heard...)); got.Unheard != want || got.Error != "" {
			t.Errorf("%d prompts: %q, want %q", len(heard), got.Unheard, want)
		}
	}
}

func TestProbeSeesTheCommit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "glennline.db")
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	exec := func(statement string, args ...any) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(`CREATE TABLE calls (id TEXT, sip_call_id TEXT, started_at INTEGER, ended_at INTEGER)`)
	exec(`INSERT INTO calls VALUES ('A', 'one', ?, NULL)`, time.Now().UnixMilli())
	p := &prober{database: db}
	began := time.Now()
	seen := make(chan time.Time)
	go func() { seen <- p.committed(t.Context(), "one", began) }()
	select {
	case at := <-seen:
		t.Fatalf("an open call was seen to end at %s", at)
	case <-time.After(4 * commitTick):
	}
	ended := time.Now()
	exec(`UPDATE calls SET ended_at = 1`)
	if at := <-seen; at.Before(ended) {
		t.Errorf("seen %s before it was written", ended.Sub(at))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if at := p.committed(ctx, "one", began); !at.IsZero() {
		t.Error("something was seen by nobody")
	}
	if at := p.committed(t.Context(), "another", began); !at.IsZero() {
		t.Error("the end of another call was seen")
	}
}

func TestProbesInTheReport(t *testing.T) {
	r := made()
	for i := range r.Samples {
		r.Samples[i].Probes = []probe{{ToPrompt: float64(i)}, {Error: "status 503", ToPrompt: 1000}, {Unheard: "heard no beep", ToPrompt: 2000, ToCommit: 7}}
		r.Samples[i].Recordings.Gaps = gapsOf{Recordings: 1, LongestMS: float64(i)}
	}
	r.summarise()
	got := r.Summary[0].Glennline // samples 2 and 5
	if got.Probes != 4 || got.Unheard != 2 || got.ToCommit != (spread{3.5, 0, 7}) || got.ToPrompt != (spread{3.5, 2, 5}) || got.Gaps.Recordings != 2 || got.Gaps.LongestMS != 5 {
		t.Errorf("%d probes, %v, gaps %+v; want 4, of which 2 heard it after 2 to 5 ms, and two gaps of 5 ms at most", got.Probes, got.ToPrompt, got.Gaps)
	}
	if err := r.lost(); err == nil || !strings.Contains(err.Error(), "a probe: status 503") {
		t.Errorf("lost calls are told as %v, without the probe", err)
	}
}
