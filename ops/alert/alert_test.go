package alert_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"glennline/ops/alert"
	"glennline/petition"
	"glennline/petition/sqlite"
)

var start = time.Date(2026, 11, 22, 18, 0, 0, 0, time.UTC)

const pseudonym = "67d344052dc7baafda8f69b5cd16a9c4bf49fe2b5c4f3baa4b09828ba7f37d2e"

// ledger is one with calls; now is its clock, and that of the alerts.
type ledger struct {
	*sqlite.DB
	t   *testing.T
	now time.Time
	ids []string
}

func newLedger(t *testing.T, calls int) *ledger {
	t.Helper()
	l := &ledger{t: t, now: start.Add(time.Hour)}
	var err error
	l.DB, err = sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "glennline.db"), Now: func() time.Time { return l.now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	for n := range calls {
		id := fmt.Sprintf("01M826ME80000000000000000%d", n)
		call := petition.Call{
			ID: id, System: "pbx", UniqueID: fmt.Sprint(n), SIPCallID: "secret-call-id", Line: "main", StartedAt: start.Add(time.Duration(n) * time.Minute),
			Caller: petition.Caller{Class: petition.ClassMobile, Pseudonym: fmt.Sprintf("%s%d", pseudonym[:63], n), KeyID: "key"},
		}
		_, err := l.Settle(t.Context(), call, petition.Closing{
			CallID: id, Ending: petition.Ending{Result: petition.ResultMessage, Reason: petition.ReasonCaller},
			AnsweredAt: call.StartedAt, EndedAt: call.StartedAt.Add(time.Second),
			Consent: petition.Consent{Notice: "0123456789ab", Language: "fr", Complete: true},
			Voice: &petition.Voice{
				Path: id + ".wav", FileSHA256: fmt.Sprintf("%064d", n), AudioSHA256: fmt.Sprintf("%064d", n+100),
				Measure: petition.Measure{Seconds: 4, SpeechSeconds: 3, PeakDBFS: -6},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		l.ids = append(l.ids, id)
	}
	return l
}

func (l *ledger) decide(status petition.Status, ns ...int) int64 {
	l.t.Helper()
	d := sqlite.Decision{Status: status, Actor: "anna", Reason: "tells of herself"}
	for _, n := range ns {
		d.IDs = append(d.IDs, l.ids[n])
	}
	run, err := l.Decide(l.t.Context(), d)
	if err != nil {
		l.t.Fatal(err)
	}
	return run
}

func (l *ledger) waiting() []sqlite.Alert {
	l.t.Helper()
	all, err := l.WaitingAlerts(l.t.Context(), l.now.AddDate(1, 0, 0), 100)
	if err != nil {
		l.t.Fatal(err)
	}
	return all
}

func (l *ledger) config(command ...string) alert.Config {
	return alert.Config{Command: command, Timeout: 10 * time.Second, Now: func() time.Time { return l.now }, Log: zap.NewNop()}
}

func (l *ledger) once(cfg alert.Config) alert.Result {
	l.t.Helper()
	r, err := alert.Once(l.t.Context(), cfg, l)
	if err != nil {
		l.t.Fatal(err)
	}
	return r
}

// script is a program of a test.
func script(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "page")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCommand(t *testing.T) {
	l := newLedger(t, 2)
	l.decide(petition.StatusConfidential, 1)
	out := filepath.Join(t.TempDir(), "told")
	t.Setenv("GLENNLINE_SIP_PORT", "5061")
	page := script(t, "cat >"+out+"\nenv >>"+out+"\necho args $* >>"+out)
	if r := l.once(l.config(page, "--urgent", "a b")); r.Told != 1 || len(r.Failed) > 0 {
		t.Fatalf("%+v", r)
	}
	raw, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	first, rest, _ := strings.Cut(string(raw), "\n")
	var n alert.Notice
	if err := json.Unmarshal([]byte(first), &n); err != nil || n.ID != l.ids[1] || n.Line != "main" || !n.StartedAt.Equal(start.Add(time.Minute)) || !n.ConfidentialAt.Equal(l.now) || n.Test {
		t.Errorf("%s: %v", first, err)
	}
	for _, want := range []string{"ALERT_ID=" + l.ids[1], "ALERT_LINE=main", "ALERT_STARTED_AT=2026-11-22T18:01:00Z", "ALERT_TEST=false", "args --urgent a b"} {
		if !strings.Contains(rest, want+"\n") {
			t.Errorf("the command was not told %q:\n%s", want, rest)
		}
	}
	for _, never := range []string{pseudonym[:20], "secret-call-id", ".wav", "tells of herself", "GLENNLINE_"} {
		if strings.Contains(string(raw), never) {
			t.Errorf("the command was told %q", never)
		}
	}
	if left := l.waiting(); len(left) > 0 {
		t.Errorf("left: %+v", left)
	}
	if r := l.once(l.config(page)); r.Told != 0 {
		t.Errorf("again: %+v", r)
	}
}

func TestWhatFailsIsTriedAgain(t *testing.T) {
	l := newLedger(t, 1)
	l.decide(petition.StatusConfidential, 0)
	bad := l.config(script(t, "echo no pager here >&2; exit 3"))
	for try, wait := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute} {
		r := l.once(bad)
		if len(r.Failed) != 1 || !strings.Contains(r.Failed[0].Error(), "signature "+l.ids[0]) || !strings.Contains(r.Failed[0].Error(), "exit status 3: no pager here") {
			t.Fatalf("try %d: %+v", try, r)
		}
		left := l.waiting()
		if len(left) != 1 || left[0].Tries != try+1 || !left[0].NextAt.Equal(l.now.Add(wait)) {
			t.Fatalf("try %d: %+v", try, left)
		}
		if r := l.once(bad); len(r.Failed) > 0 {
			t.Errorf("try %d: at once again", try)
		}
		l.now = l.now.Add(wait)
	}
	if r := l.once(l.config(script(t, ""))); r.Told != 1 {
		t.Errorf("%+v", r)
	}
}

func TestACommandThatHangsIsEndedWithItsChildren(t *testing.T) {
	l := newLedger(t, 1)
	l.decide(petition.StatusConfidential, 0)
	out := filepath.Join(t.TempDir(), "pid")
	cfg := l.config(script(t, "sleep 1000 &\necho $! >"+out+"\nwait"))
	cfg.Timeout = time.Second
	if r := l.once(cfg); len(r.Failed) != 1 || !strings.Contains(r.Failed[0].Error(), "it was not done after 1s") {
		t.Errorf("%+v", r)
	}
	pid, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	for range 100 { // until the kernel has taken it away
		state, err := os.ReadFile("/proc/" + strings.TrimSpace(string(pid)) + "/stat")
		if errors.Is(err, os.ErrNotExist) || strings.Contains(string(state), ") Z ") {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("process %s is left", pid)
}

func TestMail(t *testing.T) {
	for name, tt := range map[string]struct {
		server  *mailServer
		tls     alert.TLS
		user    string
		failure string
	}{
		"STARTTLS":                {server: &mailServer{}, tls: alert.StartTLS, user: "line"},
		"TLS":                     {server: &mailServer{implicit: true}, tls: alert.FromTLS, user: "line"},
		"none":                    {server: &mailServer{plain: true}, tls: alert.NoTLS},
		"no STARTTLS there":       {server: &mailServer{plain: true}, tls: alert.StartTLS, user: "line", failure: "it offers no encryption"},
		"TLS where there is none": {server: &mailServer{plain: true}, tls: alert.FromTLS, failure: "first record does not look like a TLS handshake"},
		"a recipient refused":     {server: &mailServer{refuse: "bert"}, tls: alert.StartTLS, failure: "bert@example.org: 550 \"nobody of that name\""},
		"a server that hangs":     {server: &mailServer{silent: true}, tls: alert.StartTLS, failure: "i/o timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLedger(t, 1)
			l.decide(petition.StatusConfidential, 0)
			server := tt.server.start(t)
			cfg := l.config()
			cfg.Mail = alert.Mail{
				Host: "127.0.0.1", Port: server.port, TLS: tt.tls, User: tt.user, Password: "password",
				From: "The line <line@example.org>", To: []string{"anna@example.org", "bert@example.org"},
			}
			if tt.server.silent {
				cfg.Timeout = 200 * time.Millisecond
			}
			r := l.once(cfg)
			mails := server.taken()
			if tt.failure != "" {
				if len(r.Failed) != 1 || !strings.Contains(r.Failed[0].Error(), tt.failure) || !strings.Contains(r.Failed[0].Error(), "mail server 127.0.0.1") {
					t.Errorf("failed %v, want %q", r.Failed, tt.failure)
				}
				if len(mails) > 0 || len(l.waiting()) != 1 {
					t.Errorf("%d mails, waiting %+v", len(mails), l.waiting())
				}
				return
			}
			if r.Told != 1 || len(mails) != 1 || server.open == (tt.tls != alert.NoTLS) {
				t.Fatalf("%+v, mails %q, open %v", r, mails, server.open)
			}
			for _, want := range []string{
				"From: The line <line@example.org>\r\n", "To: anna@example.org, bert@example.org\r\n", "Subject: [glennline] Confidential recording " + l.ids[0] + "\r\n",
				"Message-ID: <" + l.ids[0] + ".20261122T190000.000@example.org>\r\n", "Called at:  2026-11-22 18:00:00 UTC\r\n", "glennline play " + l.ids[0],
			} {
				if !strings.Contains(mails[0], want) {
					t.Errorf("the mail does not say %q:\n%s", want, mails[0])
				}
			}
			for _, never := range []string{pseudonym[:20], "secret-call-id", ".wav", "tells of herself"} {
				if strings.Contains(mails[0], never) {
					t.Errorf("the mail says %q", never)
				}
			}
			if want := "/line/password"; tt.user != "" && (len(server.users) != 1 || server.users[0] != want) {
				t.Errorf("logged in as %q, want %q", server.users, want)
			}
		})
	}
}

func TestAMailServerThatIsAnotherOne(t *testing.T) {
	l := newLedger(t, 1)
	l.decide(petition.StatusConfidential, 0)
	server := (&mailServer{}).start(t)
	_, others := signed(t)
	alert.TrustOnly(others)
	cfg := l.config()
	cfg.Mail = alert.Mail{Host: "127.0.0.1", Port: server.port, TLS: alert.StartTLS, From: "a@b.c", To: []string{"d@e.f"}}
	if r := l.once(cfg); len(r.Failed) != 1 || !strings.Contains(r.Failed[0].Error(), "certificate") {
		t.Errorf("%+v", r)
	}
	if mails := server.taken(); len(mails) > 0 {
		t.Errorf("it got %q", mails)
	}
}

// What one way took is not told by it again while the other one is tried.
func TestEachWayOnItsOwn(t *testing.T) {
	l := newLedger(t, 1)
	l.decide(petition.StatusConfidential, 0)
	told := filepath.Join(t.TempDir(), "told")
	cfg := l.config(script(t, "echo once >>"+told))
	server := (&mailServer{refuse: "anna"}).start(t)
	cfg.Mail = alert.Mail{Host: "127.0.0.1", Port: server.port, TLS: alert.StartTLS, From: "a@b.c", To: []string{"anna@example.org"}}
	l.once(cfg)
	server.refuse = ""
	l.now = l.now.Add(time.Hour)
	if r := l.once(cfg); r.Told != 1 {
		t.Errorf("%+v", r)
	}
	if raw, err := os.ReadFile(told); err != nil || string(raw) != "once\n" || len(server.taken()) != 1 {
		t.Errorf("the command: %q, %v; mails: %d", raw, err, len(server.taken()))
	}
}

func TestWhatIsNotToldOf(t *testing.T) {
	l := newLedger(t, 3)
	run := l.decide(petition.StatusConfidential, 0, 1, 2)
	if got := len(l.waiting()); got != 3 {
		t.Fatalf("%d alerts", got)
	}
	if r := l.once(alert.Config{Now: time.Now}); r.Told != 0 || len(l.waiting()) != 3 {
		t.Errorf("without any way: %+v", r)
	}
	if err := l.Forget(t.Context(), l.ids[2], "anna"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Undo(t.Context(), run, "anna", "a mistake"); err != nil {
		t.Fatal(err)
	}
	l.decide(petition.StatusConfidential, 1)
	told := filepath.Join(t.TempDir(), "told")
	if r := l.once(l.config(script(t, "echo $ALERT_ID >>"+told))); len(r.Failed) > 0 {
		t.Errorf("%+v", r)
	}
	raw, err := os.ReadFile(told)
	if want := l.ids[1] + "\n" + l.ids[1] + "\n"; err != nil || string(raw) != want {
		t.Errorf("told of %q, %v; want call 1, each time that it became so", raw, err)
	}
	if left := l.waiting(); len(left) > 0 {
		t.Errorf("left %+v", left)
	}
}

// blind is a ledger that cannot be read.
type blind struct{ *ledger }

func (blind) Confidential(context.Context, string) (own, sameAudio bool, err error) {
	return false, false, sqlite.ErrIO
}

// Whether it still is confidential is known before anybody is told, by any way.
func TestNobodyIsToldBlindly(t *testing.T) {
	l := newLedger(t, 1)
	l.decide(petition.StatusConfidential, 0)
	told := filepath.Join(t.TempDir(), "told")
	cfg := l.config(script(t, "echo >>"+told))
	server := (&mailServer{}).start(t)
	cfg.Mail = alert.Mail{Host: "127.0.0.1", Port: server.port, TLS: alert.StartTLS, From: "a@b.c", To: []string{"anna@example.org"}}
	r, err := alert.Once(t.Context(), cfg, blind{l})
	if err != nil || r.Told != 0 || len(r.Failed) != 1 || !errors.Is(r.Failed[0], sqlite.ErrIO) {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := os.Stat(told); !errors.Is(err, os.ErrNotExist) || len(server.taken()) > 0 {
		t.Errorf("the command: %v; mails: %d", err, len(server.taken()))
	}
	l.now = l.now.Add(time.Hour)
	if r := l.once(cfg); r.Told != 1 || len(server.taken()) != 1 {
		t.Errorf("then %+v, %d mails", r, len(server.taken()))
	}
}

// Two that look at the same time tell it once.
func TestClaim(t *testing.T) {
	l := newLedger(t, 1)
	l.decide(petition.StatusConfidential, 0)
	a := l.waiting()[0]
	for i, want := range []bool{true, false} {
		claimed, err := l.ClaimAlert(t.Context(), a.ID, l.now, l.now.Add(time.Minute))
		if err != nil || claimed != want {
			t.Errorf("claim %d: %v, %v; want %v", i, claimed, err, want)
		}
	}
}

// A service that is told to end while a command runs leaves the alert for the next.
func TestEnded(t *testing.T) {
	l := newLedger(t, 1)
	l.decide(petition.StatusConfidential, 0)
	ctx, cancel := context.WithCancel(t.Context())
	began := filepath.Join(t.TempDir(), "began")
	cfg := l.config(script(t, "echo >"+began+"; sleep 1000"))
	ended := make(chan error, 1)
	go func() {
		_, err := alert.Once(ctx, cfg, l)
		ended <- err
	}()
	for {
		if _, err := os.Stat(began); err == nil {
			break
		}
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v", err)
	}
	if left := l.waiting(); len(left) != 1 || left[0].Tries != 0 || left[0].NextAt.After(l.now) {
		t.Errorf("left %+v", left)
	}
}

func TestTest(t *testing.T) {
	l := newLedger(t, 0)
	told := filepath.Join(t.TempDir(), "told")
	server := (&mailServer{}).start(t)
	cfg := l.config(script(t, "echo $ALERT_TEST >"+told))
	cfg.Mail = alert.Mail{Host: "127.0.0.1", Port: server.port, TLS: alert.StartTLS, From: "a@b.c", To: []string{"d@e.f"}}
	if err := alert.Test(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	if raw, err := os.ReadFile(told); err != nil || string(raw) != "true\n" {
		t.Errorf("%q, %v", raw, err)
	}
	if mails := server.taken(); len(mails) != 1 || !strings.Contains(mails[0], "This is a test") {
		t.Errorf("%q", mails)
	}
}
