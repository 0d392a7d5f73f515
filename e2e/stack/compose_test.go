//go:build docker

package stack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"glennline/e2e/callers"
)

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
	ari := callers.FreePort(t)
	s := &stack{sip: callers.FreePort(t)}
	rtp := 26000
	callers.Write(t, filepath.Join(etc, "glennline.yaml"), fmt.Sprintf(`
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
	callers.Prompts(t, filepath.Join(etc, "prompts"))
	override := filepath.Join(dir, "test.yml")
	callers.Write(t, override, fmt.Sprintf("services: {glennline: {volumes: [\"%s:/etc/glennline:ro\"]}}\n", etc))
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

// compose runs docker compose, and docker docker.
func (s *stack) compose(ctx context.Context, args ...string) (string, error) {
	return s.docker(ctx, append([]string{"compose"}, args...)...)
}

func (s *stack) docker(ctx context.Context, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*callers.Deadline)
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

// list is what list --calls --json prints.
func (s *stack) list(t *testing.T) string {
	t.Helper()
	return s.must(t, "exec", "-T", glennline, glennline, "list", "--calls", "--json")
}

// want waits until a call is a counted signature that ended as told.
func (s *stack) want(t *testing.T, callID, ending string) {
	t.Helper()
	callers.Want(t, func() string { return s.list(t) }, callID, ending)
}

// call begins a call, see callers.Begin.
func (s *stack) call(t *testing.T, from, language string, seconds int) *callers.Call {
	t.Helper()
	return callers.Begin(t, fmt.Sprintf("sip:%s@127.0.0.1:%d", number, s.sip), from, language, seconds)
}
