package pbx

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tracedLine is a line of the console as the trace's are.
func tracedLine(what, text string) string {
	return fmt.Sprintf(`{"identifiers":{},"logmsg":{"location":{"filename":"res_pjsip_logger.c"},"level":"VERBOSE","message":%q}}`,
		fmt.Sprintf("<--- %s (%d bytes) %s --->\n%s\n", what, len(text), peerOf(what), text))
}

func peerOf(what string) string {
	if strings.HasPrefix(what, "Received") {
		return "from UDP:192.0.2.1:5060"
	}
	return "to UDP:192.0.2.1:5060"
}

func inviteOf(id, more, sdp string) string {
	return tracedLine("Received SIP request", "INVITE sip:+3225550100;npdi@127.0.0.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1\r\nf: \"M\" <sip:+32470555019@x>;tag=1\r\n"+
		"To: <sip:x@y>\r\nCall-ID:\r\n  "+id+"\r\nCSeq: 1 INVITE\r\n"+more+"\r\n"+sdp)
}

func answeredBy(id, status, method string) string {
	return tracedLine("Transmitting SIP response", "SIP/2.0 "+status+"\r\nCall-ID: "+id+"\r\nTo: <sip:x@y>;tag=2\r\nCSeq: 1 "+method+"\r\n\r\n")
}

func TestOverheard(t *testing.T) {
	const sdp = "v=0\r\nm=audio 4000 RTP/AVP 18 97 101\r\na=rtpmap:97 iLBC/8000\r\na=rtpmap:101 telephone-event/8000\r\nm=video 9 RTP/AVP 8\r\n"
	const encryption = `{"identifiers":{},"logmsg":{"location":{},"level":"ERROR","message":" secure: Couldn't negotiate stream 0:audio-0:audio:sendrecv (nothing)\n"}}`
	const strangers = `{"identifiers":{},"logmsg":{"location":{},"level":"NOTICE","message":"Request 'INVITE' from '<sip:a@b>' failed for '192.0.2.9:1' (callid: x) - y' failed for '192.0.2.8:1' (callid: z) - No matching endpoint found\n"}}`
	basic := Refusal{Why: RefusedAnswer, From: "+32470555019", Source: "192.0.2.1:5060", SIPCallID: "a", Dialled: "+3225550100", Status: 488, Phrase: "Not Acceptable Here"}
	change := func(to func(*Refusal)) []Refusal {
		r := basic
		to(&r)
		return []Refusal{r}
	}
	for name, tt := range map[string]struct {
		lines []string
		want  []Refusal
	}{
		"no codec in common": {
			[]string{inviteOf("a", "", sdp), answeredBy("a", "100 Trying", "INVITE"), answeredBy("a", "488 Not Acceptable Here", "INVITE"), answeredBy("a", "488 Not Acceptable Here", "INVITE")},
			change(func(r *Refusal) { r.Offers = "RTP/AVP G729 iLBC telephone-event" }),
		},
		"not encrypted": {
			[]string{inviteOf("a", "", sdp), encryption, answeredBy("a", "488 Not Acceptable Here", "INVITE")},
			change(func(r *Refusal) {
				r.Why, r.Endpoint, r.Offers = RefusedEncryption, "secure", "RTP/AVP G729 iLBC telephone-event"
			}),
		},
		"withheld, with an asserted number": {
			[]string{inviteOf("a", "Privacy: id\r\nP-Asserted-Identity: <tel:+32470555020;x=1>\r\n", ""), answeredBy("a", "488 Not Acceptable Here", "INVITE")},
			change(func(r *Refusal) { r.From, r.Withheld = "+32470555020", true }),
		},
		"a stranger with words like the log's": {
			[]string{inviteOf("a", "", ""), strangers, answeredBy("a", "401 Unauthorized", "INVITE")},
			change(func(r *Refusal) { r.Why, r.Status, r.Phrase = RefusedStranger, 401, "Unauthorized" }),
		},
		"taken":                {[]string{inviteOf("a", "", sdp), answeredBy("a", "200 OK", "INVITE"), answeredBy("a", "488 Not Acceptable Here", "INVITE")}, nil},
		"given up":             {[]string{inviteOf("a", "", sdp), answeredBy("a", "487 Request Terminated", "INVITE")}, nil},
		"another method":       {[]string{inviteOf("a", "", sdp), answeredBy("a", "481 No Call", "BYE")}, nil},
		"another call":         {[]string{inviteOf("a", "", sdp), answeredBy("b", "488 Not Acceptable Here", "INVITE")}, nil},
		"within a call":        {[]string{strings.Replace(inviteOf("a", "", sdp), "<sip:x@y>", "<sip:x@y>;tag=2", 1), answeredBy("a", "488 Not Acceptable Here", "INVITE")}, nil},
		"an answer to garbage": {[]string{tracedLine("Received SIP request", ""), tracedLine("Transmitting SIP response", "SIP/2.0 400"), "<--- Received", "{"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			o := &overheard{}
			var got []Refusal
			for _, line := range tt.lines {
				if r, ok := o.read(line); ok {
					got = append(got, r)
				}
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func FuzzOverheard(f *testing.F) {
	f.Add("INVITE sip:a@b SIP/2.0\r\nCSeq: 1 INVITE\r\n\r\nm=audio 1 RTP/AVP 8\r\n", "SIP/2.0 488 No\r\nCSeq: 1 INVITE\r\n")
	f.Fuzz(func(_ *testing.T, request, response string) {
		o := &overheard{}
		o.read(tracedLine("Received SIP request", request))
		o.read(tracedLine("Transmitting SIP response", response))
	})
}
