//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"glennline/softphone"
)

// What Prometheus and a monitor are told is what happened, on loopback, and no
// caller is in it.
func TestMonitor(t *testing.T) {
	t.Parallel()
	at := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	dir := tempDir(t)
	reader := withReader(t, dir, strconv.Itoa(freePort(t)))
	l := upIn(t, dir, lineCalls, callsConfig+"monitor: {listen: '"+at+"', pprof: true}\n"+reader)
	get := func(path string) (int, string) {
		t.Helper()
		return told(t, at, path)
	}
	if code, body := get("/healthz"); code != http.StatusOK || body != "ok\n" {
		t.Errorf("/healthz is %d %q", code, body)
	}
	if code, body := get("/readyz"); code != http.StatusOK || !strings.Contains(body, `"ready": true`) {
		t.Errorf("/readyz is %d %s", code, body)
	}
	if code, _ := get("/debug/pprof/heap?debug=1"); code != http.StatusOK {
		t.Errorf("/debug/pprof/heap is %d", code)
	}
	r, calling := l.until(t, softphone.Speaking, softphone.Script{Say: speech(t, 2)})
	<-calling
	l.want(t, *r, "message/caller", "counted")
	_, metrics := get("/metrics")
	for _, want := range []string{
		`glennline_calls_total{line="main",reason="caller",result="message"} 1`,
		`glennline_signatures{status="counted"} 1`,
		`glennline_answer_seconds_count{line="main"} 1`,
		`glennline_beep_seconds_count{line="main"} 1`,
		`glennline_commit_seconds_count{line="main"} 1`,
		`glennline_calls_active 0`,
		`glennline_ari_connected 1`,
		`glennline_database_writable 1`,
		`glennline_state{state="accept"} 1`,
	} {
		if !strings.Contains(metrics, want+"\n") {
			t.Errorf("/metrics lacks %s", want)
		}
	}
	for _, number := range digits {
		if strings.Contains(metrics, number) {
			t.Errorf("/metrics has the number of caller %s", number)
		}
	}
	l.keepsItsCalls(t)
	l.refusesUnrecorded(t, func() string { _, body := get("/readyz"); return body })
	// Without Asterisk the line is not ready, and says why.
	if err := syscall.Kill(l.asterisk(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for until := time.Now().Add(deadline); ; {
		code, body := get("/readyz")
		if code == http.StatusServiceUnavailable && strings.Contains(body, "the dialplan answers by itself") {
			break
		}
		if time.Now().After(until) {
			t.Fatalf("without Asterisk /readyz is %d %s", code, body)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// A spool that nobody can write to is no place for a message: callers are refused
// before the answer, and whoever looks is told why, until it can be written again.
func (l *line) refusesUnrecorded(t *testing.T, ready func() string) {
	t.Helper()
	spool := filepath.Join(l.dir, "data", "asterisk", "spool", "recording")
	folders, err := filepath.Glob(filepath.Join(spool, "20*"))
	if err != nil || len(folders) == 0 {
		t.Fatalf("no folder in %s: %v", spool, err)
	}
	allow := func(mode os.FileMode) {
		t.Helper()
		for _, folder := range append(folders, spool) {
			if err := os.Chmod(folder, mode); err != nil {
				t.Fatal(err)
			}
		}
	}
	allow(0o500)
	defer allow(0o700)
	waitFor(t, "the line to refuse calls", func() bool {
		body := ready()
		return strings.Contains(body, `"says": "full"`) && strings.Contains(body, "asterisk cannot record: "+spool)
	})
	r := l.phone(t, softphone.Script{HangupAt: softphone.AfterAnswer})
	if r.Ended != softphone.EndedRefused || r.Status != http.StatusServiceUnavailable || r.AnswerTime != 0 {
		t.Errorf("the call ended %q with %d (answered after %v), want refused with 503", r.Ended, r.Status, r.AnswerTime)
	}
	if states := doctorSays(t, l); states["spool"] != "fault" {
		t.Errorf("doctor calls the spool %q, want fault", states["spool"])
	}
	allow(0o700)
	waitFor(t, "the line to take calls again", func() bool { return strings.Contains(ready(), `"ready": true`) })
	l.want(t, l.phone(t, softphone.Script{Say: speech(t, 1.2)}), "message/caller", "counted")
}
