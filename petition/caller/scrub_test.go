package caller_test

import (
	"testing"

	"glennline/petition/caller"
)

func TestScrub(t *testing.T) {
	for _, tt := range []struct{ text, number, want string }{
		{"a84b4c76e66710@pc33", "+32470555019", "a84b4c76e66710@pc33"},
		{"abc-+32470555019@host", "+32470555019", "abc-+324xxxxxxxx@host"},
		{"abc-0470555019@host", "+32470555019", "abc-04xxxxxxxx@host"},
		{"+32470555019", "0470/55.50.19", "+324xxxxxxxx"},
		{"1234567@host", "1234567", "1234567@host"},
		{"anything", "", "anything"},
	} {
		if got := caller.Scrub(tt.text, tt.number); got != tt.want {
			t.Errorf("Scrub(%q, %q) = %q, want %q", tt.text, tt.number, got, tt.want)
		}
	}
}
