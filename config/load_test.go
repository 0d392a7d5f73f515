package config_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"glennline/config"
)

var sameValues = cmpopts.IgnoreUnexported(config.File{})

// write makes a configuration file and returns its path.
func write(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "g.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, text string, env ...string) config.File {
	t.Helper()
	f, err := config.Load(write(t, text), env, nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestWithoutFile(t *testing.T) {
	f, err := config.Load("", []string{"HOME=/nowhere", "GLENNLINE_ASTERISK=/opt/asterisk", "GLENNLINE_REGION="}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(config.Default(), f, sameValues); diff != "" {
		t.Errorf("not the defaults (-want +got):\n%s", diff)
	}
	if err := f.Validate(); err != nil {
		t.Errorf("the defaults are not valid: %v", err)
	}
}

func TestEmptyFile(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "---\n", "---\n# nothing\n...\n"} {
		if diff := cmp.Diff(config.Default(), load(t, text), sameValues); diff != "" {
			t.Errorf("%q: not the defaults (-want +got):\n%s", text, diff)
		}
	}
}

func TestFile(t *testing.T) {
	path := write(t, `
data: /srv/glennline
spool: recording
region: LU
dialled_from: [diversion, request]
lines:
  - name: fr
    numbers: [+3225550100, 025550101, 02 555 01 02, "02/555.01.03", 0032 2 555 01 04, alice]
    language: fr-BE
    region: BE
    ring_for: 1500ms
  - {name: nl, catch_all: true, language: nl, prompts: nl, limits: {message: 90s, silence: 0s, end_key: "*"}}
  - {name: it, numbers: [+33199001234], language: it, prompts: /prompts/it, limits: {end_key: ""}}
sip: {host: "::1", port: 5070, transport: tcp}
rtp: {from: 20000, to: 29999}
trunks:
  - {name: carrier, addresses: [192.0.2.0/28, "2001:db8::/32", 192.0.2.1]}
  - {name: second, addresses: [198.51.100.7], codecs: [ulaw]}
pbx: {asterisk: bin/asterisk, user: asterisk, max_call: 1h, max_calls: 500}
ari: {url: https://pbx.example/ari, user: other, password_file: secret, app: app}
backup: {expires: 30d}
voice: {min_speech: 400ms, min_level_dbfs: -55, blank_below: 0s}
log: {level: debug, format: json}
`)
	got, err := config.Load(path, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(path)
	usual := config.Limits{Message: 2 * time.Minute, Silence: 5 * time.Second, EndKey: "#"}
	noKey := usual
	noKey.EndKey = ""
	want := config.File{
		Data:        "/srv/glennline",
		Spool:       dir + "/recording",
		Region:      "LU",
		DialledFrom: []string{"diversion", "request"},
		Lines: []config.Line{
			{
				Name:     "fr",
				Numbers:  []string{"+3225550100", "025550101", "02 555 01 02", "02/555.01.03", "0032 2 555 01 04", "alice"},
				Language: "fr-BE",
				Region:   "BE",
				RingFor:  1500 * time.Millisecond,
				Limits:   usual,
			},
			{
				Name: "nl", CatchAll: true, Language: "nl", Prompts: dir + "/nl",
				Limits: config.Limits{Message: 90 * time.Second, EndKey: "*"},
			},
			{Name: "it", Numbers: []string{"+33199001234"}, Language: "it", Prompts: "/prompts/it", Limits: noKey},
		},
		ARI: config.ARI{URL: "https://pbx.example/ari", User: "other", PasswordFile: dir + "/secret", App: "app"},
		SIP: config.SIP{
			Host: "::1", Port: 5070, Transport: "tcp",
			LocalNetworks: config.Default().SIP.LocalNetworks, TLS: config.Default().SIP.TLS,
		},
		RTP: config.RTP{From: 20000, To: 29999},
		Trunks: []config.Trunk{
			{
				Name: "carrier", Type: "ip", Addresses: []string{"192.0.2.0/28", "2001:db8::/32", "192.0.2.1"}, Codecs: []string{"alaw", "ulaw"},
				NumberFormat: "any", Expires: 2 * time.Minute,
			},
			{
				Name: "second", Type: "ip", Addresses: []string{"198.51.100.7"}, Codecs: []string{"ulaw"},
				NumberFormat: "any", Expires: 2 * time.Minute,
			},
		},
		PBX:    config.PBX{Asterisk: dir + "/bin/asterisk", User: "asterisk", MaxCall: time.Hour, MaxCalls: 500},
		Log:    config.Log{Level: "debug", Format: "json"},
		Backup: config.Backup{Expires: 720 * time.Hour},
		Voice:  config.Voice{MinSpeech: 400 * time.Millisecond, MinLevelDBFS: -55},
		// What the file leaves out.
		Admission:    config.Default().Admission,
		Control:      config.Default().Control,
		DrainTimeout: config.Default().DrainTimeout,
		Legal:        config.Default().Legal,
		Timezone:     config.Default().Timezone,
		Campaign:     config.Default().Campaign,
		Alerts:       config.Default().Alerts,
	}
	if diff := cmp.Diff(want, got, sameValues); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if err := got.ValidateServe(); err != nil {
		t.Errorf("valid, and refused: %v", err)
	}
	numbers := []string{"+3225550100", "+3225550101", "+3225550102", "+3225550103", "+3225550104", "alice"}
	if diff := cmp.Diff(numbers, got.Numbers(got.Lines[0])); diff != "" {
		t.Errorf("numbers (-want +got):\n%s", diff)
	}
	if at, want := got.Where("lines[0].limits.message"), path+":7"; at != want {
		t.Errorf("where lines[0].limits.message was set: %q, want %q, that of its line", at, want)
	}
	if at, want := got.Where("lines[1].limits.message"), path+":12"; at != want {
		t.Errorf("where lines[1].limits.message was set: %q, want %q", at, want)
	}
}

func TestOrderOfSources(t *testing.T) {
	path := write(t, "data: from-file\nsip: {port: 5061}\nrtp: {from: 30000, to: 40000}\n")
	env := []string{
		"GLENNLINE_CONFIG=" + path, "GLENNLINE_SIP_PORT=5062", "GLENNLINE_RTP_FROM=31000",
		"GLENNLINE_DIALLED_FROM=to, request", "GLENNLINE_PBX_MAX_CALL=15m", "GLENNLINE_SPOOL=spool",
	}
	f, err := config.Load("", env, []config.Override{{Key: "sip.port", Value: "5063", Source: "--port"}})
	if err != nil {
		t.Fatal(err)
	}
	want := config.Default()
	want.Data = filepath.Join(filepath.Dir(path), "from-file")
	want.Spool = "spool" // a variable's path is relative to the current folder
	want.SIP.Port = 5063
	want.RTP = config.RTP{From: 31000, To: 40000}
	want.DialledFrom = []string{"to", "request"}
	want.PBX.MaxCall = 15 * time.Minute
	if diff := cmp.Diff(want, f, sameValues); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for key, place := range map[string]string{
		"data":      path + ":1",
		"sip.port":  "--port",
		"sip.host":  path + ":2",
		"rtp.from":  "GLENNLINE_RTP_FROM",
		"rtp.to":    path + ":3",
		"log.level": "",
	} {
		if got := f.Where(key); got != place {
			t.Errorf("where %s was set: %q, want %q", key, got, place)
		}
	}
}

// wrong is what is wrong in a configuration, one fault a line, with FILE for
// the file's path.
func wrong(t *testing.T, err error, path string) string {
	t.Helper()
	if err == nil {
		return ""
	}
	var faults config.Faults
	if !errors.As(err, &faults) {
		t.Fatalf("error is no Faults: %v", err)
	}
	var all []string
	for _, f := range faults {
		all = append(all, strings.ReplaceAll(f.Error(), path, "FILE"))
	}
	return strings.Join(all, "\n")
}

func TestFaultsInFile(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"unknown key": {
			"linse: []\n",
			`FILE:1: unknown key "linse": did you mean lines?`,
		},
		"unknown keys inside": {
			"lines:\n  - name: main\n    languag: fr\n    limits:\n      mesage: 1m\nsip:\n  prot: 5060\n",
			`FILE:3: lines[0]: unknown key "languag": did you mean language?
FILE:5: lines[0].limits: unknown key "mesage": did you mean message?
FILE:7: sip: unknown key "prot": did you mean port?`,
		},
		"key of another place": {
			"port: 5060\nname: x\n",
			`FILE:1: unknown key "port": its place is sip.port or sip.tls.port or alerts.email.port
FILE:2: unknown key "name": its place is lines[].name or trunks[].name`,
		},
		"key like none": {
			"log: {colour: true}\n",
			`FILE:1: log: unknown key "colour": known here are format, level`,
		},
		"key that is no word": {
			"sip: {5: 1, !!str host: x}\n",
			`FILE:1: sip: unknown key "5": known here are host, local_networks, port, public_address, public_name, tls, transport
FILE:1: sip: unknown key "!!str": known here are host, local_networks, port, public_address, public_name, tls, transport`,
		},
		"the same key twice": {
			"data: a\ndata: b\n",
			`FILE:2: mapping key "data" already defined at [1:1]: correct the YAML there`,
		},
		"no value": {
			"data:\nlines:\n  - name: main\n    limits:\n      end_key: #\n",
			`FILE:1: data: no value: give it one or remove the key (a # begins a comment: write "#")
FILE:5: lines[0].limits.end_key: no value: give it one or remove the key (a # begins a comment: write "#")`,
		},
		"no number": {
			"sip: {port: sixty}\n",
			`FILE:1: sip.port: "sixty" is no whole number: write one, such as 5060`,
		},
		"half a number": {
			"sip: {port: 5060.5}\n",
			`FILE:1: sip.port: "5060.5" is no whole number: write one, such as 5060`,
		},
		"neither true nor false": {
			"lines: [{catch_all: yes}]\n",
			`FILE:1: lines[0].catch_all: "yes" is neither true nor false: write one of them`,
		},
		"no duration": {
			"pbx: {max_call: long}\n",
			`FILE:1: pbx.max_call: "long" is no duration: write one such as 5s, 90s, 2m or 30d`,
		},
		"duration without a unit": {
			"pbx:\n  max_call: 600\n",
			`FILE:2: pbx.max_call: 600 has no unit: write 600s for seconds or 600m for minutes`,
		},
		"text for a list": {
			"dialled_from: to\nlines: main\n",
			`FILE:1: dialled_from: "to" alone: write a list in [ ]
FILE:2: lines: "main" alone: write a list, each element after a -, with the keys name, numbers, catch_all, language, prompts, region, ring_for, limits`,
		},
		"text for keys": {
			"rtp: 10000-20000\n",
			`FILE:1: rtp: "10000-20000" alone: write the keys from, to`,
		},
		"list for text": {
			"data: [a]\nsip: [1]\n",
			`FILE:1: data: a list: write a single value, in quotes if there is a colon in it
FILE:2: sip: a list: write the keys host, port, transport, public_address, public_name, local_networks, tls`,
		},
		"keys for text": {
			"data: {a: b}\nlines: {name: main}\n",
			`FILE:1: data: keys below it: write a single value, in quotes if there is a colon in it
FILE:2: lines: keys below it: write a list, each element after a -, with the keys name, numbers, catch_all, language, prompts, region, ring_for, limits`,
		},
		"anchors and aliases": {
			"data: &d x\nspool: *d\n",
			`FILE:1: data: anchors, aliases and tags are not read: write the value itself
FILE:2: spool: anchors, aliases and tags are not read: write the value itself`,
		},
		"tag": {
			"data: !!binary eA==\n",
			`FILE:1: data: anchors, aliases and tags are not read: write the value itself`,
		},
		"no mapping": {
			"- data\n",
			`FILE:1: a list: write the keys data, spool, region, timezone, dialled_from, lines, ari, sip, rtp, trunks, pbx, witness, control, admission, drain_timeout, backup, retention, voice, log, monitor, legal, professionals, alerts, campaign`,
		},
		"two documents": {
			"data: a\n---\ndata: b\n",
			`FILE:3: a second document: put everything into one, without ---`,
		},
		"no YAML": {
			"data: a\nsip: [1,\n",
			`FILE:2: sequence end token ']' not found: correct the YAML there`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := write(t, tt.text)
			_, err := config.Load(path, nil, nil)
			if diff := cmp.Diff(tt.want, wrong(t, err, path)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestFaultsInVariablesAndFlags(t *testing.T) {
	tests := map[string]struct {
		env       []string
		overrides []config.Override
		want      string
	}{
		"unknown variable": {
			env:  []string{"GLENNLINE_SIP_PROT=5060", "GLENNLINE_CONFG=x"},
			want: "GLENNLINE_CONFG: unknown variable: did you mean GLENNLINE_CONFIG?\nGLENNLINE_SIP_PROT: unknown variable: did you mean GLENNLINE_SIP_PORT?",
		},
		"variable like none": {
			env:  []string{"GLENNLINE_ZZZZ=1"},
			want: "GLENNLINE_ZZZZ: unknown variable: remove it, or see the keys that glennline knows in config/example.yaml",
		},
		"variable for a list": {
			env:  []string{"GLENNLINE_LINES_0_NAME=x", "GLENNLINE_TRUNKS=y"},
			want: "GLENNLINE_LINES_0_NAME: no variable sets lines: write them into the file and name it with --config or GLENNLINE_CONFIG\nGLENNLINE_TRUNKS: no variable sets trunks: write them into the file and name it with --config or GLENNLINE_CONFIG",
		},
		"bad value of a variable": {
			env:  []string{"GLENNLINE_SIP_PORT=x"},
			want: `GLENNLINE_SIP_PORT: "x" is no whole number: write one, such as 5060`,
		},
		"bad value of a flag": {
			overrides: []config.Override{{Key: "pbx.max_call", Value: "5", Source: "--max-call"}},
			want:      "--max-call: 5 has no unit: write 5s for seconds or 5m for minutes",
		},
		"key of no flag": {
			overrides: []config.Override{{Key: "sip.prot", Source: "--port"}, {Key: "lines", Source: "--lines"}, {Key: "data.x", Source: "-x"}},
			want: `--port: unknown key "sip.prot": did you mean sip.port?
--lines: unknown key "lines": known here are ` + strings.Join(config.Settable(), ", ") + `
-x: unknown key "data.x": did you mean data?`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := config.Load("", tt.env, tt.overrides)
			if diff := cmp.Diff(tt.want, wrong(t, err, "no file")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestUnreadableFile(t *testing.T) {
	dir := t.TempDir()
	_, err := config.Load(filepath.Join(dir, "none.yaml"), nil, nil)
	want := "there is no configuration file " + dir + "/none.yaml: name an existing one with --config: file does not exist"
	if !errors.Is(err, fs.ErrNotExist) || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	_, err = config.Load(dir, nil, nil)
	want = "the configuration cannot be read: name a file with --config: read " + dir + ": is a directory"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	path := write(t, strings.Repeat("# much\n", 1<<16))
	_, err = config.Load(path, nil, nil)
	if got, want := wrong(t, err, path), "FILE: more than 256 KiB: this is no configuration file, name another one with --config"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestFaultsAreOneLine(t *testing.T) {
	path := write(t, "linse: []\nprot: 1\nlgo: {}\n")
	_, err := config.Load(path, nil, nil)
	want := path + `:1: unknown key "linse": did you mean lines? (and 2 more: glennline config check shows all)`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
