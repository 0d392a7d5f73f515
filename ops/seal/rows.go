package seal

import (
	"context"
	"errors"
	"maps"
	"path"
	"slices"
	"strings"
)

// idLength is that of a ULID.
const idLength = 26

// What the index holds of the files.
const (
	aFile    kind = iota // by its path
	anInside             // an encrypted file by its path, with the hash of what is in it

	aVoice       // a recording by the id of its signature, with its hash
	aVoiceInside // the same, of what is encrypted
	aNumbered    // a recording that bears no id, by its hash
	anAbsent     // the id of one that the manifest names as missing, damaged or removed
)

// rowChecks look at rows one by one.
type rowChecks struct {
	*checking
	faults   *failures
	twice    *twice
	named    map[string]bool // that stand there twice, the first of them
	own      int             // recordings that are those of their rows
	alone    first           // ids of recordings that have no row
	numbered first           // names of recordings that bear no id and are of no row
}

func (c *checking) rowChecks(faults *failures) *rowChecks {
	r := &rowChecks{checking: c, faults: faults, named: make(map[string]bool)}
	r.twice = newTwice(atOnce, func(id string) {
		if !r.named[id] && len(r.named) <= maxNamed {
			r.named[id] = true
			r.faults.add("%s stands there twice", id)
		}
	})
	return r
}

// voice is what a file of the folder is among its recordings: that of an id, or one
// that has none.
func voice(name string, encrypted bool) (id string, numbered bool) {
	folder, name := path.Split(name)
	if folder != VoicesFolder+"/" {
		return "", false
	}
	if encrypted {
		name = strings.TrimSuffix(name, EncryptedSuffix)
	}
	id, is := strings.CutSuffix(name, ".wav")
	if is && len(id) == idLength {
		return id, false
	}
	return "", is
}

// voices gives the recordings of the manifest: id and hash of each, or name and hash;
// and the ids of those that it names as absent.
func (c *checking) voices(ctx context.Context, found func(kind kind, id, name, sum string)) error {
	each := func(name, sum string, encrypted bool, kind kind) error {
		if id, numbered := voice(name, encrypted); id != "" {
			found(kind, id, name, sum)
		} else if numbered {
			found(aNumbered, "", name, sum)
		}
		return ctx.Err()
	}
	return c.scan(lists{
		file:   func(f File) error { return each(f.Path, f.SHA256, false, aVoice) },
		inside: func(name, sum string) error { return each(name, sum, true, aVoiceInside) },
		absent: func(_, id string) error { found(anAbsent, id, "", ""); return nil },
	})
}

// read reads the rows of the tables: once, but for more recordings than the index
// holds, which are compared with them part by part.
func (r *rowChecks) read(ctx context.Context, tables []Table) error {
	texts := r.length.voices
	for _, a := range r.length.absent {
		texts += a.n
	}
	for part := range r.index.of(texts) {
		if err := r.fill(ctx, part); err != nil {
			return err
		}
		for _, t := range tables {
			err := r.rows(ctx, t, func(row Row) {
				if part == 0 {
					r.look(row)
				}
				r.compareVoice(row)
			})
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case errors.Is(err, ErrIdentity):
				return err
			case err != nil && part == 0:
				r.faults.add("%s cannot be read: %v", t.Path, err)
			}
		}
		if err := r.left(ctx); err != nil {
			return err
		}
	}
	return r.twice.end(func(row func([idLength]byte)) error {
		for _, t := range tables {
			if err := r.rows(ctx, t, func(r Row) {
				if len(r.ID) == idLength {
					row([idLength]byte([]byte(r.ID)))
				}
			}); ctx.Err() != nil || r.faults.n == 0 && err != nil {
				return err // else it is known already
			}
		}
		return nil
	})
}

// fill enters a part of the recordings into the index.
func (r *rowChecks) fill(ctx context.Context, part int) error {
	r.index.begin(part)
	err := r.voices(ctx, func(kind kind, id, _, sum string) {
		if kind == aNumbered {
			r.index.add(kind, sum, "")
		} else {
			r.index.add(kind, id, sum)
		}
	})
	r.index.sort()
	return err
}

// look looks at a row by itself.
func (r *rowChecks) look(row Row) {
	r.report.Rows++
	r.report.Totals[row.Status]++
	if len(row.ID) != idLength {
		r.faults.add("row %d has no id", r.report.Rows)
		return
	}
	r.twice.add([idLength]byte([]byte(row.ID)))
	if slices.Contains(r.Never, row.Status) {
		r.faults.add("%s is %s, which never leaves", row.ID, row.Status)
	}
}

// compareVoice compares a row with its recording, if that is in this part of the index.
func (r *rowChecks) compareVoice(row Row) {
	if len(row.ID) != idLength {
		return
	}
	sum, key := r.index.hash(row.SHA256), r.index.hash(row.ID)
	for i, found := 0, r.index.find(sum); i < len(found); i++ {
		if found[i].kind == aNumbered && !found[i].seen {
			found[i].seen = true
			r.own++
		}
	}
	if !r.index.mine(key) {
		return
	}
	var own *entry
	absent, found := false, r.index.find(key)
	for i := range found {
		e := &found[i]
		if e.kind == anAbsent {
			absent = true
		} else if own == nil || e.kind == aVoiceInside {
			own = e
		}
	}
	switch {
	case own == nil && r.manifest.Voices == VoicesAll && row.SHA256 != "" && !absent:
		r.faults.add("the recording of %s is neither here nor named as missing", row.ID)
	case own == nil || own.seen:
	case own.value == sum:
		r.own++
	default:
		r.faults.add("the recording of %s is not the one that its row names", row.ID)
	}
	for i := range found {
		found[i].seen = true
	}
}

// left notes the recordings of this part that no row named.
func (r *rowChecks) left(ctx context.Context) error {
	if !slices.ContainsFunc(r.index.entries, func(e entry) bool { return !e.seen && e.kind != anAbsent }) {
		return nil
	}
	return r.voices(ctx, func(kind kind, id, name, sum string) {
		if kind == anAbsent {
			return
		}
		if kind == aNumbered {
			id = sum
		}
		for _, e := range r.index.find(r.index.hash(id)) {
			if e.kind != kind || e.seen {
				continue
			}
			if kind == aNumbered {
				r.numbered.add(name)
			} else {
				r.alone.add(id)
			}
			return
		}
	})
}

// theirs is what to say of recordings.
func (r *rowChecks) theirs() string {
	if r.own == 0 {
		return ""
	}
	return "; " + several(r.own, "recording is", "recordings are") + " theirs"
}

// compare compares what was counted with the manifest.
func (r *rowChecks) compare() {
	if m := r.manifest; len(m.Tables) > 0 && !maps.Equal(r.report.Totals, nonzero(m.Totals)) {
		r.faults.add("%s%s, and the manifest says %d%s", several(r.report.Rows, "row is there", "rows are there"),
			totals(r.report.Totals), m.Rows, totals(m.Totals))
	}
	r.faults.addAll(r.alone, "the recording of %s has no row")
	r.faults.addAll(r.numbered, "%s is the recording of no row")
}

func nonzero(counts map[string]int) map[string]int {
	counts = maps.Clone(counts)
	maps.DeleteFunc(counts, func(_ string, n int) bool { return n == 0 })
	return counts
}
