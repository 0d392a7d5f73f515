//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"glennline/softphone"
)

const (
	longNumber = "4915123456789012345678901234567890123456" // 40 digits
	oddName    = "Delvaux-Peeters"
)

// What callers and carriers may send, wanted or not. Every call is answered or
// refused in order, nobody falls over, and the next caller is served.
func TestOddCalls(t *testing.T) {
	t.Parallel()
	l := up(t, callsConfig)
	before := l.asterisk()
	answered, refused := 200, 404
	for name, test := range map[string]struct {
		invitation
		want int // 0 for any refusal
	}{
		"escaped plus":               {invitation{user: "%2B3225550100"}, answered},
		"parameters of the number":   {invitation{user: "+3225550100;npdi;rn=+3225550000"}, answered},
		"number of another":          {invitation{user: "+3225550199"}, refused},
		"name of a special place":    {invitation{user: "h"}, 0},
		"another":                    {invitation{user: "s"}, 0},
		"variable of the dialplan":   {invitation{user: "$%7BEXTEN%7D"}, 0},
		"command":                    {invitation{user: "+3225550100%60id%60"}, 0},
		"separators":                 {invitation{user: "+3225550100,v1,x%2Cy"}, 0},
		"path":                       {invitation{user: "..%2F..%2Fetc%2Fpasswd"}, 0},
		"line break":                 {invitation{user: "+3225550100%0D%0AX-Y:%20z"}, 0},
		"zero byte":                  {invitation{user: "+3225550100%00"}, answered}, // the end of a word in C
		"letters of another script":  {invitation{user: "%C3%A9l%C3%A8ve"}, 0},
		"number of two hundred":      {invitation{user: strings.Repeat("1234567890", 20)}, 0},
		"long To":                    {invitation{user: "+3225550100", to: "\"" + strings.Repeat("x", 2000) + "\" <sip:+3225550100@127.0.0.1>"}, answered},
		"long Diversion":             {invitation{user: "trunk", headers: []string{"Diversion: \"" + strings.Repeat("y", 2000) + "\" <sip:+3225550101@carrier.example>"}}, 0},
		"many Diversions":            {invitation{user: "+3225550100", headers: many("Diversion: <sip:+32255501%02d@carrier.example>;reason=unconditional", 20)}, answered},
		"broken Diversion":           {invitation{user: "+3225550100", headers: []string{"Diversion: <<sip:;;,,%%@>>>\"", "History-Info: ,,,"}}, answered},
		"name of two hundred":        {invitation{user: "+3225550100", from: "\"" + strings.Repeat(oddName, 15) + "\" <sip:" + callerNumber + "@127.0.0.1>"}, answered},
		"name with quotes":           {invitation{user: "+3225550100", from: `"` + oddName + ` \"<sip:x>\\ %0d%0aVia: x" <sip:` + callerNumber + `@127.0.0.1>`}, answered},
		"number of forty digits":     {invitation{user: "+3225550100", from: "<sip:+" + longNumber + "@127.0.0.1>"}, answered},
		"number with letters":        {invitation{user: "+3225550100", from: "<sip:" + oddName + longNumber + "@127.0.0.1>"}, answered},
		"no number":                  {invitation{user: "+3225550100", from: "<sip:127.0.0.1>"}, answered},
		"number in another's format": {invitation{user: "+3225550100", from: "<tel:+" + longNumber + ">"}, answered},
	} {
		t.Run(name, func(t *testing.T) {
			m := newWire(t, l.addr).call(test.invitation)
			if test.want != 0 && m.status != test.want || test.want == 0 && m.status < 400 {
				t.Errorf("answer:\n%s\nwant status %d", m.text, test.want)
			}
		})
	}
	t.Run("OPTIONS", func(t *testing.T) {
		w := newWire(t, l.addr)
		i := invitation{from: "<sip:carrier@127.0.0.1>;tag=" + token(), callID: token()}
		if m := w.ask(w.request("OPTIONS", 1, "sip:"+l.addr, token(), i, "<sip:"+l.addr+">"), "1 OPTIONS"); m.status != 200 {
			t.Errorf("a carrier that asks whether we live is answered:\n%s", m.text)
		}
	})
	t.Run("no SIP", func(t *testing.T) {
		w := newWire(t, l.addr)
		broken := invitation{from: `"` + oddName + "\\\n\" <sip:" + callerNumber + "@127.0.0.1>", callID: token()}
		w.send(w.request("INVITE", 1, "sip:+3225550100@"+l.addr, token(), broken, "<sip:x>"))
		w.send("\x00\xff\r\n\r\n")
		w.send(strings.Repeat("INVITE ", 8000))
	})
	t.Run("one Call-ID for two calls", func(t *testing.T) {
		id := token()
		var both sync.WaitGroup
		for range 2 {
			w := newWire(t, l.addr)
			both.Go(func() { w.call(invitation{user: "+3225550100", callID: id}) })
		}
		both.Wait()
		ids := make(map[string]bool)
		waitFor(t, "their rows", func() bool {
			open := 0
			for _, r := range l.calls() {
				if r.SIPCallID == id {
					ids[r.ID] = true
					if r.Ending.Result == "" {
						open++
					}
				}
			}
			return len(ids) > 0 && open == 0
		})
	})

	r := l.phone(t, softphone.Script{Say: speech(t, 1)})
	l.want(t, r, "message/caller", "counted")
	if after := l.asterisk(); after != before {
		t.Errorf("asterisk is process %d, at the beginning it was %d", after, before)
	}
	if n := l.logged("call with unknown arguments"); n != 0 {
		t.Errorf("%d calls broke the arguments that the dialplan passes", n)
	}
	l.noNumber(append(digits, longNumber, longNumber[:12], oddName)...)
}

func many(format string, n int) (headers []string) {
	for i := range n {
		headers = append(headers, fmt.Sprintf(format, i))
	}
	return headers
}
