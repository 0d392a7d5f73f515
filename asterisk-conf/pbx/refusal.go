package pbx

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
)

// Refusal is a call that Asterisk refused before its dialplan saw it. What is not
// told is empty.
type Refusal struct {
	Why       RefusalKind
	From      string // user part of the caller's URI, in clear
	Withheld  bool   // the caller asks that it is not shown
	Source    string // address and port
	SIPCallID string
	Endpoint  string // in pjsip.conf; "" of a stranger, too
	Dialled   string // user part of the request line
	Status    int    // that was sent; 0 where nothing was
	Phrase    string // beside the status; of RefusedBroken, what is wrong
	Offers    string // profile and codecs of the audio that was offered
}

// RefusalKind is why.
type RefusalKind string

// The kinds of refusals. The log tells of all but RefusedAnswer, which only a trace
// shows.
const (
	RefusedStranger   RefusalKind = "stranger"   // 401: it came from no trunk
	RefusedEncryption RefusalKind = "encryption" // 488: audio not encrypted as the trunk wants it
	RefusedExtension  RefusalKind = "extension"  // 404: nothing that can be dialled
	RefusedAnswer     RefusalKind = "answer"     // any other answer of 300 and above
	RefusedBroken     RefusalKind = "broken"     // no proper SIP, and not known to be a call: dropped without an answer
)

// Ears are told what Asterisk's log tells. Each may be nil, and is called from the
// goroutine that listens.
type Ears struct {
	Connected func() // nothing will be missed any more
	Refused   func(Refusal)
	// Unregistered is told that a registration failed; of one that succeeded the log
	// does not tell.
	Unregistered func(RegistrationFailure)
}

// Listen listens to the log of the Asterisk at a control socket, as its console
// would show it, and tells of every call that is refused there and of every
// registration that failed, until ctx ends, which is no error, or the connection
// is lost. Where Asterisk logs to nothing but our console it is asked for a trace
// meanwhile, which tells more. A call that the dialplan refused may be among
// those refused, under the same Call-ID.
func Listen(ctx context.Context, socket string, ears Ears) error {
	ctx, cancel := context.WithCancel(ctx)
	var tracing sync.WaitGroup
	defer tracing.Wait()
	defer cancel()
	ctl := control{path: socket}
	conn, err := ctl.dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // only read from
	r := bufio.NewReaderSize(conn, 64<<10)
	if _, err := r.ReadString('\n'); err != nil {
		return fmt.Errorf("asterisk control socket: greeting: %w", err)
	}
	// A remote console is mute until it says otherwise (main/asterisk.c).
	if _, err := io.WriteString(conn, "logger mute silent\x00"); err != nil {
		return fmt.Errorf("asterisk control socket: %w", err)
	}
	var trace *overheard
	if ctl.private(ctx) {
		begun := make(chan bool, 1)
		tracing.Go(func() { ctl.trace(ctx, begun) })
		if <-begun {
			trace = &overheard{}
		}
	}
	if ears.Connected != nil {
		ears.Connected()
	}
	for {
		text, err := r.ReadString('\n')
		if refusal, ok := trace.read(text); ok && ears.Refused != nil {
			ears.Refused(refusal)
		}
		if ears.Unregistered != nil && strings.Contains(text, "on registration attempt to") {
			if failure, ok := parseRegistrationFailure(messageOf(text)); ok {
				ears.Unregistered(failure)
			}
		}
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // it was closed because ctx ended
		case err != nil:
			return fmt.Errorf("asterisk control socket: %w", err)
		}
	}
}

// read reads a line of the log; without a trace o is nil.
func (o *overheard) read(text string) (Refusal, bool) {
	message := messageOf(text)
	if strings.HasPrefix(message, "SecurityEvent=") { // a notice tells the same
		return Refusal{}, false
	}
	if o != nil && strings.HasPrefix(message, "<--- ") {
		return o.take(message)
	}
	refusal, ok := parseRefusal(message)
	if o != nil && ok && refusal.Why != RefusedBroken {
		o.hint(refusal) // the answer comes next, and tells the rest
		return Refusal{}, false
	}
	return refusal, ok
}

var (
	stranger = regexp.MustCompile(`Request 'INVITE' from '(?s:(.*?))' failed for '([^']*)' \(callid: ([^)]*)\) - No matching endpoint found`)
	plainRTP = regexp.MustCompile(`^\s*([A-Za-z0-9_-]+): Couldn't negotiate stream .*\(nothing\)`)
	noNumber = regexp.MustCompile(`Call \((?:UDP|TCP|TLS|WS|WSS):([^)]+)\) to extension '([^']*)' rejected because extension not found in context '([^']*)'`)
	dropped  = regexp.MustCompile(`Dropping \d+ bytes packet from [A-Z]+ (\S+) : PJSIP (.*? error) exception when parsing '([A-Za-z -]+)' header on line (\d+)`)
	lacking  = regexp.MustCompile(`Error processing packet from (\S+): Missing required header\(s\) \(PJSIP_EMISSINGHDR\) +([A-Za-z -]+?) \[`)
	uriOf    = regexp.MustCompile(`(?i)\bsips?:([^@>]*)@`)
)

// messageOf is the message in a line of the log, which is JSON or of the usual form.
func messageOf(text string) string {
	var r record
	if start := strings.IndexByte(text, '{'); start >= 0 && json.Unmarshal([]byte(text[start:]), &r) == nil {
		return r.LogMsg.Message
	}
	// [Nov 22 18:02:08] NOTICE[3736]: res_pjsip/pjsip_distributor.c:688 log_failed_request: …
	if _, after, found := strings.Cut(text, "res_pjsip"); found {
		if _, after, found = strings.Cut(after, ": "); found {
			return after
		}
	}
	return text
}

// parseRefusal reads a message of the log.
func parseRefusal(message string) (Refusal, bool) {
	if m := stranger.FindStringSubmatch(message); m != nil {
		refusal := Refusal{Why: RefusedStranger, Status: 401, Source: m[2], SIPCallID: m[3], From: userOf(m[1])}
		if strings.Count(message, "' failed for '") > 1 {
			// A stranger's own words look like those of the log: what is whose?
			refusal.Source, refusal.SIPCallID, refusal.From = "", "", ""
		}
		return refusal, true
	}
	if m := plainRTP.FindStringSubmatch(message); m != nil {
		return Refusal{Why: RefusedEncryption, Status: 488, Endpoint: m[1]}, true
	}
	if m := noNumber.FindStringSubmatch(message); m != nil && strings.HasSuffix(m[3], "from-trunk") {
		return Refusal{Why: RefusedExtension, Status: 404, Source: m[1], Dialled: m[2]}, true
	}
	if m := dropped.FindStringSubmatch(message); m != nil {
		return Refusal{Why: RefusedBroken, Source: m[1], Phrase: m[2] + " in " + m[3] + ", line " + m[4]}, true
	}
	if m := lacking.FindStringSubmatch(message); m != nil {
		return Refusal{Why: RefusedBroken, Source: m[1], Phrase: "without " + m[2]}, true
	}
	return Refusal{}, false
}
