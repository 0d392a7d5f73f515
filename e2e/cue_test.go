//go:build e2e || heavy

package e2e

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"glennline/softphone"
)

// info is a request within a call (RFC 6086) that says nothing but: now.
const info = "INFO sip:caller@%[1]s SIP/2.0\r\n" +
	"Via: SIP/2.0/UDP %[2]s;branch=z9hG4bKcue%[4]d\r\n" +
	"From: <sip:cue@%[2]s>;tag=cue\r\n" +
	"To: <sip:caller@%[1]s>\r\n" +
	"Call-ID: %[3]s\r\n" +
	"CSeq: %[4]d INFO\r\n" +
	"Max-Forwards: 70\r\n" +
	"Content-Length: 0\r\n\r\n"

// recordings are the paths of those in Asterisk's spool, whether they are over or not.
func (l *line) recordings() ([]string, error) {
	return filepath.Glob(filepath.Join(l.spool, "*", "*.wav"))
}

// recorded is closed when Asterisk records, the call with the id or, with "", any;
// never if over is closed before.
func (l *line) recorded(id func() string, over <-chan struct{}) <-chan struct{} {
	records := make(chan struct{})
	go func() {
		for tick := time.NewTicker(20 * time.Millisecond); ; {
			select {
			case <-over:
				tick.Stop()
				return
			case <-tick.C:
			}
			paths, err := l.recordings()
			prefix := id()
			if err == nil && slices.ContainsFunc(paths, func(path string) bool { return strings.HasPrefix(filepath.Base(path), prefix) }) {
				tick.Stop()
				close(records)
				return
			}
		}
	}()
	return records
}

// answered is the id of a call, of whose events told is told; one that no call has
// until it is known.
func (l *line) answered() (id func() string, told func(softphone.Event)) {
	var callID atomic.Value
	id = func() (found string) {
		sipCallID, ok := callID.Load().(string)
		if !ok {
			return "none"
		}
		db := openDatabase(l.t, filepath.Join(l.dir, "data", "glennline.db"))
		defer db.Close()
		if db.QueryRow(`SELECT id FROM calls WHERE sip_call_id = ?`, sipCallID).Scan(&found) != nil {
			return "none"
		}
		return found
	}
	return id, func(e softphone.Event) {
		if e.Kind == softphone.Answered {
			callID.Store(e.CallID)
		}
	}
}

// cue gives each caller of the SIPp at an address its cue to speak, until ctx ends:
// when Asterisk has begun to record, and so the beep is over. SIPp itself hears nothing,
// and how long prompts take is for the machine to say. Once again is closed, they are
// given a second one.
func (l *line) cue(ctx context.Context, sipp string, again <-chan struct{}) error {
	db := openDatabase(l.t, filepath.Join(l.dir, "data", "glennline.db"))
	defer db.Close()
	conn, err := new(net.Dialer).DialContext(ctx, "udp", sipp)
	if err != nil {
		return err
	}
	defer conn.Close()
	given := make(map[string]string) // Call-ID by call
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		select {
		case <-ctx.Done():
			tick.Stop()
			return nil
		case <-again:
			again = nil
			for _, callID := range given {
				if _, err := fmt.Fprintf(conn, info, sipp, conn.LocalAddr(), callID, 2); err != nil {
					return err
				}
			}
		case <-tick.C:
		}
		begun, err := l.recordings()
		if err != nil {
			return err
		}
		for _, path := range begun {
			id, _, _ := strings.Cut(filepath.Base(path), "~")
			var callID string
			if given[id] != "" || db.QueryRowContext(ctx, `SELECT sip_call_id FROM calls WHERE id = ?`, id).Scan(&callID) != nil {
				continue // its row comes
			}
			if _, err := fmt.Fprintf(conn, info, sipp, conn.LocalAddr(), callID, 1); err != nil {
				return err
			}
			given[id] = callID
		}
	}
}

func openDatabase(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+path+"?_busy_timeout=10000")
	if err != nil {
		t.Fatal(err)
	}
	return db
}
