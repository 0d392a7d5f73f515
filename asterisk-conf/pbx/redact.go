package pbx

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// numberMark stands where a number was.
const numberMark = "[number]"

// numberDigits is how many digits make a number: the shortest subscriber
// numbers have six. Ports, priorities and thread ids stay below it.
const numberDigits = 6

// identityDigits is the longest run of digits that an identifier which is kept
// may hold, so that no national number can hide in one that looks like an id.
const identityDigits = 8

var (
	// displayName is the name that a caller's telephone sends with the number:
	// of any length, and with quotes and brackets in it if they are escaped.
	displayName = regexp.MustCompile(`(?s)".*?"(\s*<(?i:sips?|tel):)`)
	// callerName is how Asterisk itself quotes a name that it could not take as
	// it came: too long, or not in UTF-8. A name may have an apostrophe.
	callerName = regexp.MustCompile(`(?s)(CallerID Name ')(.*)(' for number )`)
	// userPart is a SIP URI's: a number, or a name that tells as much.
	userPart = regexp.MustCompile(`(?i)\b(sips?:)[^@\s<>"']{1,256}@`)
	// identities are what makes a log useful and cannot be a number.
	identities = regexp.MustCompile(strings.Join([]string{
		`\b1[6-9]\d{8}\.\d{1,7}\b`,                                       // UNIQUEID; until 2033
		`\b(?:` + octet + `\.){3}` + octet + `\b(?::\d{1,5}\b)?`,         // IPv4, with a port
		`\bPJSIP/[A-Za-z0-9_-]{1,40}-[0-9a-f]{8}\b`,                      // channel
		`\bC-[0-9a-f]{8}\b`,                                              // call in Asterisk's log
		`\b[A-Za-z]+-0000[0-9a-f]{4}\b`,                                  // task processors and threads
		`\b(?:20\d\d-[01]\d-[0-3]\d/)?[0-7][0-9A-HJKMNP-TV-Z]{25}\b`,     // ULID, as recordings are named
		`\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`, // UUID
		`\b20\d\d-[01]\d-[0-3]\d[T ][0-2]\d:[0-5]\d:[0-5]\d\b`,           // time
	}, "|"))
	uniqueID = regexp.MustCompile(`^1[6-9]\d{8}\.`)
)

const octet = `(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`

// Redact takes everything out of a line of Asterisk's log that may be a
// caller's number or name: the user part of SIP URIs, names that are quoted as such,
// and every run of digits that is long enough to be a telephone number, however
// it is grouped. UNIQUEIDs, channel names, addresses, ULIDs and UUIDs stay.
func Redact(s string) string {
	s = displayName.ReplaceAllString(s, `"[name]"$1`)
	s = callerName.ReplaceAllString(s, "${1}[name]${3}")
	s = userPart.ReplaceAllString(s, "${1}[user]@")
	var b strings.Builder
	from := 0
	for _, span := range identities.FindAllStringIndex(s, -1) {
		if !isIdentity(s, span[0], span[1]) {
			continue
		}
		redactNumbers(&b, s[from:span[0]])
		b.WriteString(s[span[0]:span[1]])
		from = span[1]
	}
	redactNumbers(&b, s[from:])
	return b.String()
}

// isIdentity says whether s[from:to] may be kept: it is not a part of a longer
// number, and no number fits into it.
func isIdentity(s string, from, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:from])
	after, size := utf8.DecodeRuneInString(s[to:])
	next, _ := utf8.DecodeRuneInString(s[to+size:])
	if before == '+' || before == '.' || unicode.IsDigit(before) || unicode.IsDigit(after) {
		return false
	}
	if after == '.' && unicode.IsDigit(next) {
		return false
	}
	return uniqueID.MatchString(s[from:to]) || longestRun(s[from:to]) <= identityDigits
}

func longestRun(s string) int {
	longest, run := 0, 0
	for _, r := range s {
		if !unicode.IsDigit(r) {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

// redactNumbers writes s with its numbers marked: numberDigits digits or more,
// with up to three separators between two of them, and a + before them or not.
func redactNumbers(b *strings.Builder, s string) {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r != '+' && !unicode.IsDigit(r) {
			b.WriteString(s[i : i+size])
			i += size
			continue
		}
		end, digits := numberAt(s, i)
		if digits >= numberDigits {
			b.WriteString(numberMark)
		} else {
			b.WriteString(s[i:end])
		}
		i = end
	}
}

// numberAt measures the number that starts at i, with a digit or a +.
func numberAt(s string, i int) (end, digits int) {
	separators := 0
	_, size := utf8.DecodeRuneInString(s[i:])
	end = i + size
	for j := i; j < len(s) && separators <= 3; {
		r, size := utf8.DecodeRuneInString(s[j:])
		j += size
		switch {
		case unicode.IsDigit(r):
			digits++
			separators = 0
			end = j
		case j == i+size && r == '+':
		case isSeparator(r):
			separators++
		default:
			return end, digits
		}
	}
	return end, digits
}

// isSeparator says whether people write r between the digits of a number.
func isSeparator(r rune) bool {
	return strings.ContainsRune(" \t.-/()_\u00a0\u2009\u2010\u2011\u2013\u202f", r)
}
