package ari

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// outgoing is a request.
type outgoing struct {
	method string
	path   string // below the ARI root, escaped, with the query
	body   []byte // JSON, or nil
}

// named is the path without the query, which may hold what is not for errors.
func (o outgoing) named() string {
	path, _, _ := strings.Cut(o.path, "?")
	return path
}

// write writes the request (RFC 9112). What is in it has no line breaks: paths
// are escaped, and the rest is ours.
func (o outgoing) write(w *bufio.Writer, t *transport) error {
	var length [20]byte
	for _, part := range []string{o.method, " ", t.root, o.path, " HTTP/1.1\r\n", t.header} {
		w.WriteString(part) //nolint:errcheck // Flush says it
	}
	if o.body != nil {
		w.WriteString("Content-Type: application/json\r\n") //nolint:errcheck // as above
	}
	w.WriteString("Content-Length: ")                              //nolint:errcheck // as above
	w.Write(strconv.AppendInt(length[:0], int64(len(o.body)), 10)) //nolint:errcheck // as above
	w.WriteString("\r\n\r\n")                                      //nolint:errcheck // as above
	w.Write(o.body)                                                //nolint:errcheck // as above
	return w.Flush()
}

// request asks Asterisk for something. path is below the ARI root and escaped;
// in and out may be nil. Errors are *StatusError and *RequestError, bare.
func (c *Client) request(ctx context.Context, method, path string, in, out any) error {
	req := outgoing{method: method, path: path}
	if in != nil {
		var err error
		if req.body, err = json.Marshal(in); err != nil {
			return err
		}
	}
	body, err := c.wire.carry(ctx, req)
	if err != nil || out == nil {
		return err
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("%s %s: answer: %w", method, path, err)
	}
	return nil
}

// order asks for a step of a call. Unlike request it goes on when ctx ends: who
// stops in the middle of an order cannot know what becomes of it.
func (c *Client) order(ctx context.Context, method, path string, in any) error {
	return c.request(context.WithoutCancel(ctx), method, path, in, nil)
}
