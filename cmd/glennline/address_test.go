package main

import (
	"testing"

	"glennline/config"
)

// What is printed as the line's address is listened at.
func TestAddress(t *testing.T) {
	trunk := func(transport string) config.Trunk { return config.Trunk{Name: transport, Transport: transport} }
	for _, tt := range []struct {
		host   string
		trunks []config.Trunk
		want   string
	}{
		{"192.0.2.1", []config.Trunk{trunk("udp"), trunk("tcp"), trunk("tls")}, "sip:+3225550100@192.0.2.1:5070"},
		{"0.0.0.0", []config.Trunk{trunk("")}, "sip:+3225550100@127.0.0.1:5070"},
		{"::", []config.Trunk{trunk("tls"), trunk("tcp")}, "sip:+3225550100@[::1]:5070;transport=tcp"},
		{"127.0.0.1", []config.Trunk{trunk("tls")}, "sip:+3225550100@127.0.0.1:5071;transport=tls"},
	} {
		file := config.Default()
		file.SIP.Host, file.SIP.Port, file.SIP.TLS.Port = tt.host, 5070, 5071
		file.Lines[0].Numbers, file.Trunks = []string{"02 555 01 00"}, tt.trunks
		if got := addressOf(file); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.host, got, tt.want)
		}
	}
}
