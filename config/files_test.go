package config_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"glennline/config"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// certificate writes NAME.crt and NAME.key.
func certificate(t *testing.T, dir, name string, from, to time.Time) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{"sip.example.org"},
		NotBefore: from, NotAfter: to,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{
		name + ".crt": {Type: "CERTIFICATE", Bytes: der}, name + ".key": {Type: "PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(filepath.Join(dir, file), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCertificate(t *testing.T) {
	dir := t.TempDir()
	certificate(t, dir, "good", now.AddDate(0, -1, 0), now.AddDate(0, 2, 0))
	certificate(t, dir, "other", now.AddDate(0, -1, 0), now.AddDate(0, 2, 0))
	certificate(t, dir, "old", now.AddDate(0, -3, 0), now.AddDate(0, 0, -1))
	certificate(t, dir, "early", now.AddDate(0, 0, 1), now.AddDate(0, 2, 0))
	for name, text := range map[string]string{"empty.crt": "", "text.crt": "hello\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	open, err := os.ReadFile(filepath.Join(dir, "good.key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "open.key"), open, 0o644); err != nil { //nolint:gosec // to be refused
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ tls, more, want string }{
		"good":             {tls: "certificate_file: good.crt, key_file: good.key, ca_file: other.crt"},
		"for its name":     {tls: "certificate_file: good.crt, key_file: good.key, ca_file: other.crt", more: ", public_name: sip.example.org"},
		"for another name": {tls: "certificate_file: good.crt, key_file: good.key, ca_file: other.crt", more: ", public_name: pbx.example.org", want: "FILE:2: sip.tls.certificate_file: DIR/good.crt is not for sip.public_name, pbx.example.org: put one there that is, or correct the name"},
		"another's key":    {tls: "certificate_file: good.crt, key_file: other.key, ca_file: other.crt", want: "FILE:2: sip.tls.key_file: DIR/other.key and DIR/good.crt do not belong together: name the key that the certificate was made for, both as PEM and the key without a password (tls: private key does not match public key)"},
		"expired":          {tls: "certificate_file: old.crt, key_file: old.key, ca_file: other.crt", want: "FILE:2: sip.tls.certificate_file: DIR/old.crt expired on 2026-11-21 12:00 UTC: put a new one there"},
		"not yet good":     {tls: "certificate_file: early.crt, key_file: early.key, ca_file: other.crt", want: "FILE:2: sip.tls.certificate_file: DIR/early.crt is good from 2026-11-23 12:00 UTC on: see whether the clock is right, or put another one there"},
		"open to others":   {tls: "certificate_file: good.crt, key_file: open.key, ca_file: other.crt", want: "FILE:2: sip.tls.key_file: DIR/open.key has mode 0644; replace the key if somebody could read it, then run chmod 600 on the file"},
		"missing":          {tls: "certificate_file: no.crt, key_file: good.key, ca_file: text.crt", want: "FILE:2: sip.tls.certificate_file: DIR/no.crt is not there: put it there, or name another file\nFILE:2: sip.tls.ca_file: DIR/text.crt holds no certificate: name a file of them, as PEM"},
		"no PEM":           {tls: "certificate_file: text.crt, key_file: good.key, ca_file: other.crt", want: "FILE:2: sip.tls.key_file: DIR/good.key and DIR/text.crt do not belong together: name the key that the certificate was made for, both as PEM and the key without a password (tls: failed to find any PEM data in certificate input)"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, "g.yaml")
			text := "trunks: [{name: a, addresses: [192.0.2.1], transport: tls}]\nsip: {tls: {" + tt.tls + "}" + tt.more + "}\n"
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			f, err := config.Load(path, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Validate(); err != nil {
				t.Fatal(err)
			}
			cert, err := f.Certificate(now)
			if diff := cmp.Diff(tt.want, strings.ReplaceAll(wrong(t, err, path), dir, "DIR")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if tt.want == "" && (!strings.Contains(cert.Key, "PRIVATE KEY") || !strings.Contains(cert.Chain, "CERTIFICATE") || cert.CA == "" || !cert.Expires.Equal(now.AddDate(0, 2, 0))) {
				t.Errorf("%+v", cert)
			}
		})
	}
	if cert, err := config.Default().Certificate(now); err != nil || cert != (config.Certificate{}) {
		t.Errorf("without TLS: %+v, %v", cert, err)
	}
}

func TestMonitorPassword(t *testing.T) {
	path := write(t, "ari:\n  user: line\n  monitor_password_file: reader\n")
	f, err := config.Load(path, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(filepath.Dir(path), "reader")
	if _, err := f.MonitorPassword(); !strings.Contains(wrong(t, err, path), "FILE:3: ari.monitor_password_file: write the password of user line-monitor there and let this user read it") {
		t.Errorf("a missing file: %v", err)
	}
	const good = "invented_for_tests_0123456789-abcdef"
	for text, want := range map[string]string{
		good + "\n": "",
		"short":     "FILE:3: ari.monitor_password_file: " + file + ": need 32 to 128 letters, digits, - and _, such as openssl rand -hex 32 makes",
		good + ";":  "FILE:3: ari.monitor_password_file: " + file + ": need 32 to 128 letters, digits, - and _, such as openssl rand -hex 32 makes",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := f.MonitorPassword()
		if diff := cmp.Diff(want, wrong(t, err, path)); diff != "" {
			t.Errorf("%q: -want +got:\n%s", text, diff)
		}
		if want == "" && got != good {
			t.Errorf("%q: %q", text, got)
		}
	}
	if got, err := config.Default().MonitorPassword(); got != "" || err != nil {
		t.Errorf("without one: %q, %v", got, err)
	}
}

func TestTrunkPasswords(t *testing.T) {
	path := write(t, `
trunks:
  - {name: a, type: register, server: sip.example.org, user: me, password_file: a}
  - {name: b, addresses: [192.0.2.1]}
`)
	f, err := config.Load(path, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(filepath.Dir(path), "a")
	for _, tt := range []struct {
		text string
		mode os.FileMode
		want string
	}{
		{`s;e"c#ret\`, 0o600, ""},
		{"secret\n", 0o600, ""},
		{"secret", 0o640, "FILE:3: trunks[0].password_file: " + file + " has mode 0640; change the password if somebody could read it, then run chmod 600 on the file: password is open to others"},
		{"", 0o600, "FILE:3: trunks[0].password_file: write one line with the password of user me into " + file + ": no password in the file"},
		{" secret", 0o600, "FILE:3: trunks[0].password_file: " + file + ": the password begins or ends with a space or holds a control character, which Asterisk cannot be told: have the carrier change it"},
	} {
		if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(file, tt.mode); err != nil {
			t.Fatal(err)
		}
		got, err := f.Passwords()
		if diff := cmp.Diff(tt.want, wrong(t, err, path)); diff != "" {
			t.Errorf("%q: -want +got:\n%s", tt.text, diff)
		}
		if want := strings.TrimSpace(tt.text); tt.want == "" && (len(got) != 1 || got["a"] != want) {
			t.Errorf("%q: %q", tt.text, got)
		}
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Passwords(); !strings.Contains(wrong(t, err, path), "FILE:3: trunks[0].password_file: write the password of user me there and let this user read it") {
		t.Errorf("a missing file: %v", err)
	}
}
