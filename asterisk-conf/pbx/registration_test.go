package pbx

import (
	"slices"
	"testing"
	"time"
)

func TestParseRegistrationFailure(t *testing.T) {
	const server, client = "sip:sip.example.org:5060;transport=udp", "sip:3225550100@sip.example.org"
	const from = " received from '" + server + "' on registration attempt to '" + client + "', "
	for message, want := range map[string]RegistrationFailure{
		"No response" + from + "retrying in '20'\n":                              {server, client, 0, 20 * time.Second},
		"Temporal response '401'" + from + "retrying in '20'":                    {server, client, 401, 20 * time.Second},
		"403 Forbidden fatal response" + from + "retrying in '300' seconds":      {server, client, 403, 5 * time.Minute},
		"'604' fatal response" + from + "retrying in '300' seconds":              {server, client, 604, 5 * time.Minute},
		"Fatal response '423'" + from + "stopping outbound registration":         {server, client, 423, 0},
		"Request 'INVITE' from 'No response" + from + "retrying in '20'' failed": {},
		"Unable to create request for '" + client + "'":                          {},
	} {
		got, ok := parseRegistrationFailure(message)
		if got != want || ok != (want != RegistrationFailure{}) {
			t.Errorf("%q: %+v, %v", message, got, ok)
		}
	}
}

func TestParseRegistrations(t *testing.T) {
	const table = `
 <Registration/ServerURI..............................>  <Auth....................>  <Status.......>
==========================================================================================

 a-name-that-is-thirty-two-long-x/sip:a-very-long-name.  a-name-that-is-thirty-two-long-x  Rejected          (exp. 14s)
 glennline-tcp/sip:127.0.0.1:15962;transport=tcp         glennline-tcp               Registered        (exp. 95s)
 late/sip:sip.example.org:5060;transport=udp             late                        Registered        (exp. 3s ago)
 new/sip:sip.example.org:5060;transport=udp              new                         Unregistered      0

Objects found: 4

`
	want := []Registration{
		{"a-name-that-is-thirty-two-long-x", Rejected, 14 * time.Second},
		{"glennline-tcp", Registered, 95 * time.Second},
		{"late", Registered, -3 * time.Second},
		{"new", Unregistered, 0},
	}
	if got := parseRegistrations(table); !slices.Equal(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if got := parseRegistrations("No such command 'pjsip show registrations' (type 'core show help pjsip show' for other possible commands)\n"); got != nil {
		t.Errorf("without the module: %+v", got)
	}
}
