package pbx

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// control speaks to a running Asterisk over its control socket, as asterisk -rx
// does: the server greets with one line, takes one command that ends in a zero
// byte, answers, and closes (main/asterisk.c, netconsole).
type control struct{ path string }

func controlAt(dir string) control {
	return control{path: filepath.Join(dir, "run", "asterisk.ctl")}
}

// commandTimeout bounds every conversation.
const commandTimeout = 30 * time.Second

// pid is the process that listens on the socket.
func (c control) pid(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	conn, err := c.dial(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Close() //nolint:errcheck // only read from
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	var cred *unix.Ucred
	var credErr error
	err = raw.Control(func(fd uintptr) {
		cred, credErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	if err := errors.Join(err, credErr); err != nil {
		return 0, fmt.Errorf("asterisk control socket: %w", err)
	}
	return int(cred.Pid), nil
}

// command runs one line of Asterisk's command language and returns what it
// prints, without the log lines that are mixed in.
func (c control) command(ctx context.Context, text string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	conn, err := c.dial(ctx)
	if err != nil {
		return "", err
	}
	defer conn.Close() //nolint:errcheck // the answer was read to its end
	r := bufio.NewReader(conn)
	if _, err := r.ReadString('\n'); err != nil {
		return "", fmt.Errorf("asterisk control socket: greeting: %w", err)
	}
	if _, err := io.WriteString(conn, "cli quit after "+text+"\x00"); err != nil {
		return "", fmt.Errorf("asterisk control socket: %w", err)
	}
	var out strings.Builder
	for {
		s, err := r.ReadString('\n')
		// Log lines start with a byte that says how verbose they are.
		if s != "" && s[0] >= '\t' && s[0] < 0x80 {
			out.WriteString(s)
		}
		if errors.Is(err, io.EOF) {
			return out.String(), nil
		}
		if err != nil {
			return "", fmt.Errorf("asterisk control socket: %q: %w", text, err)
		}
	}
}

// dial connects; whatever is read or written then ends with the context, which
// the caller cancels when done.
func (c control) dial(ctx context.Context) (*net.UnixConn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", c.path)
	if err != nil {
		return nil, fmt.Errorf("asterisk control socket: %w", err)
	}
	context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	return conn.(*net.UnixConn), nil
}
