package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	asteriskconf "glennline/asterisk-conf"
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

// signalling maps where calls come in, and reads the certificate.
func signalling(file config.File, sip *asteriskconf.SIP) error {
	cert, err := file.Certificate(time.Now())
	if err != nil {
		return err
	}
	sip.Host, sip.Port = file.SIP.Host, file.SIP.Port
	sip.Transport = strings.Join(file.Transports(), ",")
	if sip.External = file.SIP.PublicAddress; sip.External != "" {
		sip.Local = file.SIP.LocalNetworks
	}
	sip.TLS = asteriskconf.TLS{
		Port: file.SIP.TLS.Port, Version: file.SIP.TLS.Version, VerifyServer: file.SIP.TLS.VerifyServer,
		Certificate: cert.Chain, Key: cert.Key, CA: cert.CA,
	}
	return nil
}

// checkSecretFiles reads the files with secrets that Asterisk is told, and keeps
// nothing.
func checkSecretFiles(file config.File) error {
	_, monitor := file.MonitorPassword()
	_, passwords := file.Passwords()
	_, certificate := file.Certificate(time.Now())
	return errors.Join(monitor, passwords, certificate)
}

// asteriskTrunk maps one trunk.
func asteriskTrunk(file config.File, trunk config.Trunk, password string) asteriskconf.Trunk {
	t := asteriskconf.Trunk{
		Name: trunk.Name, Match: trunk.Addresses, Codecs: trunk.Codecs,
		Transport: file.TransportOf(trunk), SRTP: trunk.SRTP, DialledFrom: file.SourcesOf(trunk),
	}
	if preset, ok := config.PresetOf(trunk); ok {
		t.Notes = preset.Notes
	}
	if trunk.Type == config.TrunkRegister {
		host, port, told := file.ServerPort(trunk)
		if t.Server = host; told {
			t.Port = port
		}
		t.Register = asteriskconf.Registration{User: trunk.User, AuthUser: trunk.AuthUser, Password: password, Expires: trunk.Expires}
	}
	return t
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
