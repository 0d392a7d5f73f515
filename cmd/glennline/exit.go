package main

import (
	"errors"
	"strings"

	"glennline/ari"
)

// The exit codes, as the long help of each command documents them.
const (
	exitOK       = 0
	exitFailed   = 1 // what was asked could not be done
	exitUsage    = 2 // the command, its flags or the configuration are wrong; nothing was changed
	exitReplaced = 6 // another process took over our ARI application
)

// usageError is a wrong use of a command, or a wrong configuration.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usage(err error) error {
	if err == nil {
		return nil
	}
	return usageError{err}
}

func exitCode(err error) int {
	var wrong usageError
	switch {
	case errors.As(err, &wrong):
		return exitUsage
	case errors.Is(err, ari.ErrReplaced):
		return exitReplaced
	}
	return exitFailed
}

// oneLine keeps an error on one line, whatever it wraps.
func oneLine(err error) string {
	return strings.Join(strings.Fields(err.Error()), " ")
}
