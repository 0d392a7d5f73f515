package main

import (
	"fmt"
	"io"

	"glennline/ops/datadir"
	"glennline/petition/journal"
)

// tellWaiting says how many calls wait in the journal while the database cannot be
// written, or was not until now: whoever gives a number to others has to know that
// it is to grow. That the journal cannot be read is for reconcile to tell.
func tellWaiting(errs io.Writer, dir datadir.Dir) {
	calls := make(map[string]bool)
	_, err := journal.Read(dir.Journal(), func(e journal.Entry) error {
		calls[e.CallID()] = true
		return nil
	})
	if n := len(calls); err == nil && n > 0 {
		fmt.Fprintf(errs, "%s %s in the journal until the database takes them, and may not be in these numbers yet: see 'glennline reconcile'\n", several(n, "call"), waits(n))
	}
}

func waits(n int) string {
	if n == 1 {
		return "waits"
	}
	return "wait"
}
