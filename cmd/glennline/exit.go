package main

import (
	"errors"
	"strings"
	"syscall"
	"unicode"

	"glennline/ari"
	asteriskconf "glennline/asterisk-conf"
	"glennline/asterisk-conf/pbx"
	"glennline/config"
	"glennline/ops/backup"
	"glennline/ops/datadir"
	"glennline/ops/handover"
	"glennline/ops/outfile"
	"glennline/ops/seal"
	"glennline/petition"
	"glennline/petition/audit"
	"glennline/petition/caller"
	"glennline/petition/sqlite"
)

// The exit codes, as the long help of each command documents them.
const (
	exitOK       = 0
	exitFailed   = 1 // what was asked could not be done
	exitUsage    = 2 // the command, its flags or the configuration are wrong; nothing was changed
	exitLeft     = 3 // something is left to look at
	exitBroken   = 4 // the audit chain, the counters, a backup or an export do not hold
	exitReplaced = 6 // another process took over our ARI application

	exitPipe = 128 + int(syscall.SIGPIPE) // whoever read standard output went away: as a shell tells of any program
)

// wrong are the errors that another command line, another configuration or
// another file beside the data cures, and nothing else. They are found before
// anything is written.
var wrong = []error{
	ari.ErrUnauthorized,
	asteriskconf.ErrForeign,
	backup.ErrExpired,
	backup.ErrFewer,
	backup.ErrForeign,
	backup.ErrHalf,
	backup.ErrNewer,
	backup.ErrInUse,
	backup.ErrNoBackup,
	backup.ErrNotEmpty,
	backup.ErrOverlap,
	caller.ErrExposed,
	caller.ErrMalformed,
	datadir.ErrInUse,
	handover.ErrNotEncrypted,
	handover.ErrPaper,
	outfile.ErrBusy,
	outfile.ErrExists,
	outfile.ErrNotFile,
	outfile.ErrTarget,
	pbx.ErrNoAsterisk,
	pbx.ErrOpenFiles,
	pbx.ErrPortTaken,
	pbx.ErrUser,
	sqlite.ErrAccepted,
	seal.ErrIdentity,
	seal.ErrKeyExists,
	seal.ErrKeyExposed,
	seal.ErrKeyMalformed,
	seal.ErrName,
	seal.ErrNoManifest,
	seal.ErrPassword,
	sqlite.ErrDenied,
	sqlite.ErrForeign,
	sqlite.ErrNewerSchema,
	sqlite.ErrOtherSecret,
	petition.ErrTransition,
	sqlite.ErrNoKPI,
	sqlite.ErrNoRun,
	sqlite.ErrNoSignature,
	sqlite.ErrNotCounted,
	sqlite.ErrUndone,
}

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
	var misuse usageError
	var field *asteriskconf.FieldError
	switch {
	case errors.As(err, &misuse), errors.As(err, &field):
		return exitUsage
	case errors.Is(err, errPipe):
		return exitPipe
	case errors.Is(err, errLeft):
		return exitLeft
	case errors.Is(err, audit.ErrBroken), errors.Is(err, sqlite.ErrCounters),
		errors.Is(err, backup.ErrUnverified), errors.Is(err, backup.ErrIncomplete), errors.Is(err, errUnproved), errors.Is(err, handover.ErrUnproved):
		return exitBroken
	case errors.Is(err, ari.ErrReplaced):
		return exitReplaced
	}
	for _, target := range wrong {
		if errors.Is(err, target) {
			return exitUsage
		}
	}
	return exitFailed
}

// oneLine keeps an error on one line, whatever it wraps.
func oneLine(err error) string {
	var parts []string
	for line := range strings.SplitSeq(err.Error(), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			parts = append(parts, line)
		}
	}
	return printable(strings.Join(parts, "; "))
}

// printable keeps a terminal from what a file's name or a caller's header may
// hold.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, text)
}

// each takes joined errors and faults of the configuration apart.
func each(err error) (all []error) {
	switch e := err.(type) { //nolint:errorlint // what stands outermost decides
	case usageError:
		return each(e.error)
	case config.Faults:
		for _, fault := range e {
			all = append(all, fault)
		}
		return all
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			all = append(all, each(one)...)
		}
		return all
	}
	if faults, ok := errors.AsType[config.Faults](err); ok {
		return each(faults)
	}
	return []error{err}
}
