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
	seen   map[[idLength]byte]struct{}
	voices map[string]string // hashes of the recordings by id, "" once their row is seen
	own    int               // recordings that are those of their rows
	absent map[string]bool   // recordings that the manifest names as missing, damaged or removed
}

func (c *checking) rowChecks(faults *failures) *rowChecks {
	r := &rowChecks{checking: c, faults: faults, seen: make(map[[idLength]byte]struct{}), voices: c.voices(), absent: make(map[string]bool)}
	for _, ids := range [][]string{c.manifest.Missing, c.manifest.Damaged, c.manifest.Removed} {
		for _, id := range ids {
			r.absent[id] = true
		}
	}
	return r
}

// voices are the hashes of the recordings, by the id of their signature.
func (c *checking) voices() map[string]string {
	voices := make(map[string]string)
	for _, f := range c.manifest.Files {
		folder, name := path.Split(f.Path)
		if folder != VoicesFolder+"/" {
			continue
		}
		sum := f.SHA256
		if plain, ok := c.manifest.Plain[f.Path]; ok {
			sum, name = plain, strings.TrimSuffix(name, EncryptedSuffix)
		}
		if id, ok := strings.CutSuffix(name, ".wav"); ok {
			voices[id] = sum
		}
	}
	return voices
}

func (r *rowChecks) look(row Row) {
	r.report.Rows++
	r.report.Totals[row.Status]++
	if len(row.ID) != idLength {
		r.faults.add("row %d has no id", r.report.Rows)
		return
	}
	id := [idLength]byte([]byte(row.ID))
	if _, twice := r.seen[id]; twice {
		r.faults.add("%s stands there twice", row.ID)
	}
	r.seen[id] = struct{}{}
	if slices.Contains(r.Never, row.Status) {
		r.faults.add("%s is %s, which never leaves", row.ID, row.Status)
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
}

func nonzero(counts map[string]int) map[string]int {
	counts = maps.Clone(counts)
	maps.DeleteFunc(counts, func(_ string, n int) bool { return n == 0 })
	return counts
}
