//go:build e2e

package pbx

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	asteriskconf "glennline/asterisk-conf"
)

// The fragment in a stock Asterisk, put there by doing what its README says.
func TestFragmentInAStockAsterisk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cfg.ARI.Password = asteriskconf.NewPassword()
	w.cfg.DialledFrom = []string{asteriskconf.HeaderDiversion}
	etc := etcPath(w.cfg.Dir)
	for _, d := range append(w.cfg.Folders(), etc) {
		if err := os.MkdirAll(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(etc, os.DirFS(stockConfig(t, w.in))); err != nil {
		t.Fatal(err)
	}
	if err := asteriskconf.RenderFragment(w.cfg, filepath.Join(etc, "glennline")); err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(etc, "glennline", "README.txt"))
	if err != nil {
		t.Fatal(err)
	}
	followReadme(t, etc, string(readme))
	// What a stock Asterisk's owner has besides: folders and a transport.
	folders := "[directories]\nastetcdir => " + etc + "\nastmoddir => " + w.in.ModuleDir + "\nastdatadir => " + w.in.DataDir
	for name, below := range map[string]string{
		"astvarlibdir": "lib", "astdbdir": "db", "astkeydir": "lib", "astagidir": "lib",
		"astspooldir": "spool", "astrundir": "run", "astlogdir": "log", "astcachedir": "lib",
	} {
		folders += "\n" + name + " => " + filepath.Join(w.cfg.Dir, below)
	}
	edit(t, filepath.Join(etc, "asterisk.conf"), func(s string) string {
		return folders + "\n" + regexp.MustCompile(`(?m)^\[directories\].*$|^ast[a-z]+dir =>.*$`).ReplaceAllString(s, "")
	})
	edit(t, filepath.Join(etc, "pjsip.conf"), func(s string) string {
		return s + fmt.Sprintf("\n[transport-theirs]\ntype = transport\nprotocol = udp\nbind = 127.0.0.1:%d\n", w.cfg.SIP.Port)
	})

	a, err := resolveAccount("")
	if err != nil {
		t.Fatal(err)
	}
	c, err := openConsole(consolePath(w.cfg.Dir), logPath(w.cfg.Dir), w.log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	alive, err := lock(asteriskLockPath(w.cfg.Dir))
	if err != nil {
		t.Fatal(err)
	}
	defer alive.Close()
	if err := a.own(w.cfg.Dir); err != nil {
		t.Fatal(err)
	}
	p, err := launch(w.in, etc, a, c, alive)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.end(nil) })
	control := controlAt(w.cfg.Dir)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		if _, err = control.command(ctx, "core waitfullybooted"); err == nil {
			break
		}
		select {
		case <-time.After(bootPoll):
		case <-p.exited:
			t.Fatalf("asterisk ended; log:\n%s", w.said())
		case <-ctx.Done():
			t.Fatalf("not booted: %v; log:\n%s", err, w.said())
		}
	}
	for _, module := range section(string(readme), "4. ", "5. ") {
		if out, err := control.command(ctx, "module show like "+module+".so"); err != nil || !strings.Contains(out, "1 modules loaded") {
			t.Errorf("module %s: %v\n%s", module, err, out)
		}
	}
	checks := regexp.MustCompile(`asterisk -rx "(.*)"`).FindAllStringSubmatch(string(readme), -1)
	if len(checks) != 4 {
		t.Fatalf("the README has %d checks", len(checks))
	}
	for i, want := range []string{"Match: 127.0.0.1/32", "Stasis(glennline,v2,", "Username: glennline\nRead only?: No", "CEL Event Subscriber: CEL Custom CSV Logging"} {
		out, err := control.command(ctx, checks[i][1])
		if err != nil || !strings.Contains(out, want) {
			t.Errorf("%s: %v, want %q in\n%s", checks[i][1], err, want, out)
		}
	}
	if out, err := control.command(ctx, "core show settings"); err != nil || !regexp.MustCompile(`Transmit silence during rec:\s+Enabled`).MatchString(out) {
		t.Errorf("transmit_silence: %v\n%s", err, out)
	}

	// A call that comes in by their transport reaches our application.
	if m := dial(t, w.cfg, invitation{user: "+3225550100"}).answer(); m.status() != 503 {
		t.Errorf("answer without the application: %s", m.first)
	}
	app := connect(t, w.cfg)
	call := dial(t, w.cfg, invitation{user: "+3225550100"})
	e := app.await("StasisStart")
	if !strings.HasPrefix(e.Channel.ID, w.cfg.System+"-") || len(e.Args) != 7 || e.Args[1] != "+3225550100" {
		t.Errorf("channel %s, arguments %q", e.Channel.ID, e.Args)
	}
	app.answer(e.Channel.ID)
	if m := call.answer(); m.status() != 200 {
		t.Errorf("answer: %s", m.first)
	}
	call.hangup()
	app.await("StasisEnd")
}

// stockConfig is the configuration that came with the Asterisk.
func stockConfig(t *testing.T, in Install) string {
	t.Helper()
	for dir := in.ModuleDir; ; dir = filepath.Dir(dir) {
		etc := filepath.Join(dir, "etc", "asterisk")
		if isFile(filepath.Join(etc, "asterisk.conf")) {
			return etc
		}
		if dir == "/" {
			t.Fatalf("no stock configuration with %s", in.Binary)
		}
	}
}

// followReadme does steps 2 and 3.
func followReadme(t *testing.T, etc, readme string) {
	t.Helper()
	lines := regexp.MustCompile(`(?m)^     (\w+\.conf) +(#include .*)$`).FindAllStringSubmatch(readme, -1)
	if len(lines) != 6 {
		t.Fatalf("the README has %d lines to add", len(lines))
	}
	for _, l := range lines {
		edit(t, filepath.Join(etc, l[1]), func(s string) string { return s + "\n" + l[2] + "\n" })
	}
	options := section(readme, "3. ", "4. ")
	if len(options) != 4 {
		t.Fatalf("the README has the options %q", options)
	}
	edit(t, filepath.Join(etc, "asterisk.conf"), func(s string) string { return s + "\n" + strings.Join(options, "\n") + "\n" })
}

// section is the indented lines between two steps.
func section(readme, from, to string) []string {
	_, s, _ := strings.Cut(readme, "\n"+from)
	s, _, _ = strings.Cut(s, "\n"+to)
	var lines []string
	for l := range strings.Lines(s) {
		if strings.HasPrefix(l, "     ") {
			lines = append(lines, strings.TrimSpace(l))
		}
	}
	return lines
}

func edit(t *testing.T, name string, change func(string) string) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(change(string(b))), 0o600); err != nil {
		t.Fatal(err)
	}
}
