package config

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"glennline/petition/caller"
)

func (c *checker) trunks() {
	if len(c.file.Trunks) == 0 {
		c.fault("trunks", "no trunk, so nobody could call: add one with a name and the addresses its calls come from")
	}
	named := make(map[string]string)
	registered := make(map[string]string)
	var networks []source
	for i, t := range c.file.Trunks {
		key := fmt.Sprintf("trunks[%d]", i)
		if t.Name == "" {
			c.fault(key+".name", "missing: give the trunk a short name, such as carrier")
		} else {
			c.name(key+".name", t.Name)
		}
		if other, twice := named[t.Name]; twice {
			c.fault(key+".name", "%q is the name of two trunks%s: give each its own", t.Name, c.also(other))
		}
		if t.Name == "doctor" {
			c.fault(key+".name", "%q is the name of doctor's test calls: give the trunk another", t.Name)
		}
		named[t.Name] = key + ".name"
		c.trunk(key, t)
		networks = c.addresses(key, t, networks)
		if t.Type != TrunkRegister || t.Server == "" {
			continue
		}
		account := t.User + "@" + strings.ToLower(t.Server)
		if other, twice := registered[account]; twice {
			c.fault(key+".user", "%s is registered by two trunks%s: leave it to one of them", account, c.also(other))
		}
		registered[account] = key + ".user"
	}
}

func (c *checker) trunk(key string, t Trunk) {
	if t.Preset != "" {
		c.oneOf(key+".preset", t.Preset, Presets())
	}
	c.oneOf(key+".type", t.Type, trunkTypes)
	if t.Transport != "" {
		c.oneOf(key+".transport", t.Transport, trunkTransports)
	}
	c.words(key+".codecs", t.Codecs, codecs)
	if _, set := c.file.origin[key+".dialled_from"]; set {
		c.words(key+".dialled_from", t.DialledFrom, sources)
	}
	c.oneOf(key+".number_format", string(t.NumberFormat), formatNames())
	if t.Region != "" {
		c.region(key+".region", t.Region)
	}
	for i, text := range t.Media {
		if _, err := prefixOf(text); err != nil {
			c.fault(fmt.Sprintf("%s.media[%d]", key, i), "%q is no IP address or network: write one such as 192.0.2.1 or 192.0.2.0/24", text)
		}
	}
	if t.Server != "" {
		c.server(key+".server", t.Server)
	}
	c.registration(key, t)
	c.encryption(key, t)
}

// serverName is a host name or an IPv4 address.
var serverName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$`)

func (c *checker) server(key, server string) {
	host, text := server, "5060"
	if i := strings.LastIndexByte(server, ':'); i > strings.LastIndexByte(server, ']') && strings.Count(server, ":") == 1 || strings.Contains(server, "]:") {
		host, text = server[:i], server[i+1:]
	}
	port, err := strconv.Atoi(text)
	if addr, addrErr := netip.ParseAddr(strings.Trim(host, "[]")); addrErr == nil && addr.Is6() && addr.Zone() == "" {
		host = "v6"
	}
	if err != nil || port < 1 || port > 65535 || !serverName.MatchString(host) {
		c.fault(key, "%q is no host: write one such as sip.example.org or 192.0.2.1, with :PORT after it where it is not the usual one", server)
	}
}

// sipUser is what can be the user of a SIP URI without escapes (RFC 3261 25.1);
// authUser is any word.
var (
	sipUser  = regexp.MustCompile(`^[A-Za-z0-9._~*+-]{1,64}$`)
	authUser = regexp.MustCompile(`^[!-~]{1,128}$`)
)

// registration checks what only one type of trunk has.
func (c *checker) registration(key string, t Trunk) {
	if t.Type != TrunkRegister {
		for _, only := range []struct{ key, value string }{
			{"user", t.User}, {"auth_user", t.AuthUser}, {"password_file", t.PasswordFile},
		} {
			if only.value != "" {
				c.fault(key+"."+only.key, "only a trunk that registers has one: write type: register, or leave it out")
			}
		}
		return
	}
	c.required(key+".server", t.Server, "name the carrier's registrar, such as sip.example.org")
	if t.User == "" {
		c.fault(key+".user", "missing: write the user that the carrier gave you, often the number")
	} else if !sipUser.MatchString(t.User) {
		c.fault(key+".user", "%q: write letters, digits and . _ ~ * + - alone; what stands after an @ belongs to server", t.User)
	}
	if t.AuthUser != "" && !authUser.MatchString(t.AuthUser) {
		c.fault(key+".auth_user", "%q: write one word without spaces", t.AuthUser)
	}
	c.required(key+".password_file", t.PasswordFile, "write the password alone into a file of mode 0600 and name it here")
	c.between(key+".expires", t.Expires, time.Minute, 24*time.Hour, time.Second)
}

func (c *checker) encryption(key string, t Trunk) {
	transport := c.file.TransportOf(t)
	if t.SRTP && transport != "tls" {
		c.fault(key+".srtp", "over %s everybody on the way could read its keys: write transport: tls", transport)
	}
	// Calls of a registered trunk may come through the connection that we opened.
	if t.Transport == "tls" && t.Type != TrunkRegister && c.file.SIP.TLS.CertificateFile == "" {
		c.fault(key+".transport", "tls needs a certificate: name its files in sip.tls.certificate_file and sip.tls.key_file")
	}
}

// source is a network that calls come from.
type source struct {
	network    netip.Prefix
	trunk, key string
}

// addresses checks those of one trunk against each other and against those of
// the trunks before, and returns them all.
func (c *checker) addresses(key string, t Trunk, known []source) []source {
	if len(t.Addresses) == 0 && t.Type != TrunkRegister {
		c.fault(key+".addresses", "missing: list the addresses or networks that the carrier calls from")
	}
	for i, text := range t.Addresses {
		at := fmt.Sprintf("%s.addresses[%d]", key, i)
		network, err := prefixOf(text)
		if err != nil {
			c.fault(at, "%q is no IP address or network: write one such as 192.0.2.1 or 192.0.2.0/24", text)
			continue
		}
		if network.Bits() == 0 {
			c.fault(at, "%s would let everybody in: write the carrier's networks", text)
			continue
		}
		if other := slices.IndexFunc(known, func(other source) bool {
			return other.trunk != t.Name && other.network.Overlaps(network)
		}); other >= 0 {
			c.fault(at, "%s overlaps %s of trunk %s%s: a call has to come from one trunk",
				text, known[other].network, known[other].trunk, c.also(known[other].key))
		}
		known = append(known, source{network, t.Name, at})
	}
	return known
}

// prefixOf reads an address as a network of one.
func prefixOf(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	network, err := netip.ParsePrefix(text)
	return network.Masked(), err
}

func formatNames() (names []string) {
	for _, format := range caller.Formats {
		names = append(names, string(format))
	}
	return names
}
