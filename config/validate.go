package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"glennline/petition/caller"
)

// checker collects what is wrong with values.
type checker struct {
	file   *File
	faults Faults
}

// Validate says everything that is wrong with the values, as Faults. It opens
// no file: whether prompts are good is for package prompts.
func (f File) Validate() error {
	c := &checker{file: &f}
	c.check()
	return c.faults.err()
}

func (c *checker) check() {
	f := c.file
	c.required("data", f.Data, "name the folder of everything that is kept, such as data")
	c.region("region", f.Region)
	c.timezone()
	c.words("dialled_from", f.DialledFrom, sources)
	c.lines()
	c.ari()
	c.sip()
	c.trunks()
	c.pbx()
	c.admission()
	c.backup()
	c.retention()
	c.alerts()
	c.voice()
	c.required("legal", f.Legal, "write what your law says of expressions of support by telephone")
	c.campaign()
	c.monitor()
	c.oneOf("log.level", f.Log.Level, levels)
	c.oneOf("log.format", f.Log.Format, formats)
}

// ValidateServe is Validate with what serve needs besides: the way to an
// Asterisk that is not ours.
func (f File) ValidateServe() error {
	c := &checker{file: &f}
	c.check()
	c.required("ari.password_file", f.ARI.PasswordFile, "name the file with the password of ari.user in Asterisk's ari.conf")
	c.required("spool", f.Spool, "name the folder Asterisk records into; Debian's is /var/spool/asterisk/recording")
	return c.faults.err()
}

func (c *checker) fault(key, format string, args ...any) {
	c.faults.add(c.file.Where(key), key, format, args...)
}

func (c *checker) required(key, value, hint string) {
	if value == "" {
		c.fault(key, "missing: %s", hint)
	}
}

func (c *checker) oneOf(key, value string, known []string) {
	if !slices.Contains(known, value) {
		c.fault(key, "%q: %s", value, meant(value, known))
	}
}

// words checks a list of known words, each at most once and at least one.
func (c *checker) words(key string, list, known []string) {
	if len(list) == 0 {
		c.fault(key, "empty: write at least one of %s", strings.Join(known, ", "))
	}
	for i, word := range list {
		element := fmt.Sprintf("%s[%d]", key, i)
		c.oneOf(element, word, known)
		if slices.Contains(list[:i], word) {
			c.fault(element, "%q is there twice: remove one", word)
		}
	}
}

// between checks a duration; step is what it has to be whole of.
func (c *checker) between(key string, d, least, most, step time.Duration) {
	if d < least || d > most {
		c.fault(key, "%s: set it from %s to %s", brief(d), brief(least), brief(most))
	} else if d%step != 0 {
		c.fault(key, "%s: Asterisk counts in whole steps of %s, set it to %s", d, brief(step), brief(d.Round(step)))
	}
}

// brief writes 2m for 2m0s.
func brief(d time.Duration) string {
	if d != 0 && d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

var country = regexp.MustCompile(`^[A-Za-z]{2}$`)

func (c *checker) region(key, region string) {
	if !country.MatchString(region) || !caller.KnownRegion(region) {
		c.fault(key, "%q is no country: write two letters (ISO 3166), such as BE", region)
	}
}

// name checks what ends up in names of files and of sections of Asterisk's
// configuration.
func (c *checker) name(key, name string) {
	if !names.MatchString(name) {
		c.fault(key, "%q: write at most 32 letters, digits, - and _, a letter or digit first", name)
	}
}

var names = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$`)

func (c *checker) ari() {
	u, err := url.Parse(c.file.ARI.URL)
	switch {
	case err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "":
		c.fault("ari.url", "%q is no address of ARI: write one such as http://127.0.0.1:8088/ari", c.file.ARI.URL)
	case u.User != nil:
		// The value is not repeated: it holds a password.
		c.fault("ari.url", "holds a password: write the user to ari.user and name a file in ari.password_file")
	case u.RawQuery != "" || u.Fragment != "":
		c.fault("ari.url", "%q: end it with the path, such as /ari", c.file.ARI.URL)
	}
	c.name("ari.user", c.file.ARI.User)
	c.name("ari.app", c.file.ARI.App)
}

func (c *checker) sip() {
	sip, rtp := c.file.SIP, c.file.RTP
	if addr, err := netip.ParseAddr(sip.Host); err != nil || addr.Zone() != "" {
		c.fault("sip.host", "%q is no IP address: write one of this machine, such as 127.0.0.1", sip.Host)
	}
	if sip.Port < 1 || sip.Port > 65535 {
		c.fault("sip.port", "%d: set it from 1 to 65535", sip.Port)
	}
	c.oneOf("sip.transport", sip.Transport, transports)
	c.nat()
	c.tls()
	for _, end := range []struct {
		key  string
		port int
	}{{"rtp.from", rtp.From}, {"rtp.to", rtp.To}} {
		if end.port < 1024 || end.port > 65535 {
			c.fault(end.key, "%d: set it from 1024 to 65535", end.port)
		}
	}
	if rtp.To <= rtp.From {
		c.fault("rtp.to", "%d is not above rtp.from, %d: leave two ports for each call", rtp.To, rtp.From)
	} else if calls := (rtp.To - rtp.From + 1) / 2; calls < c.file.PBX.MaxCalls {
		c.fault("rtp.to", "%d ports are enough for %d calls, and pbx.max_calls is %d: widen the range or lower pbx.max_calls",
			rtp.To-rtp.From+1, calls, c.file.PBX.MaxCalls)
	}
	if slices.Contains(c.file.Transports(), "udp") && sip.Port >= rtp.From && sip.Port <= rtp.To {
		c.fault("sip.port", "%d lies in the range of rtp, %d to %d: move one of them", sip.Port, rtp.From, rtp.To)
	}
}

func (c *checker) pbx() {
	pbx := c.file.PBX
	if pbx.User != "" {
		c.name("pbx.user", pbx.User)
	}
	c.between("pbx.max_call", pbx.MaxCall, 10*time.Second, 2*time.Hour, time.Second)
	if pbx.MaxCalls < 1 || pbx.MaxCalls > 30000 {
		c.fault("pbx.max_calls", "%d: set it from 1 to 30000", pbx.MaxCalls)
	}
}

func (c *checker) admission() {
	a := c.file.Admission
	if a.MinFreeMiB < 0 || a.MinFreeMiB > 1<<20 {
		c.fault("admission.min_free_mib", "%d: set it from 0 to %d, in MiB", a.MinFreeMiB, 1<<20)
	}
	c.oneOf("admission.refuse", a.Refuse, refusals)
	if a.PerCaller < 0 || a.PerCaller > 1000 {
		c.fault("admission.per_caller", "%d: set it from 1 to 1000, or 0 for any", a.PerCaller)
	}
	c.between("drain_timeout", c.file.DrainTimeout, 0, time.Hour, time.Second)
}

func (c *checker) backup() {
	if d := c.file.Backup.Expires; d < time.Hour || d > 3650*day {
		c.fault("backup.expires", "%s: set it from 1h to 3650d", brief(d))
	}
}
