package caller_test

import (
	"testing"

	"glennline/petition/caller"
)

func TestMask(t *testing.T) {
	for _, tt := range []struct{ number, presentation, want string }{
		{"+32470555019", "allowed_not_screened", "+32…19"},
		{"0470555019", "allowed", "+32…19"},
		{"32470555019", "allowed", "+32…19"},
		{"+33 1 99 00 12 34", "allowed", "+33…34"},
		{"+32470555019", "prohib", "withheld"},
		{"+32470555019", "", "withheld"},
		{"anonymous", "allowed", "withheld"},
		{"", "allowed", "none"},
		{"100", "allowed", "100"},
		{"999999999999", "allowed", "…99"},
		{"jean.dupont", "allowed", "…"},
		{"+32470555019;x=y", "allowed", "…"},
	} {
		if got := caller.Mask(tt.number, tt.presentation, "BE"); got != tt.want {
			t.Errorf("%q, %s: %q, want %q", tt.number, tt.presentation, got, tt.want)
		}
	}
}
