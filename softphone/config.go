package softphone

import (
	"errors"
	"fmt"
	"net"

	"go.uber.org/zap"
)

// ErrInvalid says that a Config or a Script asks for something that cannot be
// done; nothing was sent.
var ErrInvalid = errors.New("invalid call")

// Config is how the telephone is connected. The zero value calls over UDP from
// a free port of the address that the system would use to reach the other end.
type Config struct {
	BindHost  string // local IP for SIP and RTP; "" for the one that routes to the other end
	BindPort  int    // local SIP port; 0 for a free one, which is needed for calls at the same time
	Transport string // "udp" or "tcp"; "" for the URI's transport parameter, or else udp
	UserAgent string // User-Agent header; "" for "glennline"
	Log       *zap.Logger
}

// Validate returns an error that matches ErrInvalid if the config cannot work.
func (c Config) Validate() error {
	if c.BindHost != "" && net.ParseIP(c.BindHost) == nil {
		return fmt.Errorf("bind host %q is not an IP address: %w", c.BindHost, ErrInvalid)
	}
	if c.BindPort < 0 || c.BindPort > 65535 {
		return fmt.Errorf("bind port %d is out of range: %w", c.BindPort, ErrInvalid)
	}
	switch c.Transport {
	case "", "udp", "tcp":
	default:
		return fmt.Errorf("transport %q: use udp or tcp: %w", c.Transport, ErrInvalid)
	}
	if !plain(c.UserAgent) {
		return fmt.Errorf("user agent holds a control character: %w", ErrInvalid)
	}
	return nil
}

func (c Config) withDefaults() Config {
	if c.UserAgent == "" {
		c.UserAgent = "glennline"
	}
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	return c
}
