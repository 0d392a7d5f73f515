package pbx

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// Refusal is a call that Asterisk refused before its dialplan saw it.
type Refusal struct {
	Why       RefusalKind
	From      string // user part of the caller's URI, in clear; "" where it is not told
	Source    string // address and port; "" where it is not told
	SIPCallID string // "" where it is not told
	Endpoint  string // in pjsip.conf; "" of a stranger
	Dialled   string // user part of the request line; "" where it is not told
}

// RefusalKind is why.
type RefusalKind string

// The kinds of refusals that Asterisk tells of in its log. It says nothing of a
// call without a codec in common, nor of one whose request line cannot be dialled.
const (
	RefusedStranger   RefusalKind = "stranger"   // 401: it came from no trunk
	RefusedEncryption RefusalKind = "encryption" // 488: audio not encrypted as the trunk wants it
	RefusedExtension  RefusalKind = "extension"  // 404: nothing that can be dialled
)

// Refusals listens to the log of the Asterisk at a control socket, as its console
// would show it, and tells of every call that is refused there, until ctx ends,
// which is no error, or the connection is lost. Connected, if not nil, is called
// when nothing will be missed any more.
func Refusals(ctx context.Context, socket string, connected func(), tell func(Refusal)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	conn, err := control{path: socket}.dial(ctx)
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
	if connected != nil {
		connected()
	}
	for {
		text, err := r.ReadString('\n')
		if refusal, ok := parseRefusal(text); ok {
			tell(refusal)
		}
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // it was closed because ctx ended
		case err != nil:
			return fmt.Errorf("asterisk control socket: %w", err)
		}
	}
}

var (
	stranger = regexp.MustCompile(`Request 'INVITE' from '(?s:(.*?))' failed for '([^']*)' \(callid: ([^)]*)\) - No matching endpoint found`)
	plainRTP = regexp.MustCompile(`^\s*([A-Za-z0-9_-]+): Couldn't negotiate stream .*\(nothing\)`)
	noNumber = regexp.MustCompile(`Call \((?:UDP|TCP|TLS|WS|WSS):([^)]+)\) to extension '([^']*)' rejected because extension not found in context '([^']*)'`)
	uriOf    = regexp.MustCompile(`(?i)\bsips?:([^@>;]*)@`)
)

// parseRefusal reads a line of the log, in JSON or in the usual form.
func parseRefusal(text string) (Refusal, bool) {
	message := text
	var r record
	if start := strings.IndexByte(text, '{'); start >= 0 && json.Unmarshal([]byte(text[start:]), &r) == nil {
		message = r.LogMsg.Message
	} else if _, after, found := strings.Cut(text, "res_pjsip"); found {
		// [Nov 22 18:02:08] NOTICE[3736]: res_pjsip/pjsip_distributor.c:688 log_failed_request: …
		if _, after, found = strings.Cut(after, ": "); found {
			message = after
		}
	}
	if m := stranger.FindStringSubmatch(message); m != nil {
		refusal := Refusal{Why: RefusedStranger, Source: m[2], SIPCallID: m[3]}
		if user := uriOf.FindStringSubmatch(m[1]); user != nil {
			refusal.From = user[1]
		}
		return refusal, true
	}
	if m := plainRTP.FindStringSubmatch(message); m != nil {
		return Refusal{Why: RefusedEncryption, Endpoint: m[1]}, true
	}
	if m := noNumber.FindStringSubmatch(message); m != nil && strings.HasSuffix(m[3], "from-trunk") {
		return Refusal{Why: RefusedExtension, Source: m[1], Dialled: m[2]}, true
	}
	return Refusal{}, false
}
