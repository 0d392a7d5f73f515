package softphone

import (
	"testing"
	"time"
)

// receive notes packets by their sequence numbers, each as late as is said,
// with timestamps that follow.
func receive(first uint16, order []int, late map[int]time.Duration) Stream {
	var r reception
	start := time.Now()
	for _, n := range order {
		at := start.Add(time.Duration(n)*packetTime + late[n])
		r.note(1, first+uint16(n), 1<<32-320+uint32(n)*packetSamples, at)
	}
	return r.Stream
}

func TestReceptionCounts(t *testing.T) {
	tests := []struct {
		name  string
		first uint16
		order []int
		want  Stream
	}{
		{"all", 10, []int{0, 1, 2, 3}, Stream{Packets: 4, LongestWait: packetTime}},
		{"across the wrap", 65534, []int{0, 1, 2, 3}, Stream{Packets: 4, LongestWait: packetTime}},
		{"two lost at the wrap", 65534, []int{0, 3, 4}, Stream{Packets: 3, Lost: 2, LongestWait: packetTime}},
		{"reordered", 10, []int{0, 2, 1, 3}, Stream{Packets: 4, Reordered: 1, LongestWait: packetTime}},
		{"twice", 10, []int{0, 1, 1, 2, 0}, Stream{Packets: 3, LongestWait: packetTime}},
		{"none", 10, nil, Stream{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := receive(tt.first, tt.order, nil); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestReceptionMeasuresLateness(t *testing.T) {
	got := receive(0, []int{0, 1, 2, 3}, map[int]time.Duration{2: 80 * time.Millisecond, 3: 80 * time.Millisecond})
	// One difference of 80 ms counts for a sixteenth (RFC 3550 section 6.4.1).
	want := Stream{Packets: 4, MaxJitter: 5 * time.Millisecond, LongestWait: 100 * time.Millisecond}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestReceptionDoesNotCountPauses(t *testing.T) {
	var r reception
	start := time.Now()
	r.note(1, 1, 0, start)
	r.note(1, 2, packetSamples, start.Add(packetTime))
	r.note(1, 3, 8000, start.Add(time.Second)) // the sender was silent and says so
	if r.LongestWait != packetTime || r.MaxJitter != 0 || r.Lost != 0 {
		t.Errorf("got %+v", r.Stream)
	}
}

func TestReceptionStartsAnew(t *testing.T) {
	var r reception
	at := time.Now()
	r.note(1, 1000, 0, at)
	r.note(2, 5, 0, at)     // another source
	r.note(2, 40000, 0, at) // or the same one, restarted
	if r.Packets != 3 || r.Lost != 0 || r.Reordered != 0 {
		t.Errorf("got %+v", r.Stream)
	}
}
