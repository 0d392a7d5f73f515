package handover

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"maps"
	"net/url"
	"strconv"
	"strings"
)

//go:embed page.html.tmpl
var pageTemplate string

//go:embed page.css
var pageStyle string

//go:embed page.js
var pageScript string

//go:embed words.json
var wordsFile []byte

// Languages are those of the page, in their order.
var Languages = []string{"fr", "nl", "de", "en"}

// words are what the page says, by language and name.
var words = func() (all map[string]map[string]string) {
	if err := json.Unmarshal(wordsFile, &all); err != nil {
		panic(err) // it is the program's own
	}
	return all
}()

var pages = template.Must(template.New("page").Parse(pageTemplate))

// policy lets the page use its own style and script, and play what lies beside it.
// Some browsers do not take a file for one of the same origin.
var policy = template.HTMLAttr(`content="default-src 'none'; script-src '` + digest(pageScript) + `'; style-src '` + digest(pageStyle) +
	`'; media-src 'self' file:; base-uri 'none'; form-action 'none'"`)

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// sheet is what the template needs.
type sheet struct {
	Policy     template.HTMLAttr
	Style      template.CSS
	Script     template.JS
	Languages  []string
	Counted    int
	Sentence   string // before a script chose a language
	Legal      string
	Voices     int
	Sealed     bool
	Passphrase bool
	Papers     []link
	Rows       string
	Data       pageData
}

type link struct{ Name, Link string }

// pageData is for the script.
type pageData struct {
	Voices    int                          `json:"voices"`
	Digits    int                          `json:"digits"`
	Sentences map[string]string            `json:"sentences"`
	Words     map[string]map[string]string `json:"words"`
}

// Word is what the page says before a script chose a language.
func (s sheet) Word(name string) string {
	return strings.NewReplacer("{n}", "1", "{total}", strconv.Itoa(s.Voices)).Replace(words[Languages[0]][name])
}

// Name is what a language calls itself.
func (s sheet) Name(language string) string { return words[language]["name"] }

// player is the page that plays the voices.
func (m *making) player() ([]byte, error) { return m.page(false) }

// cover is the page of a folder that is encrypted.
func (m *making) cover() ([]byte, error) { return m.page(true) }

func (m *making) page(sealed bool) ([]byte, error) {
	s := sheet{
		Policy:     policy,
		Style:      template.CSS(pageStyle), //nolint:gosec // it is the program's own
		Script:     template.JS(pageScript), //nolint:gosec // it is the program's own
		Languages:  Languages,
		Counted:    m.Counted,
		Sentence:   m.Sentences[Languages[0]],
		Legal:      m.Manifest.Legal,
		Voices:     m.result.Voices,
		Sealed:     sealed,
		Passphrase: m.Passphrase,
		Rows:       rowsFor + m.Rows.Format,
		Data:       pageData{m.result.Voices, digits, maps.Clone(m.Sentences), words},
	}
	for _, p := range m.Attach {
		s.Papers = append(s.Papers, link{p.Name(), (&url.URL{Path: Papers + "/" + p.Name()}).String()})
	}
	var page bytes.Buffer
	err := pages.Execute(&page, s)
	return page.Bytes(), err
}
