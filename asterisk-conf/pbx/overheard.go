package pbx

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// overheard reads a trace and tells of the calls that Asterisk answers with a
// refusal. It remembers the INVITEs that have no final answer yet.
type overheard struct {
	waiting map[string]Refusal // by Call-ID
	hints   []Refusal          // what the log said of a refusal that is about to be sent
}

// mostWaiting is how many INVITEs are remembered. Calls that ring long, or a flood,
// push others out: what is lost is a line on a screen.
const mostWaiting = 10_000

var traced = regexp.MustCompile(`^<--- (Received SIP request|Transmitting SIP response) \(\d+ bytes\) (?:from|to) [A-Z]+:(\S+) --->\n`)

// take reads a message of the trace.
func (o *overheard) take(text string) (Refusal, bool) {
	m := traced.FindStringSubmatch(text)
	if m == nil {
		return Refusal{}, false
	}
	message := parseSIP(text[len(m[0]):])
	if !strings.HasSuffix(message.header("cseq", ""), " INVITE") {
		return Refusal{}, false
	}
	id := message.header("call-id", "i")
	if strings.HasPrefix(m[1], "Received") {
		// One within a call (RFC 3261, 12.2) is no call that comes.
		if strings.HasPrefix(message.first, "INVITE ") && !strings.Contains(message.header("to", "t"), ";tag=") {
			o.remember(id, message.invite(m[2]))
		}
		return Refusal{}, false
	}
	_, status, _ := strings.Cut(message.first, " ")
	status, phrase, _ := strings.Cut(status, " ")
	code, err := strconv.Atoi(status)
	call, known := o.waiting[id]
	if err != nil || code < 200 || !known {
		return Refusal{}, false
	}
	delete(o.waiting, id)
	if code < 300 || code == 487 { // 487: the caller gave up
		return Refusal{}, false
	}
	call.Why, call.Status, call.Phrase = RefusedAnswer, code, phrase
	if i := slices.IndexFunc(o.hints, func(h Refusal) bool { return h.Status == code }); i >= 0 {
		call.Why, call.Endpoint = o.hints[i].Why, o.hints[i].Endpoint
		o.hints = slices.Delete(o.hints, i, i+1)
	}
	return call, true
}

func (o *overheard) remember(id string, call Refusal) {
	if o.waiting == nil || len(o.waiting) >= mostWaiting {
		o.waiting = make(map[string]Refusal)
	}
	o.waiting[id] = call
}

// hint keeps what the log says: the same thread of Asterisk sends the answer next.
func (o *overheard) hint(r Refusal) {
	if len(o.hints) > 100 { // of answers that never came
		o.hints = nil
	}
	o.hints = append(o.hints, r)
}

// sipMessage is a SIP message as far as it is of interest: Asterisk has read it.
type sipMessage struct {
	first   string
	headers []string
	body    string
}

func parseSIP(text string) sipMessage {
	head, body, _ := strings.Cut(text, "\r\n\r\n")
	// Folded lines (RFC 3261, 7.3.1).
	head = regexpFold.ReplaceAllString(head, " ")
	first, headers, _ := strings.Cut(head, "\r\n")
	return sipMessage{first: first, headers: strings.Split(headers, "\r\n"), body: body}
}

var regexpFold = regexp.MustCompile(`\r\n[ \t]+`)

// header is the first one of the name, or of its short form; "" without one.
func (m sipMessage) header(name, short string) string {
	for _, h := range m.headers {
		n, value, _ := strings.Cut(h, ":")
		if n = strings.ToLower(strings.TrimSpace(n)); n == name || short != "" && n == short {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// invite is what an INVITE tells of the call that it asks for.
func (m sipMessage) invite(from string) Refusal {
	r := Refusal{Source: from, SIPCallID: m.header("call-id", "i"), From: userOf(m.header("from", "f")), Offers: offers(m.body)}
	// As Asterisk does it for a trunk (trust_id_inbound).
	if asserted := m.header("p-asserted-identity", ""); asserted != "" {
		r.From = userOf(asserted)
	}
	privacy := strings.ToLower(m.header("privacy", ""))
	r.Withheld = slices.ContainsFunc([]string{"id", "user", "header", "full"}, func(word string) bool { return strings.Contains(privacy, word) })
	if fields := strings.Fields(m.first); len(fields) > 1 {
		r.Dialled = userOf(fields[1])
	}
	return r
}

// userOf is the user part of the URI in a header, without its parameters.
func userOf(header string) string {
	m := uriOf.FindStringSubmatch(header)
	if m == nil {
		if _, number, found := strings.Cut(header, "tel:"); found {
			number, _, _ = strings.Cut(number, ">")
			number, _, _ = strings.Cut(number, ";")
			return number
		}
		return ""
	}
	user, _, _ := strings.Cut(m[1], ";")
	if plain, err := url.PathUnescape(user); err == nil {
		return plain
	}
	return user
}

// usualPayloads are names of payload types that SDP need not name (RFC 3551).
var usualPayloads = map[string]string{"0": "PCMU", "3": "GSM", "4": "G723", "8": "PCMA", "9": "G722", "15": "G728", "18": "G729"}

// offers is the profile and the codecs of the first audio stream in an SDP, as in
// "RTP/AVP G729 telephone-event"; "" without one.
func offers(sdp string) string {
	_, audio, found := strings.Cut(sdp, "m=audio ")
	if !found {
		return ""
	}
	audio, _, _ = strings.Cut(audio, "\nm=")
	line, attributes, _ := strings.Cut(audio, "\n")
	fields := strings.Fields(line)
	if len(fields) < 2 {
		return ""
	}
	all := []string{fields[1]}
	for _, payload := range fields[2:min(len(fields), 12)] {
		name := usualPayloads[payload]
		if _, mapped, found := strings.Cut(attributes, "a=rtpmap:"+payload+" "); found {
			name, _, _ = strings.Cut(strings.TrimSpace(strings.SplitN(mapped, "\n", 2)[0]), "/")
		}
		if name == "" {
			name = payload
		}
		all = append(all, name)
	}
	return strings.Join(all, " ")
}
