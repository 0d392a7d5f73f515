package export

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Spreadsheets take a text that begins with one of these for a formula. The
// full-width forms are turned into the plain ones by some input methods and
// programs. CWE-1236; OWASP, "CSV Injection".
const formula = "=+-@＝＋－＠﹢﹣﹦﹫−"

// separators end a cell in one program or another, whatever we have written
// the file with.
const separators = ",;\t|\"\n\r"

// plain is whether a text needs no guard, which most need not.
func plain(s string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case i > 0 && (c == ' ' || c == '.' || c == '_' || c == '-' || c == ':'):
		default:
			return false
		}
	}
	return true
}

// guard makes a text that no spreadsheet takes for a formula, neither as it stands
// nor where a program that expects another separator cuts it: an apostrophe comes
// before what would begin one. Control characters become spaces.
func guard(s string) string {
	if plain(s) {
		return s
	}
	var safe strings.Builder
	start := true // a cell may begin here
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		separates := strings.ContainsRune(separators, r)
		if unicode.IsControl(r) || r == utf8.RuneError || r == '\u2028' || r == '\u2029' {
			r = ' '
		}
		if start && strings.ContainsRune(formula, r) {
			safe.WriteByte('\'')
		}
		// What is not seen does not keep a formula from being one.
		start = separates || start && (unicode.IsSpace(r) || unicode.Is(unicode.Cf, r))
		safe.WriteRune(r)
	}
	return safe.String()
}
