package prompts

import (
	"embed"
	"path"
	"slices"
	"strings"
)

// placeholders holds LANGUAGE/PROMPT.wav. They are made by placeholder/generate
// from the texts beside them, and meant to be replaced.
//
//go:embed placeholder/*/*.wav
var placeholders embed.FS

// Languages are the languages that have placeholder prompts, sorted.
func Languages() []string {
	entries, err := placeholders.ReadDir("placeholder")
	if err != nil {
		panic(err) // the folder is compiled in
	}
	var languages []string
	for _, e := range entries {
		languages = append(languages, e.Name())
	}
	return languages
}

// Placeholder is the language whose placeholders speak for a language tag: fr
// for fr-BE. It is false where there is none.
func Placeholder(language string) (string, bool) {
	base, _, _ := strings.Cut(strings.ToLower(language), "-")
	return base, slices.Contains(Languages(), base)
}

func placeholder(language string, p prompt) (clip, error) {
	name := path.Join("placeholder", language, p.String()+".wav")
	data, err := placeholders.ReadFile(name)
	if err != nil {
		return clip{}, err
	}
	return readBytes(name, data)
}
