//go:build docker

package stack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glennline/softphone"
	"glennline/voicemail/wav"
)

// deadline is how long any condition may take before a test gives up.
const deadline = 90 * time.Second

// stack is the containers, on ports and with a configuration of the test's.
type stack struct {
	files string // COMPOSE_FILE
	sip   int
}

const (
	glennline = "glennline"
	asterisk  = "asterisk"
	number    = "+3225550100"
)

// newStack writes what differs from docker-compose.yml. At the end of the test
// the containers and their volumes are removed.
func newStack(t *testing.T) *stack {
	t.Helper()
	if os.Getenv("COMPOSE_FILE") == "" {
		t.Fatal("no images: run make test-docker, which builds them")
	}
	dir := t.TempDir()
	etc := filepath.Join(dir, "etc")
	if err := os.MkdirAll(filepath.Join(etc, "prompts"), 0o755); err != nil {
		t.Fatal(err)
	}
	ari := freePort(t)
	s := &stack{sip: freePort(t)}
	rtp := 26000
	write(t, filepath.Join(etc, "glennline.yaml"), fmt.Sprintf(`
sip: {host: 127.0.0.1, port: %d}
rtp: {from: %d, to: %d}
pbx: {max_calls: 20}
ari: {url: "http://127.0.0.1:%d/ari"}
lines:
  - name: main
    numbers: ["+32 2 555 01 00"]
    language: fr
    prompts: /etc/glennline/prompts
    limits: {message: 30s, silence: 10s}
`, s.sip, rtp, rtp+159, ari))
	prompts(t, filepath.Join(etc, "prompts"))
	override := filepath.Join(dir, "test.yml")
	write(t, override, fmt.Sprintf("services: {glennline: {volumes: [\"%s:/etc/glennline:ro\"]}}\n", etc))
	s.files = os.Getenv("COMPOSE_FILE") + string(filepath.ListSeparator) + override
	s.try(t, "down", "--volumes", "--timeout", "5") // of a run that was killed
	t.Cleanup(func() {
		if t.Failed() {
			out, _ := s.compose(context.WithoutCancel(t.Context()), "logs", "--no-color", "--tail", "200")
			t.Logf("the containers said:\n%s", out)
		}
		out, err := s.compose(context.WithoutCancel(t.Context()), "down", "--volumes", "--timeout", "5")
		if err != nil {
			t.Errorf("down: %v\n%s", err, out)
		}
	})
	return s
}

// prompts are spoken parts of the placeholders, cut short, and their beep.
func prompts(t *testing.T, dir string) {
	t.Helper()
	for name, seconds := range map[string]float64{"name": 1, "notice": 2, "again": 1, "busy": 1, "beep": 10} {
		samples := spoken(t, "fr", name)
		samples = samples[:min(len(samples), int(seconds*8000))]
		var b bytes.Buffer
		if err := wav.Write(&b, 8000, samples); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name+".wav"), b.String())
	}
}

// spoken is a placeholder prompt.
func spoken(t *testing.T, language, name string) []int16 {
	t.Helper()
	audio, err := wav.Read(filepath.Join("..", "..", "voicemail", "prompts", "placeholder", language, name+".wav"))
	if err != nil {
		t.Fatal(err)
	}
	return audio.Samples
}

func write(t *testing.T, path, text string) {
	t.Helper()
	// Read in the container, by another user than ours.
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// compose runs docker compose, and docker docker.
func (s *stack) compose(ctx context.Context, args ...string) (string, error) {
	return s.docker(ctx, append([]string{"compose"}, args...)...)
}

func (s *stack) docker(ctx context.Context, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*deadline)
	defer cancel()
	cmd := exec.CommandContext(ctx, "docker", args...)
	cmd.Env = append(os.Environ(), "COMPOSE_FILE="+s.files)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if err != nil {
		err = fmt.Errorf("docker %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(errs.String()))
	}
	return out.String(), err
}

// try and must are compose where failure is allowed, or is not.
func (s *stack) try(t *testing.T, args ...string) { _, _ = s.compose(t.Context(), args...) }

func (s *stack) must(t *testing.T, args ...string) string {
	t.Helper()
	out, err := s.compose(t.Context(), args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// up starts what is not there and waits until both are healthy.
func (s *stack) up(t *testing.T) {
	t.Helper()
	s.must(t, "up", "--no-build", "--detach", "--wait", "--wait-timeout", "90")
}

// container is the state of a service's container as the engine tells it.
type container struct {
	Name  string
	State struct {
		Status    string
		StartedAt string
		ExitCode  int
		Health    struct{ Status string }
	}
	Config struct {
		User        string
		Env         []string
		StopTimeout *int
	}
	HostConfig struct {
		NetworkMode    string
		ReadonlyRootfs bool
		CapDrop        []string
		SecurityOpt    []string
		Privileged     bool
	}
	Mounts []struct {
		Destination string
		RW          bool
	}
}

func (s *stack) inspect(t *testing.T, service string) container {
	t.Helper()
	id := strings.TrimSpace(s.must(t, "ps", "--all", "--quiet", service))
	out, err := s.docker(t.Context(), "inspect", id)
	if err != nil {
		t.Fatal(err)
	}
	var found []container
	if err := json.Unmarshal([]byte(out), &found); err != nil || len(found) != 1 {
		t.Fatalf("inspect %s: %v\n%s", service, err, out)
	}
	return found[0]
}

// signature is a line of list --json.
type signature struct {
	ID     string
	Status string
	Ending struct{ Result, Reason string }
	WAV    string
	Speech float64 `json:"speech_seconds"`
	CallID string  `json:"sip_call_id"`
}

// list is every call, by its SIP Call-ID.
func (s *stack) list(t *testing.T) map[string]signature {
	t.Helper()
	out := s.must(t, "exec", "-T", glennline, glennline, "list", "--calls", "--json")
	calls := map[string]signature{}
	for line := range strings.Lines(out) {
		var one signature
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Fatalf("list: %v: %s", err, line)
		}
		calls[one.CallID] = one
	}
	return calls
}

// want waits until a call has ended as told, and its voice was counted.
func (s *stack) want(t *testing.T, callID, ending string) {
	t.Helper()
	var last signature
	wait(t, "call "+callID+" to be "+ending, func() bool {
		last = s.list(t)[callID]
		return last.Ending.Result+"/"+last.Ending.Reason == ending && last.Status != ""
	})
	if last.Status != "counted" || last.WAV == "" {
		t.Errorf("the call's signature is %+v, want it counted", last)
	}
}

// talk is a call that goes on until done is closed.
type talk struct {
	done   chan struct{}
	report softphone.Report // once done
	err    error            // likewise
	events chan softphone.Event
}

// call begins a call that says so many seconds after the beep and hangs up. Each
// caller has a language of their own: equal samples would be duplicates.
func (s *stack) call(t *testing.T, from, language string, seconds float64) *talk {
	t.Helper()
	k := &talk{done: make(chan struct{}), events: make(chan softphone.Event, 100)}
	script := softphone.Script{
		To:      fmt.Sprintf("sip:%s@127.0.0.1:%d", number, s.sip),
		From:    from,
		Say:     spoken(t, language, "notice")[:int(seconds*8000)],
		OnEvent: func(e softphone.Event) { k.events <- e },
	}
	go func() {
		defer close(k.done)
		defer close(k.events)
		ctx, cancel := context.WithTimeout(t.Context(), deadline)
		defer cancel()
		k.report, k.err = softphone.Call(ctx, softphone.Config{}, script)
	}()
	return k
}

// until waits for something to happen in the call.
func (k *talk) until(t *testing.T, kind softphone.Kind) {
	t.Helper()
	for e := range k.events {
		if e.Kind == kind {
			return
		}
	}
	t.Fatalf("the call ended before it came to %s", kind)
}

func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(deadline); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("waited %s for %s", deadline, what)
}
