package seal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"filippo.io/age"
)

// contents looks into what is encrypted, counts the rows again and compares them
// with the recordings. What is not as it was sealed is not looked into.
func (c *checking) contents(ctx context.Context) error {
	if err := c.encrypted(ctx); err != nil {
		return err
	}
	if err := c.tables(ctx); err != nil {
		return err
	}
	for _, named := range []struct{ what, key string }{
		{"missing", keyMissing}, {"damaged", keyDamaged}, {"removed, its time being over,", keyRemoved},
	} {
		if a := c.length.absent[named.key]; a.n > 0 {
			more := ""
			if a.n > len(a.some) {
				more = fmt.Sprintf(" and %d more", a.n-len(a.some))
			}
			c.report.add("recordings", Note, fmt.Sprintf("%s %s when this was made: %s%s",
				several(a.n, "recording was", "recordings were"), named.what, strings.Join(a.some, ", "), more))
		}
	}
	return nil
}

// encrypted compares what is in the encrypted files.
func (c *checking) encrypted(ctx context.Context) error {
	if c.length.inside == 0 {
		return nil
	}
	if len(c.Identities) == 0 {
		c.report.add("encryption", Unknown, several(c.length.inside, "file is", "files are")+
			" encrypted and could not be looked into (--identity)")
		return nil
	}
	faults, opened := &failures{report: &c.report, what: "encryption"}, 0
	for part := range c.index.of(c.length.inside) {
		c.index.begin(part)
		err := c.scan(lists{inside: func(name, sum string) error { c.index.add(anInside, name, sum); return ctx.Err() }})
		if err != nil {
			return err
		}
		c.index.sort()
		at := -1
		err = c.scan(lists{file: func(f File) error {
			at++
			found := c.index.find(c.index.hash(f.Path))
			if len(found) == 0 || !c.good.is(at) {
				return nil
			}
			sum := ""
			err := c.open(f.Path, true, func(r io.Reader) (err error) {
				sum, err = HashReader(ctx, c.counted(r))
				return err
			})
			if err != nil {
				return err
			}
			if c.index.hash(sum) != found[0].value {
				faults.add("%s does not hold what was sealed", f.Path)
				c.good.set(at, false)
				delete(c.readable, f.Path)
				return nil
			}
			opened++
			return nil
		}})
		if err != nil {
			return err
		}
	}
	faults.close()
	if faults.n == 0 {
		c.report.add("encryption", Holds, several(opened, "encrypted file holds", "encrypted files hold")+" what was sealed")
	}
	return nil
}

// open opens a file, and decrypts it where it is encrypted.
func (c *checking) open(name string, encrypted bool, do func(io.Reader) error) error {
	f, err := os.Open(filepath.Join(c.folder, filepath.FromSlash(name)))
	if err != nil {
		return err
	}
	defer f.Close()
	if !encrypted {
		return do(f)
	}
	r, err := age.Decrypt(f, c.Identities...)
	if errors.As(err, new(*age.NoIdentityMatchError)) {
		return fmt.Errorf("%s: %w: it was encrypted for somebody else", name, ErrIdentity)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return do(r)
}

// tables counts the rows again.
func (c *checking) tables(ctx context.Context) error {
	faults := &failures{report: &c.report, what: "rows"}
	r := c.rowChecks(faults)
	var readable []Table
	for _, t := range c.manifest.Tables {
		switch {
		case c.Rows[t.Format] == nil:
			faults.add("%s has rows of an unknown format, %q", t.Path, t.Format)
		case !c.readable[t.Path]:
			c.report.add("rows", Unknown, t.Path+" was not counted, since it is not what was sealed")
		case c.locked[t.Path] && len(c.Identities) == 0:
			c.report.add("rows", Unknown, t.Path+" was not counted, since it is encrypted")
		default:
			readable = append(readable, t)
		}
	}
	if len(readable) > 0 {
		if err := r.read(ctx, readable); err != nil {
			return err
		}
	}
	read := len(readable)
	if read == len(c.manifest.Tables) {
		r.compare()
	}
	faults.close()
	if faults.n == 0 && read > 0 && read == len(c.manifest.Tables) {
		c.report.add("rows", Holds, several(c.report.Rows, "row", "rows")+totals(c.report.Totals)+", as the manifest says"+r.theirs())
	}
	return nil
}

// rows gives the rows of a table.
func (c *checking) rows(ctx context.Context, t Table, row func(Row)) error {
	return c.open(t.Path, c.locked[t.Path], func(r io.Reader) error {
		return c.Rows[t.Format](ctx, r, func(one Row) error {
			row(one)
			return ctx.Err()
		})
	})
}

func totals(counts map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if counts[name] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[name], name))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}
