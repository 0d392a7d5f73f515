//go:build docker

package stack

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"glennline/e2e/callers"
	"glennline/softphone"
)

// The stack comes up healthy, takes a message, and keeps every message through
// the kill of either container, and through down and up again.
func TestStack(t *testing.T) {
	s := newStack(t)
	s.up(t)
	t.Run("hardened", s.hardened)

	calm := s.call(t, "+32470550101", "fr", 3)
	s.want(t, calm.End(t), "message/caller")

	// glennline is killed while somebody speaks: Asterisk goes on recording.
	speaking := s.call(t, "+32470550102", "nl", 9)
	speaking.Until(t, softphone.Speaking)
	s.must(t, "kill", glennline)
	// And who calls meanwhile is answered by the dialplan, and notices nothing.
	meanwhile := s.call(t, "+32470550103", "en", 3)
	meanwhile.Until(t, softphone.Speaking)
	s.up(t)
	s.want(t, speaking.End(t), "message/caller")
	s.want(t, meanwhile.End(t), "message/fallback")

	// Asterisk is killed while somebody speaks: what it had written is kept.
	cut := s.call(t, "+32470550104", "de", 10)
	cut.Until(t, softphone.Speaking)
	s.recorded(t, 48000)
	s.must(t, "kill", asterisk)
	s.up(t)
	<-cut.Done // its other end is gone
	s.want(t, cut.Report.CallID, "message/pbx")

	// Inside of its container it is started again without the container's end.
	before := s.inspect(t, asterisk).State.StartedAt
	pid := s.asteriskPID(t)
	s.must(t, "exec", "-T", asterisk, "sh", "-c", "kill -9 "+pid)
	callers.Wait(t, "asterisk to run again", func() bool { p := s.asteriskPID(t); return p != "" && p != pid })
	if after := s.inspect(t, asterisk).State.StartedAt; after != before {
		t.Errorf("the container was started at %s and then at %s", before, after)
	}
	callers.Wait(t, "calls to be handed over again", func() bool {
		_, err := s.compose(t.Context(), "exec", "-T", glennline, glennline, "health")
		return err == nil
	})

	// Stopped while somebody speaks, both wait until it is said.
	last := s.call(t, "+32470550105", "fr", 6)
	last.Until(t, softphone.Speaking)
	s.must(t, "stop")
	said := last.End(t)
	for _, service := range []string{glennline, asterisk} {
		if c := s.inspect(t, service); c.State.ExitCode != 0 {
			t.Errorf("%s was stopped and ended with exit code %d", service, c.State.ExitCode)
		}
	}

	// Down and up: the volumes hold everything, the voices as they were.
	s.must(t, "down")
	s.up(t)
	s.want(t, said, "message/caller")
	if got := len(callers.Signatures(t, s.list(t))); got != 5 {
		t.Errorf("%d calls after down and up, want 5", got)
	}
	s.agree(t)
	s.want(t, s.call(t, "+32470550106", "nl", 3).End(t), "message/caller")
	t.Run("no caller's number", s.noNumber)
}

// hardened holds the containers to what docker-compose.yml promises.
func (s *stack) hardened(t *testing.T) {
	uid := ""
	for _, service := range []string{glennline, asterisk} {
		c := s.inspect(t, service)
		if c.State.Health.Status != "healthy" {
			t.Errorf("%s is %s", service, c.State.Health.Status)
		}
		h := c.HostConfig
		if !h.ReadonlyRootfs || h.Privileged || h.NetworkMode != "host" || !slices.Contains(h.CapDrop, "ALL") ||
			!slices.Contains(h.SecurityOpt, "no-new-privileges:true") {
			t.Errorf("%s runs with %+v", service, h)
		}
		if user, _, _ := strings.Cut(c.Config.User, ":"); user == "" || user == "0" || uid != "" && user != uid {
			t.Errorf("%s runs as %q, the other as %q", service, c.Config.User, uid)
		} else {
			uid = user
		}
		if c.Config.StopTimeout == nil || time.Duration(*c.Config.StopTimeout)*time.Second <= 10*time.Minute {
			t.Errorf("%s has %v seconds to end, want more than the longest message", service, c.Config.StopTimeout)
		}
		for _, m := range c.Mounts {
			if service == asterisk && m.Destination == "/var/lib/glennline" {
				t.Error("asterisk can reach the database and the secret")
			}
		}
		for _, variable := range c.Config.Env {
			if name, _, _ := strings.Cut(variable, "="); strings.Contains(name, "PASSWORD") || strings.Contains(name, "SECRET") {
				t.Errorf("%s has a secret in its environment: %s", service, name)
			}
		}
	}
	// The kernel's own word, of the process that answers SIP.
	status := s.must(t, "exec", "-T", asterisk, "cat", "/proc/"+s.asteriskPID(t)+"/status")
	for _, want := range []string{"CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1", "Uid:\t" + uid + "\t", "Umask:\t0077"} {
		if !strings.Contains(status, want) {
			t.Errorf("asterisk's process has no %q:\n%s", want, status)
		}
	}
	s.small(t)
}

// small looks into the program's image: the program alone, and no way to make
// or run anything else.
func (s *stack) small(t *testing.T) {
	id := strings.TrimSpace(s.must(t, "ps", "--quiet", glennline))
	cmd := exec.CommandContext(t.Context(), "docker", "export", id)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var programs []string
	var size int64
	for r := tar.NewReader(out); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		size += h.Size
		if h.Typeflag == tar.TypeReg && h.Mode&0o111 != 0 && h.Size > 0 /* no mount point */ {
			programs = append(programs, h.Name)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(programs, []string{"usr/bin/glennline"}) {
		t.Errorf("programs in glennline's image: %q, want glennline alone", programs)
	}
	t.Logf("glennline's image: %.1f MB", float64(size)/1e6)
	if size > 60e6 {
		t.Errorf("glennline's image has %d bytes", size)
	}
}

// asteriskPID is Asterisk's process inside of its container, "" without one.
func (s *stack) asteriskPID(t *testing.T) string {
	t.Helper()
	out, err := s.compose(t.Context(), "exec", "-T", asterisk, "cat", "/var/lib/glennline/asterisk/run/asterisk.pid")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(out)
}

// recorded waits until a recording has so many bytes on the disk.
func (s *stack) recorded(t *testing.T, bytes int) {
	t.Helper()
	callers.Wait(t, "the recording to grow", func() bool {
		out := s.must(t, "exec", "-T", asterisk, "find", "/var/lib/glennline/asterisk/spool/recording", "-name", "*.wav", "-size", fmt.Sprintf("+%dc", bytes))
		return strings.TrimSpace(out) != ""
	})
}

// agree has reconcile compare rows, files and their hashes.
func (s *stack) agree(t *testing.T) {
	t.Helper()
	s.must(t, "exec", "-T", glennline, glennline, "reconcile", "--verify-hashes")
}

// noNumber looks for the callers' numbers in what the containers said and wrote.
func (s *stack) noNumber(t *testing.T) {
	logs := s.must(t, "logs", "--no-color")
	for _, digits := range []string{"470550101", "470550102", "470550103", "470550104", "470550105", "470550106"} {
		if strings.Contains(logs, digits) {
			t.Errorf("a caller's number stands in the containers' logs: …%s", digits[6:])
		}
		out, err := s.compose(t.Context(), "exec", "-T", asterisk, "grep", "-rlF", "--devices=skip", digits, "/var/lib/glennline/asterisk")
		if err == nil {
			t.Errorf("a caller's number lies in %s", strings.TrimSpace(out))
		}
	}
}
