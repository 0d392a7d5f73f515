package main

import (
	"bytes"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	asteriskconf "glennline/asterisk-conf"
	"glennline/config"
)

// Once ready, the operator is told in one line where to dial, who may, where the
// data is and how to end; in a log for programs, as one of its lines.
func TestGreet(t *testing.T) {
	core, logged := observer.New(zap.InfoLevel)
	s := &service{file: config.Default(), dir: "/srv/line", log: zap.New(core)}
	trunks := []asteriskconf.Trunk{{Match: []string{"127.0.0.1", "192.168.7.0/24"}}, {Match: []string{"192.0.2.1"}}}

	var talk bytes.Buffer
	s.greet(&talk, trunks)
	said := talk.String()
	for _, want := range []string{"sip:main@127.0.0.1:5060", "127.0.0.1, 192.168.7.0/24, 192.0.2.1", "/srv/line", "Ctrl-C", "second one at once"} {
		if !strings.Contains(said, want) {
			t.Errorf("said %q, which lacks %q", said, want)
		}
	}
	if strings.Count(said, "\n") != 1 || logged.Len() != 0 {
		t.Errorf("said %q and logged %v, want one line", said, logged.All())
	}

	talk.Reset()
	s.file.Log.Format = "json"
	s.greet(&talk, trunks)
	if talk.Len() != 0 || logged.Len() != 1 || logged.All()[0].ContextMap()["dial"] != "sip:main@127.0.0.1:5060" {
		t.Errorf("said %q and logged %v, want one line of the log", talk.String(), logged.All())
	}
}
