//go:build e2e

package pbx

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/textproto"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	asteriskconf "glennline/asterisk-conf"
)

// marie is the caller in these tests: a number that must be found nowhere.
const marie = "32475550100"

// phone is the least of a SIP caller that can be refused, answered and hung up
// on. It sends and hears no audio.
type phone struct {
	t       *testing.T
	conn    *net.UDPConn
	to      string // the INVITE's request URI
	headers string // of the dialog
	remote  string // To with its tag, once there is one
}

// invitation is what varies in an INVITE.
type invitation struct {
	method  string   // INVITE
	from    string   // 127.0.0.1, a trunk's address
	user    string   // +3225550100
	headers []string // further ones
	codecs  string   // payload types, "8 0"
}

var callCount atomic.Int64

func dial(t *testing.T, cfg asteriskconf.Config, inv invitation) *phone {
	t.Helper()
	if inv.from == "" {
		inv.from = "127.0.0.1"
	}
	if inv.method == "" {
		inv.method = "INVITE"
	}
	if inv.codecs == "" {
		inv.codecs = "8 0"
	}
	server := &net.UDPAddr{IP: net.ParseIP(cfg.SIP.Host), Port: cfg.SIP.Port}
	conn, err := net.DialUDP("udp", &net.UDPAddr{IP: net.ParseIP(inv.from)}, server)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	at := ""
	if inv.user != "" {
		at = inv.user + "@"
	}
	p := &phone{t: t, conn: conn, to: fmt.Sprintf("sip:%s%s", at, server)}
	p.headers = fmt.Sprintf("From: \"Marie\" <sip:+%s@%s>;tag=1\nCall-ID: test-%d\nContact: <sip:c@%s>\nMax-Forwards: 70\n",
		marie, conn.LocalAddr(), callCount.Add(1), conn.LocalAddr())
	family := "IP4"
	if strings.Contains(inv.from, ":") {
		family = "IP6"
	}
	sdp := fmt.Sprintf("v=0\no=u 1 1 IN %[3]s %[1]s\ns=-\nc=IN %[3]s %[1]s\nt=0 0\nm=audio 9 RTP/AVP %[2]s\n", inv.from, inv.codecs, family)
	sdp = strings.ReplaceAll(sdp, "\n", "\r\n")
	p.send(inv.method, "1 "+inv.method, fmt.Sprintf("<%s>", p.to),
		append(inv.headers, "Content-Type: application/sdp"), sdp)
	return p
}

func (p *phone) send(method, cseq, to string, headers []string, body string) {
	p.t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s SIP/2.0\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%d\nTo: %s\nCSeq: %s\n%s",
		method, p.to, p.conn.LocalAddr(), callCount.Add(1), to, cseq, p.headers)
	for _, h := range headers {
		b.WriteString(h + "\n")
	}
	fmt.Fprintf(&b, "Content-Length: %d\n\n", len(body))
	if _, err := p.conn.Write([]byte(strings.ReplaceAll(b.String(), "\n", "\r\n") + body)); err != nil {
		p.t.Fatal(err)
	}
}

// message is one that came in.
type message struct {
	first  string // request or status line
	header textproto.MIMEHeader
	body   string
}

func (m message) status() int {
	n, _ := strconv.Atoi(strings.Fields(m.first)[1])
	return n
}

func (p *phone) receive() message {
	p.t.Helper()
	if err := p.conn.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		p.t.Fatal(err)
	}
	buf := make([]byte, 65536)
	n, err := p.conn.Read(buf)
	if err != nil {
		p.t.Fatal(err)
	}
	first, rest, _ := bytes.Cut(buf[:n], []byte("\r\n"))
	head, body, _ := bytes.Cut(rest, []byte("\r\n\r\n"))
	h, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(append(head, "\r\n\r\n"...)))).ReadMIMEHeader()
	if err != nil {
		p.t.Fatalf("%v in %q", err, buf[:n])
	}
	return message{string(first), h, string(body)}
}

// answer is the final answer to the INVITE, acknowledged.
func (p *phone) answer() message {
	p.t.Helper()
	for {
		m := p.receive()
		if !strings.HasPrefix(m.first, "SIP/2.0 ") || m.status() < 200 {
			continue
		}
		p.remote = m.header.Get("To")
		if strings.HasSuffix(m.header.Get("CSeq"), "INVITE") {
			p.send("ACK", "1 ACK", p.remote, nil, "")
		}
		return m
	}
}

// boundTo is the address, in hexadecimal as the kernel tells it, that an IPv4
// socket with a port is bound to.
func boundTo(t *testing.T, port string) string {
	t.Helper()
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile("/proc/net/udp")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(fmt.Sprintf(`(?m)^ *\d+: ([0-9A-F]{8}):%04X `, n)).FindSubmatch(table)
	if m == nil {
		t.Fatalf("nothing is bound to port %s", port)
	}
	return string(m[1])
}

// hangup ends an answered call.
func (p *phone) hangup() {
	p.t.Helper()
	p.send("BYE", "2 BYE", p.remote, nil, "")
	for {
		if m := p.receive(); strings.HasSuffix(m.header.Get("CSeq"), "2 BYE") {
			return
		}
	}
}

// waitBye waits until the other side hangs up.
func (p *phone) waitBye() {
	p.t.Helper()
	for {
		if m := p.receive(); strings.HasPrefix(m.first, "BYE ") {
			return
		}
	}
}
