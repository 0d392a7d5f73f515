package softphone

import (
	"context"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/emiago/diago"
	"github.com/emiago/diago/media"
	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

// agent is the user agent of one call.
type agent struct {
	ua        *sipgo.UserAgent
	phone     *diago.Diago
	ip        string // that SIP and RTP are bound to
	transport string

	established chan struct{} // closed by markEstablished
	markOnce    sync.Once
	byeDone     chan struct{} // closed when a BYE was answered
	byeOnce     sync.Once

	mu    sync.Mutex
	cause int // Q.850, of the BYE
}

// byePatience is how long a BYE waits for the call to be established, and how
// long the agent waits for its answer to be sent.
const byePatience = 2 * time.Second

// newAgent makes a user agent that reaches uri. The caller closes it.
func newAgent(ctx context.Context, cfg Config, uri sip.Uri) (*agent, error) {
	transport := cfg.Transport
	if transport == "" {
		transport = "udp"
		if t, ok := uri.UriParams.Get("transport"); ok && t != "" {
			transport = sip.NetworkToLower(t)
		}
	}
	if transport != "udp" && transport != "tcp" {
		return nil, fmt.Errorf("transport %q: use udp or tcp: %w", transport, ErrInvalid)
	}
	ip, err := localIP(ctx, cfg.BindHost, uri)
	if err != nil {
		return nil, err
	}
	// The name of the user agent becomes the user of the Contact header, so it
	// must not be the caller's.
	ua, err := sipgo.NewUA(sipgo.WithUserAgent("softphone"), sipgo.WithUserAgentHostname(ip))
	if err != nil {
		return nil, fmt.Errorf("make user agent: %w", err)
	}
	a := &agent{
		ua: ua, ip: ip, transport: transport,
		established: make(chan struct{}), byeDone: make(chan struct{}),
	}
	a.phone = diago.NewDiago(ua,
		diago.WithTransport(diago.Transport{Transport: transport, BindHost: ip, BindPort: cfg.BindPort}),
		// diago offers u-law first; here is Europe.
		diago.WithMediaConfig(diago.MediaConfig{Codecs: []media.Codec{
			media.CodecAudioAlaw, media.CodecAudioUlaw, media.CodecTelephoneEvent8000,
		}}),
		diago.WithServerRequestMiddleware(a.guardBye),
	)
	// diago is not told to serve: its client opens the one socket that is
	// needed, on sending the INVITE, and requests of the other end that come
	// to it reach the same handlers. There is thus no listener to wait for.
	return a, nil
}

// localIP is the address to bind to. diago would take any interface's for an
// unspecified one, and name it in SDP.
func localIP(ctx context.Context, host string, uri sip.Uri) (string, error) {
	if ip := net.ParseIP(host); ip != nil && !ip.IsUnspecified() {
		return ip.String(), nil
	}
	port := uri.Port
	if port == 0 {
		port = sip.DefaultUdpPort
	}
	// Connecting a UDP socket sends nothing; it asks for the route.
	conn, err := new(net.Dialer).DialContext(ctx, "udp", net.JoinHostPort(uri.Host, strconv.Itoa(port)))
	if err != nil {
		return "", fmt.Errorf("find the way to %s (is the host name right?): %w", uri.Host, err)
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).IP.String(), nil
}

// guardBye makes up for two gaps in diago. It stores a dialog only after the
// ACK is out, so that the BYE of a far end that answers and hangs up at once
// meets 481; here it waits. And it declares the dialog ended before it answers
// the BYE, so that whoever waits for the end and then closes the agent cuts
// the answer off; byeDone tells when it is out.
func (a *agent) guardBye(next sipgo.RequestHandler) sipgo.RequestHandler {
	return func(req *sip.Request, tx sip.ServerTransaction) {
		if req.Method != sip.BYE {
			next(req, tx)
			return
		}
		timer := time.NewTimer(byePatience)
		defer timer.Stop()
		select {
		case <-a.established:
		case <-timer.C:
		}
		a.mu.Lock()
		a.cause = q850(req)
		a.mu.Unlock()
		next(req, tx)
		a.byeOnce.Do(func() { close(a.byeDone) })
	}
}

func (a *agent) markEstablished() { a.markOnce.Do(func() { close(a.established) }) }

// byeCause waits until the other end's BYE was answered, and returns its cause.
func (a *agent) byeCause() int {
	timer := time.NewTimer(byePatience)
	defer timer.Stop()
	select {
	case <-a.byeDone:
	case <-timer.C:
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.cause
}

// close ends the sockets and what waits on them.
func (a *agent) close() {
	a.markEstablished()
	_ = a.ua.Close() // the call is over; there is nothing left to say
}

var causePattern = regexp.MustCompile(`(?i)Q\.850\s*;(?:.*;)?\s*cause\s*=\s*(\d{1,3})`)

// q850 is the cause that a Reason header (RFC 3326) gives, 0 without one.
func q850(m interface{ GetHeaders(string) []sip.Header }) int {
	for _, h := range m.GetHeaders("Reason") {
		if match := causePattern.FindStringSubmatch(h.Value()); match != nil {
			cause, _ := strconv.Atoi(match[1]) // three digits
			return cause
		}
	}
	return 0
}
