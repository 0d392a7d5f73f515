package wav

import "slices"

// floor is the noise under each frame, in dBFS: the quietest frame within
// half a second before it or after it, whichever is louder. Speech, which
// pauses or at least dips between syllables, stands out of that; steady noise
// does not, nor where it sets in or stops. Beyond the ends of the recording
// the noise is taken to be as in the quietest tenth of it.
func (m *Meter) floor() []float32 {
	beyond := m.quietest(func(f *frame) float32 { return f.level })
	levels := make([]float32, len(m.frames)+2*floorFrames)
	for i := range levels {
		levels[i] = beyond
	}
	for i := range m.frames {
		levels[i+floorFrames] = m.frames[i].level
	}
	quiet := minima(levels, floorFrames+1)
	floor := make([]float32, len(m.frames))
	for i := range floor {
		floor[i] = max(quiet[i], quiet[i+floorFrames])
	}
	return floor
}

// minima returns the least of each n values in a row.
func minima(values []float32, n int) []float32 {
	out := make([]float32, 0, len(values)-n+1)
	queue := make([]int, 0, n+1) // indices of values that rise, the least first
	for i, v := range values {
		for len(queue) > 0 && values[queue[len(queue)-1]] >= v {
			queue = queue[:len(queue)-1]
		}
		queue = append(queue, i)
		if queue[0] == i-n {
			queue = slices.Delete(queue, 0, 1)
		}
		if i >= n-1 {
			out = append(out, values[queue[0]])
		}
	}
	return out
}

// quietest is the tenth percentile of what value says of the frames.
func (m *Meter) quietest(value func(*frame) float32) float32 {
	values := make([]float32, len(m.frames))
	for i := range m.frames {
		values[i] = value(&m.frames[i])
	}
	return nth(values, len(values)/10)
}

// nth is the value that has n others before it in order, by Hoare's selection.
// It changes the order of values, of which none may be NaN.
func nth(values []float32, n int) float32 {
	for len(values) > 1 {
		// Everything up to to is at most pivot, everything from from on at least.
		pivot := values[len(values)/2]
		from, to := 0, len(values)-1
		for from <= to {
			for values[from] < pivot {
				from++
			}
			for values[to] > pivot {
				to--
			}
			if from <= to {
				values[from], values[to] = values[to], values[from]
				from++
				to--
			}
		}
		switch {
		case n <= to:
			values = values[:to+1]
		case n >= from:
			values, n = values[from:], n-from
		default:
			return pivot
		}
	}
	return values[0]
}
