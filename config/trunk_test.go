package config_test

import (
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glennline/config"
)

func TestValidateTrunks(t *testing.T) {
	const registrar = "trunks:\n- {name: a, type: register, server: sip.example.org, user: '3225550100', password_file: p"
	tests := map[string]struct{ text, want string }{
		"a registered trunk": {registrar + "}\n", ""},
		"unknown words": {
			"trunks:\n- {name: a, preset: twillio, type: registar, transport: tsl, number_format: e146, dialled_from: [diversoin], region: BEL}\n",
			`FILE:2: trunks[0].preset: "twillio": did you mean twilio?
FILE:2: trunks[0].type: "registar": did you mean register?
FILE:2: trunks[0].transport: "tsl": did you mean tls?
FILE:2: trunks[0].dialled_from[0]: "diversoin": did you mean diversion?
FILE:2: trunks[0].number_format: "e146": did you mean e164?
FILE:2: trunks[0].region: "BEL" is no country: write two letters (ISO 3166), such as BE
FILE:2: trunks[0].addresses: missing: list the addresses or networks that the carrier calls from`,
		},
		"unknown key": {
			"trunks:\n- {name: a, adresses: [192.0.2.1]}\n",
			`FILE:2: trunks[0]: unknown key "adresses": did you mean addresses?`,
		},
		"a registered trunk that lacks everything": {
			"trunks:\n- name: a\n  type: register\n  expires: 10s\n",
			`FILE:2: trunks[0].server: missing: name the carrier's registrar, such as sip.example.org
FILE:2: trunks[0].user: missing: write the user that the carrier gave you, often the number
FILE:2: trunks[0].password_file: missing: write the password alone into a file of mode 0600 and name it here
FILE:4: trunks[0].expires: 10s: set it from 1m to 1d`,
		},
		"a user where none is": {
			"trunks:\n- name: a\n  addresses: [192.0.2.1]\n  user: me\n  password_file: p\n",
			`FILE:4: trunks[0].user: only a trunk that registers has one: write type: register, or leave it out
FILE:5: trunks[0].password_file: only a trunk that registers has one: write type: register, or leave it out`,
		},
		"what a URI cannot hold": {
			"trunks:\n- {name: a, type: register, server: 'sip:sip.example.org', user: me@sip.example.org, auth_user: a b, password_file: p}\n",
			`FILE:2: trunks[0].server: "sip:sip.example.org" is no host: write one such as sip.example.org or 192.0.2.1, with :PORT after it where it is not the usual one
FILE:2: trunks[0].user: "me@sip.example.org": write letters, digits and . _ ~ * + - alone; what stands after an @ belongs to server
FILE:2: trunks[0].auth_user: "a b": write one word without spaces`,
		},
		"one account in two trunks": {
			registrar + "}\n- {name: b, type: register, server: SIP.example.org, user: '3225550100', password_file: q}\n",
			"FILE:3: trunks[1].user: 3225550100@sip.example.org is registered by two trunks (also at FILE:2): leave it to one of them",
		},
		"SRTP in the clear": {
			"trunks:\n- name: a\n  addresses: [192.0.2.1]\n  srtp: true\n",
			"FILE:4: trunks[0].srtp: over udp everybody on the way could read its keys: write transport: tls",
		},
		"TLS without a certificate": {
			"trunks:\n- name: a\n  addresses: [192.0.2.1]\n  transport: tls\n",
			"FILE:4: trunks[0].transport: tls needs a certificate: name its files in sip.tls.certificate_file and sip.tls.key_file",
		},
		"TLS of a registered trunk needs none": {registrar + ", transport: tls, srtp: true}\n", ""},
		"a certificate without its key": {
			"sip:\n  tls:\n    certificate_file: c\n    version: '1.1'\n    port: 0\n",
			`FILE:5: sip.tls.port: 0: set it from 1 to 65535
FILE:4: sip.tls.version: "1.1": did you mean 1.2?
FILE:2: sip.tls.key_file: missing: certificate_file and key_file belong together`,
		},
		"TLS on the port of TCP": {
			"sip: {transport: tcp, tls: {port: 5060, certificate_file: c, key_file: k}}\ntrunks:\n- {name: a, addresses: [192.0.2.1]}\n- {name: b, addresses: [192.0.2.2], transport: tls}\n",
			"FILE:1: sip.tls.port: 5060 is sip.port too, which is taken for TCP: choose another",
		},
		"NAT": {
			"sip:\n  public_address: sip.example.org\n  public_name: 'sip example'\n  local_networks: [10/8]\n",
			`FILE:2: sip.public_address: "sip.example.org" is no IP address: write the one that carriers send to, or leave it out where there is no NAT
FILE:3: sip.public_name: "sip example" is no host name: write one such as sip.example.org
FILE:4: sip.local_networks[0]: "10/8" is no network: write one such as 10.0.0.0/8`,
		},
		"networks of audio": {
			"trunks:\n- {name: a, addresses: [192.0.2.1], media: [everywhere]}\n",
			`FILE:2: trunks[0].media[0]: "everywhere" is no IP address or network: write one such as 192.0.2.1 or 192.0.2.0/24`,
		},
		"the name of doctor's own": {
			"trunks:\n- {name: doctor, addresses: [192.0.2.1]}\n",
			`FILE:2: trunks[0].name: "doctor" is the name of doctor's test calls: give the trunk another`,
		},
		"server with a port": {"trunks:\n- {name: a, addresses: [192.0.2.1], server: '[2001:db8::1]:5070'}\n", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := write(t, tt.text)
			f, err := config.Load(path, nil, nil)
			if err == nil {
				err = f.Validate()
			}
			if diff := cmp.Diff(tt.want, wrong(t, err, path)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// Every preset is a trunk that can be used, with what is the customer's own
// beside it, and says when its addresses were right and where to look.
func TestPresets(t *testing.T) {
	want := []string{"didww", "european-registration", "telnyx", "twilio"}
	if diff := cmp.Diff(want, config.Presets()); diff != "" {
		t.Fatal(diff)
	}
	for _, name := range want {
		text := "trunks:\n- name: a\n  preset: " + name + "\n"
		if name == "european-registration" {
			text += "  server: sip.example.org\n  user: '3225550100'\n  password_file: p\n"
		}
		f := load(t, text)
		if err := f.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		preset, ok := config.PresetOf(f.Trunks[0])
		if !ok || len(preset.Notes) == 0 {
			t.Fatalf("%s: no notes", name)
		}
		notes := strings.Join(preset.Notes, "\n")
		if f.Trunks[0].Type == "ip" && (!strings.Contains(notes, "As published on 20") || !strings.Contains(notes, "https://")) {
			t.Errorf("%s: its addresses have neither a date nor a source:\n%s", name, notes)
		}
		if len(f.Trunks[0].Codecs) != 2 || f.Trunks[0].NumberFormat == "any" {
			t.Errorf("%s: %+v", name, f.Trunks[0])
		}
	}
}

// A key in the file wins over the preset's, also where its value is the default.
func TestPresetGivesWay(t *testing.T) {
	f := load(t, `
trunks:
  - {name: a, preset: twilio, addresses: [192.0.2.1], number_format: any, codecs: [alaw], region: LU}
  - {name: b, preset: didww}
  - {name: c, preset: telnyx, type: register, server: sip.telnyx.eu, user: me, password_file: p}
`)
	a, b, c := f.Trunks[0], f.Trunks[1], f.Trunks[2]
	if !slices.Equal(a.Addresses, []string{"192.0.2.1"}) || a.NumberFormat != "any" || !slices.Equal(a.Codecs, []string{"alaw"}) {
		t.Errorf("the preset won: %+v", a)
	}
	if !slices.Equal(a.Media, []string{"168.86.128.0/18"}) {
		t.Errorf("the preset was left out: %+v", a)
	}
	if len(b.Addresses) != 7 || b.NumberFormat != "e164" {
		t.Errorf("%+v", b)
	}
	if c.Type != "register" || c.NumberFormat != "+e164" {
		t.Errorf("%+v", c)
	}
	b.Addresses[0] = "203.0.113.1"
	if again := load(t, "trunks: [{name: b, preset: didww}]\n"); again.Trunks[0].Addresses[0] == "203.0.113.1" {
		t.Error("a File shares its addresses with the preset")
	}
	for _, trunk := range f.Trunks[1:] {
		for _, text := range trunk.Addresses {
			if _, err := netip.ParseAddr(text); err != nil {
				t.Errorf("%s: %v", text, err)
			}
		}
	}
}

func TestWhatTrunksInherit(t *testing.T) {
	f := load(t, `
region: BE
dialled_from: [request, diversion]
sip: {transport: tcp, tls: {certificate_file: c, key_file: k}}
trunks:
  - {name: a, addresses: [192.0.2.1], server: "sip.example.org"}
  - {name: b, addresses: [192.0.2.2], transport: tls, dialled_from: [to], region: LU, server: "sip.example.org"}
  - {name: c, addresses: [192.0.2.3], transport: tls, server: "192.0.2.3:5091"}
  - {name: d, addresses: [192.0.2.4], server: "[2001:db8::1]:5092"}
`)
	if got := f.Transports(); !slices.Equal(got, []string{"tcp", "tls"}) {
		t.Errorf("listens on %q", got)
	}
	a, b := f.Trunks[0], f.Trunks[1]
	if !slices.Equal(f.SourcesOf(a), f.DialledFrom) || !slices.Equal(f.SourcesOf(b), []string{"to"}) {
		t.Errorf("looks at %q and %q", f.SourcesOf(a), f.SourcesOf(b))
	}
	if f.NumberRegionOf(a) != "BE" || f.NumberRegionOf(b) != "LU" {
		t.Errorf("regions %s, %s", f.NumberRegionOf(a), f.NumberRegionOf(b))
	}
	for i, want := range []struct {
		host string
		port int
		told bool
	}{{"sip.example.org", 5060, false}, {"sip.example.org", 5061, false}, {"192.0.2.3", 5091, true}, {"2001:db8::1", 5092, true}} {
		if host, port, told := f.ServerPort(f.Trunks[i]); host != want.host || port != want.port || told != want.told {
			t.Errorf("server %d is %s port %d, want %+v", i, host, port, want)
		}
	}
	if got := config.Default().Transports(); !slices.Equal(got, []string{"udp"}) {
		t.Errorf("by default it listens on %q", got)
	}
	path := write(t, "trunks: [{name: a, type: register, server: s, user: u, password_file: secrets/p}]\n")
	if f, err := config.Load(path, nil, nil); err != nil || f.Trunks[0].PasswordFile != filepath.Join(filepath.Dir(path), "secrets", "p") {
		t.Errorf("the password is looked for in %q, %v", f.Trunks[0].PasswordFile, err)
	}
}
