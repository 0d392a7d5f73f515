//go:build heavy

package e2e

import (
	"fmt"
	"net"
	"strings"
	"testing"
)

// malformed is what may come that is no proper SIP, by the categories of RFC 4475;
// the messages are the project's own. Each is sent as it stands, lines parted by
// CR LF, with what changes in braces.
var malformed = []struct {
	category string
	messages []string
}{
	{"valid and hardly readable (3.1.1)", []string{
		"INVITE sip:{user}@{uri} SIP/2.0\nv:  SIP  / 2.0  /UDP   {here}  ;branch = z9hG4bK{id}; rport\nTO :\n  <sip:{user}@{uri}> \nf   :\"odd \\\\\\\" name\"<sip:a@{uri}>  ;\n  tag = x{id}\ni: {id}\nCSeq:   0000000001\n   INVITE\nMax-Forwards: 0068\nm:\"one\"<sip:b@{here}>;q=0.5\nSubject:\nc: application/sdp\nl: {len}\n\n{sdp}",
		"INVITE sip:%2b3225550100;param=%20@{uri};transport=udp;other SIP/2.0\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{id};rport\nTo: sip:null-%00-null@{uri}\nFrom: sip:nobody@{uri};tag={id}\nCall-ID: %ZE@{id}\nCSeq: 2147483647 INVITE\nContact: <sip:b@{here}>\nX-Any: \t folded\n\tonce\n more\nMax-Forwards: 255\nContent-Length: 0\n\n",
		"OPTIONS sip:{uri} SIP/2.0\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{id};rport\nTo: <sip:{uri}>\nFrom: <sip:a@{uri}>;tag={id}\nCall-ID: {id}\nCSeq: 1 OPTIONS\nMax-Forwards: 70\nContent-Length: 0\n\nbytes behind the end of the message",
	}},
	{"broken (3.1.2)", []string{
		"INVITE sip:{user}@{uri} SIP/2.0\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{id};;,;,,\nTo: <sip:a@{uri}>\nFrom: <sip:a@{uri}>;tag={id};;;;\nCall-ID: {id}\nCSeq: 1 INVITE\nContact: <sip:b@{here}>,,,\nMax-Forwards: 70\nContent-Length: 0\n\n",
		"INVITE sip:{user}@{uri} SIP/2.0\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{id}\nTo: <sip:a@{uri}>\nFrom: <sip:a@{uri}>;tag={id}\nCall-ID: {id}\nCSeq: 1 INVITE\nContact: <sip:b@{here}>\nMax-Forwards: 70\nContent-Type: application/sdp\nContent-Length: 9999\n\n{sdp}",
		"INVITE sip:{user}@{uri} SIP/2.0\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{id}\nTo: <sip:a@{uri}>\nFrom: <sip:a@{uri}>;tag={id}\nCall-ID: {id}\nCSeq: 1 INVITE\nContact: <sip:b@{here}>\nMax-Forwards: 70\nContent-Type: application/sdp\nContent-Length: -999\n\n{sdp}",
		"REGISTER sip:{uri} SIP/2.0\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{id}\nTo: <sip:a@{uri}>\nFrom: <sip:a@{uri}>;tag={id}\nCall-ID: {id}\nCSeq: 36893488147419103232 REGISTER\nMax-Forwards: 300\nExpires: 1000000000000000000000\nContact: <sip:b@{here}>;expires=280297596632815\nContent-Length: 0\n\n",
		"INVITE <sip:{user}@{uri}> SIP/2.0\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{id}\nTo: \"no end <sip:a@{uri}>\nFrom: <sip:a@{uri};tag={id}\nCall-ID: {id}\nCSeq: 1 INVITE\nMax-Forwards: 70\nContent-Length: 0\n\n",
		"INVITE  sip:{user}@{uri};lr=\"  SIP/2.0  \nVia: SIP/2.0/UDP {here};branch=z9hG4bK{id}\nTo: <sip:a@{uri}?Route=%3Csip:b@{here}%3E>\nFrom: <sip:a@{uri}>;tag={id}\nCall-ID: {id}\nCSeq: 1 INVITE\nDate: Fri, 01 Jan 2010 16:00:00 EST\nMax-Forwards: 70\nContent-Length: 0\n\n",
		"OPTIONS sip:{uri} SIP/7.0\nVia: SIP/7.0/UDP {here};branch=z9hG4bK{id}\nTo: <sip:a@{uri}>\nFrom: <sip:a@{uri}>;tag={id}\nCall-ID: {id}\nCSeq: 8 OPTIONS\nMax-Forwards: 70\nContent-Length: 0\n\n",
		"OPTIONS sip:{uri} SIP/2.0\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{id}\nTo: <sip:a@{uri}>\nFrom: <sip:a@{uri}>;tag={id}\nCall-ID: {id}\nCSeq: 8 INVITE\nMax-Forwards: 70\nContent-Length: 0\n\n",
		"SURPRISE sip:{uri} SIP/2.0\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{id}\nTo: <sip:a@{uri}>\nFrom: <sip:a@{uri}>;tag={id}\nCall-ID: {id}\nCSeq: 8 SURPRISE\nMax-Forwards: 70\nContent-Length: 0\n\n",
	}},
	{"without a transaction (3.2)", []string{
		"OPTIONS sip:{uri} SIP/2.0\nVia: SIP/2.0/UDP {here};branch=z9hG4bK\nTo: <sip:a@{uri}>\nFrom: <sip:a@{uri}>;tag={id}\nCall-ID: {id}\nCSeq: 1 OPTIONS\nMax-Forwards: 70\nContent-Length: 0\n\n",
		"BYE sip:{user}@{uri} SIP/2.0\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{id}\nTo: <sip:a@{uri}>;tag=nobody\nFrom: <sip:a@{uri}>;tag={id}\nCall-ID: {id}\nCSeq: 2 BYE\nMax-Forwards: 70\nContent-Length: 0\n\n",
		"CANCEL sip:{user}@{uri} SIP/2.0\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{id}\nTo: <sip:a@{uri}>\nFrom: <sip:a@{uri}>;tag={id}\nCall-ID: {id}\nCSeq: 1 CANCEL\nMax-Forwards: 70\nContent-Length: 0\n\n",
		"SIP/2.0 200 OK\nVia: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK{id}\nTo: <sip:a@{uri}>;tag=b\nFrom: <sip:a@{uri}>;tag={id}\nCall-ID: {id}\nCSeq: 1 INVITE\nContact: <sip:b@{here}>\nContent-Length: 0\n\n",
	}},
	{"against the rules (3.3)", []string{
		"INVITE sip:{user}@{uri} SIP/2.0\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{id}\nCSeq: 1 INVITE\nContent-Length: 0\n\n",
		"OPTIONS nobodyKnowsThisScheme:totallyopaque SIP/2.0\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{id}\nTo: <sip:a@{uri}>\nFrom: <http://example.org>;tag={id}\nCall-ID: {id}\nCSeq: 1 OPTIONS\nMax-Forwards: 70\nContent-Length: 0\n\n",
		"INVITE sip:{user}@{uri} SIP/2.0\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{id}\nVia: SIP/2.0/UDP {here};branch=z9hG4bKother\nTo: <sip:a@{uri}>\nTo: <sip:b@{uri}>\nFrom: <sip:a@{uri}>;tag={id}\nFrom: <sip:b@{uri}>;tag=2\nCall-ID: {id}\nCall-ID: another\nCSeq: 1 INVITE\nCSeq: 59 REGISTER\nMax-Forwards: 0\nContact: <sip:b@{here}>\nContent-Length: 5\nContent-Length: 200\n\n{sdp}",
		"INVITE sip:{user}@{uri} SIP/2.0\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{id}\nTo: <sip:a@{uri}>\nFrom: <sip:a@{uri}>;tag={id}\nCall-ID: {id}\nCSeq: 1 INVITE\nRequire: nothingSupportsThis\nProxy-Require: norThat\nMax-Forwards: 70\nContact: <sip:b@{here}>\nContent-Type: application/sdp\nContent-Length: {len}\n\n{sdp}",
		"INVITE sip:{user}@{uri} SIP/2.0\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{id}\nTo: <sip:a@{uri}>\nFrom: <sip:a@{uri}>;tag={id}\nCall-ID: {id}\nCSeq: 1 INVITE\nMax-Forwards: 70\nContact: <sip:b@{here}>\nContent-Type: application/unknownformat\nContent-Length: 7\n\n<a/>?!\n",
		"INVITE sip:{user}@{uri} SIP/2.0\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{id}\nTo: <sip:a@{uri}>\nFrom: <sip:a@{uri}>;tag={id}\nCall-ID: {id}\nCSeq: 1 INVITE\nMax-Forwards: 70\nContact: <sip:b@{here}>\nContent-Type: application/sdp\nContent-Length: 41\n\nv=0\nm=audio 99999999999 RTP/AVP 300 -1 x\n",
		"REGISTER sip:{uri} SIP/2.0\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{id}\nTo: <sip:a@{uri}>\nFrom: <sip:a@{uri}>;tag={id}\nCall-ID: {id}\nCSeq: 1 REGISTER\nAuthorization: NoOneKnows opaque-data=here\nContact: *\nExpires: 0\nMax-Forwards: 70\nContent-Length: 0\n\n",
	}},
	{"of an older age (3.4)", []string{
		"INVITE sip:{user}@{uri} SIP/2.0\nVia: SIP/2.0/UDP {here}\nFrom: <sip:a@{uri}>\nTo: <sip:{user}@{uri}>\nCall-ID: {id}\nCSeq: 1 INVITE\nContact: <sip:b@{here}>\nContent-Type: application/sdp\n\n{sdp}",
	}},
	{"no SIP at all", []string{
		"\x00\x00\x00\x00", "GET / HTTP/1.1\nHost: {uri}\n\n", strings.Repeat("a", 60000), "INVITE " + strings.Repeat("sip:", 10000) + " SIP/2.0\n\n",
	}},
}

// After whatever comes that is no proper SIP, from a carrier's address and from a
// stranger's, over UDP and TCP, the next call is answered and recorded, and
// Asterisk is still the same.
func TestMalformed(t *testing.T) {
	t.Parallel()
	l := up(t, adoptionConfig+`trunks:
  - {name: udp, addresses: [127.0.0.2]}
  - {name: tcp, addresses: [127.0.0.3], transport: tcp}
`)
	before := l.asterisk()
	watcher := l.watch(t)
	for _, m := range malformed {
		t.Run(m.category, func(t *testing.T) {
			for _, text := range m.messages {
				for _, network := range []string{"udp", "tcp"} {
					for _, from := range []string{"127.0.0.2", "127.0.0.66"} {
						sendRaw(t, network, from, l.addr, text)
					}
				}
			}
			l.serves(t, mainNumber, "127.0.0.2")
		})
	}
	for what, wanted := range map[string]sighting{
		"what is thrown away":        {Trunk: "udp", Why: "no proper SIP, thrown away: syntax error in Content-Length"},
		"what lacks something":       {Trunk: "udp", Why: "no proper SIP, thrown away: without To"},
		"what requires an extension": {Trunk: "udp", Status: 420, Why: "requires an extension"},
		"a body that is no SDP":      {Trunk: "udp", Status: 415, Why: "no SDP"},
	} {
		watcher.see(t, what, func(s sighting) bool {
			return s.Trunk == wanted.Trunk && s.Status == wanted.Status && strings.Contains(s.Why, wanted.Why) && strings.HasPrefix(s.Source, "127.0.0.")
		})
	}
	if after := l.asterisk(); after != before {
		t.Errorf("asterisk is process %d, at the beginning it was %d", after, before)
	}
	l.noNumber(digits...)
	watcher.noNumber(digits...)
}

// sendRaw sends a message from an address and goes away.
func sendRaw(t *testing.T, network, from, to, text string) {
	t.Helper()
	var here net.Addr = &net.UDPAddr{IP: net.ParseIP(from)}
	if network == "tcp" {
		here = &net.TCPAddr{IP: net.ParseIP(from)}
	}
	dialer := net.Dialer{LocalAddr: here}
	conn, err := dialer.DialContext(t.Context(), network, to)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // the other end may have closed it
	sdp := fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio 39998 RTP/AVP 8\r\n", from, from)
	text = strings.NewReplacer("\n", "\r\n", "{user}", strings.TrimPrefix(mainNumber, "+"), "{uri}", to, "{here}", conn.LocalAddr().String(),
		"{id}", token(), "{len}", fmt.Sprint(len(sdp)), "{sdp}", sdp).Replace(text)
	if _, err := conn.Write([]byte(text)); err != nil && network == "udp" { // a stream may be closed at once
		t.Error(err)
	}
}
