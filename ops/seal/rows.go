package seal

import (
	"maps"
	"path"
	"slices"
	"strings"
)

// idLength is that of a ULID.
const idLength = 26

// rowChecks look at rows one by one.
type rowChecks struct {
	*checking
	faults *failures
	twice  *twice
	named  map[string]bool   // that stand there twice, the first of them
	voices map[string]string // hashes of the recordings by id, "" once their row is seen
	apart  map[string]string // names of recordings that bear a number, by their hash, until a row names it
	own    int               // recordings that are those of their rows
	absent map[string]bool   // recordings that the manifest names as missing, damaged or removed, where all should be here
}

func (c *checking) rowChecks(faults *failures) *rowChecks {
	r := &rowChecks{checking: c, faults: faults, named: make(map[string]bool), absent: make(map[string]bool)}
	r.twice = newTwice(atOnce, func(id string) {
		if !r.named[id] && len(r.named) <= maxNamed {
			r.named[id] = true
			r.faults.add("%s stands there twice", id)
		}
	})
	r.voices, r.apart = c.voices()
	if c.manifest.Voices != VoicesAll {
		return r
	}
	for _, ids := range [][]string{c.manifest.Missing, c.manifest.Damaged, c.manifest.Removed} {
		for _, id := range ids {
			r.absent[id] = true
		}
	}
	return r
}

// voices are the hashes of the recordings by the id of their signature, and the
// names of those that bear no id by their hash.
func (c *checking) voices() (voices, apart map[string]string) {
	voices, apart = make(map[string]string), make(map[string]string)
	for _, f := range c.manifest.Files {
		folder, name := path.Split(f.Path)
		if folder != VoicesFolder+"/" {
			continue
		}
		sum := f.SHA256
		if plain, ok := c.manifest.Plain[f.Path]; ok {
			sum, name = plain, strings.TrimSuffix(name, EncryptedSuffix)
		}
		switch id, ok := strings.CutSuffix(name, ".wav"); {
		case ok && len(id) == idLength:
			voices[id] = sum
		case ok:
			apart[sum] = f.Path
		}
	}
	return voices, apart
}

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
	if _, here := r.apart[row.SHA256]; here {
		r.own++
		delete(r.apart, row.SHA256)
	}
	switch sum, here := r.voices[row.ID]; {
	case here && sum != row.SHA256 && sum != "":
		r.faults.add("the recording of %s is not the one that its row names", row.ID)
		fallthrough
	case here:
		if sum == row.SHA256 {
			r.own++
		}
		r.voices[row.ID] = ""
	case r.manifest.Voices == VoicesAll && row.SHA256 != "" && !r.absent[row.ID]:
		r.faults.add("the recording of %s is neither here nor named as missing", row.ID)
	}
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
	if len(r.manifest.Tables) == 0 {
		return // nothing says which there must be
	}
	for _, id := range slices.Sorted(maps.Keys(r.voices)) {
		if r.voices[id] != "" {
			r.faults.add("the recording of %s has no row", id)
		}
	}
	for _, name := range slices.Sorted(maps.Values(r.apart)) {
		r.faults.add("%s is the recording of no row", name)
	}
}

func nonzero(counts map[string]int) map[string]int {
	counts = maps.Clone(counts)
	maps.DeleteFunc(counts, func(_ string, n int) bool { return n == 0 })
	return counts
}
