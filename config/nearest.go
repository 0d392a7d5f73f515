package config

import (
	"slices"
	"strings"
)

// nearest is the known word that was probably meant, or "" if none is near: at
// most every third letter may differ.
func nearest(word string, known []string) string {
	best, least := "", 1+max(len([]rune(word))/3, 1)
	for _, k := range known {
		if d := distance(strings.ToLower(word), strings.ToLower(k)); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance counts the letters to insert, remove, replace or swap with their
// neighbour (optimal string alignment).
func distance(from, to string) int {
	a, b := []rune(from), []rune(to)
	var before []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		next := make([]int, len(b)+1)
		next[0] = i + 1
		for j := range b {
			change := 1
			if a[i] == b[j] {
				change = 0
			}
			next[j+1] = min(row[j]+change, row[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}

// meant is what to say after an unknown word.
func meant(word string, known []string) string {
	if n := nearest(word, known); n != "" {
		return "did you mean " + n + "?"
	}
	sorted := slices.Sorted(slices.Values(known))
	return "known here are " + strings.Join(sorted, ", ")
}
