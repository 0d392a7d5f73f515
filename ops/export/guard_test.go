package export

import (
	"encoding/csv"
	"strings"
	"testing"
	"unicode"
)

func TestGuard(t *testing.T) {
	for given, want := range map[string]string{
		"":                     "",
		"Jeanne Dubois":        "Jeanne Dubois",
		"Anne-Marie":           "Anne-Marie",
		"O'Neill":              "O'Neill",
		"main":                 "main",
		"a=b":                  "a=b",
		"=1+1":                 "'=1+1",
		"+32 470":              "'+32 470",
		"-1":                   "'-1",
		"@SUM(A1)":             "'@SUM(A1)",
		"＝1":                   "'＝1",
		"＋1":                   "'＋1",
		"－1":                   "'－1",
		"＠A":                   "'＠A",
		"\t=1":                 " '=1",
		"\r=1":                 " '=1",
		"\n=1":                 " '=1",
		"\x00=1":               " '=1",
		"  =1":                 "  '=1",
		"\u00a0=1":             "\u00a0'=1",
		"\u200b=1":             "\u200b'=1",
		"\ufeff=1":             "\ufeff'=1",
		"a;=cmd|' /C calc'!A0": "a;'=cmd|' /C calc'!A0",
		"a,@x":                 "a,'@x",
		"a\"=1":                "a\"'=1",
		"a\nb":                 "a b",
		"a\x1b[31mb":           "a [31mb",
		"a\xff=":               "a =",
		"Expressions of support. Not signatures under the law of 2 May 2019.": "Expressions of support. Not signatures under the law of 2 May 2019.",
	} {
		if got := guard(given); got != want {
			t.Errorf("guard(%q) = %q, want %q", given, got, want)
		}
	}
}

// FuzzGuard looks at each cell that each kind of program might see in what we
// write.
func FuzzGuard(f *testing.F) {
	for _, seed := range []string{"Jeanne", "=1", "a;=1", "\t+1", "\"=1", "a\"\"\n-1", " \u200b@x", "＝1", "a,b;c|d\te"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		line := "01K," + quote(name) + ",x\n"
		if strings.Count(line, "\n") != 1 {
			t.Fatalf("%q is several lines", line)
		}
		for _, separator := range Delimiters {
			r := csv.NewReader(strings.NewReader(line))
			r.Comma, r.LazyQuotes = separator, true
			cells, err := r.Read()
			if err != nil {
				t.Fatalf("%q cut at %q: %v", line, separator, err)
			}
			if separator == ',' && len(cells) != 3 {
				t.Fatalf("%q has %d cells", line, len(cells))
			}
			for _, cell := range cells {
				seen := strings.TrimLeftFunc(cell, func(r rune) bool {
					return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '"'
				})
				if seen != "" && strings.ContainsRune(formula, []rune(seen)[0]) {
					t.Fatalf("%q cut at %q has the cell %q", line, separator, cell)
				}
			}
		}
	})
}

// Numbers are numbers, whatever they begin with.
func TestNumbersAreNotGuarded(t *testing.T) {
	for want, cfg := range map[string]Config{
		"-1.500\n":       {},
		"-1,500\n":       {Delimiter: ';', DecimalComma: true},
		"\"-1,500\"\n":   {DecimalComma: true},
		"\ufeff-1.500\n": {BOM: true},
	} {
		var out strings.Builder
		if err := newCSV(&out, &cfg).row([]cell{{kind: number, number: -1.5}}); err != nil || out.String() != want {
			t.Errorf("%q, %v; want %q", out.String(), err, want)
		}
	}
}
