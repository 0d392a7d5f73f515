package asteriskconf

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// example is what docs/asterisk-example shows.
func example() Config {
	c := Default()
	c.Dir = "/var/lib/glennline/asterisk"
	c.ARI.Password = "PLACEHOLDER-a-random-password-goes-here"
	c.ARI.MonitorUser, c.ARI.MonitorPassword = "glennline-monitor", "PLACEHOLDER-and-another-one-goes-here"
	c.SIP = SIP{
		Host: "0.0.0.0", Port: 5060, Transport: "udp,tcp,tls", External: "198.51.100.7", Local: []string{"10.0.0.0/8"},
		TLS: TLS{
			Port: 5061, Version: "1.2", VerifyServer: true,
			Certificate: "PLACEHOLDER: our certificate\n", Key: "PLACEHOLDER: its key\n", CA: "PLACEHOLDER: whom we trust\n",
		},
	}
	c.Trunks = []Trunk{
		{
			Name: "carrier", Match: []string{"192.0.2.0/28", "2001:db8::10"}, Codecs: []string{"alaw", "ulaw"},
			Notes: []string{"A carrier that is known by its addresses."},
		},
		{
			Name: "registered", Codecs: []string{"alaw"}, Transport: "udp", Server: "sip.example.org",
			Register:    Registration{User: "3225550100", AuthUser: "line-3225550100", Password: "PLACEHOLDER;a-password", Expires: 2 * time.Minute},
			DialledFrom: []string{HeaderTo, FromRequest},
		},
		{Name: "encrypted", Match: []string{"203.0.113.5"}, Codecs: []string{"ulaw", "alaw"}, Transport: "tls", SRTP: true},
	}
	c.DialledFrom = []string{HeaderTo, HeaderDiversion, HeaderHistory}
	c.MaxPerCaller = 3
	c.Ring = true
	c.Busy = "/var/lib/glennline/prompts/busy-0123456789ab"
	c.Fallback = &Fallback{
		Spool:   "/var/lib/glennline/asterisk/spool/recording",
		SealKey: "PLACEHOLDER-key_",
		Lines: []FallbackLine{
			{
				Name: "main", Language: "fr", Folder: "/var/lib/glennline/prompts/0123456789ab", Busy: "/var/lib/glennline/prompts/busy-0123456789ab",
				Numbers:    []string{"+3225550100", "3225550100", "003225550100", "025550100"},
				MaxMessage: 2 * time.Minute, MaxSilence: 5 * time.Second, EndKey: "#",
			},
			{
				Name: "other", Language: "nl", Folder: "/var/lib/glennline/prompts/ba9876543210", Busy: "/var/lib/glennline/prompts/busy-0123456789ab",
				CatchAll: true, RingFor: 4500 * time.Millisecond, MaxMessage: time.Minute, MaxSilence: 5 * time.Second,
			},
		},
	}
	return c
}

func TestValidate(t *testing.T) {
	if err := example().Validate(); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		field  string
		change func(*Config)
		hint   string
	}{
		{"dir", func(c *Config) { c.Dir = "" }, "absolute"},
		{"dir", func(c *Config) { c.Dir = "data" }, "absolute"},
		{"dir", func(c *Config) { c.Dir = "/x\nlive_dangerously=yes" }, "use letters"},
		{"dir", func(c *Config) { c.Dir = "/x;y" }, "use letters"},
		{"dir", func(c *Config) { c.Dir = "/x " }, "use letters"},
		{"dir", func(c *Config) { c.Dir = "/" + strings.Repeat("x", 95) }, "shorter"},
		{"module_dir", func(c *Config) { c.ModuleDir = "modules" }, "absolute"},
		{"data_dir", func(c *Config) { c.DataDir = "/a,b" }, "use letters"},
		{"system", func(c *Config) { c.System = "two words" }, "use 1 to 40"},
		{"app", func(c *Config) { c.App = "a,b" }, "use 1 to 40"},
		{"ari.host", func(c *Config) { c.ARI.Host = "0.0.0.0" }, "use 127.0.0.1"},
		{"ari.host", func(c *Config) { c.ARI.Host = "localhost" }, "use 127.0.0.1"},
		{"ari.port", func(c *Config) { c.ARI.Port = 0 }, "use 1 to 65535"},
		{"ari.port", func(c *Config) { c.ARI.Port = c.SIP.Port }, "choose another"},
		{"ari.user", func(c *Config) { c.ARI.User = "" }, "use 1 to 40"},
		{"ari.password", func(c *Config) { c.ARI.Password = "secret" }, "NewPassword"},
		{"ari.password", func(c *Config) { c.ARI.Password = NewPassword() + ";" }, "NewPassword"},
		{"ari.monitor_user", func(c *Config) { c.ARI.MonitorUser = "a]\n[b" }, "use 1 to 40"},
		{"ari.monitor_user", func(c *Config) { c.ARI.MonitorUser = c.ARI.User }, "choose another"},
		{"ari.monitor_password", func(c *Config) { c.ARI.MonitorPassword = "secret" }, "need 32"},
		{"ari.monitor_password", func(c *Config) { c.ARI.MonitorPassword = c.ARI.Password }, "not those of the other"},
		{"sip.host", func(c *Config) { c.SIP.Host = "sip.example.org" }, "0.0.0.0"},
		{"sip.port", func(c *Config) { c.SIP.Port = 70000 }, "use 1 to 65535"},
		{"sip.port", func(c *Config) { c.SIP.Port = c.RTP.From }, "move one"},
		{"sip.transport", func(c *Config) { c.SIP.Transport = "ws" }, "use udp"},
		{"sip.transport", func(c *Config) { c.SIP.Transport = "udp,udp" }, "each once"},
		{"sip.tls.port", func(c *Config) { c.SIP.TLS.Port = 0 }, "use 1 to 65535"},
		{"sip.tls.port", func(c *Config) { c.SIP.TLS.Port = c.SIP.Port }, "choose another"},
		{"sip.tls.version", func(c *Config) { c.SIP.TLS.Version = "1.0" }, "use 1.2 or 1.3"},
		{"sip.tls.key", func(c *Config) { c.SIP.TLS.Key = "" }, "belong together"},
		{"sip.tls.ca", func(c *Config) { c.SIP.TLS.CA = "" }, "certificates to trust"},
		{"trunks[0].notes", func(c *Config) { c.Trunks[0].Notes = []string{"x\n[y]"} }, "one line"},
		{"trunks[1].server", func(c *Config) { c.Trunks[1].Server = "a;b" }, "neither a name"},
		{"trunks[1].port", func(c *Config) { c.Trunks[1].Port = 70000 }, "use 1 to 65535"},
		{"trunks[0].srtp", func(c *Config) { c.Trunks[0].SRTP = true }, "in clear"},
		{"trunks[0].dialled_from", func(c *Config) { c.Trunks[0].DialledFrom = []string{"from"} }, "not passed along"},
		{"trunks[1].transport", func(c *Config) { c.Trunks[1].Transport = "ws" }, "not listened on"},
		{"trunks[1].server", func(c *Config) { c.Trunks[1].Server = "" }, "name whom"},
		{"trunks[1].register.user", func(c *Config) { c.Trunks[1].Register.User = "a@b" }, "use letters"},
		{"trunks[1].register.auth_user", func(c *Config) { c.Trunks[1].Register.AuthUser = "a b" }, "one word"},
		{"trunks[1].register.password", func(c *Config) { c.Trunks[1].Register.Password = "a\nb" }, "cannot hold"},
		{"trunks[1].register.password", func(c *Config) { c.Trunks[1].Register.Password = "" }, "empty"},
		{"trunks[1].register.expires", func(c *Config) { c.Trunks[1].Register.Expires = 0 }, "whole seconds"},
		{"sip.external", func(c *Config) { c.SIP.External = "us" }, "carrier sends"},
		{"sip.local", func(c *Config) { c.SIP.Local = []string{"10/8"} }, "192.168.0.0/16"},
		{"trunks", func(c *Config) { c.Trunks = nil }, "name at least one"},
		{"trunks[0].name", func(c *Config) { c.Trunks[0].Name = "a b" }, "use 1 to 40"},
		{"trunks[3].name", func(c *Config) { c.Trunks = append(c.Trunks, c.Trunks[0]) }, "own name"},
		{"trunks[0].match", func(c *Config) { c.Trunks[0].Match = nil }, "list those"},
		{"trunks[0].match", func(c *Config) { c.Trunks[0].Match = []string{"sip.example.org"} }, "looked up only once"},
		{"trunks[0].match", func(c *Config) { c.Trunks[0].Match = []string{"0.0.0.0/0"} }, "stranger"},
		{"trunks[0].codecs", func(c *Config) { c.Trunks[0].Codecs = nil }, "alaw"},
		{"trunks[0].codecs", func(c *Config) { c.Trunks[0].Codecs = []string{"g729"} }, "alaw"},
		{"dialled_from", func(c *Config) { c.DialledFrom = []string{"from"} }, "diversion"},
		{"rtp.from", func(c *Config) { c.RTP.From = 0 }, "use 1 to 65535"},
		{"rtp", func(c *Config) { c.RTP.To = c.RTP.From + 99 }, "widen"},
		{"rtp", func(c *Config) { c.RTP.To = c.RTP.From - 1 }, "carry 0 calls"},
		{"max_calls", func(c *Config) { c.MaxCalls = 0 }, "at least 1"},
		{"max_files", func(c *Config) { c.MaxFiles = 1024 }, "at least 10000"},
		{"max_call", func(c *Config) { c.MaxCall = 1500 * time.Millisecond }, "whole seconds"},
		{"max_call", func(c *Config) { c.MaxCall = 24 * time.Hour }, "to 4h"},
		{"rtp_timeout", func(c *Config) { c.RTPTimeout = time.Second }, "from 10s"},
		{"verbose", func(c *Config) { c.Verbose = 9 }, "use 0 to 5"},
	} {
		t.Run(tt.field, func(t *testing.T) {
			c := example()
			tt.change(&c)
			err := c.Validate()
			for _, e := range joined(err) {
				var fe *FieldError
				if !errors.As(e, &fe) {
					t.Fatalf("%T: %v", e, e)
				}
				if fe.Field == tt.field && strings.Contains(fe.Error(), tt.hint) {
					return
				}
			}
			t.Errorf("no error about %s with %q in: %v", tt.field, tt.hint, err)
		})
	}
}

func joined(err error) []error {
	if j, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // Validate joins at the top
		return j.Unwrap()
	}
	return nil
}

func TestValidateTellsAllAtOnce(t *testing.T) {
	c := example()
	c.SIP.Port, c.System, c.MaxCalls = 0, "", -1
	if got := joined(c.Validate()); len(got) < 3 {
		t.Errorf("%d errors: %v", len(got), got)
	}
}

func TestNewPassword(t *testing.T) {
	a, b := NewPassword(), NewPassword()
	if a == b || len(a) != 43 {
		t.Errorf("%q, %q", a, b)
	}
	c := example()
	c.ARI.Password = a
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
}
