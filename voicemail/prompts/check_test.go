package prompts_test

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"glennline/voicemail/prompts"
)

func TestCheckGood(t *testing.T) {
	dir := t.TempDir()
	for name, samples := range map[string][]int16{
		"usual":    tone(1000, 2, -17),
		"shortest": tone(1000, 0.1, -17),
		"longest":  tone(1000, 120, -17),
		"quietest": tone(1000, 2, -31.5), // a sine's RMS is 3 dB under its peak
		"loudest":  tone(1000, 2, -3.5),
	} {
		path := filepath.Join(dir, name+".wav")
		write(t, path, samples)
		report, err := prompts.Check(path)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if want := time.Duration(len(samples)) * time.Second / rate; report.Length != want || report.Path != path {
			t.Errorf("%s: %s of %s, want %s of %s", name, report.Length, report.Path, want, path)
		}
	}
	usual, link := filepath.Join(dir, "usual.wav"), filepath.Join(dir, "link.wav")
	if err := os.Symlink(usual, link); err != nil {
		t.Fatal(err)
	}
	report, err := prompts.Check(link)
	if err != nil {
		t.Fatalf("through a link: %v", err)
	}
	if m := report.Measure; math.Abs(m.LevelDBFS+20) > 0.1 || math.Abs(m.PeakDBFS+17) > 0.1 || m.Clipped != 0 {
		t.Errorf("measured %+v, want RMS -20 dBFS, peak -17 dBFS, nothing clipped", m)
	}
}

func TestCheckBad(t *testing.T) {
	const hint = "convert it with sox IN.wav -r 8000 -c 1 -b 16 OUT.wav"
	const whole = "not a whole WAV file of 8 kHz, 16 bit, one channel"
	good := tone(1000, 1, -17)
	sample := func(rate int, samples []int16) func(*testing.T, string) {
		return func(t *testing.T, path string) { writeAt(t, path, rate, samples) }
	}
	tests := map[string]struct {
		make func(t *testing.T, path string)
		want error
		text string // after the path
	}{
		"missing": {
			func(*testing.T, string) {}, prompts.ErrMissing,
			"missing: put a WAV file of 8 kHz, 16 bit, one channel there",
		},
		"a folder": {
			func(t *testing.T, path string) {
				if err := os.Mkdir(path, 0o755); err != nil {
					t.Fatal(err)
				}
			},
			prompts.ErrFormat, "no regular file: " + whole + ": put the WAV file itself there",
		},
		"a pipe that nobody writes to": {
			func(t *testing.T, path string) {
				if err := syscall.Mkfifo(path, 0o600); err != nil {
					t.Fatal(err)
				}
			},
			prompts.ErrFormat, "no regular file: " + whole + ": put the WAV file itself there",
		},
		"empty": {
			func(t *testing.T, path string) {
				if err := os.WriteFile(path, nil, 0o600); err != nil {
					t.Fatal(err)
				}
			},
			prompts.ErrFormat, "",
		},
		"an MP3 by its looks": {
			func(t *testing.T, path string) {
				if err := os.WriteFile(path, []byte("ID3\x04 and then some music, which is no WAV file at all"), 0o600); err != nil {
					t.Fatal(err)
				}
			},
			prompts.ErrFormat, whole + ": not a WAV file: " + hint,
		},
		"16 kHz": {sample(16000, good), prompts.ErrFormat, "16000 Hz: " + whole + ": " + hint},
		"two channels": {
			func(t *testing.T, path string) { write(t, path, good); spoil(t, path, 22, []byte{2}) },
			prompts.ErrFormat, "",
		},
		"cut": {
			func(t *testing.T, path string) {
				write(t, path, good)
				if err := os.Truncate(path, 8000); err != nil {
					t.Fatal(err)
				}
			},
			prompts.ErrFormat, "damaged (cut): " + whole + ": copy it again, whole",
		},
		"sizes of 0": {
			func(t *testing.T, path string) {
				write(t, path, good)
				spoil(t, path, 4, make([]byte, 4))
				spoil(t, path, 40, make([]byte, 4))
			},
			prompts.ErrFormat, "damaged (unclosed): " + whole + ": copy it again, whole",
		},
		"too short": {
			sample(rate, good[:799]), prompts.ErrLength,
			"99.875ms: not between 0.1 s and 120 s long: cut or record it anew",
		},
		"too long": {
			sample(rate, tone(1000, 120.1, -17)), prompts.ErrLength,
			"2m0.1s: not between 0.1 s and 120 s long: cut or record it anew",
		},
		"silent": {
			sample(rate, make([]int16, rate)), prompts.ErrLevel,
			"-96.0 dBFS, wanted from -35 to -6: not at a level that can be listened to: bring it near -20 dBFS with sox IN.wav OUT.wav gain DB",
		},
		"too quiet": {
			sample(rate, tone(1000, 1, -33)), prompts.ErrLevel,
			"-36.0 dBFS, wanted from -35 to -6: not at a level that can be listened to: bring it near -20 dBFS with sox IN.wav OUT.wav gain DB",
		},
		"too loud": {
			sample(rate, tone(1000, 1, -2)), prompts.ErrLevel,
			"-5.0 dBFS, wanted from -35 to -6: not at a level that can be listened to: bring it near -20 dBFS with sox IN.wav OUT.wav gain DB",
		},
		"clipped": {
			sample(rate, clip(tone(440, 1, -12), tone(440, 0.05, 20))), prompts.ErrLevel,
			"",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "notice.wav")
			tt.make(t, path)
			_, err := prompts.Check(path)
			var fault *prompts.FileError
			if !errors.Is(err, tt.want) || !errors.As(err, &fault) || fault.Path != path {
				t.Fatalf("%v; want a FileError of %s that is %q", err, path, tt.want)
			}
			if want := path + ": " + tt.text; tt.text != "" && err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
}

// clip puts samples that were too loud, cut to full scale, before others.
func clip(after, loud []int16) []int16 {
	for i := range loud {
		if loud[i] != 0 {
			loud[i] = 32767
		}
	}
	return append(loud, after...)
}
