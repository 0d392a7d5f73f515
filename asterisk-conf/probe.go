package asteriskconf

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
)

// Probe is the trunk, and the endpoint, of doctor's test call. It is there beside the
// trunks of any configuration, takes calls from ProbeAddress alone, and hands over
// none without a word of doctor's in the place of the caller's number, which the
// application compares with its token. No trunk may have its name.
const Probe = "doctor"

// The addresses that test calls come from. The first is loopback's as 127.0.0.1 is
// (RFC 1122, 3.2.1.3), so no packet of another machine can have it, and no exchange on
// this machine has a reason to call from it.
const (
	probeAddress  = "127.71.76.1"
	probeAddress6 = "::1"
)

// ProbeAddress is where a test call comes from, by the address that SIP listens at.
func ProbeAddress(host string) string {
	if a, err := netip.ParseAddr(host); err == nil && a.Is6() {
		return probeAddress6
	}
	return probeAddress
}

// ProbeTarget is the host and port that a test call goes to, and what it goes over:
// an address that is listened at anyway or, where that speaks TLS alone, one of
// loopback's for it, over UDP.
func (s SIP) ProbeTarget(transports []string) (address, transport string) {
	host := s.Host
	if a, err := netip.ParseAddr(host); err == nil && a.IsUnspecified() {
		host = "127.0.0.1"
		if a.Is6() {
			host = "::1"
		}
	}
	transport = "udp"
	switch {
	case slices.Contains(transports, "udp"):
	case slices.Contains(transports, "tcp"):
		transport = "tcp"
	default:
		host = ProbeAddress(s.Host)
	}
	return net.JoinHostPort(host, strconv.Itoa(s.Port)), transport
}

// probe is the trunk of test calls. Where a trunk takes what comes from their
// address, they are its calls, and there is none.
func (c Config) probe() (Trunk, bool) {
	from := netip.MustParseAddr(ProbeAddress(c.SIP.Host))
	for _, t := range c.Trunks {
		for _, m := range t.Match {
			if n, err := network(m); err == nil && n.Contains(from) {
				return Trunk{}, false
			}
		}
	}
	return Trunk{
		Name: Probe, Match: []string{netip.PrefixFrom(from, from.BitLen()).String()}, Codecs: []string{"alaw", "ulaw"},
		Notes: []string{
			"For the test call of 'glennline doctor --call', from this machine alone and",
			"only with a token that is good once.",
		},
	}, true
}
