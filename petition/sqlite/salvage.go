package sqlite

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"math/big"
	"os"
	"regexp"
	"strings"

	"github.com/oklog/ulid/v2"
)

// Salvaged is what could be read of a call in a damaged database. Parts of it
// may be missing that were there: see Salvage.
type Salvaged struct {
	CallRow
	Doubt string // of the signature: why the recording is not what it was; "" for none
}

// Wreck is a damaged database, opened to read what can be read.
type Wreck struct {
	pool *sql.DB
	gaps int
}

// OpenWreck opens a copy of a damaged database of the schema of this version, and
// makes a copy that was cut as long as it says that it is: SQLite reads nothing
// of a shorter one. The caller closes it.
func OpenWreck(path string) (*Wreck, error) {
	if err := lengthen(path); err != nil {
		return nil, err
	}
	pool, err := sql.Open("sqlite3", reading(false).name(path, DefaultBusyTimeout))
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(1)
	return &Wreck{pool: pool}, nil
}

// lengthen gives a database file the length that its header tells. SQLite's file
// format, sections 1.3.2 and 1.3.8.
func lengthen(path string) (err error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	header := make([]byte, headerLength)
	if _, err := f.ReadAt(header, 0); err != nil {
		return nil //nolint:nilerr // nothing will be read of it
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	page := int64(binary.BigEndian.Uint16(header[16:]))
	if page == 1 {
		page = 65536
	}
	whole := page * int64(binary.BigEndian.Uint32(header[28:]))
	const most = 1 << 20 // times as long: a header that is damaged too says anything
	if whole <= info.Size() || whole > info.Size()*most {
		return nil
	}
	return f.Truncate(whole)
}

// Close closes it.
func (w *Wreck) Close() error { return w.pool.Close() }

// Gaps is how many places in the table of calls could not be read.
func (w *Wreck) Gaps() int { return w.gaps }

// Secret is the id and check value of the secret that pseudonyms were made with
// last; "" where that cannot be read.
func (w *Wreck) Secret(ctx context.Context) (id, check string) {
	if err := w.pool.QueryRowContext(ctx, latestSecret).Scan(&id, &check); err != nil {
		return "", ""
	}
	return id, check
}

// Salvage gives every call that can still be read, in the order of their ids.
// Where the page with what was heard, the voice or the signature is damaged, the
// call comes without it. What a damaged page says instead of failing, it cannot
// know. The only errors are those of found and of the context.
func (w *Wreck) Salvage(ctx context.Context, found func(Salvaged) error) error {
	for next := new(big.Int); next != nil; {
		ids, damaged, err := w.ids(ctx, next)
		if err != nil {
			return err
		}
		for _, id := range ids {
			s, ok := w.call(ctx, id)
			if !ok {
				continue
			}
			if err := found(s); err != nil {
				return err
			}
		}
		if n := len(ids); n > 0 {
			next = after(ids[n-1])
		}
		switch {
		case damaged:
			w.gaps++
			if next != nil {
				next = w.behind(ctx, next)
			}
		case len(ids) == 0:
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// idsAtOnce bounds how many ids are read before their rows are.
const idsAtOnce = 500

// ids reads ids from one on; damaged says that a page stood in the way.
func (w *Wreck) ids(ctx context.Context, from *big.Int) (ids []string, damaged bool, err error) {
	rows, err := w.pool.QueryContext(ctx, `SELECT id FROM calls WHERE id >= ? ORDER BY id LIMIT ?`, number(from), idsAtOnce)
	if err != nil {
		return nil, true, ctx.Err()
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if rows.Scan(&id) != nil {
			break
		}
		if !isID(id) || len(ids) > 0 && id <= ids[len(ids)-1] {
			return ids, true, nil // what a damaged page says
		}
		ids = append(ids, id)
	}
	if rows.Err() != nil {
		return ids, true, ctx.Err()
	}
	return ids, false, nil
}

// behind finds an id behind a damaged page from which on the table can be read
// again: strides that double until one does, then back to where that begins.
// nil if there is none.
func (w *Wreck) behind(ctx context.Context, from *big.Int) *big.Int {
	bad := from
	for bits := uint(64); bits < idBits; bits++ {
		at := new(big.Int).Add(from, new(big.Int).Lsh(big.NewInt(1), bits))
		if at.BitLen() > idBits {
			return nil
		}
		if !w.readable(ctx, at) {
			bad = at
			continue
		}
		for good := at; ; {
			middle := new(big.Int).Rsh(new(big.Int).Add(bad, good), 1)
			if middle.Cmp(bad) == 0 {
				return good
			}
			if w.readable(ctx, middle) {
				good = middle
			} else {
				bad = middle
			}
		}
	}
	return nil
}

func (w *Wreck) readable(ctx context.Context, at *big.Int) bool {
	var id string
	err := w.pool.QueryRowContext(ctx, `SELECT id FROM calls WHERE id >= ? ORDER BY id LIMIT 1`, number(at)).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return true // the end
	}
	return err == nil && isID(id)
}

func isID(id string) bool {
	_, err := ulid.ParseStrict(id)
	return err == nil
}

// idBits are those of an id.
const idBits = 128

// number is the id that so many bits stand for.
func number(n *big.Int) string {
	var id ulid.ULID
	n.FillBytes(id[:])
	return id.String()
}

// after is the number behind an id, nil behind the last that there can be.
func after(id string) *big.Int {
	parsed, err := ulid.ParseStrict(id)
	n := new(big.Int).SetBytes(parsed[:])
	if n.Add(n, big.NewInt(1)); err != nil || n.BitLen() > idBits {
		return nil
	}
	return n
}

// join is one of the tables beside calls in selectCalls.
var join = regexp.MustCompile(`LEFT JOIN (\w+) AS (\w) ON \w\.call_id = c\.id`)

// without is selectCalls with nothing in place of a table that cannot be read:
// SQLite looks at a table even where it needs nothing of it.
func without(query, table, alias string) string {
	var columns []string
	for _, c := range regexp.MustCompile(`\b`+alias+`\.(\w+),?\n`).FindAllStringSubmatch(query, -1) {
		columns = append(columns, "NULL AS "+c[1])
	}
	joined := "LEFT JOIN " + table + " AS " + alias + " ON " + alias + ".call_id = c.id"
	return strings.Replace(query, joined, "LEFT JOIN (SELECT "+strings.Join(columns, ", ")+") AS "+alias+" ON 0", 1)
}

// call reads one call, without the parts that cannot be read.
func (w *Wreck) call(ctx context.Context, id string) (s Salvaged, ok bool) {
	query := selectCalls
	for _, part := range join.FindAllStringSubmatch(selectCalls, -1) {
		var n int
		if w.pool.QueryRowContext(ctx, `SELECT count(*) FROM `+part[1]+` WHERE call_id = ?`, id).Scan(&n) != nil {
			query = without(query, part[1], part[2])
		}
	}
	var err error
	s.CallRow, err = scanCall(w.pool.QueryRowContext(ctx, query+` WHERE c.id = ? ORDER BY c.id`, id).Scan)
	if err != nil {
		return s, false
	}
	_ = w.pool.QueryRowContext(ctx, `SELECT coalesce(doubt, '') FROM signatures WHERE call_id = ?`, id).Scan(&s.Doubt)
	return s, true
}
