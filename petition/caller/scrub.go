package caller

import "strings"

// scrubDigits is how many of a number's last digits are looked for: they are
// the same in every form in which it is written.
const scrubDigits = 8

// Scrub takes a caller's number out of a text that came with the call and is
// kept: some carriers put it into the SIP Call-ID, and a caller may dial the
// own number. Its last digits become x; a text without them stays as it is, and
// so does every text where the number has fewer than eight digits.
func Scrub(text, number string) string {
	var digits strings.Builder
	for _, r := range number {
		if r >= '0' && r <= '9' {
			digits.WriteRune(r)
		}
	}
	all := digits.String()
	if len(all) < scrubDigits {
		return text
	}
	last := all[len(all)-scrubDigits:]
	return strings.ReplaceAll(text, last, strings.Repeat("x", scrubDigits))
}
