package asteriskconf

import (
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// FieldError is one field of a Config that cannot be used.
type FieldError struct {
	Field   string // as in "ari.port"
	Problem string // what is wrong and what to do
}

func (e *FieldError) Error() string { return "asterisk " + e.Field + ": " + e.Problem }

// socketPathMax is what sun_path holds, less the closing zero (unix(7)).
// Asterisk cuts a longer path off without a word.
const socketPathMax = 107

// filesPerCall is what one call has open at most: RTP and RTCP sockets, the
// channel's alert pipe and timer, a prompt, a recording; with room to spare.
const filesPerCall = 10

var (
	word     = regexp.MustCompile(`^[A-Za-z0-9_-]{1,40}$`)
	password = regexp.MustCompile(`^[A-Za-z0-9_-]{32,128}$`)
)

// Validate says what is wrong with c: nil, or FieldErrors joined into one.
// Whatever passes can be put into a configuration file without escaping.
func (c Config) Validate() error {
	var p problems
	p.path("dir", c.Dir, true)
	if ctl := filepath.Join(c.Dir, "run", "asterisk.ctl"); len(ctl) > socketPathMax {
		p.add("dir", "%d characters are too many, because the control socket's path ends at %d; choose a shorter folder",
			len(c.Dir), socketPathMax-len("/run/asterisk.ctl"))
	}
	p.path("module_dir", c.ModuleDir, false)
	p.path("data_dir", c.DataDir, false)
	p.word("system", c.System)
	p.word("app", c.App)
	c.ARI.check(&p)
	c.SIP.check(&p)
	c.checkTrunks(&p)
	for _, h := range c.DialledFrom {
		if !slices.Contains([]string{HeaderTo, HeaderDiversion, HeaderHistory}, h) {
			p.add("dialled_from", "unknown header %q; use %s, %s or %s", h, HeaderTo, HeaderDiversion, HeaderHistory)
		}
	}
	c.checkLimits(&p)
	if err := c.Fallback.validate(); err != nil {
		p.found = append(p.found, err)
	}
	if c.Busy != "" && !plainPath.MatchString(c.Busy) {
		p.add("busy", "the path %q holds a character that the dialplan does not take", c.Busy)
	}
	return errors.Join(p.found...)
}

func (a ARI) check(p *problems) {
	if addr, err := netip.ParseAddr(a.Host); err != nil || !addr.IsLoopback() {
		p.add("ari.host", "%q is not a loopback address; use 127.0.0.1: the interface commands the whole Asterisk", a.Host)
	}
	p.port("ari.port", a.Port)
	p.word("ari.user", a.User)
	if !password.MatchString(a.Password) {
		p.add("ari.password", "need 32 to 128 characters of A-Z a-z 0-9 _ -; use NewPassword")
	}
}

func (s SIP) check(p *problems) {
	if _, err := netip.ParseAddr(s.Host); err != nil {
		p.add("sip.host", "%q is not an address; use one of this machine's, 127.0.0.1, or 0.0.0.0 for all", s.Host)
	}
	p.port("sip.port", s.Port)
	if !slices.Contains([]string{"udp", "tcp", "udp,tcp"}, s.Transport) {
		p.add("sip.transport", "unknown transport %q; use udp, tcp or udp,tcp", s.Transport)
	}
	if s.External != "" {
		if _, err := netip.ParseAddr(s.External); err != nil {
			p.add("sip.external", "%q is not an address; use the one that the carrier sends to", s.External)
		}
	}
	for _, n := range s.Local {
		if _, err := network(n); err != nil {
			p.add("sip.local", "%q is not a network; use one like 192.168.0.0/16", n)
		}
	}
}

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
		if len(t.Match) == 0 {
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
		if len(t.Codecs) == 0 {
			p.add(field+".codecs", "none given; use alaw, ulaw")
		}
		for _, codec := range t.Codecs {
			if codec != "alaw" && codec != "ulaw" {
				p.add(field+".codecs", "%q is not loaded; use alaw, ulaw", codec)
			}
		}
	}
}

func (c Config) checkLimits(p *problems) {
	p.port("rtp.from", c.RTP.From)
	p.port("rtp.to", c.RTP.To)
	if c.MaxCalls < 1 {
		p.add("max_calls", "%d is no limit; use at least 1", c.MaxCalls)
	}
	if have := (c.RTP.To - c.RTP.From + 1) / 2; have < c.MaxCalls {
		p.add("rtp", "ports %d to %d carry %d calls, fewer than max_calls %d; widen the range or lower max_calls",
			c.RTP.From, c.RTP.To, max(have, 0), c.MaxCalls)
	}
	if c.SIP.Port >= c.RTP.From && c.SIP.Port <= c.RTP.To {
		p.add("sip.port", "%d lies within the RTP range %d to %d; move one of them", c.SIP.Port, c.RTP.From, c.RTP.To)
	}
	if c.SIP.Port == c.ARI.Port && c.SIP.Transport != "udp" {
		p.add("ari.port", "%d is the SIP port too; choose another", c.ARI.Port)
	}
	if c.MaxFiles < c.MaxCalls*filesPerCall {
		p.add("max_files", "%d open files are too few for %d calls; use at least %d", c.MaxFiles, c.MaxCalls, c.MaxCalls*filesPerCall)
	}
	p.seconds("max_call", c.MaxCall, 10*time.Second, 4*time.Hour)
	if c.RTPTimeout != 0 {
		p.seconds("rtp_timeout", c.RTPTimeout, 10*time.Second, time.Hour)
	}
	if c.Verbose < 0 || c.Verbose > 5 {
		p.add("verbose", "%d is not a verbosity; use 0 to 5", c.Verbose)
	}
}

// problems collects what is wrong.
type problems struct{ found []error }

func (p *problems) add(field, format string, args ...any) {
	p.found = append(p.found, &FieldError{Field: field, Problem: fmt.Sprintf(format, args...)})
}

func (p *problems) word(field, s string) {
	if !word.MatchString(s) {
		p.add(field, "%q cannot be used; use 1 to 40 characters of A-Z a-z 0-9 _ -", s)
	}
}

func (p *problems) port(field string, n int) {
	if n < 1 || n > 65535 {
		p.add(field, "%d is not a port; use 1 to 65535", n)
	}
}

// path refuses what would end, comment or include in a configuration file.
func (p *problems) path(field, s string, needed bool) {
	switch {
	case s == "" && !needed:
	case !filepath.IsAbs(s):
		p.add(field, "%q is not an absolute path; give the whole one", s)
	case strings.ContainsAny(s, ";,\"'`$\\#{}[]<>|&\x7f") || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' }),
		strings.TrimSpace(s) != s:
		p.add(field, "%q has characters that Asterisk's files cannot hold; use letters, digits, - _ . and /", s)
	}
}

func (p *problems) seconds(field string, d, from, to time.Duration) {
	if d < from || d > to || d%time.Second != 0 {
		p.add(field, "%s cannot be used; use whole seconds from %s to %s", d, from, to)
	}
}

// network reads an address or a CIDR network.
func network(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	return netip.ParsePrefix(s)
}
