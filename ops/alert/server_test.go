package alert_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"glennline/ops/alert"
)

// mailServer is one that takes mails, or does not.
type mailServer struct {
	port     string
	tls      *tls.Config
	implicit bool   // encrypted from the first byte on
	plain    bool   // offers no encryption
	silent   bool   // takes the connection and says nothing
	refuse   string // a recipient that it does not know

	mu    sync.Mutex
	mails []string
	users []string
	open  bool // a mail came over a connection that was not encrypted
}

func (s *mailServer) start(t *testing.T) *mailServer {
	t.Helper()
	certificate, pool := signed(t)
	alert.TrustOnly(pool)
	t.Cleanup(func() { alert.TrustOnly(nil) })
	s.tls = &tls.Config{Certificates: []tls.Certificate{certificate}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, s.port, _ = net.SplitHostPort(listener.Addr().String())
	var served sync.WaitGroup
	t.Cleanup(func() {
		listener.Close()
		served.Wait()
	})
	served.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			served.Go(func() {
				defer conn.Close()
				if s.implicit {
					conn = tls.Server(conn, s.tls)
				}
				s.serve(conn)
			})
		}
	})
	return s
}

// signed makes a certificate for 127.0.0.1 and the pool that trusts it.
func signed(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail server of a test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.ParseIP("127.0.0.1")}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func (s *mailServer) serve(conn net.Conn) {
	if s.silent {
		_, _ = io.Copy(io.Discard, conn)
		return
	}
	in := bufio.NewReader(conn)
	say := func(line string) { fmt.Fprintf(conn, "%s\r\n", line) }
	say("220 mail server of a test")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimSpace(line)
		verb, rest, _ := strings.Cut(line, " ")
		_, encrypted := conn.(*tls.Conn)
		switch strings.ToUpper(verb) {
		case "EHLO":
			say("250-mail server of a test")
			if !encrypted && !s.plain {
				say("250-STARTTLS")
			}
			say("250 AUTH PLAIN")
		case "STARTTLS":
			say("220 go on")
			conn = tls.Server(conn, s.tls)
			in = bufio.NewReader(conn)
		case "AUTH":
			_, secret, _ := strings.Cut(rest, " ")
			raw, _ := base64.StdEncoding.DecodeString(secret)
			s.mu.Lock()
			s.users = append(s.users, strings.ReplaceAll(string(raw), "\x00", "/"))
			s.mu.Unlock()
			say("235 welcome")
		case "RCPT":
			if s.refuse != "" && strings.Contains(rest, s.refuse) {
				say("550 nobody of that name")
				continue
			}
			say("250 ok")
		case "DATA":
			say("354 go on")
			var text strings.Builder
			for {
				line, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if strings.TrimSpace(line) == "." {
					break
				}
				text.WriteString(line)
			}
			s.mu.Lock()
			s.mails, s.open = append(s.mails, text.String()), s.open || !encrypted
			s.mu.Unlock()
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (s *mailServer) taken() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.mails...)
}
