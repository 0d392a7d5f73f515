package softphone

import (
	"bytes"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"

	"glennline/softphone/audio"
)

// farEnd is the other end of a call, played by the test. It writes SIP by hand
// and shares nothing with what it tests, so it can do what no library would:
// answer across a CANCEL, hang up before the ACK, name another Contact.
type farEnd struct {
	t        *testing.T
	sip, rtp *net.UDPConn
	messages chan message
	wait     sync.WaitGroup

	mu      sync.Mutex
	packets []arrival
}

// message is a SIP message and where it came from.
type message struct {
	start   string // start line
	headers []string
	body    string
	from    *net.UDPAddr
}

type arrival struct {
	rtp.Packet
	at time.Time
}

// patience ends a test that waits for something that does not come.
const patience = 20 * time.Second

func newFarEnd(t *testing.T) *farEnd {
	t.Helper()
	f := &farEnd{t: t, sip: listenUDP(t), rtp: listenUDP(t), messages: make(chan message, 64)}
	f.wait.Go(f.readSIP)
	f.wait.Go(f.readRTP)
	t.Cleanup(func() {
		f.sip.Close()
		f.rtp.Close()
		f.wait.Wait()
	})
	return f
}

func listenUDP(t *testing.T) *net.UDPConn {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func (f *farEnd) uri() string { return fmt.Sprintf("sip:100@%v", f.sip.LocalAddr()) }

func (f *farEnd) readSIP() {
	buf := make([]byte, 65536)
	for {
		n, from, err := f.sip.ReadFromUDP(buf)
		if err != nil {
			return
		}
		head, body, _ := strings.Cut(string(buf[:n]), "\r\n\r\n")
		lines := strings.Split(head, "\r\n")
		f.messages <- message{start: lines[0], headers: lines[1:], body: body, from: from}
	}
}

func (f *farEnd) readRTP() {
	buf := make([]byte, 2048)
	for {
		n, _, err := f.rtp.ReadFromUDP(buf)
		if err != nil {
			return
		}
		var p rtp.Packet
		if err := p.Unmarshal(bytes.Clone(buf[:n])); err != nil {
			f.t.Errorf("RTP that cannot be read: %v", err)
			continue
		}
		f.mu.Lock()
		f.packets = append(f.packets, arrival{Packet: p, at: time.Now()})
		f.mu.Unlock()
	}
}

// heard is the RTP that came so far.
func (f *farEnd) heard() []arrival {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.packets)
}

// expect waits for a request or response that starts so.
func (f *farEnd) expect(start string) message {
	f.t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case m := <-f.messages:
			if strings.HasPrefix(m.start, start) {
				return m
			}
		case <-timeout:
			f.t.Fatalf("no %s came", start)
		}
	}
}

func (m message) header(name string) string {
	for _, h := range m.headers {
		if key, value, _ := strings.Cut(h, ":"); strings.EqualFold(key, name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// respond answers a request; extra are whole header lines.
func (f *farEnd) respond(req message, status, body string, extra ...string) {
	f.t.Helper()
	out := []string{"SIP/2.0 " + status}
	for _, h := range req.headers {
		key, _, _ := strings.Cut(h, ":")
		switch strings.ToLower(key) {
		case "to":
			if !strings.Contains(h, "tag=") && !strings.HasPrefix(status, "100") {
				h += ";tag=far"
			}
			out = append(out, h)
		case "via", "from", "call-id", "cseq":
			out = append(out, h)
		}
	}
	out = append(out, extra...)
	if body != "" {
		out = append(out, "Content-Type: application/sdp")
	}
	f.write(req.from, append(out, fmt.Sprintf("Content-Length: %d", len(body)), "", body))
}

func (f *farEnd) write(to *net.UDPAddr, lines []string) {
	f.t.Helper()
	if _, err := f.sip.WriteToUDP([]byte(strings.Join(lines, "\r\n")), to); err != nil {
		f.t.Error(err)
	}
}

func (f *farEnd) contact() string { return fmt.Sprintf("Contact: <sip:%v>", f.sip.LocalAddr()) }

// sdp offers formats, such as "8 101".
func (f *farEnd) sdp(formats string) string {
	return fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"+
		"m=audio %d RTP/AVP %s\r\na=rtpmap:101 telephone-event/8000\r\na=rtpmap:18 G729/8000\r\na=sendrecv\r\n",
		f.rtp.LocalAddr().(*net.UDPAddr).Port, formats)
}

// answer takes the call, waits for the ACK and returns the INVITE.
func (f *farEnd) answer() message {
	f.t.Helper()
	invite := f.expect("INVITE")
	f.respond(invite, "200 OK", f.sdp("8 101"), f.contact())
	f.expect("ACK")
	return invite
}

// bye hangs up the call that an INVITE began.
func (f *farEnd) bye(invite message, extra ...string) {
	f.t.Helper()
	lines := []string{
		fmt.Sprintf("BYE sip:softphone@%v SIP/2.0", invite.from),
		fmt.Sprintf("Via: SIP/2.0/UDP %v;branch=z9hG4bKbye", f.sip.LocalAddr()),
		"From: " + invite.header("To") + ";tag=far",
		"To: " + invite.header("From"),
		"Call-ID: " + invite.header("Call-ID"),
		"CSeq: 7 BYE",
		"Max-Forwards: 70",
	}
	f.write(invite.from, append(append(lines, extra...), "Content-Length: 0", "", ""))
}

// takeBye answers the caller's BYE.
func (f *farEnd) takeBye() {
	f.t.Helper()
	f.respond(f.expect("BYE"), "200 OK", "")
}

// play sends samples to the caller as A-law, in real time.
func (f *farEnd) play(invite message, samples []int16) {
	f.t.Helper()
	f.playOn(invite, rtp.Header{SequenceNumber: 65530, Timestamp: 1<<32 - 800}, samples)
}

// playOn is play from a packet on; it returns the header of the one that follows.
func (f *farEnd) playOn(invite message, header rtp.Header, samples []int16) rtp.Header {
	f.t.Helper()
	_, after, _ := strings.Cut(invite.body, "m=audio ")
	text, _, _ := strings.Cut(after, " ")
	port, err := strconv.Atoi(text)
	if err != nil {
		f.t.Errorf("INVITE without audio: %q", invite.body)
		return header
	}
	to := &net.UDPAddr{IP: invite.from.IP, Port: port}
	header.Version, header.PayloadType, header.SSRC = 2, 8, 1
	tick := time.NewTicker(packetTime)
	defer tick.Stop()
	for ; len(samples) >= packetSamples; samples = samples[packetSamples:] {
		p := rtp.Packet{Header: header, Payload: audio.ALaw.Encode(nil, samples[:packetSamples])}
		raw, err := p.Marshal()
		if err != nil {
			f.t.Error(err)
			return header
		}
		if _, err := f.rtp.WriteToUDP(raw, to); err != nil {
			return header // the test is over
		}
		header.SequenceNumber++
		header.Timestamp += packetSamples
		<-tick.C
	}
	return header
}
