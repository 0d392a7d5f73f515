package wav

// totals are sums over samples.
type totals struct {
	samples     int64
	sum, square int64
	peak        int64 // the greatest square
	clipped     int64
}

func (t *totals) add(u totals) {
	t.samples += u.samples
	t.sum += u.sum
	t.square += u.square
	t.peak = max(t.peak, u.peak)
	t.clipped += u.clipped
}

// totalsOf are those of x, and its sums over each tenth of it.
func totalsOf(x []int16) (t totals, bins [humBins]int64) {
	t.samples = int64(len(x))
	from := 0
	for i := range bins {
		to := (i + 1) * len(x) / humBins
		sum, square, peak := sumsOf(x[from:to])
		bins[i] = sum
		t.sum += sum
		t.square += square
		t.peak = max(t.peak, peak)
		from = to
	}
	if t.peak >= clipped*clipped {
		t.clipped = countClipped(x)
	}
	return t, bins
}

// sumsOf are the sum of x, that of its squares, and the greatest of these.
func sumsOf(x []int16) (sum, square, peak int64) {
	for len(x) >= 4 {
		a, b, c, d := int64(x[0]), int64(x[1]), int64(x[2]), int64(x[3])
		sum += a + b + c + d
		a, b, c, d = a*a, b*b, c*c, d*d
		square += a + b + c + d
		peak = max(peak, max(max(a, b), max(c, d))) // not one after the other
		x = x[4:]
	}
	for _, v := range x {
		v := int64(v)
		sum += v
		square += v * v
		peak = max(peak, v*v)
	}
	return sum, square, peak
}

func countClipped(x []int16) (n int64) {
	for _, v := range x {
		if v <= -clipped || v >= clipped {
			n++
		}
	}
	return n
}
