package alert

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/smtp"
	"strings"
	"time"
)

// Mail is how mails are sent; nothing without a host.
type Mail struct {
	Host     string // of the server
	Port     string
	TLS      TLS
	User     string // "" to send without logging in
	Password string
	From     string // an address
	To       []string
}

// TLS is how the connection to a mail server is encrypted.
type TLS string

// The ways to encrypt.
const (
	StartTLS TLS = "starttls" // RFC 3207, and no mail without it
	FromTLS  TLS = "tls"      // from the first byte on (RFC 8314)
	NoTLS    TLS = "none"     // for a server on the same machine
)

// roots are who signs the certificates of mail servers; the system's if nil.
// Tests have their own.
var roots *x509.CertPool

// mail sends the notice to everybody, or to nobody.
func (c Config) mail(ctx context.Context, n Notice) (err error) {
	m := c.Mail
	defer func() {
		if err != nil {
			err = fmt.Errorf("mail server %s: %w", m.Host, err)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	client, err := m.connect(ctx)
	if err != nil {
		return err
	}
	defer client.Close()
	if m.User != "" {
		// It refuses to send the password over a connection that is not encrypted.
		if err := client.Auth(smtp.PlainAuth("", m.User, m.Password, m.Host)); err != nil {
			return fmt.Errorf("log in as %s: %w", m.User, err)
		}
	}
	if err := client.Mail(bare(m.From)); err != nil {
		return err
	}
	for _, to := range m.To {
		if err := client.Rcpt(bare(to)); err != nil {
			return fmt.Errorf("%s: %w", to, err)
		}
	}
	w, err := client.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(m.message(n, c.Now())); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	_ = client.Quit() // it has the mail already
	return nil
}

// connect reaches the server within the time of ctx, which also bounds all that
// follows.
func (m Mail) connect(ctx context.Context) (*smtp.Client, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(m.Host, m.Port))
	if err != nil {
		return nil, err
	}
	if until, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(until); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	config := &tls.Config{ServerName: m.Host, MinVersion: tls.VersionTLS12, RootCAs: roots}
	if m.TLS == FromTLS {
		conn = tls.Client(conn, config)
	}
	client, err := smtp.NewClient(conn, m.Host)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	if m.TLS != StartTLS {
		return client, nil
	}
	if ok, _ := client.Extension("STARTTLS"); !ok {
		return nil, errors.Join(errors.New("it offers no encryption (STARTTLS): set alerts.email.tls to what it has"), client.Close())
	}
	if err := client.StartTLS(config); err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return client, nil
}

// message is the mail. The id in it is the same each time, so that one that was
// sent twice is seen once.
func (m Mail) message(n Notice, now time.Time) []byte {
	subject, what := "Confidential recording "+n.ID, "A recording was marked as confidential: somebody may have disclosed something that needs a professional."
	if n.Test {
		subject, what = "Test alert", "This is a test: no recording was marked as confidential."
	}
	_, domain, _ := strings.Cut(bare(m.From), "@")
	lines := []string{
		"From: " + m.From,
		"To: " + strings.Join(m.To, ", "),
		"Subject: [glennline] " + subject,
		"Date: " + now.UTC().Format(time.RFC1123Z),
		"Message-ID: <" + n.ID + "." + n.ConfidentialAt.UTC().Format("20060102T150405.000") + "@" + domain + ">",
		"Auto-Submitted: auto-generated",
		"MIME-Version: 1.0",
		"Content-Type: text/plain; charset=utf-8",
		"",
		what,
		"",
		"Recording:  " + n.ID,
		"Line:       " + n.Line,
		"Called at:  " + n.StartedAt.UTC().Format("2006-01-02 15:04:05") + " UTC",
		"Marked at:  " + n.ConfidentialAt.UTC().Format("2006-01-02 15:04:05") + " UTC",
		"",
		"Listen to it on the machine of the line: glennline play " + n.ID,
		"",
	}
	return []byte(strings.Join(lines, "\r\n"))
}

// bare is an address without the name before it.
func bare(address string) string {
	if a, err := mail.ParseAddress(address); err == nil {
		return a.Address
	}
	return address
}
