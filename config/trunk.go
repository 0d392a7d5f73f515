package config

import (
	"fmt"
	"net/netip"
)

func (c *checker) trunks() {
	if len(c.file.Trunks) == 0 {
		c.fault("trunks", "no trunk, so nobody could call: add one with a name and the addresses its calls come from")
	}
	named := make(map[string]string)
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
		named[t.Name] = key + ".name"
		networks = c.addresses(key, t, networks)
		c.words(key+".codecs", t.Codecs, codecs)
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
	if len(t.Addresses) == 0 {
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
		for _, other := range known {
			if other.trunk != t.Name && other.network.Overlaps(network) {
				c.fault(at, "%s overlaps %s of trunk %s%s: a call has to come from one trunk",
					text, other.network, other.trunk, c.also(other.key))
				break
			}
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
