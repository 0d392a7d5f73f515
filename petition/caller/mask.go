package caller

import (
	"strings"

	"github.com/nyaruka/phonenumbers/v2"
)

// Masked parts, as they are shown.
const (
	maskedHidden   = "withheld"
	maskedNothing  = "none"
	maskedUnshown  = "…"
	shownDigits    = 2
	harmlessDigits = 5 // no subscriber has so short a number
)

// Mask is what may be shown of a caller on a screen, so that somebody who makes a
// test call recognises it: the country, if the number tells it, and the last two
// digits. A number that is withheld, and a word in the place of one, is not
// shown at all; presentation is as Identify takes it, and "" counts as withheld.
func Mask(number, presentation, region string) string {
	number = strings.TrimSpace(number)
	switch {
	case !allowed(presentation), strings.EqualFold(number, "anonymous"):
		return maskedHidden
	case number == "":
		return maskedNothing
	}
	digits, _, ok := diallable(number)
	if !ok {
		return maskedUnshown
	}
	if len(digits) <= harmlessDigits {
		return digits
	}
	country := ""
	if n, err := parse(number, region); err == nil {
		country = "+" + strings.TrimSuffix(strings.TrimPrefix(phonenumbers.Format(n, phonenumbers.E164), "+"), phonenumbers.GetNationalSignificantNumber(n))
	}
	return country + maskedUnshown + digits[len(digits)-shownDigits:]
}
