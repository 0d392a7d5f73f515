package asteriskconf

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Trunk is a carrier: whatever comes from its addresses, or through our
// registration with it, is a call for us.
type Trunk struct {
	Name   string
	Match  []string // addresses or CIDR networks; may be empty where Register is set
	Codecs []string // in order of preference: "alaw", "ulaw"
	// Notes are said above the trunk, a line each.
	Notes []string

	// Transport is what REGISTER is sent over: "udp", "tcp" or "tls", one of
	// SIP.Transport; "" for the first of them.
	Transport string
	// SRTP has audio encrypted under keys from the SDP (SDES, RFC 4568), and
	// refuses calls that are not. Over "tls" only.
	SRTP bool

	// Server is the registrar, a name or an address. Without a Port (0) it is
	// looked for as RFC 3263 has it: NAPTR, SRV, then the transport's usual port.
	Server   string
	Port     int
	Register Registration

	// DialledFrom is where the dialled number is looked for while the
	// application is away, in this order: FromRequest or one of
	// Config.DialledFrom; nil for the request line and then all of those.
	DialledFrom []string
}

// Registration is how we register with a trunk's server; without a User we do
// not.
type Registration struct {
	User     string        // also the user of the Contact, which calls are sent to
	AuthUser string        // of the password; "" for User
	Password string        // in clear: it lies in pjsip.conf, a file of mode 0600
	Expires  time.Duration // asked for; the server decides. Whole seconds.
}

// FromRequest is the request line, in Trunk.DialledFrom.
const FromRequest = "request"

// The timings of a registration that does not succeed. It goes on for ever.
const (
	retrySeconds     = 20  // no answer, or 401, 408, 5xx
	forbiddenSeconds = 300 // 403: some carriers lock whom they refuse too often
	retries          = 1_000_000_000
)

// Registers says whether we register with the trunk.
func (t Trunk) Registers() bool { return t.Register.User != "" }

// AuthUser is whose the password is.
func (t Trunk) AuthUser() string {
	if t.Register.AuthUser != "" {
		return t.Register.AuthUser
	}
	return t.Register.User
}

// URI is the server's, over the trunk's transport.
func (t Trunk) URI() string {
	host := t.host()
	if t.Port != 0 {
		host += ":" + strconv.Itoa(t.Port)
	}
	return "sip:" + host + ";transport=" + t.Transport
}

// ClientURI is who is registered.
func (t Trunk) ClientURI() string { return "sip:" + t.Register.User + "@" + t.host() }

// host is the server as it stands in a URI.
func (t Trunk) host() string {
	if strings.Contains(t.Server, ":") {
		return "[" + t.Server + "]"
	}
	return t.Server
}

var (
	hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$`)
	sipUser  = regexp.MustCompile(`^[A-Za-z0-9._~*+-]{1,64}$`)
	oneWord  = regexp.MustCompile(`^[!-~]{1,128}$`)
)

func (c Config) checkTrunks(p *problems) {
	if len(c.Trunks) == 0 {
		p.add("trunks", "none given; name at least one, with the addresses that its calls come from")
	}
	seen := map[string]bool{}
	for i, t := range c.Trunks {
		field := fmt.Sprintf("trunks[%d]", i)
		p.word(field+".name", t.Name)
		if seen[t.Name] {
			p.add(field+".name", "%q is taken already; give every trunk its own name", t.Name)
		}
		seen[t.Name] = true
		if t.Name == Probe {
			p.add(field+".name", "%q is the name of doctor's test call; give the trunk another one", t.Name)
		}
		t.checkMatch(field, p)
		if len(t.Codecs) == 0 {
			p.add(field+".codecs", "none given; use alaw, ulaw")
		}
		for _, codec := range t.Codecs {
			if codec != "alaw" && codec != "ulaw" {
				p.add(field+".codecs", "%q is not loaded; use alaw, ulaw", codec)
			}
		}
		for _, note := range t.Notes {
			if strings.ContainsFunc(note, func(r rune) bool { return r < ' ' }) {
				p.add(field+".notes", "%q is not one line", note)
			}
		}
		c.checkEncryption(field, t, p)
		t.checkRegistration(field, p)
		for _, source := range t.DialledFrom {
			if source != FromRequest && !slices.Contains(c.DialledFrom, source) {
				p.add(field+".dialled_from", "%q is not passed along; add it to dialled_from, or leave it out", source)
			}
		}
	}
}

func (t Trunk) checkMatch(field string, p *problems) {
	if len(t.Match) == 0 && !t.Registers() {
		p.add(field+".match", "no address given; list those that the carrier's calls come from")
	}
	for _, m := range t.Match {
		switch n, err := network(m); {
		case err != nil:
			p.add(field+".match", "%q is neither an address nor a CIDR network; use one like 192.0.2.10 or 192.0.2.0/28 "+
				"(a name would be looked up only once, at start)", m)
		case n.Bits() == 0:
			p.add(field+".match", "%s would take every stranger for this carrier; list the carrier's addresses", m)
		}
	}
}

func (c Config) checkEncryption(field string, t Trunk, p *problems) {
	if t.Transport != "" && !slices.Contains(strings.Split(c.SIP.Transport, ","), t.Transport) {
		p.add(field+".transport", "%q is not listened on; add it to sip.transport", t.Transport)
	}
	if t.SRTP && t.Transport != "tls" {
		p.add(field+".srtp", "its keys would be sent in clear; use it with transport tls")
	}
}

func (t Trunk) checkRegistration(field string, p *problems) {
	if !t.Registers() {
		return
	}
	if _, err := netip.ParseAddr(t.Server); err != nil && !hostName.MatchString(t.Server) {
		p.add(field+".server", "%q is neither a name nor an address; name whom to register with", t.Server)
	}
	if t.Port != 0 {
		p.port(field+".port", t.Port)
	}
	if !sipUser.MatchString(t.Register.User) {
		p.add(field+".register.user", "%q cannot be used; use letters, digits and . _ ~ * + -", t.Register.User)
	}
	if !oneWord.MatchString(t.AuthUser()) {
		p.add(field+".register.auth_user", "%q is not one word", t.AuthUser())
	}
	pw := t.Register.Password
	if pw == "" || strings.TrimSpace(pw) != pw || strings.ContainsFunc(pw, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		p.add(field+".register.password", "empty, or with a character that Asterisk's files cannot hold")
	}
	p.seconds(field+".register.expires", t.Register.Expires, time.Minute, 24*time.Hour)
}
