package asteriskconf

import (
	"testing"
	"time"
)

// What was said counts for three seconds either way, as in the dialplan.
func TestParseState(t *testing.T) {
	now := time.Unix(1_763_814_000, 500_000_000)
	for _, each := range []struct {
		value string
		state State
		fresh bool
	}{
		{StateValue(now, StateAccept), StateAccept, true},
		{StateValue(now.Add(-3*time.Second), StateFull), StateFull, true},
		{StateValue(now.Add(-4*time.Second), StateAccept), StateAccept, false},
		{StateValue(now.Add(3*time.Second), StateDrain), StateDrain, true},
		{StateValue(now.Add(4*time.Second), StateAccept), StateAccept, false},
		{"", "", false},
		{"accept", "", false},
		{"soon:accept", "", false},
	} {
		state, fresh := ParseState(each.value, now)
		if state != each.state && each.fresh || fresh != each.fresh {
			t.Errorf("%q is %q, fresh %t; want %q, %t", each.value, state, fresh, each.state, each.fresh)
		}
	}
}
