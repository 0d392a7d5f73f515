package caller_test

import (
	"path/filepath"
	"strings"
	"testing"

	"glennline/petition"
	"glennline/petition/caller"
)

func secret(t testing.TB) *caller.Secret {
	t.Helper()
	s, err := caller.OpenSecret(filepath.Join(t.TempDir(), "secret"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestIdentifyClassifiesTheLine(t *testing.T) {
	s := secret(t)
	tests := map[string]struct {
		number, e164 string
		class        petition.Class
	}{
		"fixed":                       {"025550100", "+3225550100", petition.ClassFixed},
		"mobile":                      {"+32470000001", "+32470000001", petition.ClassMobile},
		"free of charge":              {"080055500", "+3280055500", petition.ClassOther},
		"America does not tell":       {"+12125550100", "+12125550100", petition.ClassOther},
		"of no country":               {"+80012345678", "+80012345678", petition.ClassOther},
		"a SIP user part with a +":    {"+3225550100", "+3225550100", petition.ClassFixed},
		"the same number, nationally": {"02 555 01 00", "+3225550100", petition.ClassFixed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := caller.Identify(s, tt.number, "allowed", "BE")
			want := petition.Caller{Class: tt.class, Pseudonym: s.Pseudonym(tt.e164), KeyID: s.ID}
			if got != want {
				t.Errorf("Identify = %+v, want %+v", got, want)
			}
		})
	}
}

func TestIdentifyGoesByThePresentation(t *testing.T) {
	s := secret(t)
	const number = "+3225550100"
	known := petition.Caller{Class: petition.ClassFixed, Pseudonym: s.Pseudonym(number), KeyID: s.ID}
	withheld := petition.Caller{Class: petition.ClassWithheld}
	unknown := petition.Caller{Class: petition.ClassUnknown}

	tests := []struct {
		number, presentation string
		want                 petition.Caller
	}{
		{number, "allowed", known},
		{number, "allowed_not_screened", known},
		{number, "allowed_passed_screen", known},
		{number, "allowed_failed_screen", known},
		{number, "prohib", withheld},
		{number, "prohib_not_screened", withheld},
		{number, "prohib_passed_screen", withheld},
		{number, "prohib_failed_screen", withheld},
		{"", "prohib", withheld},
		{number, "unavailable", withheld},
		{"", "unavailable", unknown},
		{" ", "unavailable", unknown},
		{"", "allowed", unknown},
		{number, "", withheld},
		{"", "", withheld},
		{number, "unknown", withheld},
		{number, "Allowed", withheld},
		{number, "allowed_by_a_later_asterisk", withheld},
		{"anonymous", "allowed", withheld},
		{"Anonymous", "allowed_not_screened", withheld},
		{"anonymous", "unavailable", withheld},
	}
	for _, tt := range tests {
		if got := caller.Identify(s, tt.number, tt.presentation, "BE"); got != tt.want {
			t.Errorf("Identify(%q, %q) = %+v, want %+v", tt.number, tt.presentation, got, tt.want)
		}
	}
}

func TestIdentifyKeepsNothingOfWhatIsNoNumber(t *testing.T) {
	s := secret(t)
	for name, number := range noNumbers {
		t.Run(name, func(t *testing.T) {
			want := petition.Caller{Class: petition.ClassUnknown}
			if got := caller.Identify(s, number, "allowed", "BE"); got != want {
				t.Errorf("Identify = %+v, want %+v", got, want)
			}
		})
	}
}

func FuzzIdentify(f *testing.F) {
	for _, number := range noNumbers {
		if len(number) < 100 {
			f.Add(number, "allowed", "BE")
		}
	}
	f.Add("+3225550100", "prohib_passed_screen", "BE")
	f.Add("+32470000001", "allowed_not_screened", "DE")
	f.Add("", "unavailable", "")
	s := secret(f)
	f.Fuzz(func(t *testing.T, number, presentation, region string) {
		c := caller.Identify(s, number, presentation, region)
		switch c.Class {
		case petition.ClassMobile, petition.ClassFixed, petition.ClassOther:
			if !strings.HasPrefix(presentation, "allowed") {
				t.Fatalf("%q gave %+v", presentation, c)
			}
			n, err := caller.E164(number, region)
			if err != nil || c.Pseudonym != s.Pseudonym(n) || c.KeyID != s.ID {
				t.Fatalf("%+v is not the pseudonym of %q, %v", c, n, err)
			}
		case petition.ClassWithheld, petition.ClassUnknown:
			if c.Pseudonym != "" || c.KeyID != "" {
				t.Fatalf("%+v keeps a pseudonym", c)
			}
		default:
			t.Fatalf("class %q", c.Class)
		}
	})
}

func BenchmarkIdentify(b *testing.B) {
	s := secret(b)
	for b.Loop() {
		caller.Identify(s, "025550100", "allowed", "BE")
	}
}
