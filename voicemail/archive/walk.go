package archive

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/oklog/ulid/v2"
)

// Entry is a name in the archive.
type Entry struct {
	Path string // below the archive, as in a Voice
	ID   string // of the call; "" for what Keep did not put there
}

// Walk calls fn for every file in the archive, by the day and then by ID, which
// is the order in which the calls began, and for every other thing that lies
// in between. It opens nothing. It holds the names of one day at a time. It
// stops at the first error of fn and returns it.
func (a *Archive) Walk(ctx context.Context, fn func(Entry) error) error {
	return a.walk(ctx, ".", 0, fn)
}

// layout is how many characters the names of years, months and days have.
var layout = [...]int{4, 2, 2}

func (a *Archive) walk(ctx context.Context, folder string, depth int, fn func(Entry) error) error {
	entries, err := names(filepath.Join(a.dir, filepath.FromSlash(folder)))
	if errors.Is(err, fs.ErrNotExist) && depth > 0 {
		return nil // it is gone by now
	}
	if err != nil {
		return err
	}
	for _, name := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		at := path.Join(folder, strings.TrimSuffix(name, "/"))
		isFolder := strings.HasSuffix(name, "/")
		switch {
		case at == partialFolder:
		case depth < len(layout) && isFolder && isNumber(path.Base(at), layout[depth]):
			err = a.walk(ctx, at, depth+1, fn)
		case depth == len(layout) && !isFolder:
			err = fn(Entry{Path: at, ID: idOf(name)})
		default:
			err = fn(Entry{Path: at})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// names lists a folder in order, folders with a slash at their end.
func names(folder string) ([]string, error) {
	d, err := os.Open(folder)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	var all []string
	for {
		some, err := d.ReadDir(1024)
		for _, e := range some {
			name := e.Name()
			if e.IsDir() {
				name += "/"
			}
			all = append(all, name)
		}
		if errors.Is(err, io.EOF) {
			slices.Sort(all)
			return all, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func isNumber(s string, digits int) bool {
	return len(s) == digits && strings.Trim(s, "0123456789") == ""
}

// idOf is the ULID in a file's name, or "".
func idOf(name string) string {
	id, ok := strings.CutSuffix(name, ".wav")
	if !ok {
		return ""
	}
	if parsed, err := ulid.ParseStrict(id); err != nil || parsed.String() != id {
		return ""
	}
	return id
}
