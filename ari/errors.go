package ari

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"

	"glennline/voicemail"
)

var (
	// ErrReplaced says that another glennline connected under the same
	// application name and has the calls now. Whoever sees it ends: to
	// connect again would take them back, and so on for ever.
	ErrReplaced = errors.New("another glennline took over the application: run only one for each Asterisk and application name")
	// ErrUnauthorized says that Asterisk refused user and password, or that the
	// user may only read.
	ErrUnauthorized = errors.New("asterisk refused the ARI user or password: compare them with ari.conf, where the user must not be read_only")
	// ErrDeadline says that a step outlived the time it is given.
	ErrDeadline = errors.New("step took too long")
	// ErrUnplayable says that Asterisk could not play a prompt: the file is
	// missing or not readable for Asterisk's user, or its codec is not loaded.
	ErrUnplayable = errors.New("asterisk could not play the prompt: check that its user may read the file")
	// ErrLost says that a step ended while the socket was down, and that
	// Asterisk cannot tell any more how.
	ErrLost = voicemail.ErrLost
	// ErrRecordingExists says that a recording of that name is there already.
	ErrRecordingExists = errors.New("a recording of that name exists")
)

// StatusError is an answer of Asterisk's that is not a 2xx.
type StatusError struct {
	Code   int
	Method string
	Path   string // below the ARI root, without the query
	Body   string // as sent, at most 1 KiB
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("asterisk answered %d to %s %s: %s", e.Code, e.Method, e.Path, e.Body)
}

// RequestError is a request that got no whole answer.
type RequestError struct {
	Method string
	Path   string
	// Sent is false if no byte can have reached Asterisk. If it is true the
	// request may have taken effect.
	Sent bool
	Err  error
}

func (e *RequestError) Error() string {
	return fmt.Sprintf("%s %s: %v", e.Method, e.Path, e.Err)
}

func (e *RequestError) Unwrap() error { return e.Err }

// Timeout says whether the deadline passed.
func (e *RequestError) Timeout() bool {
	return errors.Is(e.Err, os.ErrDeadlineExceeded) || errors.Is(e.Err, context.DeadlineExceeded)
}

// status is the code of Asterisk's answer, 0 if there was none.
func status(err error) int {
	if e, ok := errors.AsType[*StatusError](err); ok {
		return e.Code
	}
	return 0
}

// uncertain says whether a request that failed may have taken effect all the
// same, or still may.
func uncertain(err error) bool {
	e, ok := errors.AsType[*RequestError](err)
	return ok && e.Sent
}

// passing says whether the same request may well succeed a moment later,
// although it has had no effect now.
func passing(err error) bool {
	if e, ok := errors.AsType[*RequestError](err); ok {
		return !e.Sent
	}
	return status(err) == http.StatusServiceUnavailable
}
