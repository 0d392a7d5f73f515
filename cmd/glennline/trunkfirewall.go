package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"glennline/config"
)

// showFirewall prints rules for nftables that let in what the trunks send and
// nothing else of SIP and audio.
func showFirewall(out io.Writer, file config.File, trunks []config.Trunk) {
	fmt.Fprintln(out, "Firewall (nftables; ports that nothing else on this machine uses)")
	fmt.Fprint(out, "  table inet glennline {\n    chain input {\n      type filter hook input priority filter; policy accept;\n      ct state established,related accept\n")
	media, open := []string(nil), false
	for _, t := range trunks {
		port, protocol := file.SIP.Port, file.TransportOf(t)
		if protocol == "tls" {
			port, protocol = file.SIP.TLS.Port, "tcp"
		}
		if len(t.Addresses) == 0 {
			fmt.Fprintf(out, "      # %s: calls come back on the registration's own way (established); if not, name the carrier's networks in addresses\n", t.Name)
		}
		for _, family := range families(t.Addresses) {
			fmt.Fprintf(out, "      %s saddr { %s } %s dport %d accept comment \"%s\"\n", family.name, strings.Join(family.networks, ", "), protocol, port, t.Name)
		}
		media, open = append(media, t.Media...), open || len(t.Media) == 0
	}
	if open { // of one at least it is not known
		fmt.Fprintf(out, "      udp dport %d-%d accept comment \"audio, from any address: carriers send it from many\"\n", file.RTP.From, file.RTP.To)
	} else {
		for _, family := range families(media) {
			fmt.Fprintf(out, "      %s saddr { %s } udp dport %d-%d accept comment \"audio\"\n", family.name, strings.Join(family.networks, ", "), file.RTP.From, file.RTP.To)
		}
	}
	transports := file.Transports()
	for _, transport := range transports {
		port, protocol := file.SIP.Port, transport
		if transport == "tls" {
			port, protocol = file.SIP.TLS.Port, "tcp"
		}
		fmt.Fprintf(out, "      iif != lo %s dport %d drop\n", protocol, port)
	}
	if !open {
		fmt.Fprintf(out, "      iif != lo udp dport %d-%d drop\n", file.RTP.From, file.RTP.To)
	}
	fmt.Fprint(out, "    }\n  }\n")
}

type family struct {
	name     string
	networks []string
}

// families parts networks into those of IPv4 and of IPv6, each once.
func families(networks []string) (all []family) {
	four, six := family{name: "ip"}, family{name: "ip6"}
	for _, text := range networks {
		f := &four
		if strings.Contains(text, ":") {
			f = &six
		}
		if !slices.Contains(f.networks, text) {
			f.networks = append(f.networks, text)
		}
	}
	for _, f := range []family{four, six} {
		if len(f.networks) > 0 {
			all = append(all, f)
		}
	}
	return all
}
