package config

import (
	"net"
	"strconv"
	"strings"
	"time"

	"glennline/petition/caller"
)

// Trunk is a carrier: whose calls are taken, and how.
type Trunk struct {
	Name   string `yaml:"name"`
	Preset string `yaml:"preset"` // name of a Preset whose values stand where the file sets none
	Type   string `yaml:"type"`   // TrunkIP or TrunkRegister

	Addresses []string `yaml:"addresses"` // that its calls come from: addresses and networks (CIDR)
	Media     []string `yaml:"media"`     // that its audio comes from; for the firewall alone

	Server       string        `yaml:"server"`        // host or host:port: the registrar, and who is asked by OPTIONS
	User         string        `yaml:"user"`          // that is registered
	AuthUser     string        `yaml:"auth_user"`     // of the password; "" for User
	PasswordFile string        `yaml:"password_file"` // holds nothing but the password
	Expires      time.Duration `yaml:"expires"`       // of a registration; it is renewed before

	Transport string   `yaml:"transport"` // "" for that of sip
	SRTP      bool     `yaml:"srtp"`      // audio encrypted (SDES), or the call is refused
	Codecs    []string `yaml:"codecs"`    // in order of preference

	DialledFrom  []string      `yaml:"dialled_from"`  // nil for the file's
	NumberFormat caller.Format `yaml:"number_format"` // that the dialled number is written in
	Region       string        `yaml:"region"`        // of numbers in national form; "" for the file's
}

// The types of trunks.
const (
	TrunkIP       = "ip"       // the carrier is known by its addresses
	TrunkRegister = "register" // we register with the carrier
)

func (t *Trunk) setDefaults() {
	t.Type = TrunkIP
	t.Codecs = []string{"alaw", "ulaw"}
	t.NumberFormat = caller.FormatAny
	t.Expires = 2 * time.Minute
}

// TransportOf is what a trunk's signalling runs on: udp, tcp or tls.
func (f File) TransportOf(t Trunk) string {
	if t.Transport != "" {
		return t.Transport
	}
	return f.SIP.Transport
}

// Transports are those of all trunks, in the order udp, tcp, tls: what is
// listened on.
func (f File) Transports() (all []string) {
	for _, transport := range trunkTransports {
		for _, t := range f.Trunks {
			if f.TransportOf(t) == transport {
				all = append(all, transport)
				break
			}
		}
	}
	return all
}

// SourcesOf is where a trunk's dialled number may stand, in this order.
func (f File) SourcesOf(t Trunk) []string {
	if len(t.DialledFrom) > 0 {
		return t.DialledFrom
	}
	return f.DialledFrom
}

// NumberRegionOf is the country of a trunk's numbers in national form.
func (f File) NumberRegionOf(t Trunk) string {
	if t.Region != "" {
		return t.Region
	}
	return f.Region
}

// ServerPort is the trunk's server and its port: 5060 unless it says
// otherwise, 5061 over TLS. Told is whether it says one: else a name may also have
// SRV records that lead elsewhere (RFC 3263).
func (f File) ServerPort(t Trunk) (host string, port int, told bool) {
	host, text, err := net.SplitHostPort(t.Server)
	if err != nil {
		host, text = strings.Trim(t.Server, "[]"), ""
	}
	if port, err = strconv.Atoi(text); err == nil {
		return host, port, true
	}
	if f.TransportOf(t) == "tls" {
		return host, 5061, false
	}
	return host, 5060, false
}
