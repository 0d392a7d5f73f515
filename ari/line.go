package ari

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"
)

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 8 << 20

// line is one connection with its buffers.
type line struct {
	conn net.Conn
	r    *bufio.Reader
	w    *bufio.Writer
	used time.Time // when it was given back
}

func newLine(conn net.Conn) *line {
	return &line{conn: conn, r: bufio.NewReader(conn), w: bufio.NewWriter(conn)}
}

// answer is what came back for a request.
type answer struct {
	code int
	body []byte
	date string // when, by Asterisk's clock, as HTTP writes it
	last bool   // the connection is closed behind it
}

// exchange makes one request and reads the whole answer. After an error the
// line cannot be used any more.
func (l *line) exchange(ctx context.Context, t *transport, req outgoing, until time.Time) (got answer, err error) {
	if err := l.conn.SetDeadline(until); err != nil {
		return answer{}, err
	}
	// An order has a context that never ends: this costs it nothing.
	if ctx.Done() != nil {
		stop := context.AfterFunc(ctx, func() {
			l.conn.SetDeadline(time.Unix(1, 0)) //nolint:errcheck // it is closed then
		})
		defer func() {
			if !stop() {
				got, err = answer{}, ctx.Err()
			}
		}()
	}
	if err := req.write(l.w, t); err != nil {
		return answer{}, err
	}
	resp, err := http.ReadResponse(l.r, nil)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close() //nolint:errcheck // it was read to its end, or the line is dropped
	body, err := readBody(resp)
	return answer{code: resp.StatusCode, body: body, date: resp.Header.Get("Date"), last: resp.Close}, err
}

// readBody reads an answer's body to its end.
func readBody(resp *http.Response) ([]byte, error) {
	switch {
	case resp.ContentLength == 0:
		return nil, nil
	case resp.ContentLength > maxAnswer:
		return nil, fmt.Errorf("answer of %d bytes", resp.ContentLength)
	case resp.ContentLength > 0:
		body := make([]byte, resp.ContentLength)
		_, err := io.ReadFull(resp.Body, body)
		return body, err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err == nil && len(body) > maxAnswer {
		err = fmt.Errorf("answer of more than %d bytes", maxAnswer)
	}
	return body, err
}

// stands says whether a connection that was kept is still open at the other
// end, as far as this end knows: nothing may have arrived on it, and no end.
func stands(conn net.Conn) bool {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return true // TLS: the record of its end is not looked for
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return false
	}
	open := false
	err = raw.Read(func(fd uintptr) bool {
		var b [1]byte
		_, e := syscall.Read(int(fd), b[:])
		open = e == syscall.EAGAIN //nolint:errorlint // a bare errno
		return true
	})
	return err == nil && open
}
