//go:build !race

package labelled_test

// every is of how many recordings one is judged.
const every = 1
