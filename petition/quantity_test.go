package petition_test

import (
	"errors"
	"strings"
	"testing"

	"glennline/petition"
)

func TestParseQuantity(t *testing.T) {
	for text, want := range map[string]petition.Quantity{
		"":                       {},
		"  ":                     {},
		"0":                      {Kind: "number", Text: "0"},
		" 37758 ":                {Kind: "number", Text: "37758", Number: 37758},
		"128000000":              {Kind: "number", Text: "128000000", Number: 128e6},
		"999999999999999":        {Kind: "number", Text: "999999999999999", Number: 999999999999999},
		"-3.5":                   {Kind: "number", Text: "-3.5", Number: -3.5},
		"37.7580":                {Kind: "number", Text: "37.7580", Number: 37.758},
		"0.125":                  {Kind: "number", Text: "0.125", Number: 0.125},
		"1234.125":               {Kind: "number", Text: "1234.125", Number: 1234.125},
		"+12%":                   {Kind: "percent", Text: "+12%"},
		"12 %":                   {Kind: "percent", Text: "12 %"},
		"−3,5\u202f%":            {Kind: "percent", Text: "−3,5 %"},
		"Nancy says yes":         {Kind: "text", Text: "Nancy says yes"},
		"resolution adopted":     {Kind: "text", Text: "resolution adopted"},
		"élargi, le 25 juin":     {Kind: "text", Text: "élargi, le 25 juin"},
		"more than 50 %":         {Kind: "text", Text: "more than 50 %"},
		"but\u00a0: passé":       {Kind: "text", Text: "but : passé"},
		"(none)":                 {Kind: "text", Text: "(none)"},
		"=HYPERLINK(\"x\")":      {Kind: "text", Text: "=HYPERLINK(\"x\")"},
		strings.Repeat("é", 500): {Kind: "text", Text: strings.Repeat("é", 500)},
	} {
		got, err := petition.ParseQuantity(text)
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v; want %+v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"37.758":                 `"37.758" could be 37758, or 37 and a fraction: write 37758, or 37.7580`,
		"-1.000":                 `could be -1000, or -1 and a fraction`,
		"37,758":                 `write a number without separators, such as 37758`,
		"1,234,567":              "such as 1234567",
		"1.234.567":              "such as 1234567",
		"1 234":                  "such as 1234",
		"1\u202f234":             "such as 1234",
		"1'234":                  "such as 1234",
		"3,5":                    `write a decimal point, such as 3.5`,
		"nan":                    `"nan" is no number: write one in digits, or leave the figure out`,
		"NaN":                    "is no number",
		"inf":                    "is no number",
		"-Inf":                   "is no number",
		"+infinity":              "is no number",
		"∞":                      "is no number",
		"inf%":                   "is no number",
		"12k":                    "begins like a number and is none",
		"1e6":                    "begins like a number and is none",
		"0x10":                   "begins like a number and is none",
		"+12":                    "begins like a number and is none",
		"007":                    "begins like a number and is none",
		".5":                     "begins like a number and is none",
		"½":                      "begins like a number and is none",
		"٣":                      "begins like a number and is none",
		"€ 12":                   "begins like a number and is none",
		"50 million":             "begins like a number and is none",
		"1234567890123456":       "begins like a number and is none",
		"12%%":                   "begins like a number and is none",
		"two\nlines":             "holds what cannot be printed",
		"\x1b[31m":               "holds what cannot be printed",
		"a\xff":                  "holds what cannot be printed",
		strings.Repeat("é", 501): "a text of 501 characters: write at most 500",
	} {
		got, err := petition.ParseQuantity(text)
		if !errors.As(err, &petition.KPIError{}) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v, %v; want %s", text, got, err, want)
		}
	}
}

func FuzzParseQuantity(f *testing.F) {
	for _, seed := range []string{"37758", "37.758", "+12%", "1 234", "a text", "-0.5"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := petition.ParseQuantity(text)
		if err != nil {
			return
		}
		// What is stored is read again as the same.
		again, err := petition.ParseQuantity(q.Text)
		if err != nil || again != q {
			t.Errorf("%q is %+v, and that is %+v, %v", text, q, again, err)
		}
	})
}
