package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"glennline/voicemail/wav"
)

// makeRecordings writes what a run may leave, for calls of 8 s.
func makeRecordings(t *testing.T) (folder string, paths map[string]string) {
	t.Helper()
	said, err := wav.Read(filepath.Join("..", "..", spoken, "notice.wav"))
	if err != nil {
		t.Fatal(err)
	}
	other, err := wav.Read(filepath.Join("..", "..", "voicemail", "prompts", "placeholder", "nl", "notice.wav"))
	if err != nil {
		t.Fatal(err)
	}
	full := int((8*time.Second - prompts).Seconds() * sampleRate)
	encoded := func(samples []int16) []byte {
		var b bytes.Buffer
		if err := wav.Write(&b, sampleRate, samples); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	open := encoded(said.Samples[:full])
	copy(open[4:8], make([]byte, 4)) // sizes that Asterisk sets when it closes the file
	copy(open[40:44], make([]byte, 4))
	folder, paths = t.TempDir(), map[string]string{}
	for name, content := range map[string][]byte{
		"whole": encoded(said.Samples[:full]),
		"short": encoded(said.Samples[:full/2]),
		"mute":  encoded(make([]int16, full)),
		"other": encoded(other.Samples[:full]),
		"gap":   encoded(slices.Concat(said.Samples[:full/2], said.Samples[full/2+480:full+480])),
		"empty": encoded(said.Samples[:1])[:44], // a header alone
		"open":  open,
	} {
		paths[name] = filepath.Join(folder, name+".wav")
		if err := os.WriteFile(paths[name], content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder, paths
}

func TestJudgeRecordings(t *testing.T) {
	folder, paths := makeRecordings(t)
	audio, err := wav.Read(filepath.Join("..", "..", spoken, "notice.wav"))
	if err != nil {
		t.Fatal(err)
	}
	said := newTrack(alaw(audio.Samples), true)
	paths["gone"] = filepath.Join(folder, "gone.wav")
	for name, want := range map[string]recordings{
		"whole": {Whole: 1},
		"short": {Short: 1},
		"mute":  {Mute: 1, Gaps: gapsOf{Strangers: 1}},
		"other": {Gaps: gapsOf{Strangers: 1}}, // speech, but nobody said it here: the call is lost
		"gap":   {Whole: 1, Gaps: gapsOf{Recordings: 1, MissingMS: 60, LongestMS: 60}},
		"empty": {Empty: 1},
		"open":  {Empty: 1},
		"gone":  {Empty: 1},
	} {
		got := judgeRecordings([]string{paths[name]}, 2, 8*time.Second, said)
		want.Wanted, want.Missing = 2, 1
		if got.counts() != want.counts() || got.Gaps != want.Gaps {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	r := judgeRecordings([]string{paths["whole"], paths["short"]}, 2, 8*time.Second, said)
	if r.Missing != 0 || r.Seconds.text("%.3f") != (spread{3.6, 2.4, 4.8}).text("%.3f") {
		t.Errorf("lengths %+v with %d missing, want 2.4 to 4.8 s with none", r.Seconds, r.Missing)
	}
}

func (r recordings) counts() [6]int {
	return [6]int{r.Wanted, r.Whole, r.Missing, r.Empty, r.Short, r.Mute}
}

func TestClosed(t *testing.T) {
	folder, paths := makeRecordings(t)
	known := map[string]bool{}
	got, err := closed(folder, known)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	if want := []string{paths["gap"], paths["mute"], paths["other"], paths["short"], paths["whole"]}; !slices.Equal(got, want) {
		t.Errorf("closed: %v, want %v", got, want)
	}
	// What was open is looked at again.
	whole, err := os.ReadFile(paths["whole"])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(paths["open"], whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := closed(folder, known); err != nil || !slices.Contains(got, paths["open"]) {
		t.Errorf("closed meanwhile: %v, %v; want %s among them", got, err, paths["open"])
	}
}
