package pbx

import (
	"testing"

	asteriskconf "glennline/asterisk-conf"
)

// No Asterisk gets the ports of the one before it, and every one gets enough.
func TestNextRTP(t *testing.T) {
	for _, test := range []struct {
		name   string
		ports  asteriskconf.PortRange
		calls  int
		pieces int
	}{
		{"wide", asteriskconf.PortRange{From: 10000, To: 20000}, 1000, 4},
		{"odd", asteriskconf.PortRange{From: 10001, To: 10900}, 150, 2},
		{"just enough", asteriskconf.PortRange{From: 10000, To: 10399}, 200, 1},
	} {
		cfg := asteriskconf.Default()
		cfg.Dir, cfg.RTP, cfg.MaxCalls = t.TempDir(), test.ports, test.calls
		cfg = filled(cfg)
		cfg.ModuleDir, cfg.DataDir = "/usr/lib/asterisk/modules", "/usr/share/asterisk"
		s := &Server{}
		seen := map[asteriskconf.PortRange]bool{}
		last := asteriskconf.PortRange{}
		for range 8 {
			next := nextRTP(cfg, etcPath(cfg.Dir))
			if next == last && test.pieces > 1 {
				t.Errorf("%s: %v twice in a row", test.name, next)
			}
			if next.From < test.ports.From || next.To > test.ports.To || next.To-next.From+1 < 2*test.calls {
				t.Errorf("%s: %v is not within %v with room for %d calls", test.name, next, test.ports, test.calls)
			}
			if test.pieces > 1 && next.To-next.From+1 < 2*cfg.Channels() {
				t.Errorf("%s: %v leaves no ports for calls that are being refused", test.name, next)
			}
			if err := s.render(cfg); err != nil {
				t.Fatal(err)
			}
			last, seen[next] = next, true
		}
		if len(seen) != test.pieces {
			t.Errorf("%s: %d pieces, want %d", test.name, len(seen), test.pieces)
		}
	}
}
