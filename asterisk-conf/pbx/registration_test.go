package pbx

import (
	"slices"
	"testing"
	"time"
)

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
