package main

import (
	"fmt"
	"net"
	"net/netip"
	"slices"

	"glennline/config"
)

// trunksOf are the trunks as configured, or, where none is, the default one for
// callers on this machine; it also takes the networks that sip.host stands in,
// because whoever gives the line an address of the network wants to be called
// from there.
func trunksOf(file config.File) ([]config.Trunk, error) {
	if file.Where("trunks") != "" || len(file.Trunks) == 0 {
		return file.Trunks, nil
	}
	host, err := netip.ParseAddr(file.SIP.Host)
	if err != nil {
		return file.Trunks, nil //nolint:nilerr // refused elsewhere, see config
	}
	own, err := machine()
	if err != nil {
		return nil, fmt.Errorf("networks of this machine: %w: name in trunks where calls come from", err)
	}
	trunks := slices.Clone(file.Trunks)
	trunks[0].Addresses = slices.Clone(trunks[0].Addresses)
	for _, network := range neighbours(host, own) {
		if text := network.String(); !slices.Contains(trunks[0].Addresses, text) {
			trunks[0].Addresses = append(trunks[0].Addresses, text)
		}
	}
	return trunks, nil
}

// neighbours are the networks that host, an address to listen on, can be called
// from without the internet: those of own that hold it, where they are private; for all addresses of
// the machine, the private ones.
func neighbours(host netip.Addr, own []netip.Prefix) (networks []netip.Prefix) {
	if host.IsLoopback() {
		if host.Is6() {
			networks = append(networks, netip.PrefixFrom(host, host.BitLen()))
		}
		return networks
	}
	for _, p := range own {
		mine := p.Addr() == host
		if host.IsUnspecified() {
			mine = p.Addr().IsPrivate() && (host.Is6() || p.Addr().Is4())
		}
		if mine && !p.Addr().IsPrivate() {
			// In a public network the neighbours are strangers.
			p = netip.PrefixFrom(p.Addr(), p.Addr().BitLen())
		}
		// One without bits would let everybody in.
		if network := p.Masked(); mine && p.Bits() > 0 && !slices.Contains(networks, network) {
			networks = append(networks, network)
		}
	}
	return networks
}

// machine is each address of this machine with the network that it stands in.
func machine() (own []netip.Prefix, err error) {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	for _, address := range addresses {
		if p, err := netip.ParsePrefix(address.String()); err == nil {
			own = append(own, p)
		}
	}
	return own, nil
}
