package main

import (
	"errors"
	"slices"
	"strconv"
	"testing"

	"glennline/ops/watch"
)

// An output that is not read holds nobody up who tells of a call, nor the end; once it
// is read again, it is said how many calls are missing.
func TestShownWaitsForNoReader(t *testing.T) {
	reads, printing := make(chan struct{}), make(chan struct{}, 2*shownBehind)
	var printed []string
	var missed int64
	print := func(c watch.Call) error {
		printing <- struct{}{}
		<-reads
		printed = append(printed, c.Line)
		return nil
	}
	s := newShown(print, func(n int64) { missed += n }, func() { t.Error("it failed") })
	s.tell(watch.Call{Line: "first"})
	<-printing // which holds the output up
	for n := range shownBehind + 7 {
		s.tell(watch.Call{Line: strconv.Itoa(n)})
	}
	close(reads)
	for range shownBehind {
		<-printing
	}
	s.tell(watch.Call{Line: "last"})
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	<-s.over
	if missed != 7 {
		t.Errorf("%d calls are said to be missing, want 7", missed)
	}
	if len(printed) != shownBehind+2 || printed[0] != "first" || printed[1] != "0" || printed[shownBehind+1] != "last" {
		t.Errorf("%d calls were printed, from %q to %q", len(printed), printed[:2], printed[len(printed)-1])
	}

	blocked := newShown(func(watch.Call) error { select {} }, nil, nil)
	blocked.tell(watch.Call{})
	if err := blocked.close(); err != nil { // returns, that is the test
		t.Error(err)
	}
}

// What is told before the end is printed, and an output that fails ends the watching.
func TestShownSaysWhenTheOutputFails(t *testing.T) {
	gone := errors.New("nobody is there")
	var printed []string
	failed := make(chan struct{})
	s := newShown(func(c watch.Call) error {
		printed = append(printed, c.Line)
		if c.Line == "third" {
			return gone
		}
		return nil
	}, nil, func() { close(failed) })
	for _, line := range []string{"first", "second", "third", "fourth"} {
		s.tell(watch.Call{Line: line})
	}
	<-failed
	if err := s.close(); !errors.Is(err, gone) {
		t.Errorf("got %v, want %v", err, gone)
	}
	if !slices.Equal(printed, []string{"first", "second", "third"}) {
		t.Errorf("printed %q", printed)
	}
}
