package ari

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxErrorBody bounds what is kept of an answer that is not a 2xx, in bytes.
const maxErrorBody = 1 << 10

// transport carries requests to one Asterisk, each once and with a deadline. An
// answer that is not a 2xx becomes a *StatusError and none a *RequestError; the
// body is read to its end so that the connection can be used again.
type transport struct {
	pool    *pool
	root    string // the path of the ARI root, escaped, without a slash at its end
	header  string // the lines that are the same for all requests
	timeout time.Duration
	stats   *counters
	dated   func(date string, asked, now time.Time) // told of the Date of each answer; may be nil
}

// newTransport makes a transport. Whoever makes it closes it.
func newTransport(target *url.URL, cfg Config, authorization string, stats *counters) *transport {
	return &transport{
		pool: newPool(target, cfg), root: target.EscapedPath(), timeout: cfg.RequestTimeout, stats: stats,
		header: "Host: " + target.Host + "\r\nAuthorization: " + authorization + "\r\n",
	}
}

func (t *transport) close() { t.pool.close() }

// carry makes one request to its end and gives the body of its answer.
func (t *transport) carry(ctx context.Context, req outgoing) ([]byte, error) {
	until := time.Now().Add(t.timeout)
	t.stats.requests.Add(1)
	l, err := t.pool.take(ctx, until)
	if err != nil {
		return nil, t.failed(req, false, err)
	}
	asked := time.Now()
	got, err := l.exchange(ctx, t, req, until)
	if err != nil {
		t.pool.drop(l)
		lost := t.failed(req, true, err)
		if lost.Timeout() {
			t.pool.flush()
		}
		return nil, lost
	}
	if t.dated != nil {
		t.dated(got.date, asked, time.Now())
	}
	if got.last {
		t.pool.drop(l)
	} else {
		t.pool.keep(l)
	}
	if got.code < http.StatusOK || got.code >= http.StatusMultipleChoices {
		return nil, &StatusError{
			Code: got.code, Method: req.method, Path: req.named(),
			Body: strings.TrimSpace(string(got.body[:min(len(got.body), maxErrorBody)])),
		}
	}
	return got.body, nil
}

func (t *transport) failed(req outgoing, sent bool, err error) *RequestError {
	t.stats.requestsLost.Add(1)
	return &RequestError{Method: req.method, Path: req.named(), Sent: sent, Err: err}
}
