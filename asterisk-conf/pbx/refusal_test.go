package pbx

import "testing"

func TestParseRefusal(t *testing.T) {
	for text, want := range map[string]Refusal{
		`{"hostname":"h","timestamp":"2026-11-22T18:02:08.288+0000","identifiers":{"lwp":3736,"callid":""},"logmsg":{"location":{"filename":"res_pjsip/pjsip_distributor.c","function":"log_failed_request","line":688},"level":"NOTICE","message":"Request 'INVITE' from '\"x's\" <sip:+32470555020@127.0.0.99>' failed for '127.0.0.99:39316' (callid: call39316) - No matching endpoint found\n"}}` + "\n": {
			Why: RefusedStranger, Status: 401, From: "+32470555020", Source: "127.0.0.99:39316", SIPCallID: "call39316",
		},
		"[Nov 22 17:02:29] NOTICE[4651]: res_pjsip/pjsip_distributor.c:688 log_failed_request: Request 'INVITE' from '<sip:100@192.0.2.9>' failed for '192.0.2.9:5060' (callid: a@b) - No matching endpoint found\n": {
			Why: RefusedStranger, Status: 401, From: "100", Source: "192.0.2.9:5060", SIPCallID: "a@b",
		},
		"[Nov 22 17:02:29] NOTICE[4651]: res_pjsip/pjsip_distributor.c:688 log_failed_request: Request 'INVITE' from '<sip:192.0.2.9>' failed for '192.0.2.9:5060' (callid: a) - No matching endpoint found after 5 tries in 1.0 ms\n": {
			Why: RefusedStranger, Status: 401, Source: "192.0.2.9:5060", SIPCallID: "a",
		},
		`{"identifiers":{},"logmsg":{"location":{},"level":"ERROR","message":" encrypted: Couldn't negotiate stream 0:audio-0:audio:sendrecv (nothing)\n"}}`: {
			Why: RefusedEncryption, Status: 488, Endpoint: "encrypted",
		},
		"[Nov 22 17:02:29] ERROR[4651]: res_pjsip_session.c:946 handle: encrypted: Couldn't negotiate stream 0:audio-0:audio:sendrecv (nothing)\n": {
			Why: RefusedEncryption, Status: 488, Endpoint: "encrypted",
		},
		"[Nov 22 17:02:29] NOTICE[4651]: res_pjsip_session.c:4000 new_invite: Call (UDP:192.0.2.1:5060) to extension '%' rejected because extension not found in context 'glennline-from-trunk'.\n": {
			Why: RefusedExtension, Status: 404, Source: "192.0.2.1:5060", Dialled: "%",
		},
		`{"identifiers":{},"logmsg":{"location":{},"level":"WARNING","message":"sip_transport.c Dropping 349 bytes packet from UDP 127.0.0.2:39344 : PJSIP syntax error exception when parsing 'Via' header on line 2 col 75: PJSIP syntax error exception when parsing 'From' header on line 4 col 61\n"}}`: {
			Why: RefusedBroken, Source: "127.0.0.2:39344", Phrase: "syntax error in Via, line 2",
		},
		`{"identifiers":{},"logmsg":{"location":{},"level":"ERROR","message":"sip_endpoint.c Error processing packet from 127.0.0.2:39929: Missing required header(s) (PJSIP_EMISSINGHDR)  CSeq [code 171050]:\nGET / HTTP/1.1\r\n\r\n\n-- end of packet."}}`: {
			Why: RefusedBroken, Source: "127.0.0.2:39929", Phrase: "without CSeq",
		},
		"Request 'INVITE' from '<sip:a@b>' failed for '192.0.2.9:1' (callid: x) - y' failed for '192.0.2.8:1' (callid: z) - No matching endpoint found": {
			Why: RefusedStranger, Status: 401,
		},
	} {
		if got, ok := parseRefusal(messageOf(text)); !ok || got != want {
			t.Errorf("%s: %+v, %v; want %+v", text, got, ok, want)
		}
	}
	for _, text := range []string{
		"", "\n", "{", "Request 'REGISTER' from '<sip:100@192.0.2.9>' failed for '192.0.2.9:5060' (callid: a) - No matching endpoint found",
		"[Nov 22] NOTICE[1]: res_pjsip_session.c:1 f: Call (UDP:192.0.2.1:5060) to extension '1' rejected because extension not found in context 'theirs'.",
	} {
		if got, ok := parseRefusal(messageOf(text)); ok {
			t.Errorf("%q: %+v", text, got)
		}
	}
}
