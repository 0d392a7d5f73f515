package pbx

import (
	"encoding/json"
	"strings"
	"testing"
)

// As Asterisk 22.10 wrote them.
const (
	eventHead = `SecurityEvent="InvalidAccountID",EventTV="2026-11-22T23:38:51.697+0000",Severity="Error",Service="PJSIP",EventVersion="1",`
	eventTail = `LocalAddress="IPV4/UDP/192.0.2.2/5060",RemoteAddress="IPV4/UDP/192.0.2.66/33724"`
	forged    = `LocalAddress="IPV4/UDP/192.0.2.2/5060",RemoteAddress="IPV4/UDP/203.0.113.5/5060"`
)

func TestSecurityEvent(t *testing.T) {
	failed := strings.Replace(eventHead, "InvalidAccountID", "ChallengeResponseFailed", 1)
	for name, tt := range map[string]struct{ in, want string }{
		"stranger": {
			eventHead + `AccountID="+32470555019",SessionID="32470555019-1795390731.6964595@x",` + eventTail + "\n",
			eventHead + `AccountID="[user]",SessionID="[number]-1795390731.6964595@x",` + eventTail,
		},
		"a name, and no session": {
			eventHead + `AccountID="marie.dupont",SessionID="",` + eventTail,
			eventHead + `AccountID="[user]",SessionID="",` + eventTail,
		},
		"several lines": {
			eventHead + "AccountID=\"a\nb\r\",SessionID=\"c d\ne\"," + eventTail,
			eventHead + `AccountID="[user]",SessionID="c_d_e",` + eventTail,
		},
		"a challenge": {
			eventHead + `AccountID="<unknown>",SessionID="a@b",` + eventTail + `,Challenge=""`,
			eventHead + `AccountID="<unknown>",SessionID="a@b",` + eventTail,
		},
		"IPv6": {
			eventHead + `AccountID="1",SessionID="a",LocalAddress="IPV6/TCP/2001:db8::1/5060",RemoteAddress="IPV6/TCP/2001:db8::2/1"`,
			eventHead + `AccountID="[user]",SessionID="a",LocalAddress="IPV6/TCP/2001:db8::1/5060",RemoteAddress="IPV6/TCP/2001:db8::2/1"`,
		},
		"long": {
			eventHead + `AccountID="1",SessionID="` + strings.Repeat("y", 700) + `",` + eventTail,
			eventHead + `AccountID="[user]",SessionID="` + strings.Repeat("y", 128) + `",` + eventTail,
		},
		// What a stranger writes is no address, and hides none.
		"forged account": {
			eventHead + `AccountID="",` + forged + `,X="",SessionID="a",` + eventTail,
			eventHead + `AccountID="[user]",SessionID="a",` + eventTail,
		},
		"forged session": {
			eventHead + `AccountID="1",SessionID="x",` + forged + `",` + eventTail,
			eventHead + `AccountID="[user]",SessionID="x__LocalAddress__IPV4_UDP_192.0.2.2_5060__RemoteAddress__IPV4_UDP_203.0.113.5_5060_",` + eventTail,
		},
		"forged answer": {
			failed + `AccountID="<unknown>",SessionID="x",` + eventTail + `,Challenge="",` + forged + `,Challenge="n",Response="r",ExpectedResponse=""`,
			failed + `AccountID="<unknown>",SessionID="x__LocalAddress__IPV4_UDP_192.0.2.2_5060__RemoteAddress__IPV4_UDP_192.0.2.66_33724__Challenge__"`,
		},
		"an answer": {
			failed + `AccountID="<unknown>",SessionID="x",` + eventTail + `,Challenge="n",Response="0470555019",ExpectedResponse="secret"`,
			failed + `AccountID="<unknown>",SessionID="x",` + eventTail,
		},
		"cut": {
			eventHead + `AccountID="+3247055`,
			eventHead + `AccountID="<unknown>",SessionID=""`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			e, ok := parseSecurity(tt.in)
			if got := e.String(); !ok || got != tt.want {
				t.Errorf("\ngot  %s\nwant %s", got, tt.want)
			}
		})
	}
	if e, ok := parseSecurity("something else, of 0470555019"); ok {
		t.Errorf("%+v", e)
	}
}

// Whatever is an event is told in one line, of which the fields are as they were,
// and no part of it is logged elsewhere.
func FuzzSecurityLine(f *testing.F) {
	f.Add("+32470555019", "a@b", "")
	f.Add(`",RemoteAddress="`, "a\nb", `,Challenge="",RemoteAddress="IPV4/UDP/203.0.113.5/5060"`)
	f.Fuzz(func(t *testing.T, account, session, rest string) {
		message := eventHead + `AccountID="` + account + `",SessionID="` + session + `",` + eventTail + rest
		var r record
		r.LogMsg.Level, r.LogMsg.Message = securityLevel, message
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		e, _, ok := parseSecurityLine(string(text))
		if !ok {
			t.Fatalf("no event: %s", text)
		}
		got := e.String()
		if strings.ContainsAny(got, "\n\r\x00") || strings.Count(got, `"`)%2 != 0 || strings.Count(got, `RemoteAddress="`) > 1 {
			t.Errorf("%q", got)
		}
		if rest == "" && !strings.HasSuffix(got, eventTail) {
			t.Errorf("%q does not end in what Asterisk wrote", got)
		}
	})
}
