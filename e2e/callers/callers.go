// Package callers is what the tests have that call a line which runs elsewhere,
// in containers or under systemd: short prompts, voices, and calls that go on
// while something happens to the line.
package callers

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"glennline/softphone"
	"glennline/voicemail/wav"
)

// Deadline is how long any condition may take before a test gives up. It is no
// expectation: it only keeps a broken run from hanging.
const Deadline = 90 * time.Second

const rate = 8000

// Prompts writes prompts into a folder: the placeholders, cut short.
func Prompts(t *testing.T, dir string) {
	t.Helper()
	for name, seconds := range map[string]int{"name": 1, "notice": 2, "again": 1, "busy": 1, "beep": 1} {
		samples := placeholder(t, "fr", name)
		var b bytes.Buffer
		if err := wav.Write(&b, rate, samples[:min(len(samples), seconds*rate)]); err != nil {
			t.Fatal(err)
		}
		Write(t, filepath.Join(dir, name+".wav"), b.String())
	}
}

// Write writes a file that others may read, the line's user among them.
func Write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// placeholder is one of the prompts that the project ships: a synthesizer's speech.
func placeholder(t *testing.T, language, name string) []int16 {
	t.Helper()
	_, here, _, _ := runtime.Caller(0)
	audio, err := wav.Read(filepath.Join(filepath.Dir(here), "..", "..", "voicemail", "prompts", "placeholder", language, name+".wav"))
	if err != nil {
		t.Fatal(err)
	}
	return audio.Samples
}

// FreePort is a TCP and UDP port that nobody has on loopback.
func FreePort(t *testing.T) int {
	t.Helper()
	for {
		l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		u, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
		_ = l.Close()
		if err == nil {
			_ = u.Close()
			return port
		}
	}
}

// Call is a call that goes on until Done is closed.
type Call struct {
	Done   chan struct{}
	Report softphone.Report // once done
	err    error            // likewise
	events chan softphone.Event
}

// Begin begins a call to a URI that says so many seconds of a language after the
// beep and hangs up. Callers who say the same are duplicates: give each a language,
// or a length, of their own.
func Begin(t *testing.T, uri, from, language string, seconds int) *Call {
	t.Helper()
	c := &Call{Done: make(chan struct{}), events: make(chan softphone.Event, 100)}
	script := softphone.Script{
		To:      uri,
		From:    from,
		Say:     placeholder(t, language, "notice")[:seconds*rate],
		OnEvent: func(e softphone.Event) { c.events <- e },
	}
	go func() {
		defer close(c.Done)
		defer close(c.events)
		ctx, cancel := context.WithTimeout(t.Context(), Deadline)
		defer cancel()
		c.Report, c.err = softphone.Call(ctx, softphone.Config{}, script)
	}()
	return c
}

// Until waits for something to happen in the call.
func (c *Call) Until(t *testing.T, kind softphone.Kind) {
	t.Helper()
	for e := range c.events {
		if e.Kind == kind {
			return
		}
	}
	t.Fatalf("the call ended before it came to %s: %v", kind, c.err)
}

// End waits until the caller has hung up, as they meant to, and returns the
// Call-ID.
func (c *Call) End(t *testing.T) string {
	t.Helper()
	<-c.Done
	if c.err != nil {
		t.Errorf("call: %v", c.err)
	}
	if c.Report.Ended != softphone.EndedCaller {
		t.Errorf("the call was ended by %s, want the caller", c.Report.Ended)
	}
	return c.Report.CallID
}

// Wait waits until a condition holds.
func Wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(Deadline); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("waited %s for %s", Deadline, what)
}

// Signature is what list --json tells of a call.
type Signature struct {
	ID     string
	Status string
	Ending struct{ Result, Reason string }
	WAV    string
	CallID string `json:"sip_call_id"`
}

// Signatures are the lines of list --json by their SIP Call-ID.
func Signatures(t *testing.T, listed string) map[string]Signature {
	t.Helper()
	calls := map[string]Signature{}
	for line := range strings.Lines(listed) {
		var one Signature
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Fatalf("list: %v: %s", err, line)
		}
		calls[one.CallID] = one
	}
	return calls
}

// Want waits until a call has ended as told, such as message/caller, and its
// voice was counted. list gives list --calls --json.
func Want(t *testing.T, list func() string, callID, ending string) {
	t.Helper()
	var last Signature
	Wait(t, "call "+callID+" to be "+ending, func() bool {
		last = Signatures(t, list())[callID]
		return last.Ending.Result+"/"+last.Ending.Reason == ending && last.Status != ""
	})
	if last.Status != "counted" || last.WAV == "" {
		t.Errorf("the call's signature is %+v, want it counted", last)
	}
}
