package pbx

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"

	asteriskconf "glennline/asterisk-conf"
)

// Ports are free ports for one Asterisk.
type Ports struct {
	SIP int // UDP and TCP
	ARI int // TCP
	RTP asteriskconf.PortRange
}

// Ports are taken from below Linux's range for outgoing connections, where one
// of those could come first; the last ones below it are for ARI alone.
const (
	lowestPort  = 11000
	highestPort = 32000
	endOfPorts  = 32768
)

// MostCalls is for how many calls FreePorts can have ports: two each, beside those
// for SIP and ARI.
const MostCalls = (highestPort-lowestPort)/2 - 2

// FreePorts finds ports on host that nobody listens on, with RTP for as many
// calls at once, of which there can be MostCalls. For demos and tests: until Asterisk
// binds them, another program may.
func FreePorts(host string, calls int) (Ports, error) {
	if calls > MostCalls {
		return Ports{}, fmt.Errorf("%d calls need more ports than there are between %d and %d, which are enough for %d", calls, lowestPort, highestPort, MostCalls)
	}
	for range 200 {
		if p, err := tryPorts(host, calls); err == nil {
			return p, nil
		}
	}
	return Ports{}, fmt.Errorf("no free ports on %s between %d and %d for %d calls; stop something, or choose ports by hand", host, lowestPort, highestPort, calls)
}

// tryPorts takes one random run of ports: two for SIP and ARI, the rest, from
// an even one, for RTP.
func tryPorts(host string, calls int) (Ports, error) {
	first := lowestPort + 2*rand.IntN((highestPort-lowestPort)/2-calls-1)
	p := Ports{SIP: first, ARI: first + 1, RTP: asteriskconf.PortRange{From: first + 2, To: first + 1 + 2*calls}}
	if err := errors.Join(bindTCP(host, p.SIP), bindTCP(host, p.ARI)); err != nil {
		return Ports{}, err
	}
	for port := p.SIP; port <= p.RTP.To; port++ {
		if err := bindUDP(host, port); err != nil {
			return Ports{}, err
		}
	}
	return p, nil
}

func bindTCP(host string, port int) error {
	l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port))) //nolint:noctx // returns at once
	if err != nil {
		return err
	}
	return l.Close()
}

func bindUDP(host string, port int) error {
	l, err := net.ListenPacket("udp", net.JoinHostPort(host, strconv.Itoa(port))) //nolint:noctx // returns at once
	if err != nil {
		return err
	}
	return l.Close()
}

// freePort is a port for ARI that nobody listens on: until Asterisk binds it,
// another program may.
func freePort(cfg asteriskconf.Config) (int, error) {
	var err error
	for range 200 {
		port := highestPort + 1 + rand.IntN(endOfPorts-highestPort-1)
		if port == cfg.SIP.Port || port == cfg.SIP.TLS.Port {
			continue
		}
		if err = bindTCP(cfg.ARI.Host, port); err == nil {
			return port, nil
		}
	}
	return 0, fmt.Errorf("a free port on %s: %w", cfg.ARI.Host, err)
}
