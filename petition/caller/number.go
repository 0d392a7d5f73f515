package caller

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers/v2"
)

// ErrNumber says that something is not a telephone number that can be called
// from anywhere. Its text never holds the number.
var ErrNumber = errors.New("not a telephone number")

// E164 writes a number as E.164 has it: a plus, the country, the rest, digits
// only. Region is the country of the line it reached, as ISO 3166 has it
// ("BE"). Understood are the international form with + or 00, the national one
// as dialled in region, and the international one without either, which some
// trunks send; spaces and -./() between digits do not matter. So "+32 2 555 01
// 00", "003225550100", "3225550100" and "025550100" are one number in Belgium.
//
// Emergency and short codes, letters, extensions, URIs and what no numbering
// plan allows are ErrNumber.
func E164(number, region string) (string, error) {
	n, err := parse(number, region)
	if err != nil {
		return "", err
	}
	return phonenumbers.Format(n, phonenumbers.E164), nil
}

// KnownRegion says whether E164 knows the numbering plan of a region.
func KnownRegion(region string) bool {
	return phonenumbers.GetCountryCodeForRegion(strings.ToUpper(region)) != 0
}

func parse(number, region string) (*phonenumbers.PhoneNumber, error) {
	region = strings.ToUpper(region)
	digits, plus, ok := diallable(number)
	if !ok {
		return nil, invalid(region)
	}
	if abroad, cut := strings.CutPrefix(digits, "00"); cut && !plus {
		digits, plus = abroad, true // ITU-T E.123; trunks send it in regions that dial another prefix, too
	}
	international := valid("+"+digits, "")
	if plus {
		if international == nil {
			return nil, invalid(region)
		}
		return international, nil
	}
	if short(digits, region) {
		return nil, invalid(region)
	}
	national := valid(digits, region)
	switch {
	case national == nil && international == nil:
		return nil, invalid(region)
	case national == nil, international != nil && !readNational(digits, region):
		return international, nil
	default:
		return national, nil
	}
}

func valid(number, region string) *phonenumbers.PhoneNumber {
	n, err := phonenumbers.Parse(number, region)
	if err != nil || !phonenumbers.IsValidNumber(n) {
		return nil
	}
	return n
}

// readNational decides between two valid readings of the same digits. Where
// national numbers begin with a prefix, digits without it are international: in
// Germany, whose numbers have many lengths, nearly any number from abroad would
// otherwise pass for a German one. Elsewhere what is longer than the country's
// own numbers is international.
func readNational(digits, region string) bool {
	country := strconv.Itoa(phonenumbers.GetCountryCodeForRegion(region))
	prefix := phonenumbers.GetNddPrefixForRegion(region, true)
	if prefix != "" && prefix != country { // North America's prefix is its country code
		return strings.HasPrefix(digits, prefix)
	}
	longest := 0
	for _, kind := range []phonenumbers.PhoneNumberType{phonenumbers.FIXED_LINE, phonenumbers.MOBILE} {
		if n := phonenumbers.GetExampleNumberForTypeInRegion(region, kind); n != nil {
			longest = max(longest, len(phonenumbers.GetNationalSignificantNumber(n)))
		}
	}
	return len(digits) <= longest
}

// shortest is the fewest digits of a number that is not a short code. The few
// islands with shorter numbers are reached with + or 00.
const shortest = 5

// short knows the codes that only mean something inside a country, which some
// numbering plans would also allow as numbers.
func short(digits, region string) bool {
	if len(digits) < shortest || phonenumbers.IsEmergencyNumber(digits, region) {
		return true
	}
	if len(digits) == 6 && strings.HasPrefix(digits, "116") {
		return true // harmonised numbers for services of social value: decision 2007/116/EC
	}
	n, err := phonenumbers.Parse(digits, region)
	return err == nil && phonenumbers.IsValidShortNumberForRegion(n, region)
}

func invalid(region string) error {
	if !KnownRegion(region) {
		return fmt.Errorf("%w: region %q is unknown, so only a number that begins with + can be read", ErrNumber, region)
	}
	return fmt.Errorf("%w that is valid in region %s or abroad", ErrNumber, region)
}

// maxDigits is the most that can be dialled: 15 of E.164 behind an
// international prefix.
const maxDigits = 20

// diallable strips a number to its digits and says whether a plus led them. It
// refuses what libphonenumber is kind to and no telephone is: letters for
// digits, digits of other scripts, extensions, several plus signs, URIs and
// their parameters.
func diallable(number string) (digits string, plus, ok bool) {
	var b strings.Builder
	for _, r := range number {
		switch {
		case '0' <= r && r <= '9':
			if b.Len() == maxDigits {
				return "", false, false
			}
			b.WriteByte(byte(r))
		case r == '+' && !plus && b.Len() == 0:
			plus = true
		case strings.ContainsRune(" -./()\u00a0\u202f", r): // with the spaces that word processors set
		default:
			return "", false, false
		}
	}
	return b.String(), plus, b.Len() > 0
}
