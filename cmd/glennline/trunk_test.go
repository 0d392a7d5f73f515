package main

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"glennline/config"
)

func TestNeighbours(t *testing.T) {
	var own []netip.Prefix
	for _, text := range []string{
		"127.0.0.1/8", "::1/128", "192.168.7.20/24", "192.168.7.21/24", "10.1.2.3/32",
		"203.0.113.9/28", "fd00:1::5/64", "fe80::1/64", "2001:db8::5/64", "198.51.100.1/0",
	} {
		own = append(own, netip.MustParsePrefix(text))
	}
	for host, want := range map[string][]string{
		"127.0.0.1":    nil,
		"127.0.0.2":    nil,
		"::1":          {"::1/128"},
		"192.168.7.20": {"192.168.7.0/24"},
		"203.0.113.9":  {"203.0.113.9/32"}, // public: its neighbours are strangers
		"2001:db8::5":  {"2001:db8::5/128"},
		"198.51.100.1": {"198.51.100.1/32"},
		"192.0.2.77":   nil, // not of this machine
		"0.0.0.0":      {"192.168.7.0/24", "10.1.2.3/32"},
		"::":           {"192.168.7.0/24", "10.1.2.3/32", "fd00:1::/64"},
	} {
		var got []string
		for _, network := range neighbours(netip.MustParseAddr(host), own) {
			got = append(got, network.String())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s is called from %q, want %q", host, got, want)
		}
	}
}

// Every address of this machine is taken calls at from itself, and the default
// configuration is left as it is.
func TestTrunksOf(t *testing.T) {
	own, err := machine()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range own {
		if p.Addr().Zone() != "" || p.Addr().IsLoopback() && p.Addr().Is4() {
			continue
		}
		file := config.Default()
		file.SIP.Host = p.Addr().String()
		trunks, err := trunksOf(file)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(trunks[0].Addresses, func(text string) bool {
			network, err := netip.ParsePrefix(text)
			return err == nil && network.Contains(p.Addr())
		}) {
			t.Errorf("at %s calls are taken from %q alone", p.Addr(), trunks[0].Addresses)
		}
		if got := config.Default().Trunks[0].Addresses; !slices.Equal(got, []string{"127.0.0.1"}) {
			t.Fatalf("the default trunk became %q", got)
		}
	}
}

// A trunk that is configured is taken as it is.
func TestTrunksOfConfigured(t *testing.T) {
	path := filepath.Join(t.TempDir(), "line.yaml")
	text := "sip: {host: 0.0.0.0}\ntrunks: [{name: carrier, addresses: [192.0.2.0/28]}]\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := config.Load(path, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	trunks, err := trunksOf(file)
	if err != nil || len(trunks) != 1 || !slices.Equal(trunks[0].Addresses, []string{"192.0.2.0/28"}) {
		t.Errorf("trunksOf = %+v, %v", trunks, err)
	}
}
