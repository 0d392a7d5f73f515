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
	for _, named := range []struct {
		what string
		ids  []string
	}{{"missing", c.manifest.Missing}, {"damaged", c.manifest.Damaged}, {"removed, its time being over,", c.manifest.Removed}} {
		if n := len(named.ids); n > 0 {
			some, more := named.ids[:min(n, maxNamed)], ""
			if n > maxNamed {
				more = fmt.Sprintf(" and %d more", n-maxNamed)
			}
			c.report.add("recordings", Note, fmt.Sprintf("%s %s when this was made: %s%s",
				several(n, "recording was", "recordings were"), named.what, strings.Join(some, ", "), more))
		}
	}
	return nil
}

// encrypted compares what is in the encrypted files.
func (c *checking) encrypted(ctx context.Context) error {
	if len(c.manifest.Plain) == 0 {
		return nil
	}
	if len(c.Identities) == 0 {
		c.report.add("encryption", Unknown, several(len(c.manifest.Plain), "file is", "files are")+
			" encrypted and could not be looked into (--identity)")
		return nil
	}
	faults, opened := &failures{report: &c.report, what: "encryption"}, 0
	for _, name := range slices.Sorted(maps.Keys(c.manifest.Plain)) {
		if !c.good[name] {
			continue
		}
		sum := ""
		err := c.open(name, func(r io.Reader) (err error) {
			sum, err = HashReader(ctx, c.counted(r))
			return err
		})
		switch {
		case err != nil:
			return err
		case sum != c.manifest.Plain[name]:
			faults.add("%s does not hold what was sealed", name)
			c.good[name] = false
		default:
			opened++
		}
	}
	faults.close()
	if faults.n == 0 {
		c.report.add("encryption", Holds, several(opened, "encrypted file holds", "encrypted files hold")+" what was sealed")
	}
	return nil
}

// open opens a file, and decrypts it where it is encrypted.
func (c *checking) open(name string, do func(io.Reader) error) error {
	f, err := os.Open(filepath.Join(c.folder, filepath.FromSlash(name)))
	if err != nil {
		return err
	}
	defer f.Close()
	if _, is := c.manifest.Plain[name]; !is {
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
	rowsOf := c.rowChecks(faults)
	var readable []Table
	for _, t := range c.manifest.Tables {
		_, encrypted := c.manifest.Plain[t.Path]
		switch {
		case c.Rows[t.Format] == nil:
			faults.add("%s has rows of an unknown format, %q", t.Path, t.Format)
			continue
		case !c.good[t.Path]:
			c.report.add("rows", Unknown, t.Path+" was not counted, since it is not what was sealed")
			continue
		case encrypted && len(c.Identities) == 0:
			c.report.add("rows", Unknown, t.Path+" was not counted, since it is encrypted")
			continue
		}
		readable = append(readable, t)
		err := c.rows(ctx, t, rowsOf.look)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, ErrIdentity):
			return err
		case err != nil:
			faults.add("%s cannot be read: %v", t.Path, err)
		}
	}
	err := rowsOf.twice.end(func(row func([idLength]byte)) error {
		for _, t := range readable {
			if err := c.rows(ctx, t, func(r Row) {
				if len(r.ID) == idLength {
					row([idLength]byte([]byte(r.ID)))
				}
			}); ctx.Err() != nil || faults.n == 0 && err != nil {
				return err // else it is known already
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	read := len(readable)
	if read == len(c.manifest.Tables) {
		rowsOf.compare()
	}
	faults.close()
	if faults.n == 0 && read > 0 && read == len(c.manifest.Tables) {
		c.report.add("rows", Holds, several(c.report.Rows, "row", "rows")+totals(c.report.Totals)+", as the manifest says"+rowsOf.theirs())
	}
	return nil
}

// rows gives the rows of a table.
func (c *checking) rows(ctx context.Context, t Table, row func(Row)) error {
	return c.open(t.Path, func(r io.Reader) error {
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
