package handover

import (
	"maps"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is said in one language is said in all, with the same numbers in it, and
// the page asks for no other word.
func TestWords(t *testing.T) {
	numbers := regexp.MustCompile(`\{\w+\}`)
	want := slices.Sorted(maps.Keys(words["fr"]))
	for _, language := range Languages {
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(words[language]))); diff != "" {
			t.Errorf("%s (-fr +%s):\n%s", language, language, diff)
		}
		for name, text := range words[language] {
			if text == "" || !slices.Equal(numbers.FindAllString(text, -1), numbers.FindAllString(words["fr"][name], -1)) {
				t.Errorf("%s: %s is %q", language, name, text)
			}
		}
	}
	if len(words) != len(Languages) {
		t.Errorf("%d languages, and %d are offered", len(words), len(Languages))
	}
	for _, asked := range []*regexp.Regexp{
		regexp.MustCompile(`\.Word "(\w+)"`), regexp.MustCompile(`data-word="(\w+)"`), regexp.MustCompile(`data-label="(\w+)"`),
		regexp.MustCompile(`word\('(\w+)'`),
	} {
		found := asked.FindAllStringSubmatch(pageTemplate+pageScript, -1)
		if len(found) == 0 {
			t.Errorf("the page has no %v", asked)
		}
		for _, m := range found {
			if words["fr"][m[1]] == "" {
				t.Errorf("the page says %q, which no language has", m[1])
			}
		}
	}
}
