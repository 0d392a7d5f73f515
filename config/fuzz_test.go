package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glennline/config"
)

// Whatever the file and the variables hold, Load ends with a configuration or
// with an error of one line, and what Validate accepts can be used.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{
		config.Example, uncommented(), "", "lines: [{}]", "lines:\n- &a {name: *a}\n", "<<: {data: x}\n", "? [a]\n: b\n",
		"sip: {port: 0x10}\n", "a: b: c", "lines: [{numbers: [0800, 1e3, .inf, ~, true]}]\n", "!!map {}\n", "%TAG ! x\n---\ndata: |\n  a\n",
		"{\"data\":\"a\"}", "data: 'a", "\t", "\xff\xfe", "data: \"\\u0000\"\n", "- - - -\n", "data: >-\n\n  x\n",
	} {
		f.Add(seed, "GLENNLINE_SIP_PORT=1")
	}
	f.Add("", "GLENNLINE_=\x00")
	f.Add("", "GLENNLINE_\n\x1b\xff=1")
	f.Add("", "GLENNLINE_LINES")
	path := filepath.Join(f.TempDir(), "g.yaml")
	f.Fuzz(func(t *testing.T, text, variable string) {
		if strings.HasPrefix(variable, "GLENNLINE_CONFIG") {
			return // would name another file
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := config.Load(path, []string{variable}, nil)
		if err == nil {
			err = file.Validate()
		}
		if err != nil {
			if strings.ContainsAny(strings.ReplaceAll(err.Error(), path, ""), "\n") {
				t.Errorf("more than one line: %q", err)
			}
			return
		}
		for _, line := range file.Lines {
			if got := file.Numbers(line); len(got) != len(line.Numbers) {
				t.Errorf("valid, and only %d of %d numbers are numbers", len(got), len(line.Numbers))
			}
		}
	})
}
