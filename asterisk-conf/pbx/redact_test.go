package pbx

import (
	"strings"
	"testing"
)

func TestRedact(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{
			"notice about a stranger",
			`Request 'INVITE' from '"Marie Dupont" <sip:+32475550100@192.0.2.7>' failed for '192.0.2.7:5060' (callid: a84b4c76e66710) - No matching endpoint found`,
			`Request 'INVITE' from '"[name]" <sip:[user]@192.0.2.7>' failed for '192.0.2.7:5060' (callid: a84b4c76e66710) - No matching endpoint found`,
		},
		{
			"name of two hundred characters",
			`from '"` + strings.Repeat("Marie ", 34) + `" <sip:+32475550100@192.0.2.7>' failed`,
			`from '"[name]" <sip:[user]@192.0.2.7>' failed`,
		},
		{"name with quotes and brackets", `from "M \"<Du>\" Pont" <sip:a@h> to "B" <sip:b@h>`, `from "[name]" <sip:[user]@h> to "[name]" <sip:[user]@h>`},
		{
			"name that Asterisk could not take",
			`CallerID Name 'Marie d'Hoine' for number '0475550100' has invalid UTF-8 characters which were replaced`,
			`CallerID Name '[name]' for number '[number]' has invalid UTF-8 characters which were replaced`,
		},
		{"name as user part", `from <sip:marie.dupont@192.0.2.7:5060>`, `from <sip:[user]@192.0.2.7:5060>`},
		{"tel", `P-Asserted-Identity: <tel:+32-475-55-01-00>`, `P-Asserted-Identity: <tel:[number]>`},
		{"portability", `sip:+3225550100;npdi;rn=+3225550199@host`, `sip:[user]@host`},
		{"national", `caller 0475550100 left`, `caller [number] left`},
		{"grouped by blanks", `caller 0475 55 01 00 left`, `caller [number] left`},
		{"grouped by dots", `caller 02.555.01.00 left`, `caller [number] left`},
		{"grouped by slash and dots", `caller 02/555.01.00 left`, `caller [number] left`},
		{"grouped by brackets", `caller +32 (0)2 555-01-00 left`, `caller [number] left`},
		{"no-break spaces", "caller +32\u00a0475\u202f55\u00a001\u00a000 left", "caller [number] left"},
		{"other digits", "caller ٠٤٧٥٥٥٠١٠٠ left", "caller [number] left"},
		{"inside a word", `x0475550100y`, `x[number]y`},
		{"five groups of a quad's look", `caller +32.2.55.50.100 left`, `caller [number] left`},
		{"channel", `PJSIP/local-0000001f: Stasis app 'glennline' doesn't exist`, `PJSIP/local-0000001f: Stasis app 'glennline' doesn't exist`},
		{"channel of many digits", `PJSIP/local-00000012 answered`, `PJSIP/local-00000012 answered`},
		{"unique id", `channel glennline-1795353596.12 gone`, `channel glennline-1795353596.12 gone`},
		{"unique id's seconds alone", `channel 1795353596 gone`, `channel [number] gone`},
		{"address and port", `from 192.0.2.7:15060, 10.0.0.1/24`, `from 192.0.2.7:15060, 10.0.0.1/24`},
		{"recording", `2026-11-22/01JD9Z3M6W8QK5R7T1V4X2Y0AB-1.wav: disk full`, `2026-11-22/01JD9Z3M6W8QK5R7T1V4X2Y0AB-1.wav: disk full`},
		{"uuid", `PBX UUID: df22855c-c282-451b-a524-72e055884ba8`, `PBX UUID: df22855c-c282-451b-a524-72e055884ba8`},
		{"time", `Channel will hangup at 2026-11-22 13:24:56`, `Channel will hangup at 2026-11-22 13:24:56`},
		{"small numbers", `port range 21000 -> 21999, 68 modules, line 3946`, `port range 21000 -> 21999, 68 modules, line 3946`},
		{"task processor", `taskprocessor pjsip/distributor-00000042 500 high`, `taskprocessor pjsip/distributor-00000042 500 high`},
		{"number dressed as a channel", `PJSIP/0475550100-0000001f`, `PJSIP/[number]f`},
		{"several lines", "one 0475550100\ntwo 0475550101\n", "one [number]\ntwo [number]\n"},
		{"empty", ``, ``},
		{"broken utf-8", "\xff0475550100\xff", "\xff[number]\xff"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := Redact(tt.in)
			if got != tt.want {
				t.Errorf("Redact(%q)\n got %q\nwant %q", tt.in, got, tt.want)
			}
			if again := Redact(got); again != got {
				t.Errorf("twice gives %q", again)
			}
		})
	}
}

// A number must not come through, whatever stands around it.
func FuzzRedact(f *testing.F) {
	for _, around := range []string{"", " ", "+", "sip:", "@", "1795353596.", "192.0.2.", "PJSIP/", "01JD9Z3M6W8QK5R7", "-", "\xff", `"`, "2026-11-22/", "C-", "٠"} {
		f.Add(around, around)
	}
	numbers := []string{"0475550100", "+32475550100", "025550100", "0475 55 01 00", "02/555.01.00", "003225550100"}
	f.Fuzz(func(t *testing.T, before, after string) {
		for _, n := range numbers {
			in := before + n + after
			got := Redact(in)
			if strings.Contains(got, n) && !strings.Contains(before+after, n) {
				t.Errorf("Redact(%q) = %q still holds %q", in, got, n)
			}
		}
	})
}
