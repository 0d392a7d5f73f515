package doctor

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"time"
)

// Peer is whom to ask by OPTIONS.
type Peer struct {
	Address   string // host and port
	Host      string // for the request line, and the name in the certificate
	Transport string // udp, tcp or tls
	CA        string // PEM, for tls; "" for those that the system trusts
	Verify    bool   // whether the certificate is looked at
}

// Options asks a SIP server whether it lives (RFC 3261, 11) and returns the
// status line of its answer. Any answer is one of a server that is there. Over
// UDP it is asked again until ctx ends.
func Options(ctx context.Context, p Peer) (string, error) {
	c, err := p.dial(ctx)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := c.SetDeadline(deadline); err != nil {
			return "", err
		}
	}
	request := p.request(c.LocalAddr().String())
	if p.Transport == "udp" {
		over, end := context.WithCancel(ctx)
		var sending sync.WaitGroup
		sending.Go(func() { repeat(over, c, request) })
		defer sending.Wait()
		defer end()
	} else if _, err := c.Write(request); err != nil {
		return "", err
	}
	line, err := bufio.NewReaderSize(c, 64<<10).ReadString('\n')
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "", errors.New("it is silent")
	case err != nil:
		return "", err
	}
	version, status, _ := strings.Cut(strings.TrimSpace(line), " ")
	if version != "SIP/2.0" {
		return "", errors.New("what answers there does not speak SIP")
	}
	return status, nil
}

// repeat sends a request until it is told to end, as RFC 3261, 17.1.2.2 has it.
func repeat(ctx context.Context, c net.Conn, request []byte) {
	for wait := 500 * time.Millisecond; ; wait = min(2*wait, 4*time.Second) {
		if _, err := c.Write(request); err != nil {
			return // the reader meets it too
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

func (p Peer) dial(ctx context.Context) (net.Conn, error) {
	switch p.Transport {
	case "tls":
		cfg := &tls.Config{ServerName: p.Host, InsecureSkipVerify: !p.Verify} //nolint:gosec // as configured: sip.tls.verify_server
		if p.CA != "" {
			cfg.RootCAs = x509.NewCertPool()
			cfg.RootCAs.AppendCertsFromPEM([]byte(p.CA))
		}
		return (&tls.Dialer{Config: cfg}).DialContext(ctx, "tcp", p.Address)
	case "tcp":
		return new(net.Dialer).DialContext(ctx, "tcp", p.Address)
	}
	return new(net.Dialer).DialContext(ctx, "udp", p.Address)
}

func (p Peer) request(local string) []byte {
	host := p.Host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	id := rand.Text()
	return fmt.Appendf(nil, "OPTIONS sip:%[1]s SIP/2.0\r\n"+
		"Via: SIP/2.0/%[2]s %[3]s;branch=z9hG4bK%[4]s;rport\r\n"+
		"Max-Forwards: 70\r\n"+
		"From: <sip:glennline@%[3]s>;tag=%[4]s\r\n"+
		"To: <sip:%[1]s>\r\n"+
		"Call-ID: %[4]s\r\n"+
		"CSeq: 1 OPTIONS\r\n"+
		"Contact: <sip:glennline@%[3]s>\r\n"+
		"User-Agent: glennline\r\n"+
		"Content-Length: 0\r\n\r\n", host, strings.ToUpper(p.Transport), local, id)
}
