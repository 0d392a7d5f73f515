package prompts_test

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"glennline/voicemail/prompts"
	"glennline/voicemail/wav"
)

// Every language has all five prompts and their words, at the level of a good
// recording, and no file besides.
func TestPlaceholders(t *testing.T) {
	if want := []string{"de", "en", "fr", "nl"}; !slices.Equal(prompts.Languages(), want) {
		t.Errorf("languages %v, want %v", prompts.Languages(), want)
	}
	var total int64
	for _, language := range prompts.Languages() {
		dir := filepath.Join("placeholder", language)
		want := make(map[string]bool)
		for _, name := range fiveNames {
			want[name+".wav"], want[name+".txt"] = true, true
			text, err := os.ReadFile(filepath.Join(dir, name+".txt"))
			if err != nil || len(bytes.TrimSpace(text)) == 0 {
				t.Errorf("%s/%s: no words (%v)", language, name, err)
			}
			path := filepath.Join(dir, name+".wav")
			report, err := prompts.Check(path)
			if err != nil {
				t.Error(err)
				continue
			}
			m := report.Measure
			t.Logf("%s: %.2f s, RMS %.1f dBFS, peak %.1f dBFS", path, m.Seconds, m.LevelDBFS, m.PeakDBFS)
			if name != "beep" && (math.Abs(m.LevelDBFS+20) > 1 || m.PeakDBFS > -3 || m.SpeechSeconds < m.Seconds/2) {
				t.Errorf("%s: RMS %.1f dBFS, peak %.1f dBFS, %.1f s of speech; want -20, under -3, mostly speech",
					path, m.LevelDBFS, m.PeakDBFS, m.SpeechSeconds)
			}
			if name == "notice" && report.Length > 15*time.Second {
				t.Errorf("%s: %s, longer than 15 s", path, report.Length)
			}
		}
		files, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if !want[f.Name()] {
				t.Errorf("%s/%s is no prompt", dir, f.Name())
			}
			if info, err := f.Info(); err == nil {
				total += info.Size()
			}
		}
	}
	if total > 3e6 {
		t.Errorf("%d bytes are too many to compile in", total)
	}
}

// What data protection asks for before the beep is in every notice.
func TestNoticeSaysItAll(t *testing.T) {
	//nolint:misspell // French and Dutch
	for language, all := range map[string][]string{
		"de": {"nie mehr", "Petition", "Stiftung Beispiel", "Minderjährige", "Ein Jahr", "Widerruf", "Auflegen", "nicht", "116 000"},
		"en": {"never", "petition", "Example Foundation", "minors", "one year", "withdraw", "Hanging up is not signing", "116 000"},
		"fr": {"plus jamais", "pétition", "Fondation Exemple", "mineurs", "un an", "retirer", "Raccrocher n'est pas signer", "116 000"},
		"nl": {"nooit meer", "petitie", "Stichting Voorbeeld", "minderjarigen", "Eén jaar", "intrekken", "Ophangen is niet tekenen", "116 000"},
	} {
		text, err := os.ReadFile(filepath.Join("placeholder", language, "notice.txt"))
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range all {
			if !strings.Contains(string(text), part) {
				t.Errorf("the %s notice does not say %q", language, part)
			}
		}
	}
}

// The beep is 0.4 s of 1000 Hz at -12 dBFS, which fades in and out in 5 ms.
func TestBeep(t *testing.T) {
	for _, language := range prompts.Languages() {
		audio, err := wav.Read(filepath.Join("placeholder", language, "beep.wav"))
		if err != nil {
			t.Fatal(err)
		}
		if len(audio.Samples) != 3200 {
			t.Fatalf("%s: %d samples, want 3200", language, len(audio.Samples))
		}
		var re, im, energy float64
		for i, s := range audio.Samples {
			arc := 2 * math.Pi * 1000 * float64(i) / rate
			re += float64(s) * math.Cos(arc)
			im += float64(s) * math.Sin(arc)
			energy += float64(s) * float64(s)
		}
		// The share of the energy that lies in the one frequency.
		if share := 2 * (re*re + im*im) / 3200 / energy; share < 0.98 {
			t.Errorf("%s: %.3f of the beep is 1000 Hz, want nearly all", language, share)
		}
		peak := func(samples []int16) float64 {
			return 20 * math.Log10(float64(slices.Max(samples))/32768)
		}
		if p := peak(audio.Samples); math.Abs(p+12) > 0.1 {
			t.Errorf("%s: peak %.2f dBFS, want -12", language, p)
		}
		if start, end := peak(audio.Samples[:16]), peak(audio.Samples[3184:]); start > -18 || end > -18 {
			t.Errorf("%s: begins at %.1f and ends at %.1f dBFS: it clicks", language, start, end)
		}
	}
}

func TestPlaceholderOfATag(t *testing.T) {
	for tag, want := range map[string]string{"fr": "fr", "fr-BE": "fr", "NL": "nl", "de-AT": "de", "it": "", "": "", "fro": ""} {
		got, ok := prompts.Placeholder(tag)
		if ok != (want != "") || (ok && got != want) {
			t.Errorf("%q: %q, %v; want %q", tag, got, ok, want)
		}
	}
}
