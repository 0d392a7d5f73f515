package ari

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// request makes a request that the library lacks or whose errors it hides, on
// the same transport. path is below the ARI root and escaped; in and out may be
// nil. Errors are *StatusError and *RequestError, bare.
func (c *Client) request(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		encoded, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(encoded)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.wire.base()+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", c.basic)
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.wire.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // in memory
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		return fmt.Errorf("%s %s: answer: %w", method, path, err)
	}
	return nil
}
