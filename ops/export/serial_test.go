package export

import (
	"math"
	"testing"
	"time"
)

// Cut off and rounded, a moment is the same.
func TestSerial(t *testing.T) {
	const day = 24 * 60 * 60 * 1000
	at := time.Date(2026, 11, 10, 0, 0, 0, 0, time.UTC)
	for ms := int64(0); ms < day; ms += 37 {
		days := serial(at.Add(time.Duration(ms) * time.Millisecond))
		shown := (days - math.Floor(days)) * day
		if int64(shown) != ms || int64(math.Round(shown)) != ms || math.Floor(days) != 46336 {
			t.Fatalf("%d ms are %.12f days, which is shown as %d ms", ms, days, int64(shown))
		}
	}
}
