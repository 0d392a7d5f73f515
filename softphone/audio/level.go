package audio

import "math"

// Silence is the level given to a stretch without any signal, in dBFS.
const Silence = -96.0

// LevelDB is the RMS level of the samples in dBFS, not below Silence.
func LevelDB(samples []int16) float64 {
	if len(samples) == 0 {
		return Silence
	}
	return powerDB(energy(samples) / float64(len(samples)))
}

// energy is the sum of the squared samples.
func energy(samples []int16) float64 {
	var sum float64
	for _, s := range samples {
		sum += float64(s) * float64(s)
	}
	return sum
}

// powerDB turns a mean square into dBFS.
func powerDB(meanSquare float64) float64 {
	if meanSquare <= 0 {
		return Silence
	}
	return max(Silence, 10*math.Log10(meanSquare/(32768*32768)))
}
