//go:build heavy

package handover_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"

	"glennline/ops/handover"
)

// browser is a page in Chromium, and what it did that it should not.
type browser struct {
	t   *testing.T
	ctx context.Context //nolint:containedctx // that of the tab, as long as the test

	mu       sync.Mutex
	said     []string // on the console
	requests []string
}

// visit opens a page of a folder, as from a USB stick.
func visit(t *testing.T, folder, language string) *browser {
	t.Helper()
	b := &browser{t: t}
	flags := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath("chromium"),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("lang", language),
		chromedp.Flag("accept-lang", language),
		chromedp.Flag("mute-audio", true),
		chromedp.Flag("proxy-server", "127.0.0.1:1"), // nothing gets out even if it tried
	)
	if os.Geteuid() == 0 { // whom Chromium's sandbox does not take
		flags = append(flags, chromedp.NoSandbox)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, flags...)
	t.Cleanup(cancel)
	b.ctx, cancel = chromedp.NewContext(ctx, chromedp.WithListener(b.listen))
	t.Cleanup(cancel)
	b.do(chromedp.Navigate((&url.URL{Scheme: "file", Path: filepath.Join(folder, handover.Index)}).String()))
	return b
}

func (b *browser) listen(ev any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch ev := ev.(type) {
	case *log.EventEntryAdded:
		b.said = append(b.said, ev.Entry.Text)
	case *runtime.EventExceptionThrown:
		b.said = append(b.said, ev.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		b.said = append(b.said, fmt.Sprint(ev.Type))
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, ev.Request.URL)
	}
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	must(b.t, chromedp.Do(b.ctx, steps...))
}

func (b *browser) press(key string) { b.t.Helper(); b.do(chromedp.KeyEvent(key)) }

// until waits until something is true on the page.
func (b *browser) until(expression string) {
	b.t.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(20*time.Second))); err != nil {
		state, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.body.innerText + '\n' + (document.querySelector('audio') || {}).currentSrc`))
		b.t.Fatalf("%s: %v, on\n%s", expression, err, state)
	}
}

// names are the accessible names of a role, as a screen reader gets them.
func (b *browser) names(roles ...string) (names []string) {
	b.t.Helper()
	tree, err := chromedp.Call(b.ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	must(b.t, err)
	for _, node := range tree.Nodes {
		var role, name string
		if node.Ignored || node.Role == nil || json.Unmarshal(node.Role.Value, &role) != nil || !slices.Contains(roles, role) {
			continue
		}
		if node.Name != nil {
			_ = json.Unmarshal(node.Name.Value, &name) // stays empty, and is found so
		}
		names = append(names, name)
	}
	return names
}

// quiet is that the console is empty and that nothing but the folder was asked for.
func (b *browser) quiet(folder string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.said) > 0 {
		b.t.Errorf("on the console: %q", b.said)
	}
	if len(b.requests) == 0 {
		b.t.Error("no request was seen, not even that for the page")
	}
	for _, r := range b.requests {
		if !strings.HasPrefix(r, (&url.URL{Scheme: "file", Path: folder}).String()+"/") {
			b.t.Errorf("asked for %s", r)
		}
	}
}

// shot leaves a picture where GLENNLINE_SHOTS names a folder.
func (b *browser) shot(name string) {
	folder := os.Getenv("GLENNLINE_SHOTS")
	if folder == "" {
		return
	}
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(90))
	must(b.t, err)
	must(b.t, os.WriteFile(filepath.Join(folder, name), picture, 0o600))
}

// The page plays the voices one after the other by itself, from files, without a
// network, by keyboard; says to a screen reader what it shows; and goes past one
// that cannot be played.
func TestPageInABrowser(t *testing.T) {
	l := use(t, 4)
	to := filepath.Join(t.TempDir(), "out")
	_, err := handover.Make(t.Context(), l.config(t, to))
	must(t, err)
	// A stick that lost a voice.
	must(t, os.WriteFile(filepath.Join(to, "voices", "00003.wav"), make([]byte, 6444), 0o600))

	b := visit(t, to, "nl")
	b.until(`document.documentElement.lang === 'nl' && document.title === 'De stemmen'`)
	if diff := cmp.Diff([]string{"Français", "Nederlands", "Deutsch", "English", "Vorige", "Luisteren", "Volgende"}, b.names("button")); diff != "" {
		t.Errorf("buttons (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Naar stem"}, b.names("slider")); diff != "" {
		t.Errorf("slider (-want +got):\n%s", diff)
	}
	headings := b.names("heading") // by how deep they stand
	slices.Sort(headings)
	if diff := cmp.Diff([]string{"4 steunbetuigingen per telefoon", "De stemmen beluisteren", "In deze map"}, headings); diff != "" {
		t.Errorf("headings (-want +got):\n%s", diff)
	}
	if links := b.names("link"); len(links) != 3 || slices.Contains(links, "") {
		t.Errorf("links %q", links)
	}
	b.until(`document.querySelector('[data-sentence]').textContent === 'nl: 4'`)

	// Another language, by keyboard: the fourth stop of the tabulator.
	for range 4 {
		b.press("\t")
	}
	b.press("\r")
	b.until(`document.title === 'The voices' && document.activeElement.dataset.language === 'en'`)
	b.until(`document.activeElement.getAttribute('aria-pressed') === 'true'`)
	b.until(`document.getElementById('now').textContent === 'Voice 1 of 4'`)

	// What was heard, with how far, to look back on.
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := chromedp.Evaluate[bool](`(function () {
			window.heard = [];
			const audio = document.getElementById('audio');
			audio.addEventListener('playing', function () { window.heard.push(audio.src.slice(-9)); });
			audio.addEventListener('ended', function () { window.heard.push(audio.currentTime > 0.3 ? 'to its end' : 'cut'); });
			return true;
		})()`)(ctx, target)
		return err
	}))
	b.press("\t\t") // past the buttons' group, on to the one that plays
	b.until(`document.activeElement.id === 'play'`)
	b.press(" ")
	b.until(`document.getElementById('audio').currentTime > 0 && document.getElementById('play-word').textContent === 'Pause'`)
	b.until(`document.getElementById('now').textContent === 'Voice 2 of 4'`)
	b.until(`document.getElementById('live').textContent === 'Voice 2 of 4'`)
	b.until(`document.getElementById('trouble').textContent === 'Voice 3 cannot be played. The next one follows.'`)
	b.until(`document.getElementById('live').textContent === 'Voice 3 cannot be played. The next one follows. Voice 4 of 4'`)
	b.shot("trouble.png")
	b.until(`document.getElementById('live').textContent.endsWith('That was the last voice.')`)
	heard, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](`window.heard`))
	must(t, err)
	if diff := cmp.Diff([]string{"00001.wav", "to its end", "00002.wav", "to its end", "00004.wav", "to its end"}, heard); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
	b.until(`document.getElementById('play-word').textContent === 'Listen'`)

	// From anywhere on the page.
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := chromedp.Evaluate[bool](`document.activeElement.blur(), true`)(ctx, target)
		return err
	}))
	b.press(kb.Home)
	b.until(`document.getElementById('now').textContent === 'Voice 1 of 4' && document.getElementById('position').value === '1'`)
	b.press(kb.ArrowRight)
	b.until(`document.getElementById('now').textContent === 'Voice 2 of 4'`)
	b.press(kb.ArrowLeft + kb.ArrowLeft)
	b.until(`document.getElementById('now').textContent === 'Voice 1 of 4'`)
	b.press(kb.End)
	b.until(`document.getElementById('now').textContent === 'Voice 4 of 4' && document.getElementById('live').textContent === 'Voice 4 of 4'`)
	b.press(kb.ArrowLeft + kb.ArrowLeft + " ")
	b.until(`window.heard.at(-1) === '00002.wav' || window.heard.at(-2) === '00002.wav'`)
	b.press(" ")
	b.until(`document.getElementById('audio').paused && document.getElementById('live').textContent.startsWith('Paused. ')`)
	b.quiet(to)
}

// What is encrypted says how to open it, and plays nothing.
func TestCoverInABrowser(t *testing.T) {
	l := use(t, 2)
	to := filepath.Join(t.TempDir(), "out")
	cfg := l.config(t, to)
	owner, err := age.GenerateX25519Identity()
	must(t, err)
	cfg.Recipients = []age.Recipient{owner.Recipient()}
	_, err = handover.Make(t.Context(), cfg)
	must(t, err)
	b := visit(t, to, "de")
	b.until(`document.title === 'Die Stimmen' && document.querySelector('[data-number]').textContent === '2'`)
	b.until(`document.body.innerText.includes('age --decrypt -i key.txt handover.tar.age | tar x -C ../opened')`)
	b.until(`!document.querySelector('audio')`)
	b.shot("cover.png")
	b.quiet(to)
}
