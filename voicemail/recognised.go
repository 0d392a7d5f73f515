package voicemail

import "sync"

// mostRecognised bounds what is remembered: a number of ours can be dialled in
// more ways than there is room for.
const mostRecognised = 1000

// recognised remembers which number of ours was meant by what a trunk sent.
// Nearly all calls dial one of few numbers, in one way, and to read it takes
// as long as a tenth of the requests that the call needs. The zero value is empty.
type recognised struct {
	mu      sync.RWMutex
	numbers map[sent]string
}

// sent is a dialled number as a trunk wrote it.
type sent struct{ trunk, number string }

func (r *recognised) find(trunk, number string) (ours string, known bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	ours, known = r.numbers[sent{trunk, number}]
	return ours, known
}

func (r *recognised) note(trunk, number, ours string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.numbers == nil {
		r.numbers = make(map[sent]string)
	}
	if len(r.numbers) < mostRecognised {
		r.numbers[sent{trunk, number}] = ours
	}
}

// forget is for when what the numbers mean changes.
func (r *recognised) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.numbers)
}
