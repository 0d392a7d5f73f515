package config

import (
	"fmt"
	"strings"
	"unicode"
)

// Fault is one thing that is wrong in the configuration.
type Fault struct {
	Where   string // file and line, variable or flag; "" where a default does not fit
	Key     string // path of the key; "" for the file as a whole
	Problem string // what is wrong and what to do
}

func (f Fault) Error() string {
	var parts []string
	for _, s := range []string{f.Where, f.Key, f.Problem} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Map(printable, strings.Join(parts, ": "))
}

// printable keeps what a file or a variable's name may hold from breaking the
// line or the terminal.
func printable(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return unicode.ReplacementChar
}

// Faults are all that is wrong, in the order in which it was found. As an error
// they are one line, the first; config check prints each.
type Faults []Fault

func (f Faults) Error() string {
	switch len(f) {
	case 0:
		return "nothing is wrong"
	case 1:
		return f[0].Error()
	}
	return fmt.Sprintf("%s (and %d more: glennline config check shows all)", f[0].Error(), len(f)-1)
}

// err is nil where there are no faults.
func (f Faults) err() error {
	if len(f) == 0 {
		return nil
	}
	return f
}

func (f *Faults) add(where, key, format string, args ...any) {
	*f = append(*f, Fault{where, key, fmt.Sprintf(format, args...)})
}
