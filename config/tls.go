package config

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"slices"
	"time"
)

// TLS is how trunks over TLS are encrypted.
type TLS struct {
	Port            int    `yaml:"port"`
	CertificateFile string `yaml:"certificate_file"` // PEM, ours first, then those up to the root
	KeyFile         string `yaml:"key_file"`         // PEM, unencrypted
	CAFile          string `yaml:"ca_file"`          // PEM; "" for those that the system trusts
	Version         string `yaml:"version"`          // the only one that is spoken
	VerifyServer    bool   `yaml:"verify_server"`    // that we register with
}

// tls checks what the files are named, not what is in them.
func (c *checker) tls() {
	t := c.file.SIP.TLS
	if t.Port < 1 || t.Port > 65535 {
		c.fault("sip.tls.port", "%d: set it from 1 to 65535", t.Port)
	}
	c.oneOf("sip.tls.version", t.Version, tlsVersions)
	if (t.CertificateFile == "") != (t.KeyFile == "") {
		missing := map[bool]string{true: "sip.tls.certificate_file", false: "sip.tls.key_file"}[t.CertificateFile == ""]
		c.fault(missing, "missing: certificate_file and key_file belong together")
	}
	transports := c.file.Transports()
	if slices.Contains(transports, "tls") && slices.Contains(transports, "tcp") && t.Port == c.file.SIP.Port {
		c.fault("sip.tls.port", "%d is sip.port too, which is taken for TCP: choose another", t.Port)
	}
}

// Certificate is what trunks over TLS need, as PEM.
type Certificate struct {
	Chain, Key string // ours; "" without
	CA         string // whom we trust
	Expires    time.Time
}

// systemCAs are where distributions keep what they trust.
var systemCAs = []string{
	"/etc/ssl/certs/ca-certificates.crt", // Debian, Ubuntu, Arch
	"/etc/pki/tls/certs/ca-bundle.crt",   // Fedora, RHEL
	"/etc/ssl/ca-bundle.pem",             // openSUSE
	"/etc/ssl/cert.pem",                  // Alpine
}

// Certificate reads the files of TLS and finds what would otherwise show with
// the first call: files that are missing or open to others, a key of another
// certificate, a certificate out of its time or for another name. The error is
// a Faults. Without a trunk over TLS nothing is read.
func (f File) Certificate(now time.Time) (Certificate, error) {
	var cert Certificate
	if !slices.Contains(f.Transports(), "tls") {
		return cert, nil
	}
	c := &checker{file: &f}
	t := f.SIP.TLS
	if t.CertificateFile != "" {
		cert.Chain = c.content("sip.tls.certificate_file", t.CertificateFile, false)
		cert.Key = c.content("sip.tls.key_file", t.KeyFile, true)
		if len(c.faults) == 0 {
			cert.Expires = c.pair(cert, now)
		}
	}
	cert.CA = c.authorities(t.CAFile)
	return cert, c.faults.err()
}

// content reads a file; one that is secret must be its owner's alone.
func (c *checker) content(key, path string, secret bool) string {
	data, mode, err := readPassword(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.fault(key, "%s is not there: put it there, or name another file", path)
	case err != nil:
		c.fault(key, "%s cannot be read: let this user read it (%v)", path, errors.Unwrap(err))
	case secret && mode&0o077 != 0:
		c.fault(key, "%s has mode %04o; replace the key if somebody could read it, then run chmod 600 on the file", path, mode)
	}
	return string(data)
}

// pair checks certificate and key against each other, the clock and our name,
// and says until when they are good.
func (c *checker) pair(cert Certificate, now time.Time) time.Time {
	const at, date = "sip.tls.certificate_file", "2006-01-02 15:04 MST"
	t := c.file.SIP.TLS
	pair, err := tls.X509KeyPair([]byte(cert.Chain), []byte(cert.Key))
	if err != nil {
		c.fault("sip.tls.key_file", "%s and %s do not belong together: name the key that the certificate was made for, both as PEM and the key without a password (%v)",
			t.KeyFile, t.CertificateFile, err)
		return time.Time{}
	}
	leaf := pair.Leaf
	if now.After(leaf.NotAfter) {
		c.fault(at, "%s expired on %s: put a new one there", t.CertificateFile, leaf.NotAfter.UTC().Format(date))
	}
	if now.Before(leaf.NotBefore) {
		c.fault(at, "%s is good from %s on: see whether the clock is right, or put another one there", t.CertificateFile, leaf.NotBefore.UTC().Format(date))
	}
	if name := c.file.SIP.PublicName; name != "" && leaf.VerifyHostname(name) != nil {
		c.fault(at, "%s is not for sip.public_name, %s: put one there that is, or correct the name", t.CertificateFile, name)
	}
	return leaf.NotAfter
}

func (c *checker) authorities(path string) string {
	if path == "" {
		for _, known := range systemCAs {
			if _, err := os.Stat(known); err == nil {
				path = known
				break
			}
		}
	}
	if path == "" {
		if c.file.SIP.TLS.VerifyServer {
			c.fault("sip.tls.ca_file", "missing, and the system has no list of its own: install the package ca-certificates, or name a file with the certificates to trust")
		}
		return ""
	}
	text := c.content("sip.tls.ca_file", path, false)
	if text != "" && !x509.NewCertPool().AppendCertsFromPEM([]byte(text)) {
		c.fault("sip.tls.ca_file", "%s holds no certificate: name a file of them, as PEM", path)
	}
	return text
}

// nat checks how the outside knows us.
func (c *checker) nat() {
	s := c.file.SIP
	if addr, err := netip.ParseAddr(s.PublicAddress); s.PublicAddress != "" && (err != nil || addr.Zone() != "" || addr.IsUnspecified()) {
		c.fault("sip.public_address", "%q is no IP address: write the one that carriers send to, or leave it out where there is no NAT", s.PublicAddress)
	}
	if s.PublicName != "" && !serverName.MatchString(s.PublicName) {
		c.fault("sip.public_name", "%q is no host name: write one such as sip.example.org", s.PublicName)
	}
	for i, text := range s.LocalNetworks {
		if _, err := prefixOf(text); err != nil {
			c.fault(fmt.Sprintf("sip.local_networks[%d]", i), "%q is no network: write one such as 10.0.0.0/8", text)
		}
	}
}
