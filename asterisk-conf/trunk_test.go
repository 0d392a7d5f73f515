package asteriskconf

import "testing"

// A port that is not given is left to DNS (RFC 3263).
func TestTrunkURI(t *testing.T) {
	for _, tt := range []struct {
		trunk       Trunk
		uri, client string
	}{
		{Trunk{Server: "sip.example.org", Transport: "udp"}, "sip:sip.example.org;transport=udp", "sip:me@sip.example.org"},
		{Trunk{Server: "sip.example.org", Port: 5080, Transport: "tls"}, "sip:sip.example.org:5080;transport=tls", "sip:me@sip.example.org"},
		{Trunk{Server: "2001:db8::1", Transport: "tcp"}, "sip:[2001:db8::1];transport=tcp", "sip:me@[2001:db8::1]"},
		{Trunk{Server: "2001:db8::1", Port: 5060, Transport: "tcp"}, "sip:[2001:db8::1]:5060;transport=tcp", "sip:me@[2001:db8::1]"},
	} {
		tt.trunk.Register.User = "me"
		if got := tt.trunk.URI(); got != tt.uri {
			t.Errorf("%s, want %s", got, tt.uri)
		}
		if got := tt.trunk.ClientURI(); got != tt.client {
			t.Errorf("%s, want %s", got, tt.client)
		}
	}
}
