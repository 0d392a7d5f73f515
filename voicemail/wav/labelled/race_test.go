//go:build race

package labelled_test

// With the race detector, which makes it ten times slower and knows of no race in
// arithmetic, a part of the set is judged; make test judges all of it without.
const every = 11
