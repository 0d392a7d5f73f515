package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glennline/config"
)

func TestValidate(t *testing.T) {
	// A line that nothing is wrong with, as the first in a list.
	const line = "lines:\n- {name: main, language: fr, catch_all: true}\n"
	tests := map[string]struct{ text, want string }{
		"no line": {
			"lines: []\n",
			"FILE:1: lines: no line, so nobody could call: add one with a name, a language and catch_all: true",
		},
		"the same name twice": {
			line + "- {name: main, language: nl, numbers: [02 555 01 00]}\n",
			`FILE:3: lines[1].name: "main" is the name of two lines (also at FILE:2): give each its own`,
		},
		"the same number on two lines": {
			"lines:\n- name: fr\n  language: fr\n  numbers:\n  - +32 2 555 01 00\n- name: nl\n  language: nl\n  numbers:\n  - 025550101\n  - 025550100\n",
			"FILE:10: lines[1].numbers[1]: +3225550100 leads to line nl and to line fr (also at FILE:5): leave it to one of them",
		},
		"the same number twice on a line": {
			"lines:\n- name: fr\n  language: fr\n  numbers:\n  - +32 2 555 01 00\n  - 3225550100\n",
			"FILE:6: lines[0].numbers[1]: +3225550100 is there twice (also at FILE:5): remove one",
		},
		"two that catch all": {
			line + "- name: nl\n  language: nl\n  catch_all: true\n",
			"FILE:5: lines[1].catch_all: a second line that takes every other number (also at FILE:2): leave it to one of them",
		},
		"line that nothing leads to": {
			line + "- {name: nl, language: nl}\n",
			"FILE:3: lines[1]: no number leads to line nl: give it numbers or catch_all: true",
		},
		"no number": {
			"lines:\n- {name: main, language: fr, numbers: [12, '', 02 555 01 00 00 00, +999]}\n",
			`FILE:2: lines[0].numbers[0]: "12" is no telephone number in BE: write it with its country, such as +32 2 555 01 00
FILE:2: lines[0].numbers[1]: "" is no telephone number in BE: write it with its country, such as +32 2 555 01 00
FILE:2: lines[0].numbers[2]: "02 555 01 00 00 00" is no telephone number in BE: write it with its country, such as +32 2 555 01 00
FILE:2: lines[0].numbers[3]: "+999" is no telephone number in BE: write it with its country, such as +32 2 555 01 00`,
		},
		"time zone": {
			"timezone: Brussels\n",
			`FILE:1: timezone: "Brussels" is no time zone: write its IANA name, such as Europe/Brussels or UTC`,
		},
		"monitor without an address": {
			"monitor: {listen: '9470'}\n",
			`FILE:1: monitor.listen: "9470" is no address and port: write one such as 127.0.0.1:9470`,
		},
		"monitor for everybody": {
			"monitor: {listen: '0.0.0.0:9470'}\n",
			`FILE:1: monitor.listen: 0.0.0.0 is not a loopback address: who asks there needs no password; write 127.0.0.1:9470, and let a proxy with one tell others`,
		},
		"profiles for nobody": {
			"monitor: {pprof: true}\n",
			`FILE:1: monitor.pprof: profiles are told nowhere: set monitor.listen, such as 127.0.0.1:9470`,
		},
		"the machine's own time zone": {
			"timezone: Local\n",
			`FILE:1: timezone: "Local" is no time zone: write its IANA name, such as Europe/Brussels or UTC`,
		},
		"campaign": {
			"campaign:\n  goal: 0\n  milestones: [10000, 5000, 0]\n  deadline: 18/12/2026\n",
			`FILE:2: campaign.goal: 0: set it from 1 to 1000000000
FILE:3: campaign.milestones[1]: 5000 does not rise above the one before, 10000: write them in order, each once
FILE:3: campaign.milestones[2]: 0: set it from 1 to 1000000000
FILE:4: campaign.deadline: "18/12/2026" is no day: write one such as 2026-12-18, or "2026-12-18 18:00"`,
		},
		"alerts": {
			"alerts:\n  command: ['']\n  timeout: 0s\n  email:\n    host: smtp.example.org:25\n    port: 0\n    tls: none\n    user: line\n    from: nobody\n    to: [anna@example.org, \"a@b.c\\nBcc: x@y.z\"]\n",
			`FILE:3: alerts.timeout: 0s: set it from 1s to 5m
FILE:2: alerts.command: empty: write a program and its arguments, such as [/usr/local/bin/page, --urgent]
FILE:5: alerts.email.host: "smtp.example.org:25": write the name of the mail server alone, such as smtp.example.org; its port goes to alerts.email.port
FILE:6: alerts.email.port: 0: set it from 1 to 65535
FILE:7: alerts.email.tls: none is for a mail server on this machine: write starttls or tls
FILE:4: alerts.email.password_file: missing: name the file with the password of user line
FILE:9: alerts.email.from: "nobody" is no mail address: write one such as anna@example.org
FILE:10: alerts.email.to[1]: "a@b.c\nBcc: x@y.z" is no mail address: write one such as anna@example.org`,
		},
		"alerts without a server": {
			"alerts:\n  email:\n    to: [anna@example.org]\n",
			"FILE:2: alerts.email.host: missing: name the mail server, such as smtp.example.org",
		},
		"retention": {
			"retention:\n  recordings: 12h\n  by_status:\n    test: -3d\n  witness: 25h\n",
			`FILE:2: retention.recordings: 12h: write whole days, such as 90d, or 0d to keep it
FILE:4: retention.by_status.test: -3d: write whole days, such as 90d, or 0d to keep it
FILE:5: retention.witness: 25h: write whole days, such as 90d, or 0d to keep it`,
		},
		"names": {
			"lines:\n- {language: fr, catch_all: true}\n- {name: a/b, language: fr, numbers: [02 555 01 00]}\n",
			`FILE:2: lines[0].name: missing: give the line a short name, such as main
FILE:3: lines[1].name: "a/b": write at most 32 letters, digits, - and _, a letter or digit first`,
		},
		"language": {
			"lines:\n- {name: a, catch_all: true}\n- {name: b, language: it, numbers: [02 555 01 00]}\n- {name: c, language: klingonisch, prompts: c, numbers: [02 555 01 01]}\n",
			`FILE:2: lines[0].language: missing: write one of de, en, fr, nl, or another one and a folder in prompts
FILE:3: lines[1].language: "it" has no placeholder prompts: write one of de, en, fr, nl, or name a folder of your own in prompts
FILE:4: lines[2].language: "klingonisch" is no language: write one such as fr or nl-BE`,
		},
		"limits": {
			"lines:\n- name: a\n  language: fr\n  catch_all: true\n  ring_for: 31s\n  limits: {message: 0s, silence: 2m, end_key: \"##\"}\n",
			`FILE:5: lines[0].ring_for: 31s: set it from 0s to 30s
FILE:6: lines[0].limits.message: 0s: set it from 1s to 10m
FILE:6: lines[0].limits.silence: 2m: set it from 1s to 1m
FILE:6: lines[0].limits.end_key: "##" cannot end a message: write "#" or "*", or "" for none`,
		},
		"parts of a second": {
			"lines:\n- {name: a, language: fr, catch_all: true, limits: {message: 1500ms, silence: 2800ms, end_key: A}}\n",
			`FILE:2: lines[0].limits.message: 1.5s: Asterisk counts in whole steps of 1s, set it to 2s
FILE:2: lines[0].limits.silence: 2.8s: Asterisk counts in whole steps of 1s, set it to 3s
FILE:2: lines[0].limits.end_key: "A" cannot end a message: write "#" or "*", or "" for none`,
		},
		"call shorter than its message": {
			"lines:\n- {name: a, language: fr, catch_all: true, limits: {message: 10m}}\n",
			"pbx.max_call: 10m would cut callers of line a: set it to 21m or more (its longest message twice, and a minute for the prompts)",
		},
		"regions": {
			"region: Belgium\nlines:\n- {name: a, language: fr, catch_all: true, region: XX}\n",
			`FILE:1: region: "Belgium" is no country: write two letters (ISO 3166), such as BE
FILE:3: lines[0].region: "XX" is no country: write two letters (ISO 3166), such as BE`,
		},
		"where the number stands": {
			"dialled_from: [diverson, to, to]\n",
			`FILE:1: dialled_from[0]: "diverson": did you mean diversion?
FILE:1: dialled_from[2]: "to" is there twice: remove one`,
		},
		"nowhere": {
			"dialled_from: []\n",
			"FILE:1: dialled_from: empty: write at least one of request, to, diversion, history-info",
		},
		"SIP": {
			"sip:\n  host: localhost\n  port: 0\n  transport: tls\n",
			`FILE:2: sip.host: "localhost" is no IP address: write one of this machine, such as 127.0.0.1
FILE:3: sip.port: 0: set it from 1 to 65535
FILE:4: sip.transport: "tls": known here are tcp, udp`,
		},
		"RTP": {
			"rtp:\n  from: 80\n  to: 70000\n",
			"FILE:2: rtp.from: 80: set it from 1024 to 65535\nFILE:3: rtp.to: 70000: set it from 1024 to 65535\nsip.port: 5060 lies in the range of rtp, 80 to 70000: move one of them",
		},
		"SIP at an end of RTP": {
			"sip: {port: 9000}\nrtp: {from: 5060, to: 9000}\n",
			"FILE:1: sip.port: 9000 lies in the range of rtp, 5060 to 9000: move one of them",
		},
		"SIP at the other end": {
			"rtp: {from: 5060, to: 9000}\n",
			"sip.port: 5060 lies in the range of rtp, 5060 to 9000: move one of them",
		},
		"RTP backwards": {
			"rtp:\n  from: 20000\n  to: 10000\n",
			"FILE:3: rtp.to: 10000 is not above rtp.from, 20000: leave two ports for each call",
		},
		"RTP for too few": {
			"rtp:\n  from: 10000\n  to: 10199\n",
			"FILE:3: rtp.to: 200 ports are enough for 100 calls, and pbx.max_calls is 1000: widen the range or lower pbx.max_calls",
		},
		"no trunk": {
			"trunks: []\n",
			"FILE:1: trunks: no trunk, so nobody could call: add one with a name and the addresses its calls come from",
		},
		"trunks": {
			"trunks:\n- {name: a, addresses: [192.0.2.0/24, 0.0.0.0/0, pbx.example]}\n- {name: a, addresses: [198.51.100.1], codecs: [gsm]}\n- {addresses: [], codecs: []}\n- {name: b, addresses: [192.0.2.7]}\n",
			`FILE:2: trunks[0].addresses[1]: 0.0.0.0/0 would let everybody in: write the carrier's networks
FILE:2: trunks[0].addresses[2]: "pbx.example" is no IP address or network: write one such as 192.0.2.1 or 192.0.2.0/24
FILE:3: trunks[1].name: "a" is the name of two trunks (also at FILE:2): give each its own
FILE:3: trunks[1].codecs[0]: "gsm": known here are alaw, ulaw
FILE:4: trunks[2].name: missing: give the trunk a short name, such as carrier
FILE:4: trunks[2].codecs: empty: write at least one of alaw, ulaw
FILE:4: trunks[2].addresses: missing: list the addresses or networks that the carrier calls from
FILE:5: trunks[3].addresses[0]: 192.0.2.7 overlaps 192.0.2.0/24 of trunk a (also at FILE:2): a call has to come from one trunk`,
		},
		"PBX": {
			"pbx:\n  user: 'root;'\n  max_call: 3h\n  max_calls: 0\n",
			`FILE:2: pbx.user: "root;": write at most 32 letters, digits, - and _, a letter or digit first
FILE:3: pbx.max_call: 3h: set it from 10s to 2h
FILE:4: pbx.max_calls: 0: set it from 1 to 30000`,
		},
		"ARI": {
			"ari:\n  url: 127.0.0.1:8088\n  user: ''\n  app: a b\n",
			`FILE:2: ari.url: "127.0.0.1:8088" is no address of ARI: write one such as http://127.0.0.1:8088/ari
FILE:3: ari.user: "": write at most 32 letters, digits, - and _, a letter or digit first
FILE:4: ari.app: "a b": write at most 32 letters, digits, - and _, a letter or digit first`,
		},
		"ARI with a password": {
			"ari:\n  url: http://me:secret@127.0.0.1:8088/ari\n",
			"FILE:2: ari.url: holds a password: write the user to ari.user and name a file in ari.password_file",
		},
		"log and data": {
			"data: ''\nlog: {level: warning, format: xml}\n",
			`FILE:1: data: missing: name the folder of everything that is kept, such as data
FILE:2: log.level: "warning": known here are debug, error, info, warn
FILE:2: log.format: "xml": known here are console, json`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := write(t, tt.text)
			f, err := config.Load(path, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, wrong(t, f.Validate(), path)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestValidateServe(t *testing.T) {
	want := `ari.password_file: missing: name the file with the password of ari.user in Asterisk's ari.conf
spool: missing: name the folder Asterisk records into; Debian's is /var/spool/asterisk/recording`
	if diff := cmp.Diff(want, wrong(t, config.Default().ValidateServe(), "no file")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// uncommented switches every setting of the example on.
func uncommented() string {
	lines := strings.Split(config.Example, "\n")
	for i, line := range lines {
		text := strings.TrimLeft(line, " ")
		indent := line[:len(line)-len(text)]
		switch {
		case strings.HasPrefix(text, "#  "): // a list's element, its # in the first column
			lines[i] = indent + text[1:]
		case strings.HasPrefix(text, "#") && !strings.HasPrefix(text, "# ") && text != "#":
			lines[i] = indent + text[1:]
		}
	}
	return strings.Join(lines, "\n")
}

func TestExample(t *testing.T) {
	path := write(t, config.Example)
	f, err := config.Load(path, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := config.Default()
	want.Data = filepath.Join(filepath.Dir(path), "data")
	if diff := cmp.Diff(want, f, sameValues); diff != "" {
		t.Errorf("the example is not the defaults (-want +got):\n%s", diff)
	}

	all := load(t, uncommented())
	if err := all.ValidateServe(); err != nil {
		t.Errorf("with everything switched on: %v", err)
	}
	if len(all.Lines) != 2 || len(all.Trunks) != 3 || all.Lines[0].Region != "LU" || all.PBX.User == "" {
		t.Errorf("not everything was switched on: %+v", all)
	}
}

// Whoever adds a key explains it.
func TestExampleHasEveryKey(t *testing.T) {
	f := load(t, uncommented())
	for _, key := range config.Paths() {
		if !f.Sets(key) {
			t.Errorf("the example does not show %s", key)
		}
	}
}

func TestVariablesAreDistinct(t *testing.T) {
	seen := make(map[string]string)
	for _, key := range config.Settable() {
		name := config.Variable(key)
		if other, twice := seen[name]; twice {
			t.Errorf("%s sets %s and %s", name, key, other)
		}
		seen[name] = key
	}
	if config.Variable("ari.password_file") != "GLENNLINE_ARI_PASSWORD_FILE" {
		t.Errorf("ari.password_file is set by %s", config.Variable("ari.password_file"))
	}
}

func TestPassword(t *testing.T) {
	path := filepath.Join(t.TempDir(), "password")
	a := config.ARI{User: "glennline", PasswordFile: path}
	for text, want := range map[string]string{"secret": "secret", "secret\n": "secret", " a b \r\n": " a b "} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := a.Password(); got != want || err != nil {
			t.Errorf("%q: %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"", "\n", "two\nlines\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		want := "ari.password_file: write one line with the password of user glennline into " + path + ": no password in the file"
		if _, err := a.Password(); err == nil || err.Error() != want {
			t.Errorf("%q: %v; want %s", text, err, want)
		}
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Password(); !errors.Is(err, config.ErrExposed) || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("mode %04o: error = %v, want ErrExposed with what to do", mode, err)
		}
	}
	if _, err := (config.ARI{PasswordFile: path + "x"}).Password(); err == nil {
		t.Error("a missing file is no error")
	}
}
