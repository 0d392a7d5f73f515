package seal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"aead.dev/minisign"
)

// lengths are those of a manifest's lists.
type lengths struct {
	files, inside int
	voices        int // at most so many of the files are recordings
	absent        map[string]*absent
}

// absent are recordings that a manifest names, the first of them by their ids.
type absent struct {
	n    int
	some []string
}

// openManifest opens what may be one.
func openManifest(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // of a FIFO nobody waits for the writer
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is missing: %w: name a sealed file or folder", path, ErrNoManifest)
	}
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && (!info.Mode().IsRegular() || info.Size() > maxManifest) {
		err = fmt.Errorf("%s is none: %w: name a sealed file or folder", path, ErrNoManifest)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// survey reads all of the manifest for the first time: its hash, that of its
// signature, how long its lists are. fault is what is wrong with it.
func (c *checking) survey() (signed *minisign.Reader, fault, err error) {
	f, err := openManifest(c.path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	sum := sha256.New()
	signed = minisign.NewReader(io.TeeReader(f, sum))
	l := lengths{absent: map[string]*absent{keyMissing: {}, keyDamaged: {}, keyRemoved: {}}}
	c.manifest, fault = scan(signed, lists{
		file: func(f File) error {
			l.files++
			if strings.HasPrefix(f.Path, VoicesFolder+"/") {
				l.voices++
			}
			c.listed = c.listed || f.Path == c.single
			return nil
		},
		inside: func(name, _ string) error {
			l.inside++
			if strings.HasPrefix(name, VoicesFolder+"/") {
				l.voices++
			}
			return nil
		},
		absent: func(why, id string) error {
			a := l.absent[why]
			if a.n++; a.n <= maxNamed {
				a.some = append(a.some, id)
			}
			return nil
		},
	})
	if _, err := io.Copy(io.Discard, signed); err != nil { // where there is a fault before its end
		return nil, nil, err
	}
	c.length, c.report.SHA256 = l, hex.EncodeToString(sum.Sum(nil))
	return signed, fault, nil
}

// errChanged says that somebody writes while we read.
var errChanged = errors.New("the manifest changed while it was looked at: run it again")

// scan gives the lists of the manifest once more.
func (c *checking) scan(each lists) error {
	f, err := openManifest(c.path)
	if err != nil {
		return err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := scan(io.TeeReader(f, sum), each); err != nil {
		return err
	}
	if hex.EncodeToString(sum.Sum(nil)) != c.report.SHA256 {
		return fmt.Errorf("%s: %w", c.path, errChanged)
	}
	return nil
}

// text is the manifest as a whole.
func (c *checking) text() ([]byte, error) {
	text, err := os.ReadFile(c.path)
	if err == nil && Sum(text) != c.report.SHA256 {
		err = errChanged
	}
	return text, err
}

// names looks how the manifest contradicts itself, as Encode does, and for
// what lies in its folder without standing in it.
func (c *checking) names(ctx context.Context) (fault, err error) {
	if fault = c.manifest.sums(); fault != nil {
		return fault, nil
	}
	c.locked = make(map[string]bool)
	for part := range c.index.of(c.length.files) {
		c.index.begin(part)
		err := c.scan(lists{file: func(f File) error { c.index.add(aFile, f.Path, ""); return ctx.Err() }})
		if err != nil {
			return nil, err
		}
		c.index.sort()
		if fault, err = c.contradiction(); fault != nil || err != nil {
			return fault, err
		}
		if !c.whole {
			continue
		}
		err = walk(ctx, c.folder, "", func(name string) {
			if name != ManifestName && name != ManifestName+SignatureSuffix && !c.index.has(name) {
				c.strange.add(name)
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// contradiction is that of the names of this part of the index.
func (c *checking) contradiction() (fault, err error) {
	if double, is := c.index.double(); is {
		err := c.scan(lists{file: func(f File) error {
			if c.index.hash(f.Path) == double {
				fault = fmt.Errorf("%q stands there twice", f.Path)
			}
			return nil
		}})
		return fault, err
	}
	tables := make(map[string]bool, len(c.manifest.Tables))
	for _, t := range c.manifest.Tables {
		tables[t.Path] = true
		if !c.index.has(t.Path) {
			return fmt.Errorf("the table %q is not among its files", t.Path), nil
		}
	}
	if c.length.inside == 0 {
		return nil, nil
	}
	err = c.scan(lists{inside: func(name, _ string) error {
		if fault == nil && !c.index.has(name) {
			fault = fmt.Errorf("the encrypted %q is not among its files", name)
		}
		if tables[name] {
			c.locked[name] = true
		}
		return nil
	}})
	return fault, err
}

// walk finds the files of a folder, and of those in it, in any order: a folder of a
// million is never in memory. What is no folder counts as a file.
func walk(ctx context.Context, root, folder string, found func(name string)) error {
	d, err := os.Open(filepath.Join(root, filepath.FromSlash(folder)))
	if err != nil {
		return err
	}
	defer d.Close()
	for {
		entries, err := d.ReadDir(4096)
		for _, e := range entries {
			name := path.Join(folder, e.Name())
			if !e.IsDir() {
				found(name)
			} else if err := walk(ctx, root, name, found); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
	}
}
