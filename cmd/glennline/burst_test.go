package main

import (
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"glennline/petition"
)

func TestBursts(t *testing.T) {
	core, seen := observer.New(zap.WarnLevel)
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	b := &bursts{log: zap.New(core), now: func() time.Time { return now }}
	one := petition.Caller{Class: petition.ClassMobile, Pseudonym: strings.Repeat("a", 64)}
	other := petition.Caller{Class: petition.ClassMobile, Pseudonym: strings.Repeat("b", 64)}
	withheld := petition.Caller{Class: petition.ClassWithheld}

	for range burstOfOne - 1 {
		b.note(one)
		b.note(other)
	}
	now = now.Add(burstWindow)
	for range burstOfOne - 1 {
		b.note(one)
	}
	if seen.Len() != 0 {
		t.Fatalf("flagged %v: calls a minute apart are no burst", seen.All())
	}
	for range 3 * burstOfOne {
		b.note(one)
	}
	if seen.Len() != 1 {
		t.Fatalf("%d flags for one burst of one caller, want 1", seen.Len())
	}
	for range 2 * burstWithheld {
		b.note(withheld)
	}
	if seen.Len() != 2 {
		t.Fatalf("%d flags, want one more for the withheld numbers", seen.Len())
	}
}
