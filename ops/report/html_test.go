package report_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"glennline/ops/report"
)

// renderings are all that a report can be told as.
func renderings(t *testing.T, r *report.Report) map[string]string {
	t.Helper()
	var text, page bytes.Buffer
	if err := r.Text(&text, report.Terminal{Width: 100}); err != nil {
		t.Fatal(err)
	}
	if err := r.HTML(&page); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{"text": text.String(), "page": page.String(), "json": string(raw)}
}

// The page needs nothing but itself, and its policy allows nothing else.
func TestPageStandsAlone(t *testing.T) {
	page := renderings(t, made(t, ledger(t, told(t)), config()))["page"]
	for _, forbidden := range []string{"<script", "<link", "<img", "<iframe", "@import", "url(", "href=", "src=", " style=", " on"} {
		if forbidden == " on" {
			if found := regexp.MustCompile(`<[^>]* on[a-z]+=`).FindString(page); found != "" {
				t.Errorf("the page holds %s", found)
			}
			continue
		}
		if strings.Contains(page, forbidden) {
			t.Errorf("the page holds %s", forbidden)
		}
	}
	if strings.Contains(page, "://") || strings.Contains(page, "ZgotmplZ") {
		t.Error("the page names another place, or the template refused a value")
	}
	style := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindStringSubmatch(page)
	policy := regexp.MustCompile(`<meta http-equiv="Content-Security-Policy" content="([^"]*)">`).FindStringSubmatch(page)
	if style == nil || policy == nil {
		t.Fatalf("no style or no policy:\n%.1000s", page)
	}
	sum := sha256.Sum256([]byte(style[1]))
	if want := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "';"; !strings.HasPrefix(policy[1], want) {
		t.Errorf("policy %s, want %s", policy[1], want)
	}
	// What staff typed is text.
	if !strings.Contains(page, "&lt;b&gt;ses&lt;/b&gt;") || strings.Contains(page, "<b>ses") {
		t.Error("a source is not escaped")
	}
}

// Each picture has a title and a description, and its numbers stand in a table.
func TestPageCanBeRead(t *testing.T) {
	page := renderings(t, made(t, ledger(t, told(t)), config()))["page"]
	pictures := regexp.MustCompile(`(?s)<svg [^>]*role="img" aria-labelledby="([a-z-]+) ([a-z-]+)">\s*<title id="([a-z-]+)">([^<]+)</title>\s*<desc id="([a-z-]+)">([^<]+)</desc>`).FindAllStringSubmatch(page, -1)
	if len(pictures) != 3 || strings.Count(page, "<svg") != 3 {
		t.Fatalf("%d pictures of %d are titled and described", len(pictures), strings.Count(page, "<svg"))
	}
	for _, p := range pictures {
		if p[1] != p[3] || p[2] != p[5] {
			t.Errorf("a picture's labels are not its own: %q", p[1:])
		}
	}
	for _, want := range []string{
		`<html lang="en">`, "<main>", "<caption>Days, in Europe/Brussels</caption>", "<caption>Hours with a call, in Europe/Brussels</caption>",
		`<th scope="row">Mon 2024-11-18</th>`, `scope="col"`, "prefers-color-scheme: dark", "@media print",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	for _, wrong := range []string{"NaN", "Inf", "-0.0"} {
		if strings.Contains(page, wrong) {
			t.Errorf("a chart holds %s", wrong)
		}
	}
}
