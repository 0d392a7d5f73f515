package caller_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers/v2"

	"glennline/petition/caller"
)

func TestE164(t *testing.T) {
	tests := map[string]struct{ number, region, want string }{
		"international":                   {"+32 2 555 01 00", "BE", "+3225550100"},
		"international, no spaces":        {"+3225550100", "BE", "+3225550100"},
		"with 00":                         {"003225550100", "BE", "+3225550100"},
		"with 00 and spaces":              {"00 32 2 555 01 00", "BE", "+3225550100"},
		"bare international":              {"3225550100", "BE", "+3225550100"},
		"national":                        {"025550100", "BE", "+3225550100"},
		"national as written":             {"02/555.01.00", "BE", "+3225550100"},
		"national without its zero":       {"25550100", "BE", "+3225550100"},
		"zero in parentheses":             {"+32 (0)2 555 01 00", "BE", "+3225550100"},
		"country in parentheses":          {"(+32) 2 555 01 00", "BE", "+3225550100"},
		"hard spaces":                     {"+32\u00a02\u202f555\u00a001\u00a000", "BE", "+3225550100"},
		"space around":                    {" +3225550100 ", "BE", "+3225550100"},
		"region in lower case":            {"025550100", "be", "+3225550100"},
		"mobile":                          {"0470 00 00 01", "BE", "+32470000001"},
		"mobile, bare":                    {"32470000001", "BE", "+32470000001"},
		"from abroad":                     {"+33199001234", "BE", "+33199001234"},
		"from abroad with 00":             {"0033199001234", "BE", "+33199001234"},
		"from abroad, bare":               {"33199001234", "BE", "+33199001234"},
		"00 where 011 is dialled":         {"003225550100", "US", "+3225550100"},
		"011":                             {"0113225550100", "US", "+3225550100"},
		"ten digits in America":           {"212 555 0100", "US", "+12125550100"},
		"eleven digits in America":        {"12125550100", "US", "+12125550100"},
		"bare German in Germany":          {"493023125000", "DE", "+493023125000"},
		"bare Belgian in Germany":         {"3225550100", "DE", "+3225550100"},
		"Italian zero stays":              {"06 5550 0100", "IT", "+390655500100"},
		"no prefix, bare from a long way": {"3225550100", "LU", "+3225550100"},
		"no prefix, national":             {"27123456", "LU", "+35227123456"},
		"free of charge":                  {"0800 55 500", "BE", "+3280055500"},
		"of no country":                   {"+80012345678", "BE", "+80012345678"},
		"region unknown":                  {"+3225550100", "", "+3225550100"},
		"region unknown, with 00":         {"003225550100", "ZZ", "+3225550100"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := caller.E164(tt.number, tt.region)
			if err != nil || got != tt.want {
				t.Errorf("E164(%q, %q) = %q, %v; want %q", tt.number, tt.region, got, err, tt.want)
			}
		})
	}
}

var noNumbers = map[string]string{
	"nothing":              "",
	"a space":              " ",
	"a plus":               "+",
	"three plus signs":     "+++3225550100",
	"plus inside":          "32+25550100",
	"plus after 00":        "00+3225550100",
	"a full-width plus":    "＋3225550100",
	"Arabic digits":        "+٣٢٢٥٥٥٠١٠٠",
	"emergency":            "112",
	"emergency of Belgium": "101",
	"emergency abroad":     "+32112",
	"short code":           "1207",
	"four digits":          "8888",
	"help line":            "116000",
	"help line, spaced":    "116 000",
	"extension":            "201",
	"letters":              "alice",
	"letters for digits":   "0800FLOWERS",
	"with an extension":    "+3225550100 ext. 12",
	"with an extension x":  "+3225550100x12",
	"with a post-dial":     "+3225550100,,12#",
	"tel URI":              "tel:+3225550100",
	"phone context":        "025550100;phone-context=+32",
	"SIP URI":              "sip:+3225550100@example.com",
	"SIP user and host":    "+3225550100@example.com",
	"SIP injection":        "+3225550100\r\nP-Asserted-Identity: <sip:+3225550101@example.com>",
	"NUL":                  "+3225550100\x00",
	"percent-encoded":      "%2B3225550100",
	"fifteen nines":        "+999999999999999",
	"40 digits":            strings.Repeat("4", 40),
	"40 digits, plus":      "+" + strings.Repeat("32", 20),
	"a megabyte":           strings.Repeat("0 ", 1<<19),
	"too short":            "+3225550",
	"too long":             "+32255501000",
	"no such zone":         "+1 155 555 0100",
	"zeros":                "0000000000",
	"00 alone":             "00",
	"invalid UTF-8":        "+32255501\xff0",
}

func TestE164RefusesWhatIsNoNumber(t *testing.T) {
	for name, number := range noNumbers {
		t.Run(name, func(t *testing.T) {
			got, err := caller.E164(number, "BE")
			if !errors.Is(err, caller.ErrNumber) || got != "" {
				t.Errorf("E164 = %q, %v; want ErrNumber", got, err)
			}
		})
	}
}

// Short codes mean something inside their country alone, and some numbering
// plans would let them pass as numbers.
func TestE164RefusesShortCodesEverywhere(t *testing.T) {
	for region := range phonenumbers.GetSupportedRegions() {
		for _, code := range []string{"112", "911", "999", "1207", "8888", "116000", "116111", "116 000"} {
			if got, err := caller.E164(code, region); err == nil {
				t.Errorf("%s in %s is %s, want an error", code, region, got)
			}
		}
	}
}

func TestE164SaysThatTheRegionIsUnknown(t *testing.T) {
	_, err := caller.E164("025550100", "BX")
	if !errors.Is(err, caller.ErrNumber) || !strings.Contains(err.Error(), `"BX" is unknown`) {
		t.Errorf("error = %v, want one that names the region", err)
	}
	if !caller.KnownRegion("be") || caller.KnownRegion("BX") || caller.KnownRegion("") {
		t.Error("KnownRegion knows BX or nothing, or does not know be")
	}
}

// Whatever form a trunk sends, a caller from any country is one caller.
func TestE164ReadsEveryFormFromEveryCountry(t *testing.T) {
	kinds := []phonenumbers.PhoneNumberType{phonenumbers.FIXED_LINE, phonenumbers.MOBILE}
	for _, home := range []string{"BE", "DE", "FR", "NL", "GB"} {
		checked := 0
		for region := range phonenumbers.GetSupportedRegions() {
			for _, kind := range kinds {
				n := phonenumbers.GetExampleNumberForTypeInRegion(region, kind)
				if n == nil || !phonenumbers.IsValidNumber(n) {
					continue
				}
				want := phonenumbers.Format(n, phonenumbers.E164)
				forms := []string{want, "00" + want[1:], want[1:], phonenumbers.Format(n, phonenumbers.INTERNATIONAL)}
				if region == home {
					forms = append(forms, phonenumbers.Format(n, phonenumbers.NATIONAL))
				}
				for _, form := range forms {
					if got, err := caller.E164(form, home); err != nil || got != want {
						t.Errorf("E164(%q, %q) = %q, %v; want %q", form, home, got, err, want)
					}
				}
				checked++
			}
		}
		if checked < 200 {
			t.Errorf("%s: only %d numbers were tried", home, checked)
		}
	}
}

var e164 = regexp.MustCompile(`^\+[1-9][0-9]{3,14}$`)

func FuzzE164(f *testing.F) {
	for _, number := range noNumbers {
		if len(number) < 100 {
			f.Add(number, "BE")
		}
	}
	f.Add("+32 (0)2 555 01 00", "BE")
	f.Add("12125550100", "US")
	f.Add("27123456", "LU")
	f.Add("003225550100", "")
	f.Fuzz(func(t *testing.T, number, region string) {
		got, err := caller.E164(number, region)
		if err != nil {
			if !errors.Is(err, caller.ErrNumber) || got != "" {
				t.Fatalf("E164 = %q, %v; want ErrNumber alone", got, err)
			}
			if len(number) > 4 && !strings.Contains(region, number) && strings.Contains(err.Error(), number) {
				t.Fatalf("the error tells the number: %v", err)
			}
			return
		}
		if !e164.MatchString(got) {
			t.Fatalf("E164 = %q, which is not E.164", got)
		}
		for _, region := range []string{region, "US", ""} {
			if again, err := caller.E164(got, region); err != nil || again != got {
				t.Fatalf("E164(%q, %q) = %q, %v", got, region, again, err)
			}
		}
	})
}
