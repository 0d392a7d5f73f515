package pbx

import (
	"fmt"
	"regexp"
	"strings"
)

// securityLevel is that of Asterisk's security events (res_security_log).
const securityLevel = "SECURITY"

// securityEvent is one as far as it is kept. Asterisk writes
//
//	SecurityEvent="InvalidAccountID",EventTV="…",Severity="Error",Service="PJSIP",EventVersion="1",
//	AccountID="+32470555019",SessionID="…",LocalAddress="IPV4/UDP/…/5060",RemoteAddress="IPV4/UDP/…/5060"
//
// on one line, and of some kinds more behind it. The account is the user in From,
// a caller's number, and the session the Call-ID; nothing in either is escaped.
type securityEvent struct {
	head    string // up to the account; Asterisk's own
	known   bool   // whether there is an account
	session string
	from    string // LocalAddress and RemoteAddress; "" where it is not certain which they are
}

var (
	securityHead = regexp.MustCompile(`^SecurityEvent="\w+",EventTV="[0-9T:.+-]+",Severity="\w+",Service="\w+",EventVersion="\d+",`)
	// Greedy: of several that look like it, the last.
	securityRest = regexp.MustCompile(`^AccountID="((?s:.*))",SessionID="((?s:.*))",(LocalAddress="IPV[46]/[A-Z]+/[0-9A-Fa-f.:]+/\d+",RemoteAddress="IPV[46]/[A-Z]+/[0-9A-Fa-f.:]+/\d+")((?s:.*))$`)
)

// parseSecurity reads the message of a security event.
//
// A stranger writes account and session, and where he answers a challenge some of
// what stands behind the addresses. What stands last is Asterisk's where nothing
// follows it; else there must be but one.
func parseSecurity(message string) (securityEvent, bool) {
	message = strings.TrimSpace(message)
	head := securityHead.FindString(message)
	if head == "" {
		return securityEvent{}, false
	}
	e := securityEvent{head: head}
	m := securityRest.FindStringSubmatch(message[len(head):])
	if m == nil {
		return e, true
	}
	e.known = m[1] != "<unknown>"
	e.session = m[2]
	if m[4] == "" || strings.Count(message, "RemoteAddress=") == 1 {
		e.from = m[3]
	}
	return e, true
}

// longestSession is how much of a Call-ID is kept, in characters.
const longestSession = 128

// notInSession is what would end a field, or a line.
var notInSession = regexp.MustCompile(`[^\w@.:+~%!*()\[\]-]`)

// String is the event without a number or a name, in one line, in the form in
// which Asterisk writes it, so that whatever reads Asterisk's security log reads
// this one.
func (e securityEvent) String() string {
	account := "<unknown>"
	if e.known {
		account = "[user]"
	}
	session := notInSession.ReplaceAllString(Redact(e.session), "_")
	if len(session) > longestSession {
		session = session[:longestSession]
	}
	text := fmt.Sprintf(`%sAccountID="%s",SessionID="%s"`, e.head, account, session)
	if e.from != "" {
		text += "," + e.from
	}
	return text
}
