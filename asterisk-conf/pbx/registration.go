package pbx

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Registration is how a trunk that registers stands with its carrier, by
// Asterisk's word.
type Registration struct {
	// Section is its name in pjsip.conf: the trunk's, with glennline- before it in
	// a fragment.
	Section string
	Status  RegistrationStatus
	// Next is the time until it is renewed or, where it did not succeed, tried
	// again; negative where that is overdue.
	Next time.Duration
}

// RegistrationStatus is a word of Asterisk's.
type RegistrationStatus string

// The states that last. Asterisk does not tell why one did not succeed: its log
// does, as a warning from res_pjsip_outbound_registration.c.
const (
	Registered   RegistrationStatus = "registered"   // calls can come
	Unregistered RegistrationStatus = "unregistered" // the first answer is awaited
	Rejected     RegistrationStatus = "rejected"     // refused, or not answered; it is tried again
)

// RegistrationFailure is an attempt to register that did not succeed, by
// Asterisk's log.
type RegistrationFailure struct {
	Server, Client string        // server_uri and client_uri in pjsip.conf
	Status         int           // SIP status of the answer; 0 without one
	Again          time.Duration // until the next attempt; 0 where it gave up
}

var registrationFailure = regexp.MustCompile(
	`^(?:No response|Temporal response '(\d{3})'|(403) Forbidden fatal response|'(\d{3})' fatal response|Fatal response '(\d{3})') ` +
		`received from '([^']*)' on registration attempt to '([^']*)'(?:, retrying in '(\d+)')?`)

// parseRegistrationFailure reads a message of the log.
func parseRegistrationFailure(message string) (RegistrationFailure, bool) {
	m := registrationFailure.FindStringSubmatch(strings.TrimSpace(message))
	if m == nil {
		return RegistrationFailure{}, false
	}
	f := RegistrationFailure{Server: m[5], Client: m[6]}
	f.Status, _ = strconv.Atoi(m[1] + m[2] + m[3] + m[4]) // "" is 0
	if seconds, err := strconv.Atoi(m[7]); err == nil {
		f.Again = time.Duration(seconds) * time.Second
	}
	return f, true
}

// ControlSocket is that of the Asterisk that runs in dir.
func ControlSocket(dir string) string { return controlAt(dir).path }

// Registrations asks the Asterisk that listens on a control socket for all of
// its registrations, in the order in which it tells them; none where no trunk
// registers.
func Registrations(ctx context.Context, socket string) ([]Registration, error) {
	out, err := control{path: socket}.command(ctx, "pjsip show registrations")
	if err != nil {
		return nil, fmt.Errorf("registrations: %w", err)
	}
	return parseRegistrations(out), nil
}

// registrationLine is a row of the table:
//
//	carrier/sip:sip.example.org:5060;transport=udp  carrier  Registered  (exp. 95s)
//
// whose second column is cut at its right, but never the name before the slash.
var registrationLine = regexp.MustCompile(`^\s*([A-Za-z0-9_-]+)/\S+\s+\S+\s+([A-Z][a-z]+)(?:\s+\(exp\. (\d+)s( ago)?\)|\s+0)?\s*$`)

func parseRegistrations(out string) (all []Registration) {
	for line := range strings.Lines(out) {
		m := registrationLine.FindStringSubmatch(strings.TrimRight(line, "\n"))
		if m == nil {
			continue
		}
		r := Registration{Section: m[1], Status: RegistrationStatus(strings.ToLower(m[2]))}
		if seconds, err := strconv.Atoi(m[3]); err == nil {
			r.Next = time.Duration(seconds) * time.Second
		}
		if m[4] != "" {
			r.Next = -r.Next
		}
		all = append(all, r)
	}
	return all
}
