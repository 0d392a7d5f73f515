package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	asteriskconf "glennline/asterisk-conf"
	"glennline/config"
	"glennline/petition"
)

// Where Asterisk cannot record, calls are refused, whatever room there is; the
// log says why, once, and once that it is over.
func TestNoRoomWhereNothingCanBeRecorded(t *testing.T) {
	core, logged := observer.New(zap.InfoLevel)
	spool := filepath.Join(t.TempDir(), "spool")
	if err := os.Mkdir(spool, 0o700); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 { // Asterisk runs as an ordinary user then
		if err := os.Chown(spool, 65534, 65534); err != nil {
			t.Fatal(err)
		}
	}
	b := &beacon{file: config.Default(), folders: []string{spool}, spool: spool, log: zap.New(core)}
	b.file.Admission.MinFreeMiB = 0
	mode := func(m os.FileMode) {
		t.Helper()
		if err := os.Chmod(spool, m); err != nil {
			t.Fatal(err)
		}
	}
	if !b.room() || logged.Len() != 0 {
		t.Errorf("no room in a new spool: %v", logged.All())
	}
	mode(0o500)
	for range 2 {
		if b.room() {
			t.Error("calls are taken with a spool that cannot be written")
		}
	}
	if all := logged.All(); len(all) != 1 || !strings.Contains(all[0].ContextMap()["reason"].(string), spool+" may not be written to") {
		t.Errorf("logged %v, want the reason once", all)
	}
	mode(0o700)
	if !b.room() || logged.Len() != 2 {
		t.Errorf("calls are not taken again: %v", logged.All())
	}
	b.file.Admission.MinFreeMiB = 1 << 40
	if b.room() || !strings.Contains(logged.All()[2].ContextMap()["reason"].(string), "too little room on the disk of "+spool) {
		t.Errorf("with a full disk: %v", logged.All())
	}
}

// A message that could not be recorded although all looks well is the last one
// for a while: the dialplan answers by itself then.
func TestDoubtAfterAMessageThatCouldNotBeRecorded(t *testing.T) {
	b := &beacon{file: config.Default(), spool: t.TempDir(), log: zap.NewNop()}
	wants := func(want asteriskconf.State) {
		t.Helper()
		if got := b.wants(false); got != want {
			t.Errorf("%q with new calls, want %q", got, want)
		}
	}
	wants(asteriskconf.StateAccept)
	b.ended(petition.Ending{Result: petition.ResultMessage, Reason: petition.ReasonRecord})
	wants(asteriskconf.StateAccept)
	b.ended(petition.Ending{Result: petition.ResultFailed, Reason: petition.ReasonRecord})
	wants(asteriskconf.StateDrain)
	b.failed.Store(time.Now().Add(-doubt).UnixMilli())
	wants(asteriskconf.StateAccept)

	// One of a call that ends just after the disk was full tells nothing new.
	b.folders, b.file.Admission.MinFreeMiB = []string{b.spool}, 1<<40
	wants(asteriskconf.StateFull)
	b.file.Admission.MinFreeMiB = 0
	b.ended(petition.Ending{Result: petition.ResultFailed, Reason: petition.ReasonRecord})
	wants(asteriskconf.StateAccept)
	b.lacked.Store(time.Now().Add(-explained).UnixMilli())
	b.ended(petition.Ending{Result: petition.ResultFailed, Reason: petition.ReasonRecord})
	wants(asteriskconf.StateDrain)
}
