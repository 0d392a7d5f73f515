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
	if a.MonitorUser == "" {
		return
	}
	p.word("ari.monitor_user", a.MonitorUser)
	if a.MonitorUser == a.User {
		p.add("ari.monitor_user", "%q is the user who may write, too; choose another", a.MonitorUser)
	}
	if !password.MatchString(a.MonitorPassword) || a.MonitorPassword == a.Password {
		p.add("ari.monitor_password", "need 32 to 128 characters of A-Z a-z 0-9 _ -, not those of the other user")
	}
}

func (s SIP) check(p *problems) {
	if _, err := netip.ParseAddr(s.Host); err != nil {
		p.add("sip.host", "%q is not an address; use one of this machine's, 127.0.0.1, or 0.0.0.0 for all", s.Host)
	}
	p.port("sip.port", s.Port)
	listens := strings.Split(s.Transport, ",")
	for i, t := range listens {
		if !slices.Contains([]string{"udp", "tcp", "tls"}, t) || slices.Contains(listens[:i], t) {
			p.add("sip.transport", "%q in %q cannot be used; use udp, tcp and tls, each once, parted by commas", t, s.Transport)
		}
	}
	if slices.Contains(listens, "tls") {
		s.TLS.check(p)
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

// check looks at what would be rendered, not at whether the certificate is good.
func (t TLS) check(p *problems) {
	p.port("sip.tls.port", t.Port)
	if t.Version != "1.2" && t.Version != "1.3" {
		p.add("sip.tls.version", "%q cannot be used; use 1.2 or 1.3", t.Version)
	}
	if (t.Certificate == "") != (t.Key == "") {
		p.add("sip.tls.key", "certificate and key belong together")
	}
	if t.VerifyServer && t.CA == "" {
		p.add("sip.tls.ca", "none given, so no server could be verified; give the certificates to trust")
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
	if strings.Contains(c.SIP.Transport, "udp") && c.SIP.Port >= c.RTP.From && c.SIP.Port <= c.RTP.To {
		p.add("sip.port", "%d lies within the RTP range %d to %d; move one of them", c.SIP.Port, c.RTP.From, c.RTP.To)
	}
	if strings.Contains(c.SIP.Transport, "tls") && (c.SIP.TLS.Port == c.ARI.Port || c.SIP.TLS.Port == c.SIP.Port && strings.Contains(c.SIP.Transport, "tcp")) {
		p.add("sip.tls.port", "%d is another one's already; choose another", c.SIP.TLS.Port)
	}
	if c.SIP.Port == c.ARI.Port && strings.Contains(c.SIP.Transport, "tcp") {
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
