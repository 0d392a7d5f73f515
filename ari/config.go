package ari

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"go.uber.org/zap"

	"glennline/voicemail"
)

// Config is what a Client needs to know. Start from DefaultConfig.
type Config struct {
	URL      string // the ARI root: http://127.0.0.1:8088/ari
	User     string
	Password string
	App      string // the Stasis application's name, as the dialplan has it

	// RequestTimeout bounds one request, from waiting for a connection to the
	// last byte of the answer. A step that is told to stop while it asks for
	// something stays for the answer.
	RequestTimeout time.Duration
	// MaxConnections bounds the connections to Asterisk besides the
	// websocket. Asterisk keeps a thread for each and counts them against
	// sessionlimit in http.conf, which is 100 if not set; and no more than 10
	// may wait to be accepted (the backlog of its listen). Those beyond are
	// dropped without a word and come through seconds later, when a request's
	// deadline is over: more than 8 at once turn a short stall of Asterisk into
	// a long one.
	MaxConnections int

	// PingInterval is the time between two pings on the websocket.
	PingInterval time.Duration
	// SilenceLimit is how long a ping may go without an answer, and nothing
	// else arrive, before the socket counts as lost.
	SilenceLimit time.Duration
	// ReconnectMin and ReconnectMax bound the pause between two attempts to
	// connect; it doubles from the one to the other.
	ReconnectMin, ReconnectMax time.Duration
	// SweepInterval is the time between two comparisons of our calls with
	// Asterisk's list, which find what a lost event left behind.
	SweepInterval time.Duration

	// PlayTimeout bounds one Play, all its media together.
	PlayTimeout time.Duration
	// RecordMargin is what a recording may take beyond its longest length
	// before it is stopped from here. Asterisk itself takes up to one second.
	RecordMargin time.Duration
	// ClaimWithin is how long the dialplan waits for a call to be claimed before
	// it takes it back; 0 if it does not. MaxCall is the longest that a call may
	// last; 0 for any length. The dialplan has both.
	ClaimWithin, MaxCall time.Duration
	// Grace is how long the second of two events that belong together may
	// come after the first: the end of a recording and the end of its channel.
	Grace time.Duration

	// OnConnect, if set, is called after every connect, before the calls are
	// looked after. The context ends with the connection.
	OnConnect func(context.Context)
	// Stray, if set, is given each answered call that is found in our
	// application and is not known here: it was left by a process that is
	// gone. It runs in a goroutine of its own, and Run waits for it. Without
	// it such calls are counted and left alone. (A call that was left before
	// it was answered is served like a new one.)
	Stray func(context.Context, *Call, voicemail.Arrival)

	Log *zap.Logger
}

// DefaultConfig is a Config that lacks only URL, User, Password and App.
func DefaultConfig() Config {
	return Config{
		RequestTimeout: 3 * time.Second,
		MaxConnections: 8,
		PingInterval:   2 * time.Second,
		SilenceLimit:   3 * time.Second,
		ReconnectMin:   100 * time.Millisecond,
		ReconnectMax:   2 * time.Second,
		SweepInterval:  10 * time.Second,
		PlayTimeout:    2 * time.Minute,
		RecordMargin:   3 * time.Second,
		Grace:          500 * time.Millisecond,
		Log:            zap.NewNop(),
	}
}

// Validate names the first thing that is wrong.
func (c Config) Validate() error {
	if _, err := c.root(); err != nil {
		return err
	}
	for _, text := range []struct{ name, value string }{
		{"user", c.User}, {"password", c.Password}, {"application name", c.App},
	} {
		if text.value == "" {
			return fmt.Errorf("ari: %s is empty", text.name)
		}
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{
		{"request timeout", c.RequestTimeout},
		{"ping interval", c.PingInterval},
		{"silence limit", c.SilenceLimit},
		{"shortest pause before a reconnect", c.ReconnectMin},
		{"longest pause before a reconnect", c.ReconnectMax},
		{"sweep interval", c.SweepInterval},
		{"play timeout", c.PlayTimeout},
		{"record margin", c.RecordMargin},
		{"grace", c.Grace},
	} {
		if d.value <= 0 {
			return fmt.Errorf("ari: %s is %v, it must be above 0", d.name, d.value)
		}
	}
	if c.ClaimWithin < 0 || c.MaxCall < 0 {
		return errors.New("ari: a time for calls is below 0")
	}
	if c.MaxConnections < 1 {
		return fmt.Errorf("ari: max connections is %d, it must be at least 1", c.MaxConnections)
	}
	if c.Log == nil {
		return errors.New("ari: no logger is set")
	}
	return nil
}

// root is the ARI root without a slash at its end.
func (c Config) root() (*url.URL, error) {
	u, err := url.Parse(strings.TrimSuffix(c.URL, "/"))
	if err != nil {
		return nil, fmt.Errorf("ari: url: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("ari: url %q is not of the form http://127.0.0.1:8088/ari", u.Redacted())
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("ari: url %q has more than host and path", u.Redacted())
	}
	return u, nil
}
