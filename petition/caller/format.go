package caller

import (
	"strings"

	"github.com/nyaruka/phonenumbers/v2"
)

// Format is how a carrier writes numbers.
type Format string

// The formats, each with one number as an example.
const (
	FormatAny      Format = "any"      // told from the number itself, see E164
	FormatPlus     Format = "+e164"    // +3225550100
	FormatE164     Format = "e164"     // 3225550100
	FormatAbroad   Format = "00e164"   // 003225550100
	FormatNational Format = "national" // 025550100
)

// Formats are all of them.
var Formats = []Format{FormatAny, FormatPlus, FormatE164, FormatAbroad, FormatNational}

// Read brings a number that is written in a format into E.164; region is the
// country of the national one. Digits alone can often be read in two ways, and
// the format says which one is meant. What is not written in it is ErrNumber.
func Read(number, region string, format Format) (string, error) {
	digits, plus, ok := diallable(number)
	abroad, prefixed := strings.CutPrefix(digits, "00")
	var n *phonenumbers.PhoneNumber
	switch {
	case format == FormatAny:
		return E164(number, region)
	case !ok || plus != (format == FormatPlus) || !plus && prefixed != (format == FormatAbroad):
	case format == FormatNational:
		n = valid(digits, strings.ToUpper(region))
	case format == FormatAbroad:
		n = valid("+"+abroad, "")
	default:
		n = valid("+"+digits, "")
	}
	if n == nil {
		return "", invalid(strings.ToUpper(region))
	}
	return phonenumbers.Format(n, phonenumbers.E164), nil
}

// Write writes a number, which is in E.164, in a format: what the carrier of the
// trunk has to be asked for. What is no number stays as it is, and so does one of
// another country than region in the national format.
func Write(e164, region string, format Format) string {
	n := valid(e164, "")
	if n == nil {
		return e164
	}
	digits := strings.TrimPrefix(e164, "+")
	switch format {
	case FormatE164:
		return digits
	case FormatAbroad:
		return "00" + digits
	case FormatNational:
		if phonenumbers.GetRegionCodeForCountryCode(int(n.GetCountryCode())) == strings.ToUpper(region) {
			return national(n)
		}
	case FormatAny, FormatPlus:
	}
	return e164
}
