package pbx

import "testing"

// What traces is not loaded while anybody still waits to be told of SIP's settings.
func TestSettled(t *testing.T) {
	const head = "\nProcessor                 Processed   In Queue  Max Depth  Low water High water Low time(us) High time(us)\n"
	for name, test := range map[string]struct {
		table string
		want  bool
	}{
		"told":           {head + "sorcery/global-0000001a           3          0          2        450        500          0        855\n\n1 taskprocessors\n\n", true},
		"one waits":      {head + "sorcery/global-0000001a           3          1          2        450        500          0        855\n\n1 taskprocessors\n\n", false},
		"of others":      {head + "sorcery/globals-0000001a          3          4          2        450        500          0        855\n", true},
		"no such queue":  {head + "\n0 taskprocessors\n\n", true},
		"not understood": {"No such command 'core show taskprocessors like sorcery/global-'\n", true},
	} {
		if got := settled(test.table); got != test.want {
			t.Errorf("%s: %t, want %t", name, got, test.want)
		}
	}
}
