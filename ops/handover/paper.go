package handover

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"glennline/ops/seal"
)

// ErrPaper says that something cannot be attached.
var ErrPaper = errors.New("cannot be attached")

// Paper is a file to be attached, by its path. It keeps its name.
type Paper string

// Name is what it is called in the folder.
func (p Paper) Name() string { return filepath.Base(string(p)) }

// Check says what is wrong with papers: each must be a file that can be read, and
// have a name of its own that every file system of a USB stick takes.
func Check(papers []Paper) error {
	seen := make(map[string]bool)
	for _, p := range papers {
		info, err := os.Stat(string(p))
		if err != nil {
			return fmt.Errorf("%w: %w: name a file that is there", err, ErrPaper)
		}
		name := p.Name()
		switch {
		case !info.Mode().IsRegular():
			return fmt.Errorf("%s is no file: %w: attach files one by one", p, ErrPaper)
		case strings.ContainsAny(name, `<>:|?*`), strings.HasSuffix(name, "."):
			return fmt.Errorf("%s: %w: a USB stick may not take this name: rename it without < > : | ? * and a dot at the end", p, ErrPaper)
		case seen[strings.ToLower(name)]:
			return fmt.Errorf("%s: %w: another paper has this name: rename it", p, ErrPaper)
		}
		if err := seal.Nameable(Papers + "/" + name); err != nil {
			return fmt.Errorf("%w: %w", err, ErrPaper)
		}
		f, err := os.Open(string(p))
		if err != nil {
			return fmt.Errorf("%w: %w", err, ErrPaper)
		}
		f.Close()
		seen[strings.ToLower(name)] = true
	}
	return nil
}

func (p Paper) put(ctx context.Context, to sink, man *seal.Manifest) error {
	f, err := os.Open(string(p))
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	name := Papers + "/" + p.Name()
	sum, err := to.put(ctx, name, info.Size(), f)
	if err == nil {
		man.Add(seal.File{Path: name, SHA256: sum})
	}
	return err
}
