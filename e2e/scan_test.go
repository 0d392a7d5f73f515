//go:build heavy

package e2e

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Whoever comes from an address that no trunk has learns neither a number nor a
// version, with the tools that scanners use; fail2ban, with the filter that is
// delivered, knows who it was, and nobody can have somebody else banned.
func TestScan(t *testing.T) {
	t.Parallel()
	l := up(t, adoptionConfig+"trunks:\n  - {name: carrier, addresses: [127.0.0.2]}\n")
	before := l.asterisk()
	_, port, _ := strings.Cut(l.addr, ":")
	dir := tempDir(t)
	dictionary := filepath.Join(dir, "dictionary")
	if err := os.WriteFile(dictionary, []byte("1234\n3225550100\nadmin\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	scan := func(name string, args ...string) string {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), deadline)
		defer cancel()
		cmd := exec.CommandContext(ctx, peer(t, name), append(args, "-p", port, "127.0.0.1")...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "HOME="+dir)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		return string(out)
	}
	// At the same time, because each waits long for answers that do not come.
	var scans sync.WaitGroup
	scans.Go(func() {
		// It shows that there is something, and no more.
		found := scan("svmap", "-b", "127.0.0.66")
		if !strings.Contains(found, "| glennline") || versions.MatchString(withoutAddresses(found)) {
			t.Errorf("svmap found:\n%s", found)
		}
	})
	for _, method := range []string{"REGISTER", "INVITE", "OPTIONS"} {
		scans.Go(func() {
			if out := scan("svwar", "-m", method, "-e", "100-120,3225550100-3225550102", "--force"); !strings.Contains(out, "found nothing") {
				t.Errorf("svwar with %s:\n%s", method, out)
			}
		})
	}
	scans.Go(func() {
		if out := scan("svcrack", "-u", "3225550100", "-d", dictionary); !strings.Contains(out, "found nothing") {
			t.Errorf("svcrack:\n%s", out)
		}
	})
	scans.Wait()
	out, err := sipsak(t, l)
	if err == nil || !strings.Contains(out, "SIP/2.0 401 Unauthorized") || !strings.Contains(out, `realm="glennline"`) || regexp.MustCompile(`(?i)asterisk|Allow:`).MatchString(out) {
		t.Errorf("sipsak from an unknown address: %v\n%s", err, out)
	}

	// Words of a stranger's that look like those of the log.
	for _, i := range []invitation{
		{user: "100", callID: `x) - y' failed for '192.0.2.55:1' (callid: z`},
		{user: "100", callID: token(), from: `"a\" <sip:x> ' failed for '192.0.2.56:1' (callid: z) - No matching endpoint found" <sip:a@b>`},
		{user: "100", callID: `x' failed for '192.0.2.57:1' (callid: z) - No matching endpoint found", "source": "pjsip_distributor.c:1"}`},
	} {
		if m := newWireFrom(t, "127.0.0.67", l.addr).call(i); m.status != 401 {
			t.Errorf("a stranger got:\n%s", m.text)
		}
	}
	waitFor(t, "what they did in the log", func() bool { return l.logged("failed for '192.0.2.57:1'") == 1 })
	security := l.securityLog(t)
	journal := regexp.MustCompile(`(?m)^`).ReplaceAllString(l.log.String(), "Nov 22 20:15:01 line glennline[77]: ")
	for _, log := range []string{l.log.String(), journal, security} {
		banned := fail2ban(t, log)
		for _, scanner := range []string{"127.0.0.66", "127.0.0.1"} {
			if !slices.Contains(banned, scanner) {
				t.Errorf("fail2ban does not know the scanner at %s: %q", scanner, banned)
			}
		}
		for _, address := range banned {
			if !strings.HasPrefix(address, "127.0.0.") || address == "127.0.0.2" {
				t.Errorf("fail2ban would ban %s, which did nothing", address)
			}
		}
	}

	// What Asterisk itself tells is not misunderstood: nobody hides behind words.
	if banned := fail2ban(t, security); !slices.Contains(banned, "127.0.0.67") {
		t.Errorf("fail2ban does not know 127.0.0.67 by the security log: %q", banned)
	}
	if banned := fail2banBy(t, filepath.Join(stockFilter(t), "asterisk.conf"), security); !slices.Contains(banned, "127.0.0.66") || slices.ContainsFunc(banned, func(address string) bool {
		return !strings.HasPrefix(address, "127.0.0.")
	}) {
		t.Errorf("fail2ban's own filter finds %q in the security log", banned)
	}

	l.serves(t, mainNumber, "127.0.0.2")
	if n := len(l.ended(1)); n != 1 {
		t.Errorf("%d calls in the ledger, want the last one alone", n)
	}
	if after := l.asterisk(); after != before {
		t.Errorf("asterisk is process %d, at the beginning it was %d", after, before)
	}
	l.noNumber(digits...)
}

// versions is what would tell more than a name.
var versions = regexp.MustCompile(`(?i)asterisk|pjsip|pbx|[0-9]+\.[0-9]+\.[0-9]+\.?[^0-9.:]`)

func withoutAddresses(text string) string {
	return regexp.MustCompile(`[0-9.]+:[0-9]+`).ReplaceAllString(text, "")
}

// stockFilter is the folder of the filters that come with fail2ban.
func stockFilter(t *testing.T) string {
	t.Helper()
	return filepath.Join(filepath.Dir(peer(t, "fail2ban-regex")), "..", "tree", "etc", "fail2ban", "filter.d")
}

// fail2ban is the addresses that the delivered filter finds in a log.
func fail2ban(t *testing.T, log string) []string {
	t.Helper()
	return fail2banBy(t, "../docs/fail2ban/filter.conf", log)
}

func fail2banBy(t *testing.T, filter, log string) []string {
	t.Helper()
	filter, err := filepath.Abs(filter)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte(log), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, peer(t, "fail2ban-regex"), "-o", "ip", path, filter)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("fail2ban-regex: %v\n%s%s", err, out, stderr.String())
	}
	return strings.Fields(string(out))
}
