package wav

// order is that of the linear prediction that finds tones: two sine waves,
// such as a key of a telephone makes, follow from four samples before.
const order = 4

// When a frame goes on with the tone of the frame before.
const (
	toneGateDBFS = -60  // nothing is looked for below
	toneGain     = 100  // 20 dB: what must be predicted by what was learned in the frame before
	toneSteadyDB = 0.5  // by how much the level may change
	toneNoise    = 1e-8 // of the energy: keeps the equations of a pure tone solvable
)

// tonality follows a tone from frame to frame.
type tonality struct {
	known  bool // whether before was found
	before predictor
}

// goesOn reports whether the frame now, of a level in dBFS that changed by
// change dB, goes on with one or two tones in the frame before: what predicted
// the samples there predicts them here. A voice is never as steady for long.
func (t *tonality) goesOn(now, before []int32, step int, level, change float64) bool {
	if level < toneGateDBFS || change > toneSteadyDB {
		t.known = false
		return false
	}
	if !t.known {
		p := measureProducts(before, step)
		t.before = p.predictor()
	}
	p := measureProducts(now, step)
	on := p[0][0] > toneGain*p.rest(&t.before)
	t.before, t.known = p.predictor(), true
	return on
}

// products are the sums over a frame of x[t-i]*x[t-j], i and j from 0 to
// order, for t from order on (the covariance method: no window blurs it).
type products [order + 1][order + 1]float64

// predictor is what each of the samples before is multiplied with.
type predictor [order]float64

// measureProducts takes every step-th sample of the middle half of x: 10 ms are
// enough to tell.
func measureProducts(x []int32, step int) (p products) {
	x = x[len(x)/4 : len(x)-len(x)/4]
	n := len(x) / step
	if n < 4*order {
		return p
	}
	a := int64(x[3*step])
	b := int64(x[2*step])
	c := int64(x[step])
	d := int64(x[0])
	var s0, s1, s2, s3, s4 int64
	for t := order * step; t < n*step; t += step {
		v := int64(x[t])
		s0 += v * v
		s1 += v * a
		s2 += v * b
		s3 += v * c
		s4 += v * d
		a, b, c, d = v, a, b, c
	}
	p[0] = [order + 1]float64{float64(s0), float64(s1), float64(s2), float64(s3), float64(s4)}
	for i := 1; i <= order; i++ {
		for j := i; j <= order; j++ {
			first := float64(x[(order-i)*step]) * float64(x[(order-j)*step])
			last := float64(x[(n-i)*step]) * float64(x[(n-j)*step])
			p[i][j] = p[i-1][j-1] + first - last
		}
	}
	for i := range p {
		for j := range i {
			p[i][j] = p[j][i]
		}
	}
	return p
}

// rest is the energy of the frame that a does not predict.
func (p *products) rest(a *predictor) float64 {
	rest := p[0][0]
	for i, u := range a {
		rest -= 2 * u * p[0][i+1]
		for j, v := range a {
			rest += u * v * p[i+1][j+1]
		}
	}
	return rest
}

// predictor solves for the best prediction, by Cholesky's decomposition.
func (p *products) predictor() (a predictor) {
	var l [order][order]float64 // lower triangle, ones on the diagonal
	var d predictor
	for i := range order {
		a[i] = p[0][i+1]
		for j := range i {
			v := p[i+1][j+1]
			for k := range j {
				v -= l[i][k] * d[k] * l[j][k]
			}
			l[i][j] = v / d[j]
			a[i] -= l[i][j] * a[j]
		}
		d[i] = p[i+1][i+1] + p[0][0]*toneNoise
		for k := range i {
			d[i] -= l[i][k] * l[i][k] * d[k]
		}
		if d[i] <= 0 {
			return predictor{}
		}
	}
	for i := order - 1; i >= 0; i-- {
		a[i] /= d[i]
		for j := i + 1; j < order; j++ {
			a[i] -= l[j][i] * a[j]
		}
	}
	return a
}

// tones marks the frames of tones: where two frames in a row go on with what
// was before, and those at the edges.
func (m *Meter) tones() []bool {
	tone := make([]bool, len(m.frames))
	for i := 1; i < len(m.frames); i++ {
		if m.frames[i-1].tone && m.frames[i].tone {
			for k := max(i-3, 0); k < min(i+3, len(tone)); k++ {
				tone[k] = true
			}
		}
	}
	for from := 0; from < len(tone); from++ {
		to := from
		moving := 0
		for ; to < len(tone) && tone[to]; to++ {
			if m.moves(to) {
				moving++
			}
		}
		if to-from >= 2 && (moving*2 >= to-from || to-from >= 12 && !even(m.frames[from+2:to-1], 0.5)) {
			clear(tone[from:to])
		}
		from = to
	}
	for i, f := range m.frames {
		if f.key {
			for k := max(i-2, 0); k < min(i+3, len(tone)); k++ {
				tone[k] = true
			}
		}
	}
	return tone
}
