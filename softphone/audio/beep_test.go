package audio

import (
	"fmt"
	"math"
	"testing"
	"time"
)

const ms = time.Millisecond

// find runs a detector over a signal in packets, with silence behind it.
func find(cfg BeepConfig, signal []int16) []Beep {
	return findInPieces(cfg, signal, 160)
}

func findInPieces(cfg BeepConfig, signal []int16, piece int) []Beep {
	d := NewBeepDetector(cfg)
	var beeps []Beep
	signal = join(signal, silence(200*ms))
	for i := 0; i < len(signal); i += piece {
		beeps = append(beeps, d.Feed(signal[i:min(i+piece, len(signal))])...)
	}
	return beeps
}

func TestBeepFoundBehindSpeech(t *testing.T) {
	for _, hz := range []float64{425, 1000, 2500} {
		for _, db := range []float64{-1, -12, -40} {
			for _, length := range []time.Duration{200 * ms, 1000 * ms} {
				for name, law := range map[string]Law{"A-law": ALaw, "u-law": MuLaw} {
					t.Run(fmt.Sprintf("%v Hz %v dB %v %s", hz, db, length, name), func(t *testing.T) {
						notice := join(voice(1, 120, -10, samplesOf(900*ms)), silence(100*ms))
						signal := join(notice, faded(tone(hz, db, samplesOf(length))), silence(300*ms), voice(2, 200, -6, samplesOf(600*ms)))
						beeps := find(BeepConfig{}, overTheLine(law, signal))
						if len(beeps) != 1 {
							t.Fatalf("found %v, want one beep", beeps)
						}
						checkBeep(t, beeps[0], Beep{From: 1000 * ms, To: 1000*ms + length, Hz: hz, LevelDB: db - 3.01})
					})
				}
			}
		}
	}
}

func checkBeep(t *testing.T, got, want Beep) {
	t.Helper()
	const edge = 35 * ms
	if (got.From-want.From).Abs() > edge || (got.To-want.To).Abs() > edge {
		t.Errorf("beep lies at %v to %v, want %v to %v", got.From, got.To, want.From, want.To)
	}
	if math.Abs(got.Hz-want.Hz) > 0.005*want.Hz {
		t.Errorf("beep has %.1f Hz, want %.1f", got.Hz, want.Hz)
	}
	if math.Abs(got.LevelDB-want.LevelDB) > 0.5 {
		t.Errorf("beep has %.1f dBFS, want %.1f", got.LevelDB, want.LevelDB)
	}
}

func TestBeepUnderLineNoise(t *testing.T) {
	signal := mix(join(silence(500*ms), tone(1000, -15, samplesOf(400*ms)), silence(500*ms)), noise(3, -32, samplesOf(1400*ms)))
	beeps := find(BeepConfig{}, overTheLine(ALaw, signal))
	if len(beeps) != 1 {
		t.Fatalf("found %v, want one beep", beeps)
	}
	checkBeep(t, beeps[0], Beep{From: 500 * ms, To: 900 * ms, Hz: 1000, LevelDB: -18})
}

func TestBeepWithLostPackets(t *testing.T) {
	signal := join(silence(100*ms), tone(1000, -12, samplesOf(400*ms)))
	for _, lost := range []time.Duration{20 * ms, 40 * ms} {
		holed := join(signal)
		clear(holed[samplesOf(200*ms):samplesOf(200*ms+lost)])
		if beeps := find(BeepConfig{}, holed); len(beeps) != 1 || beeps[0].To < 480*ms {
			t.Errorf("%v lost: found %v, want one beep up to 500ms", lost, beeps)
		}
	}
}

func TestBeepNotFoundIn(t *testing.T) {
	second := samplesOf(time.Second)
	sweep, warble, tremolo := make([]int16, second), make([]int16, second), make([]int16, second)
	swell := make([]int16, samplesOf(250*ms))
	for i := range swell {
		swell[i] = int16(amplitude(-40+30*float64(i)/float64(len(swell))) * math.Sin(2*math.Pi*1000*float64(i)/Rate))
	}
	for i := range second {
		at := float64(i) / Rate
		sweep[i] = int16(amplitude(-12) * math.Sin(2*math.Pi*(500*at+250*at*at)))
		warble[i] = int16(amplitude(-12) * math.Sin(2*math.Pi*1000*at+5*math.Sin(2*math.Pi*6*at)))
		tremolo[i] = int16(amplitude(-12) * (0.6 + 0.4*math.Sin(2*math.Pi*8*at)) * math.Sin(2*math.Pi*1000*at))
	}
	reed := tone(440, -18, second) // a steady voice: one pitch, many harmonics
	for k := 2.0; k < 8; k++ {
		reed = mix(reed, tone(440*k, -18-2*k, second))
	}
	signals := map[string][]int16{
		"silence":                  silence(time.Second),
		"noise":                    noise(5, -10, second),
		"short tone":               tone(1000, -12, samplesOf(110*ms)),
		"long tone":                tone(1000, -12, samplesOf(1800*ms)),
		"faint tone":               tone(1000, -50, second/2),
		"mains hum":                tone(50, -12, second/2),
		"high tone":                tone(3000, -12, second/2),
		"DTMF":                     mix(tone(697, -15, second/2), tone(1209, -15, second/2)),
		"sweep":                    sweep,
		"warble":                   warble,
		"tremolo":                  tremolo,
		"swell":                    swell,
		"steady voice":             reed,
		"tone in loud noise":       mix(tone(1000, -20, second/2), noise(6, -20, second/2)),
		"tone that becomes speech": join(tone(1000, -12, second/3), voice(7, 150, -3, second)[second/2:]),
		"clicks":                   join(tone(1000, -12, 240), silence(40*ms), tone(1000, -12, 240), silence(40*ms)),
	}
	for _, pitch := range []float64{80, 110, 150, 210, 300, 380} {
		signals[fmt.Sprintf("voice at %v Hz", pitch)] = voice(uint64(pitch), pitch, -6, 8*second)
	}
	for name, signal := range signals {
		t.Run(name, func(t *testing.T) {
			if beeps := find(BeepConfig{}, overTheLine(ALaw, signal)); len(beeps) != 0 {
				t.Errorf("found %v", beeps)
			}
		})
	}
}

func TestBeepConfigNarrowsTheSearch(t *testing.T) {
	cfg := DefaultBeep()
	cfg.MinHz, cfg.MaxHz = 950, 1050
	signal := join(tone(425, -12, samplesOf(400*ms)), silence(200*ms), tone(1000, -12, samplesOf(400*ms)))
	beeps := find(cfg, signal)
	if len(beeps) != 1 || math.Abs(beeps[0].Hz-1000) > 5 {
		t.Errorf("found %v, want the one at 1000 Hz", beeps)
	}
}

func TestBeepsInARow(t *testing.T) {
	beep := join(tone(1000, -12, samplesOf(300*ms)), silence(200*ms))
	if beeps := find(BeepConfig{}, join(beep, beep, beep)); len(beeps) != 3 {
		t.Errorf("found %v, want three", beeps)
	}
}

// The network cuts the stream where it likes; what is found must not depend on
// it.
func TestBeepSameInAnyPieces(t *testing.T) {
	signal := overTheLine(ALaw, join(voice(1, 120, -10, 4000), silence(30*ms), faded(tone(1000, -12, samplesOf(400*ms)))))
	want := find(BeepConfig{}, signal)
	for _, piece := range []int{1, 7, 80, 239, 240, 241, 1000, 100000} {
		got := findInPieces(BeepConfig{}, signal, piece)
		if len(got) != 1 || len(want) != 1 || got[0] != want[0] {
			t.Errorf("in pieces of %d: found %v, want %v", piece, got, want)
		}
	}
}

func TestBeepSounding(t *testing.T) {
	d := NewBeepDetector(BeepConfig{})
	d.Feed(tone(1000, -12, samplesOf(100*ms)))
	if b, ok := d.Sounding(); ok {
		t.Errorf("a tone of 100 ms already counts: %v", b)
	}
	d.Feed(tone(1000, -12, samplesOf(100*ms))) // 100 ms are whole periods: it goes on in phase
	b, ok := d.Sounding()
	if !ok || math.Abs(b.Hz-1000) > 5 {
		t.Fatalf("a tone of 200 ms does not count: %v", b)
	}
	if ended := d.Feed(silence(100 * ms)); len(ended) != 1 {
		t.Errorf("ended with %v, want one beep", ended)
	}
	if b, ok := d.Sounding(); ok {
		t.Errorf("it sounds after its end: %v", b)
	}
}
