package petition

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Quantity is a value from elsewhere as its source gives it. Only numbers are
// ever compared; what is quoted stands as it was given.
type Quantity struct {
	Kind   QuantityKind
	Text   string  // as it was given
	Number float64 // of a number, exact to 15 digits
}

// QuantityKind says what a value from elsewhere is.
type QuantityKind string

// The kinds of values.
const (
	QuantityNone    QuantityKind = ""
	QuantityNumber  QuantityKind = "number"
	QuantityPercent QuantityKind = "percent" // a percentage that somebody else computed
	QuantityText    QuantityKind = "text"
)

const quantityLength = 500 // characters of a text

var (
	plainNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,6})?$`)
	percentage  = regexp.MustCompile(`^[+\x{2212}-]?[0-9]{1,9}([.,][0-9]{1,6})?[ ]?%$`)
	thousands   = regexp.MustCompile(`^[+-]?[0-9]{1,3}([.,'’ ][0-9]{3})+$`)
	oneThousand = regexp.MustCompile(`^-?[1-9][0-9]{0,2}\.[0-9]{3}$`)
	noNumber    = regexp.MustCompile(`(?i)^[+\x{2212}±-]?(nan|inf|infinity|∞)%?$`) // what a spreadsheet or a program writes for one
	comma       = regexp.MustCompile(`^[+-]?[0-9]+,[0-9]+$`)
)

// ParseQuantity reads a value: a number in digits with at most a decimal point,
// a percentage, or a text that does not look like a number. What one country
// reads as thousands and another as decimals is refused, with what to write.
// The empty text is no value. Errors are KPIError.
func ParseQuantity(text string) (Quantity, error) {
	text = plainSpaces(text)
	switch {
	case text == "":
		return Quantity{}, nil
	case oneThousand.MatchString(text):
		whole := strings.Replace(text, ".", "", 1)
		return Quantity{}, unclear("%q could be %s, or %s and a fraction: write %s, or %s0", text, whole, text[:strings.Index(text, ".")], whole, text)
	case plainNumber.MatchString(text):
		n, err := strconv.ParseFloat(text, 64)
		return Quantity{Kind: QuantityNumber, Text: text, Number: n}, err
	case percentage.MatchString(text):
		return Quantity{Kind: QuantityPercent, Text: text}, nil
	case thousands.MatchString(text):
		return Quantity{}, unclear("%q: write a number without separators, such as %s", text, digitsOf(text))
	case comma.MatchString(text):
		return Quantity{}, unclear("%q: write a decimal point, such as %s", text, strings.Replace(text, ",", ".", 1))
	case noNumber.MatchString(text):
		return Quantity{}, unclear("%q is no number: write one in digits, or leave the figure out", text)
	case likeNumber(text):
		return Quantity{}, unclear("%q begins like a number and is none: write digits alone, such as 12000, or begin a text with a word", text)
	}
	if err := proseOf(text); err != nil {
		return Quantity{}, err
	}
	return Quantity{Kind: QuantityText, Text: text}, nil
}

// plainSpaces trims a text and makes its no-break and thin spaces, which French
// keyboards write before a colon, spaces like the others.
func plainSpaces(text string) string {
	if !utf8.ValidString(text) {
		return text // to be refused as it is
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Zs, r) {
			return ' '
		}
		return r
	}, text))
}

// proseOf refuses what would break a line of a report.
func proseOf(text string) error {
	if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return unclear("%q holds what cannot be printed: write it on one line, in UTF-8", text)
	}
	if n := utf8.RuneCountInString(text); n > quantityLength {
		return unclear("a text of %d characters: write at most %d", n, quantityLength)
	}
	return nil
}

// likeNumber is whether somebody may have meant a number.
func likeNumber(text string) bool {
	r, _ := utf8.DecodeRuneInString(strings.TrimLeft(text, "+-−.,~<>=≈± €$£'’"))
	return unicode.IsNumber(r)
}

func digitsOf(text string) string {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, text)
	if strings.HasPrefix(text, "-") {
		return "-" + digits
	}
	return digits
}
