package traffic_test

import (
	"math"
	"testing"
	"time"

	"glennline/ops/traffic"
)

// From the published tables of Erlang's loss formula at 0.1%.
func TestChannels(t *testing.T) {
	for _, tt := range []struct {
		erlang   float64
		channels int
	}{{0, 0}, {-1, 0}, {math.Inf(1), 0}, {0.001, 1}, {0.01, 2}, {0.43, 4}, {3.09, 10}, {9.41, 20}, {32.5, 50}, {75.2, 100}} {
		if got := traffic.Channels(tt.erlang, 0.001); got != tt.channels {
			t.Errorf("%g Erlang need %d channels, want %d", tt.erlang, got, tt.channels)
		}
	}
}

func TestNeed(t *testing.T) {
	load := traffic.Load{PerMinute: 60, Call: 30 * time.Second, Message: 10 * time.Second}
	got := load.Need()
	if got.Erlang != 30 || got.Channels != 47 {
		t.Errorf("60 calls a minute of 30 s: %+v", got)
	}
	if perCall := got.Bandwidth / float64(got.Channels); perCall != 87_200 {
		t.Errorf("a call takes %g bit/s each way, want 87,200", perCall)
	}
	if got.Disk != 60*60*10*16000 {
		t.Errorf("%g bytes an hour", got.Disk)
	}
	load.Encrypted = true
	if perCall := load.Need().Bandwidth / float64(got.Channels); perCall != 91_200 {
		t.Errorf("an encrypted call takes %g bit/s each way, want 91,200", perCall)
	}
}
