//go:build !cgo

package main

// SQLite is C code, so a build needs cgo and a C compiler. Go switches cgo off
// without a word when it finds no gcc, and the program would then fail at its
// first query. This name is undefined on purpose: the build fails at once, and
// the compiler's message says what to do.
var _ = build_glennline_with_CGO_ENABLED_1_and_gcc
