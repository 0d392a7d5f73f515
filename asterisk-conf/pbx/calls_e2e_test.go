//go:build e2e

package pbx

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/zap/zapcore"

	asteriskconf "glennline/asterisk-conf"
)

// SIPp's calls with audio, some withheld: recorded, witnessed, the log clean and
// the caller's number nowhere.
func TestCalls(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.start()
	a := connect(t, w.cfg)
	dir := reachable(t)
	prompt := filepath.Join(dir, "prompt")
	if err := os.WriteFile(prompt+".alaw", bytes.Repeat([]byte{0xd5}, 800), 0o644); err != nil {
		t.Fatal(err)
	}
	const each = 4
	for _, scenario := range []struct{ name, presentation string }{
		{"caller.xml", "allowed_not_screened"},
		{"withheld.xml", "prohib_not_screened"},
	} {
		done := make(chan error, 1)
		go func() { done <- sipp(w.cfg, dir, scenario.name, each) }()
		for _, e := range a.voicemail(each, prompt) {
			if got := e.Args[2]; got != scenario.presentation {
				t.Errorf("%s: presentation %q, want %q", scenario.name, got, scenario.presentation)
			}
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if out, err := s.Command(t.Context(), "core show channels count"); err != nil || !strings.Contains(out, "0 active channels") {
		t.Errorf("channels left: %v %s", err, out)
	}
	witness := readWitness(t, w.cfg)
	for _, kind := range []string{"CHAN_START", "ANSWER", "HANGUP"} {
		if n := len(witness[kind]); n != 2*each {
			t.Errorf("the witness has %d %s, want %d", n, kind, 2*each)
		}
	}
	for _, r := range witness["CHAN_START"] {
		// Which number was dialled is not told: it may be the caller's own.
		if r.Exten != "" || r.Context != "from-trunk" || !strings.HasPrefix(r.UniqueID, w.cfg.System+"-") || r.EventTime < 1e9 {
			t.Errorf("witness: %+v", r)
		}
		info, err := os.Stat(filepath.Join(w.cfg.Dir, "spool", "recording", "day", r.UniqueID+".wav"))
		if err != nil || info.Size() < 8000 {
			t.Errorf("recording: %v %v", info, err)
		}
	}
	private(t, w.cfg.Dir)
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.clean()
	w.noNumber(sippNumber)
	w.noNumber(sippWithheld)
}

// The numbers that the scenarios call from.
const (
	sippNumber   = "3247555010"
	sippWithheld = "3247555019"
)

// sipp runs a scenario: calls to +3225550100 that speak for a second.
func sipp(cfg asteriskconf.Config, dir, scenario string, calls int) error {
	voice := make([]byte, 8000) // a second of square wave, A-law
	for i := range voice {
		voice[i] = 0xaa
		if i/10%2 == 0 {
			voice[i] = 0x2a
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "voice.al"), voice, 0o644); err != nil {
		return err
	}
	file, err := filepath.Abs(filepath.Join("testdata", scenario))
	if err != nil {
		return err
	}
	cmd := exec.Command("sipp", "-sf", file, "-s", "+3225550100", "-i", "127.0.0.1", "-m", fmt.Sprint(calls), "-r", "4",
		"-nostdin", "-timeout", "60s", "-timeout_error", fmt.Sprintf("%s:%d", cfg.SIP.Host, cfg.SIP.Port))
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("sipp: %w\n%s", err, out)
	}
	return nil
}

type witnessRecord struct {
	EventType  string  `json:"eventtype"`
	EventTime  float64 `json:"eventtime"`
	UniqueID   string  `json:"uniqueid"`
	LinkedID   string  `json:"linkedid"`
	Exten      string  `json:"exten"`
	Context    string  `json:"context"`
	ChanName   string  `json:"channame"`
	EventExtra string  `json:"eventextra"`
}

// readWitness reads Asterisk's own records by type; a line with a field that we
// do not know fails the test, because it might be a number.
func readWitness(t *testing.T, cfg asteriskconf.Config) map[string][]witnessRecord {
	t.Helper()
	f, err := os.Open(filepath.Join(cfg.Dir, "log", "cel-custom", "witness.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records := map[string][]witnessRecord{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var r witnessRecord
		d := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		d.DisallowUnknownFields()
		if err := d.Decode(&r); err != nil {
			t.Fatalf("%v in %s", err, lines.Bytes())
		}
		records[r.EventType] = append(records[r.EventType], r)
	}
	return records
}

func TestWhatTheApplicationIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cfg.Verbose = 3 // every step of the dialplan, with all that it holds
	w.cfg.DialledFrom = []string{asteriskconf.HeaderTo, asteriskconf.HeaderDiversion, asteriskconf.HeaderHistory}
	s := w.start()
	a := connect(t, w.cfg)
	for _, tt := range []struct {
		name    string
		inv     invitation
		want    []string // v2, dialled, presentation, diversion, history
		to      string
		caller  string
		refused int
	}{
		{
			name: "plain", inv: invitation{user: "+3225550100"},
			want: []string{"+3225550100", "allowed_not_screened", "", ""}, caller: "+" + marie,
		},
		{
			name: "forwarded", inv: invitation{user: "025550177", headers: []string{
				"Diversion: <sip:+3225550100@x>;reason=unconditional", "Diversion: <sip:+3225550101@x>",
				"History-Info: <sip:+3225550100@x>;index=1,<sip:025550177@x>;index=1.1",
			}},
			want: []string{
				"025550177", "allowed_not_screened",
				"<sip:+3225550100@x>;reason=unconditional,<sip:+3225550101@x>",
				"<sip:+3225550100@x>;index=1,<sip:025550177@x>;index=1.1",
			}, caller: "+" + marie,
		},
		{
			name: "withheld", inv: invitation{user: "3225550100", headers: []string{
				"Privacy: id", "P-Asserted-Identity: <sip:+" + asserted + "@x>",
			}},
			want: []string{"3225550100", "prohib_not_screened", "", ""}, caller: "+" + asserted,
		},
		{name: "name", inv: invitation{user: "glenn.line"}, want: []string{"glenn.line", "allowed_not_screened", "", ""}, caller: "+" + marie},
		{
			name: "portability", inv: invitation{user: "+3225550100;npdi;rn=+3225550199"},
			want: []string{"+3225550100", "allowed_not_screened", "", ""}, caller: "+" + marie,
		},
		{name: "separators", inv: invitation{user: "a,b%7c$%7bEXTEN%7d"}, want: []string{"abEXTEN", "allowed_not_screened", "", ""}, caller: "+" + marie},
		{name: "one digit", inv: invitation{user: "5"}, want: []string{"5", "allowed_not_screened", "", ""}, caller: "+" + marie},
		{name: "no user", inv: invitation{}, want: []string{"s", "allowed_not_screened", "", ""}, caller: "+" + marie},
		{
			name: "long header", inv: invitation{user: "+3225550100", headers: []string{"Diversion: <sip:" + strings.Repeat("%", 600) + "@x>"}},
			want: []string{"+3225550100", "allowed_not_screened", ("<sip:" + strings.Repeat("%", 600))[:160], ""}, caller: "+" + marie,
		},
		{name: "hangup extension", inv: invitation{user: "h"}, refused: 484},
		{name: "timeout extension", inv: invitation{user: "T"}, refused: 484},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := dial(t, w.cfg, tt.inv)
			if tt.refused != 0 {
				if m := p.answer(); m.status() != tt.refused {
					t.Errorf("answer %s, want %d", m.first, tt.refused)
				}
				return
			}
			e := a.await("StasisStart")
			a.answer(e.Channel.ID)
			if m := p.answer(); m.status() != 200 {
				t.Fatalf("answer %s", m.first)
			}
			p.hangup()
			a.await("StasisEnd")
			if e.Args[0] != "v2" || len(e.Args) != 7 || e.Args[6] != "local" {
				t.Fatalf("arguments %q", e.Args)
			}
			var got []string
			for _, arg := range e.Args {
				text, err := url.QueryUnescape(strings.ReplaceAll(arg, "+", "%2B"))
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, text)
			}
			if given := append(slices.Clone(got[1:3]), got[4:6]...); !slices.Equal(given, tt.want) {
				t.Errorf("told %q\nwant %q", given, tt.want)
			}
			if !strings.HasPrefix(got[3], "<sip:") {
				t.Errorf("To is %q", got[3])
			}
			if e.Channel.Caller.Number != tt.caller {
				t.Errorf("caller %q, want %q", e.Channel.Caller.Number, tt.caller)
			}
			if !strings.HasPrefix(e.Channel.ProtocolID, "test-") {
				t.Errorf("Call-ID %q", e.Channel.ProtocolID)
			}
		})
	}
	w.clean()
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(w.said(), "Executing") {
		t.Errorf("no step of the dialplan in the log:\n%s", w.said())
	}
	w.noNumber(marie)
	w.noNumber(asserted)
}

// asserted is the number that a carrier tells of a caller who withholds it.
const asserted = "32475550101"

// Not even ARI can place a call: it goes nowhere.
func TestNoCallGoesOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start()
	a := connect(t, w.cfg)
	elsewhere, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer elsewhere.Close()
	a.do("POST", "channels", url.Values{
		"endpoint": {"PJSIP/local/sip:x@" + elsewhere.LocalAddr().String()}, "app": {w.cfg.App}, "timeout": {"2"},
	})
	a.await("ChannelDestroyed")
	// Whatever was sent has arrived: this is after it.
	if _, err := elsewhere.WriteTo([]byte("end"), elsewhere.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 65536)
	n, from, err := elsewhere.ReadFrom(buf)
	if err != nil {
		t.Fatal(err)
	}
	if string(buf[:n]) != "end" {
		t.Errorf("a call went out from %s: %s", from, buf[:n])
	}
}

func TestIPv6(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cfg.SIP.Host = "::1"
	w.cfg.Trunks[0].Match = []string{"::1"}
	w.start()
	a := connect(t, w.cfg)
	p := dial(t, w.cfg, invitation{user: "+3225550100", from: "::1"})
	e := a.await("StasisStart")
	a.answer(e.Channel.ID)
	if m := p.answer(); m.status() != 200 || !strings.Contains(m.body, "c=IN IP6 ::1") {
		t.Errorf("answer %s\n%s", m.first, m.body)
	}
	p.hangup()
	a.await("StasisEnd")
	w.clean()
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cfg.SIP.Transport = "udp,tcp"
	w.cfg.MaxCall = 10e9
	s := w.start()
	w.clean()

	t.Run("nobody serves", func(t *testing.T) {
		m := dial(t, w.cfg, invitation{user: "+3225550100"}).answer()
		if m.status() != 503 {
			t.Errorf("answer %s, want 503", m.first)
		}
		if server := m.header.Get("Server"); server != "glennline" {
			t.Errorf("SIP tells %q", server)
		}
	})
	t.Run("stranger", func(t *testing.T) {
		w.waitLog("Asterisk Ready", 0) // the last of its start
		before := w.logs.Len()
		if m := dial(t, w.cfg, invitation{user: "+3225550100", from: "127.0.0.2"}).answer(); m.status() != 401 {
			t.Errorf("answer %s, want 401", m.first)
		}
		w.waitLog("No matching endpoint", before)
		for _, e := range w.logs.All()[before:] {
			if e.Level != zapcore.InfoLevel {
				t.Errorf("%s %v", e.Level, e.ContextMap())
			}
		}
	})
	t.Run("options", func(t *testing.T) {
		if m := dial(t, w.cfg, invitation{method: "OPTIONS"}).answer(); m.status() != 200 {
			t.Errorf("answer %s, want 200", m.first)
		}
	})
	t.Run("subscribe", func(t *testing.T) {
		inv := invitation{method: "SUBSCRIBE", user: "+3225550100", headers: []string{"Event: presence"}}
		if m := dial(t, w.cfg, inv).answer(); m.status() < 400 {
			t.Errorf("answer %s, want a refusal", m.first)
		}
	})

	a := connect(t, w.cfg)
	if server, ok := a.do("GET", "asterisk/ping", nil)["Server"]; ok {
		t.Errorf("HTTP tells %q", server)
	}
	for _, tt := range []struct{ name, offered, chosen string }{
		{"A-law first", "8 0", "8"},
		{"A-law last", "0 8", "8"},
		{"mu-law alone", "0", "0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := dial(t, w.cfg, invitation{user: "+3225550100", codecs: tt.offered})
			e := a.await("StasisStart")
			a.answer(e.Channel.ID)
			m := p.answer()
			_, media, _ := strings.Cut(m.body, "m=audio ")
			fields := strings.Fields(strings.SplitN(media, "\r\n", 2)[0])
			if m.status() != 200 || len(fields) < 3 || !slices.Equal(fields[2:], []string{tt.chosen}) {
				t.Errorf("%s with %q, want payload type %s alone", m.first, fields, tt.chosen)
			}
			if strings.Contains(m.body, "Asterisk") {
				t.Errorf("SDP tells\n%s", m.body)
			}
			if at := boundTo(t, fields[0]); at != "0100007F" {
				t.Errorf("audio listens on %s", at)
			}
			p.hangup()
			a.await("StasisEnd")
		})
	}
	t.Run("no codec of ours", func(t *testing.T) {
		if m := dial(t, w.cfg, invitation{user: "+3225550100", codecs: "18"}).answer(); m.status() != 488 {
			t.Errorf("answer %s, want 488", m.first)
		}
	})
	t.Run("not claimed", func(t *testing.T) {
		p := dial(t, w.cfg, invitation{user: "+3225550100"})
		a.await("StasisStart")
		// There is nothing that could answer in its stead here.
		if m := p.answer(); m.status() != 503 {
			t.Errorf("answer %s, want 503", m.first)
		}
		a.await("StasisEnd")
	})
	t.Run("longest call", func(t *testing.T) {
		p := dial(t, w.cfg, invitation{user: "+3225550100"})
		e := a.await("StasisStart")
		a.answer(e.Channel.ID)
		p.answer()
		p.waitBye() // the application holds it
		a.await("StasisEnd")
	})
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.noNumber(marie)
}
