package caller_test

import (
	"errors"
	"testing"

	"glennline/petition/caller"
)

func TestRead(t *testing.T) {
	for _, tt := range []struct {
		number, region string
		format         caller.Format
		want           string
	}{
		{"+3225550100", "BE", caller.FormatPlus, "+3225550100"},
		{"3225550100", "BE", caller.FormatPlus, ""},
		{"003225550100", "BE", caller.FormatPlus, ""},
		{"3225550100", "BE", caller.FormatE164, "+3225550100"},
		{"+3225550100", "BE", caller.FormatE164, ""},
		{"025550100", "BE", caller.FormatE164, ""},
		{"003225550100", "BE", caller.FormatAbroad, "+3225550100"},
		{"025550100", "BE", caller.FormatAbroad, ""},
		{"025550100", "BE", caller.FormatNational, "+3225550100"},
		{"003225550100", "BE", caller.FormatNational, ""},
		{"+3225550100", "BE", caller.FormatNational, ""},
		{"025550100", "be", caller.FormatAny, "+3225550100"},
		{"3225550100", "BE", caller.FormatAny, "+3225550100"},
		// Digits that are a number in two countries.
		{"3225550100", "IT", caller.FormatAny, "+393225550100"},
		{"3225550100", "IT", caller.FormatE164, "+3225550100"},
		{"3225550100", "IT", caller.FormatNational, "+393225550100"},
		{"112", "BE", caller.FormatNational, ""},
		{"", "BE", caller.FormatE164, ""},
		{"02555;phone-context=x", "BE", caller.FormatNational, ""},
	} {
		got, err := caller.Read(tt.number, tt.region, tt.format)
		if got != tt.want || (err == nil) != (tt.want != "") || err != nil && !errors.Is(err, caller.ErrNumber) {
			t.Errorf("%s as %s in %s: %q, %v; want %q", tt.number, tt.format, tt.region, got, err, tt.want)
		}
	}
}

// What is written in a format is read in it as the same number.
func TestWrite(t *testing.T) {
	for _, tt := range []struct {
		number, region string
		format         caller.Format
		want           string
	}{
		{"+3225550100", "BE", caller.FormatAny, "+3225550100"},
		{"+3225550100", "BE", caller.FormatPlus, "+3225550100"},
		{"+3225550100", "BE", caller.FormatE164, "3225550100"},
		{"+3225550100", "BE", caller.FormatAbroad, "003225550100"},
		{"+3225550100", "be", caller.FormatNational, "025550100"},
		{"+3225550100", "FR", caller.FormatNational, "+3225550100"},
		{"petition", "BE", caller.FormatE164, "petition"},
	} {
		got := caller.Write(tt.number, tt.region, tt.format)
		if got != tt.want {
			t.Errorf("%s as %s in %s is written %s, want %s", tt.number, tt.format, tt.region, got, tt.want)
		}
		if again, err := caller.E164(got, tt.region); err == nil && again != tt.number {
			t.Errorf("%s is read as %s", got, again)
		}
	}
}
