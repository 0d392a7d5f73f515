package prompts

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// LineSource says where a line's prompts come from.
type LineSource struct {
	Name     string // of the line
	Language string // BCP 47, such as fr or nl-BE
	Dir      string // folder with the five files; "" for the language's placeholders
}

// Check reads the line's prompts without keeping anything. It reports what is
// good and names everything that is not; each fault is a *FileError.
func (s LineSource) Check() ([]Report, error) {
	clips, err := s.load()
	var reports []Report
	for _, c := range clips {
		if c.samples != nil {
			reports = append(reports, c.report)
		}
	}
	return reports, err
}

// Unreplaced names the prompts of the line that are still our placeholders, or
// copies of them; a beep is as good as another. Faults are left to Check.
func (s LineSource) Unreplaced() (names []string) {
	clips, _ := s.load()
	for p, c := range clips {
		if prompt(p) != promptBeep && c.samples != nil && c.isPlaceholder(prompt(p)) {
			names = append(names, prompt(p).String())
		}
	}
	return names
}

func (c clip) isPlaceholder(p prompt) bool {
	return slices.ContainsFunc(Languages(), func(language string) bool {
		ours, err := placeholder(language, p)
		return err == nil && slices.Equal(ours.samples, c.samples)
	})
}

// load reads all five. With an error, those that are bad have no samples.
func (s LineSource) load() (clips [promptCount]clip, err error) {
	one := func(p prompt) (clip, error) { return readFile(s.path(p)) }
	if s.Dir == "" {
		language, ok := Placeholder(s.Language)
		if !ok {
			return clips, fmt.Errorf("line %s: no placeholder prompts in %q: give the line a folder of prompts or one of the languages %s",
				s.Name, s.Language, strings.Join(Languages(), ", "))
		}
		one = func(p prompt) (clip, error) { return placeholder(language, p) }
	} else if err := s.folder(); err != nil {
		return clips, fmt.Errorf("line %s: %w", s.Name, err)
	}
	var faults []error
	for p := range promptCount {
		c, err := one(prompt(p))
		if err != nil {
			faults = append(faults, fmt.Errorf("line %s: %w", s.Name, err))
			continue
		}
		clips[p] = c
	}
	return clips, errors.Join(faults...)
}

// folder says in one sentence what would otherwise be said of every file.
func (s LineSource) folder() error {
	const five = "name.wav, notice.wav, beep.wav, again.wav and busy.wav"
	info, err := os.Stat(s.Dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &FileError{s.Dir, ErrMissing, "make this folder and put " + five + " there"}
	case err != nil:
		return &FileError{s.Dir, fmt.Errorf("%w: %w", ErrUnreadable, bare(err)), readable}
	case !info.IsDir():
		return &FileError{s.Dir, fmt.Errorf("no folder: %w", ErrMissing), "name the folder with " + five}
	}
	return nil
}

func (s LineSource) path(p prompt) string { return filepath.Join(s.Dir, p.String()+".wav") }

// stamps tell a folder's files from what they were: nil marks a missing one.
type stamps [promptCount]os.FileInfo

func (s LineSource) stamps() (st stamps) {
	for p := range promptCount {
		if info, err := os.Stat(s.path(prompt(p))); err == nil {
			st[p] = info
		}
	}
	return st
}

// same compares without opening a file: a file that was replaced, written to
// or touched differs.
func (st stamps) same(other stamps) bool {
	for i, a := range st {
		b := other[i]
		if (a == nil) != (b == nil) {
			return false
		}
		if a != nil && (!os.SameFile(a, b) || a.Size() != b.Size() || !a.ModTime().Equal(b.ModTime())) {
			return false
		}
	}
	return true
}
