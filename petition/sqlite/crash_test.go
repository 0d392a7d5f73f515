package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"glennline/petition/sqlite"
)

// crashDatabase names the environment variable that makes the test binary write
// calls to the database it names until it is killed.
const crashDatabase = "GLENNLINE_TEST_CRASH_DATABASE"

// writers is how many calls the child has at once.
const writers = 40

// writeUntilKilled begins and ends calls and says so on standard output as soon
// as the ledger has acknowledged it, one line for each.
func writeUntilKilled(path string) {
	fail := func(err error) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	db, err := sqlite.Open(context.Background(), sqlite.Config{Path: path, Now: clock})
	if err != nil {
		fail(err)
	}
	first, err := db.Counts(context.Background())
	if err != nil {
		fail(err)
	}
	for w := range writers {
		go func() {
			for n := first.Calls + w; ; n += writers {
				if err := db.Begin(context.Background(), call(n)); err != nil {
					fail(err)
				}
				_, _ = os.Stdout.WriteString("begun " + id(n) + "\n")
				closing := message(n)
				if n%3 == 0 {
					closing = hungUp(n)
				}
				if _, err := db.End(context.Background(), closing); err != nil {
					fail(err)
				}
				_, _ = os.Stdout.WriteString("ended " + id(n) + "\n")
			}
		}()
	}
	select {}
}

// What was acknowledged to a program that is then killed is in the database,
// and nothing is half there.
func TestWhatIsAcknowledgedSurvivesSIGKILL(t *testing.T) {
	p := path(t)
	begun, ended := map[string]bool{}, map[string]bool{}
	for _, lines := range []int{1, 50, 333, 2000, 1} {
		killAfter(t, p, lines, begun, ended)

		db := open(t, sqlite.Config{Path: p})
		if err := db.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		rows := map[string]sqlite.CallRow{}
		for _, row := range list(t, db, sqlite.Filter{}) {
			rows[row.Call.ID] = row
			if row.Closing != nil && (row.Closing.Voice == nil) != (row.Signature == nil) {
				t.Errorf("call %s is half there: %+v", row.Call.ID, row)
			}
			if row.Closing != nil && !row.Closing.Consent.Complete && row.Call.Caller.Pseudonym != "" {
				t.Errorf("call %s kept its pseudonym", row.Call.ID)
			}
		}
		for id := range begun {
			if _, ok := rows[id]; !ok {
				t.Errorf("call %s was acknowledged and is not there", id)
			}
		}
		for id := range ended {
			if rows[id].Closing == nil {
				t.Errorf("the end of call %s was acknowledged and is not there", id)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// killAfter runs the child until it has written so many lines, kills it, and
// takes all that it wrote.
func killAfter(t *testing.T, path string, lines int, begun, ended map[string]bool) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), crashDatabase+"="+path)
	var complaints strings.Builder
	child.Stderr = &complaints
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	read := 0
	for scanner := bufio.NewScanner(out); scanner.Scan(); read++ {
		if read == lines {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
		switch what, id, _ := strings.Cut(scanner.Text(), " "); what {
		case "begun":
			begun[id] = true
		case "ended":
			ended[id] = true
		}
	}
	_ = child.Wait()
	if status := child.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != syscall.SIGKILL {
		t.Fatalf("the child ended by itself: %v\n%s", child.ProcessState, complaints.String())
	}
	if read < lines {
		t.Fatalf("the child wrote %d lines, want %d", read, lines)
	}
}
