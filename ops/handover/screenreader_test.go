//go:build heavy

package handover_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"

	"glennline/ops/handover"
)

// node is what assistive technology gets of a part of the page.
type node struct {
	role, name, value string
	is                map[string]string // properties
	inside            []string          // texts below it
}

// tree is the accessibility tree, without what it leaves out.
func (b *browser) tree() (nodes []node) {
	b.t.Helper()
	full, err := chromedp.Call(b.ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	must(b.t, err)
	byID := make(map[accessibility.NodeID]*accessibility.Node)
	for _, n := range full.Nodes {
		byID[n.NodeID] = n
	}
	text := func(v *accessibility.Value) string {
		var s any
		if v == nil || json.Unmarshal(v.Value, &s) != nil || s == nil {
			return ""
		}
		return fmt.Sprint(s)
	}
	var below func(*accessibility.Node) []string
	below = func(n *accessibility.Node) (texts []string) {
		for _, id := range n.ChildIDs {
			child := byID[id]
			if child == nil {
				continue
			}
			if text(child.Role) == "StaticText" && !child.Ignored {
				texts = append(texts, text(child.Name))
				continue
			}
			texts = append(texts, below(child)...)
		}
		return texts
	}
	for _, n := range full.Nodes {
		if n.Ignored {
			continue
		}
		one := node{role: text(n.Role), name: text(n.Name), value: text(n.Value), is: map[string]string{}, inside: below(n)}
		for _, p := range n.Properties {
			one.is[string(p.Name)] = text(p.Value)
		}
		nodes = append(nodes, one)
	}
	return nodes
}

// find is the one node with a role, and a name where one is given.
func (b *browser) find(role, name string) node {
	b.t.Helper()
	var found []node
	for _, n := range b.tree() {
		if n.role == role && (name == "" || n.name == name) {
			found = append(found, n)
		}
	}
	if len(found) != 1 {
		b.t.Fatalf("%d nodes are a %s %q, want one", len(found), role, name)
	}
	return found[0]
}

// focused is the name and the role of what has the focus.
func (b *browser) focused() string {
	b.t.Helper()
	for _, n := range b.tree() {
		if n.is["focused"] == "true" && n.role != "RootWebArea" {
			return n.role + " " + n.name
		}
	}
	return ""
}

// announced waits until the live region has a text, and nothing else, as
// assistive technology gets it.
func (b *browser) announced(want string) {
	b.t.Helper()
	got := ""
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		live := b.find("status", "")
		if live.is["live"] != "polite" {
			b.t.Fatalf("what changes is not announced: %+v", live)
		}
		if got = strings.Join(live.inside, " "); got == want {
			return
		}
	}
	b.t.Fatalf("announced %q, want %q", got, want)
}

// evaluate runs an expression on the page.
func (b *browser) evaluate(expression string) {
	b.t.Helper()
	_, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](expression))
	must(b.t, err)
}

// controls are the roles of what can be used.
var controls = []string{"button", "slider", "link", "checkbox", "textbox", "combobox", "menuitem", "tab", "switch", "spinbutton", "Audio", "Video"}

// Whoever does not see the page, and uses the keyboard alone, gets all of it, in
// each language.
func TestPageForAScreenReader(t *testing.T) {
	raw, err := os.ReadFile("words.json")
	must(t, err)
	var words map[string]map[string]string
	must(t, json.Unmarshal(raw, &words))
	l := use(t, 3)
	to := filepath.Join(t.TempDir(), "out")
	_, err = handover.Make(t.Context(), l.config(t, to))
	must(t, err)
	b := visit(t, to, "en")
	b.until(`document.title === 'The voices'`)
	own := []string{"Français", "Nederlands", "Deutsch", "English"} // their names stay in their languages

	for i, language := range handover.Languages {
		t.Run(language, func(t *testing.T) {
			b.t = t
			word := words[language]
			voice := func(n int) string {
				return strings.NewReplacer("{n}", fmt.Sprint(n), "{total}", "3").Replace(word["now"])
			}
			b.evaluate(`document.querySelectorAll('[data-language]')[0].focus(), true`)
			b.press(strings.Repeat("\t", i) + "\r")
			b.until(fmt.Sprintf(`document.documentElement.lang === %q`, language))

			// What there is, and what it is called.
			if page := b.find("RootWebArea", ""); page.name != word["title"] {
				t.Errorf("the page is called %q", page.name)
			}
			b.find("group", word["languages"])
			b.find("region", word["player"])
			for _, landmark := range []string{"banner", "main", "contentinfo", "note"} {
				b.find(landmark, "")
			}
			var got []string
			for _, n := range b.tree() {
				if !slices.Contains(controls, n.role) {
					if n.is["focusable"] == "true" && n.role != "RootWebArea" {
						t.Errorf("a %s %q takes the focus", n.role, n.name)
					}
					continue
				}
				if n.name == "" || n.is["focusable"] != "true" {
					t.Errorf("a %s has the name %q, properties %v", n.role, n.name, n.is)
				}
				got = append(got, n.role+" "+n.name)
				for other, theirs := range words {
					for key, text := range theirs {
						if other != language && n.name == text && !slices.Contains(own, n.name) && word[key] != text {
							t.Errorf("%q is %s", n.name, other)
						}
					}
				}
				if slices.Contains(own, n.name) && (n.is["pressed"] == "true") != (n.name == word["name"]) {
					t.Errorf("%s is pressed: %v", n.name, n.is["pressed"])
				}
			}
			stops := []string{
				"button Français", "button Nederlands", "button Deutsch", "button English",
				"button " + word["previous"], "button " + word["play"], "button " + word["next"],
				"slider " + word["position"], "link " + word["report"], "link " + word["rows"], "link " + word["manifest"],
			}
			if diff := cmp.Diff(stops, got); diff != "" {
				t.Errorf("controls (-want +got):\n%s", diff)
			}

			// From one to the next, and back.
			b.evaluate(`document.querySelectorAll('[data-language]')[0].focus(), true`)
			walked := []string{b.focused()}
			for range len(stops) - 1 {
				b.press("\t")
				walked = append(walked, b.focused())
			}
			if diff := cmp.Diff(stops, walked); diff != "" {
				t.Errorf("with the tabulator (-want +got):\n%s", diff)
			}
			outlined, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`getComputedStyle(document.activeElement).outlineStyle`))
			must(t, err)
			if outlined == "none" {
				t.Error("nobody sees where the focus is")
			}
			b.evaluate(`document.activeElement.blur(), true`)

			// What changes is said, and the controls know it.
			b.press(kb.Home)
			b.announced(voice(1))
			if n := b.find("button", word["previous"]); n.is["disabled"] != "true" {
				t.Errorf("there is one before the first: %v", n.is)
			}
			b.press(kb.ArrowRight)
			b.announced(voice(2))
			if n := b.find("slider", word["position"]); n.value != "2" {
				t.Errorf("the slider says %+v", n)
			}
			b.until(fmt.Sprintf(`document.getElementById('position').getAttribute('aria-valuetext') === %q`, voice(2))) // which the protocol does not tell
			b.press(kb.End)
			b.announced(voice(3))
			if n := b.find("button", word["next"]); n.is["disabled"] != "true" {
				t.Errorf("there is one after the last: %v", n.is)
			}
			b.press(kb.ArrowLeft)
			b.announced(voice(2))
			b.evaluate(`window.spoken = [], window.watch = new MutationObserver(function () {
				window.spoken.push(document.getElementById('live').textContent, document.getElementById('play-word').textContent);
			}), window.watch.observe(document.getElementById('live'), {childList: true}), true`)
			b.press(" ")
			b.announced(word["ended"])
			spoken, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](`window.watch.disconnect(), window.spoken`))
			must(t, err)
			if diff := cmp.Diff([]string{voice(2), word["pause"], voice(3), word["pause"], word["ended"], word["play"]}, spoken); diff != "" {
				t.Errorf("said while voices are heard, and what the button is then (-want +got):\n%s", diff)
			}
			b.find("button", word["play"])
		})
	}
	b.t = t
	b.quiet(to)
}
