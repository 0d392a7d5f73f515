//go:build !cgo

package sqlite

// SQLite is compiled from C. Without cgo go-sqlite3 still compiles and fails
// when it is used; better that the compiler says what is missing.
var _ = this_program_needs_cgo__install_gcc_and_build_with_CGO_ENABLED_1
