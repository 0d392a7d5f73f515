package pbx

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	asteriskconf "glennline/asterisk-conf"
)

// bootPoll is how often a starting Asterisk is asked whether it is there.
const bootPoll = 50 * time.Millisecond

// errEnded says that Asterisk ended before it was ready.
var errEnded = errors.New("asterisk ended before it was ready")

// errDeaf says that Asterisk is up but will never take calls.
var errDeaf = errors.New("asterisk does not take calls")

// errNoARI says that Asterisk could not listen for ARI; it is an errDeaf.
var errNoARI = fmt.Errorf("%w: no ARI", errDeaf)

// boot waits until Asterisk takes calls: fully booted by its own word, all of
// its SIP transports bound, and ARI answering to our password.
func boot(ctx context.Context, p *process, c control, cfg asteriskconf.Config) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-p.exited:
			cancel()
		case <-ctx.Done():
		}
	}()
	tick := time.NewTicker(bootPoll)
	defer tick.Stop()
	for {
		err := ready(ctx, c, cfg)
		if err == nil || errors.Is(err, errDeaf) {
			return err
		}
		select {
		case <-p.exited:
			return errEnded
		case <-ctx.Done():
			select {
			case <-p.exited:
				return errEnded
			default:
				return fmt.Errorf("asterisk is not ready: %w", err)
			}
		case <-tick.C:
		}
	}
}

// ready is nil if Asterisk takes calls now.
func ready(ctx context.Context, c control, cfg asteriskconf.Config) error {
	if _, err := c.command(ctx, "core waitfullybooted"); err != nil {
		return err
	}
	// It learns the last of its commands a moment after that, those to stop it before
	// this one (main/asterisk.c): who told it to stop in between would not be understood.
	version, err := c.command(ctx, "core show version")
	if err != nil {
		return err
	}
	if !strings.HasPrefix(version, "Asterisk ") {
		return fmt.Errorf("it does not say its version yet: %s", strings.TrimSpace(version))
	}
	// A port that is taken does not keep Asterisk from starting: it is deaf.
	transports, err := c.command(ctx, "pjsip show transports")
	if err != nil {
		return err
	}
	for protocol := range strings.SplitSeq(cfg.SIP.Transport, ",") {
		if !strings.Contains(transports, "transport-"+protocol+" ") {
			if protocol == "tls" {
				return fmt.Errorf("%w: no SIP over tls on %s port %d; see whether another program has the port, and the errors that it logged of the certificate", errDeaf, cfg.SIP.Host, cfg.SIP.TLS.Port)
			}
			return fmt.Errorf("%w: no SIP over %s on %s port %d; see whether another program has the port", errDeaf, protocol, cfg.SIP.Host, cfg.SIP.Port)
		}
	}
	// Nor does an option that this version does not know: the trunk is missing.
	endpoints, err := c.command(ctx, "pjsip show endpoints")
	if err != nil {
		return err
	}
	for _, t := range cfg.Trunks {
		if !strings.Contains(endpoints, " "+t.Name+" ") {
			return fmt.Errorf("%w: no SIP endpoint for trunk %s; see the errors that it logged", errDeaf, t.Name)
		}
	}
	http, err := c.command(ctx, "http show status")
	if err != nil {
		return err
	}
	if !strings.Contains(http, fmt.Sprintf(":%d\n", cfg.ARI.Port)) {
		return fmt.Errorf("%w on %s port %d; see whether another program has the port", errNoARI, cfg.ARI.Host, cfg.ARI.Port)
	}
	return pingARI(ctx, cfg.ARI)
}

func pingARI(ctx context.Context, a asteriskconf.ARI) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	url := "http://" + net.JoinHostPort(a.Host, strconv.Itoa(a.Port)) + "/ari/asterisk/ping"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	req.SetBasicAuth(a.User, a.Password)
	// Not the default transport: it may be tuned for calls, or ask a proxy.
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("ari: %w", err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return fmt.Errorf("ari: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("ari: ping answers %s", resp.Status)
	}
	return nil
}

// ErrPortTaken says that Asterisk could not listen where it should.
var ErrPortTaken = errors.New("port cannot be used")

// PortError is a port that cannot be used, an ErrPortTaken.
type PortError struct {
	Field string // of the Config, as a FieldError has it: sip.port, sip.tls.port, ari.port
	Err   error
}

func (e *PortError) Error() string { return e.Err.Error() }

func (e *PortError) Unwrap() error { return e.Err }

// checkPorts finds out before Asterisk starts whether it could listen, because
// it starts without.
func checkPorts(ctx context.Context, cfg asteriskconf.Config) error {
	var lc net.ListenConfig
	var errs []error
	for protocol := range strings.SplitSeq(cfg.SIP.Transport, ",") {
		field, port := "sip.port", cfg.SIP.Port
		if protocol == "tls" {
			protocol, field, port = "tcp", "sip.tls.port", cfg.SIP.TLS.Port
		}
		errs = append(errs, tryListen(ctx, lc, field, protocol, net.JoinHostPort(cfg.SIP.Host, strconv.Itoa(port))))
	}
	errs = append(errs, tryListen(ctx, lc, "ari.port", "tcp", net.JoinHostPort(cfg.ARI.Host, strconv.Itoa(cfg.ARI.Port))))
	return errors.Join(errs...)
}

func tryListen(ctx context.Context, lc net.ListenConfig, field, protocol, address string) error {
	var c io.Closer
	var err error
	taken := func(format string) error {
		return &PortError{field, fmt.Errorf("%w: %s %s: "+format+" (%w)", ErrPortTaken, protocol, address, err)}
	}
	if protocol == "udp" {
		c, err = lc.ListenPacket(ctx, protocol, address)
	} else {
		c, err = lc.Listen(ctx, protocol, address)
	}
	switch {
	case ctx.Err() != nil:
		if err == nil {
			_ = c.Close()
		}
		return ctx.Err()
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return taken("this machine does not have that address; choose one of its own")
	case errors.Is(err, syscall.EACCES):
		return taken("only root may use it; choose one from 1024 on")
	case err != nil:
		return taken("choose another port, or stop what listens there")
	}
	return c.Close()
}
