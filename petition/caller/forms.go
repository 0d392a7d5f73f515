package caller

import (
	"strings"

	"github.com/nyaruka/phonenumbers/v2"
)

// Forms is a number in each form in which it may be dialled: with and without
// its plus, after 00, and as within the region. What is no number is returned
// alone, as it is.
func Forms(number, region string) []string {
	n, err := parse(number, region)
	if err != nil {
		return []string{number}
	}
	e164 := phonenumbers.Format(n, phonenumbers.E164)
	digits := strings.TrimPrefix(e164, "+")
	forms := []string{e164, digits, "00" + digits}
	if phonenumbers.GetRegionCodeForCountryCode(int(n.GetCountryCode())) == strings.ToUpper(region) {
		if within := national(n); within != digits {
			forms = append(forms, within)
		}
	}
	return forms
}

// national is a number as it is dialled within its country.
func national(n *phonenumbers.PhoneNumber) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, phonenumbers.Format(n, phonenumbers.NATIONAL))
}
