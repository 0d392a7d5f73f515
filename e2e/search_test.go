//go:build e2e || heavy

package e2e

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// noNumber searches every byte of every file written for the digits.
func (l *line) noNumber(digits ...string) {
	l.t.Helper()
	searched := 0
	err := filepath.WalkDir(filepath.Join(l.dir, "data"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		searched++
		for _, number := range digits {
			if bytes.Contains(raw, []byte(number)) {
				l.t.Errorf("%s holds the caller's number %s", path, number)
			}
		}
		return nil
	})
	if err != nil {
		l.t.Fatal(err)
	}
	if searched < 10 { // Asterisk's configuration alone has more files
		l.t.Fatalf("only %d files searched: the search looks in the wrong place", searched)
	}
	for _, number := range digits {
		if strings.Contains(l.log.String(), number) {
			l.t.Errorf("the log holds the caller's number %s", number)
		}
	}
}

// quiet fails for every warning and error in the log that none of the patterns
// allows: in a run without faults an operator has nothing to read.
func (l *line) quiet(allowed ...string) {
	l.t.Helper()
next:
	for text := range strings.Lines(l.log.String()) {
		if !loud.MatchString(text) {
			continue
		}
		for _, pattern := range allowed {
			if regexp.MustCompile(pattern).MatchString(text) {
				continue next
			}
		}
		l.t.Errorf("the log warns of something: %s", text)
	}
}

var loud = regexp.MustCompile(`^\S+\t(WARN|ERROR|DPANIC|PANIC|FATAL)\t|DATA RACE|^panic:|^goroutine `)
