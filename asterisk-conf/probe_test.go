package asteriskconf

import (
	"strings"
	"testing"
)

func TestProbeTarget(t *testing.T) {
	for _, tt := range []struct {
		host, transports, address, transport, from string
	}{
		{"127.0.0.1", "udp", "127.0.0.1:5060", "udp", "127.71.76.1"},
		{"0.0.0.0", "udp,tls", "127.0.0.1:5060", "udp", "127.71.76.1"},
		{"192.0.2.7", "tcp,tls", "192.0.2.7:5060", "tcp", "127.71.76.1"},
		{"192.0.2.7", "tls", "127.71.76.1:5060", "udp", "127.71.76.1"},
		{"::", "udp", "[::1]:5060", "udp", "::1"},
		{"2001:db8::1", "tls", "[::1]:5060", "udp", "::1"},
	} {
		address, transport := SIP{Host: tt.host, Port: 5060}.ProbeTarget(strings.Split(tt.transports, ","))
		if from := ProbeAddress(tt.host); address != tt.address || transport != tt.transport || from != tt.from {
			t.Errorf("%s, %s: %s over %s from %s, want %s over %s from %s", tt.host, tt.transports, address, transport, from, tt.address, tt.transport, tt.from)
		}
	}
}

// Beside carriers' trunks there is one for test calls, unless a trunk takes calls
// from their address anyway; its calls are kept apart from all others.
func TestProbe(t *testing.T) {
	for match, want := range map[string]string{
		"192.0.2.1":    "match = 127.71.76.1/32",
		"127.0.0.1/32": "match = 127.71.76.1/32",
		"127.0.0.0/8":  "",
	} {
		cfg := Default()
		cfg.Dir, cfg.ARI.Password = "/srv/a", NewPassword()
		cfg.Trunks[0].Match = []string{match}
		files, err := Files(cfg, "/srv/a/etc")
		if err != nil {
			t.Fatal(err)
		}
		pjsip, dialplan := string(files["pjsip.conf"]), string(files["extensions.conf"])
		there := want != ""
		if strings.Contains(pjsip, "[doctor]\ntype = endpoint\ncontext = doctor\n") != there || there && !strings.Contains(pjsip, want+"\n") ||
			strings.Contains(dialplan, "[doctor]\n") != there || strings.Contains(dialplan, `"${GL_TRUNK}" = "doctor"]?closed,s,1`) != (there && cfg.Fallback != nil) {
			t.Errorf("a trunk at %s: want %q in\n%s\n%s", match, want, pjsip, dialplan)
		}
	}
	cfg := Default()
	cfg.Dir, cfg.ARI.Password = "/srv/a", NewPassword()
	cfg.Trunks[0].Name = Probe
	if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), "doctor's test call") {
		t.Errorf("a trunk of its name: %v", err)
	}
}
