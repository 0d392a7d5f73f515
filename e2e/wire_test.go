//go:build e2e || heavy

package e2e

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"
)

// invitation is a call written by hand, to send what no telephone would. The
// parts stand in the INVITE as they are.
type invitation struct {
	user    string // of the request line
	from    string // header without its tag; "" for a number
	to      string // header; "" for what the request line says
	callID  string
	headers []string
}

// wire is a telephone's UDP socket.
type wire struct {
	t    *testing.T
	conn *net.UDPConn
	to   string
	got  chan message
}

// message is a response.
type message struct {
	status int
	cseq   string
	to     string // header
	text   string
}

func newWire(t *testing.T, addr string) *wire {
	t.Helper()
	return newWireFrom(t, "", addr)
}

// newWireFrom is one at an address of ours; "" for any.
func newWireFrom(t *testing.T, from, addr string) *wire {
	t.Helper()
	remote, err := net.ResolveUDPAddr("udp", addr)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.DialUDP("udp", &net.UDPAddr{IP: net.ParseIP(from)}, remote)
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{t: t, conn: conn, to: addr, got: make(chan message, 100)}
	go w.read()
	t.Cleanup(func() { _ = conn.Close() })
	return w
}

// read hands on responses until the socket is closed. Requests are not
// answered: what they ask for, this end ends by itself.
func (w *wire) read() {
	defer close(w.got)
	for buf := make([]byte, 65536); ; {
		n, err := w.conn.Read(buf)
		if err != nil {
			return
		}
		m := message{text: string(buf[:n])}
		first, headers, _ := strings.Cut(m.text, "\r\n")
		if fields := strings.Fields(first); len(fields) > 1 && fields[0] == "SIP/2.0" {
			m.status, _ = strconv.Atoi(fields[1])
			for h := range strings.SplitSeq(headers, "\r\n") {
				switch name, value, _ := strings.Cut(h, ":"); strings.ToLower(name) {
				case "cseq":
					m.cseq = strings.TrimSpace(value)
				case "to":
					m.to = strings.TrimSpace(value)
				}
			}
			w.got <- m
		}
	}
}

// ask sends a request, again and again as UDP needs it, until its final response.
func (w *wire) ask(request, cseq string) message {
	w.t.Helper()
	again := time.NewTicker(500 * time.Millisecond)
	defer again.Stop()
	over := time.After(deadline)
	heard := false
	w.send(request)
	for {
		select {
		case m := <-w.got:
			heard = heard || m.cseq == cseq
			if m.cseq == cseq && m.status >= 200 {
				return m
			}
		case <-again.C:
			if !heard {
				w.send(request)
			}
		case <-over:
			w.t.Fatalf("no response to:\n%s", request)
		}
	}
}

func (w *wire) send(request string) {
	w.t.Helper()
	if _, err := w.conn.Write([]byte(request)); err != nil {
		w.t.Fatal(err)
	}
}

// call makes the call and, if it is answered, hangs up after a moment.
func (w *wire) call(i invitation) message {
	w.t.Helper()
	if i.callID == "" {
		i.callID = token()
	}
	if i.from == "" {
		i.from = "<sip:" + callerNumber + "@127.0.0.1>"
	}
	uri := "sip:" + i.user + "@" + w.to
	if i.to == "" {
		i.to = "<" + uri + ">"
	}
	i.from += ";tag=" + token()
	branch := token()
	m := w.ask(w.request("INVITE", 1, uri, branch, i, i.to), "1 INVITE")
	if m.status < 300 {
		branch = token() // the ACK of an answer is a transaction of its own
	}
	w.send(w.request("ACK", 1, uri, branch, i, m.to))
	if m.status < 300 {
		time.Sleep(200 * time.Millisecond) // a moment on the line
		w.ask(w.request("BYE", 2, uri, token(), i, m.to), "2 BYE")
	}
	return m
}

func (w *wire) request(method string, n int, uri, branch string, i invitation, to string) string {
	local := w.conn.LocalAddr().(*net.UDPAddr)
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s SIP/2.0\r\n", method, uri)
	fmt.Fprintf(&b, "Via: SIP/2.0/UDP %s;branch=z9hG4bK%s;rport\r\n", local, branch)
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n", i.from, to, i.callID, n, method)
	fmt.Fprintf(&b, "Contact: <sip:%s>\r\nMax-Forwards: 70\r\n", local)
	body := ""
	if method == "INVITE" {
		for _, h := range i.headers {
			b.WriteString(h + "\r\n")
		}
		b.WriteString("Content-Type: application/sdp\r\n")
		body = fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %d RTP/AVP 8\r\n", local.Port)
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body), body)
	return b.String()
}

func token() string { return rand.Text() }
