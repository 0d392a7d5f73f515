package seal

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

// index finds texts among a million others that nobody keeps in memory: of each there
// is a hash, under a key of this run, so that whoever made the files cannot have
// made two with the same. Where there are more than it holds, it holds a part of
// them at a time, and what it is made from is read again for each.
type index struct {
	key     [sha256.Size]byte
	atOnce  int
	part    uint64
	parts   uint64
	entries []entry
	text    []byte
}

// digest is the hash of a text.
type digest [16]byte

// entry is a text, of which kind it is, and what belongs to it.
type entry struct {
	key, value digest
	kind       kind
	seen       bool
}

// kind says what a text of the index is.
type kind uint8

func newIndex(atOnce int) *index {
	x := &index{atOnce: atOnce, parts: 1}
	_, _ = rand.Read(x.key[:]) // never fails
	return x
}

// of is how many parts so many texts come in; begin is called for each.
func (x *index) of(texts int) (parts int) {
	x.parts = uint64(max(texts, 0)/x.atOnce + 1)
	each := texts/int(x.parts) + texts/int(x.parts)/32 + 64 // hashes spread them nearly evenly
	x.entries = slices.Grow(x.entries[:0], each)
	return int(x.parts)
}

func (x *index) begin(part int) { x.part, x.entries = uint64(part), x.entries[:0] }

func (x *index) hash(text string) digest {
	x.text = append(append(x.text[:0], x.key[:]...), text...)
	sum := sha256.Sum256(x.text)
	return digest(sum[:])
}

// mine is whether a text is of the part that is looked at.
func (x *index) mine(key digest) bool { return binary.LittleEndian.Uint64(key[:])%x.parts == x.part }

// add enters a text, if it is of this part. Nothing is found before sort.
func (x *index) add(kind kind, text, value string) {
	key := x.hash(text)
	if !x.mine(key) {
		return
	}
	e := entry{key: key, kind: kind}
	if value != "" {
		e.value = x.hash(value)
	}
	x.entries = append(x.entries, e)
}

func (x *index) sort() {
	slices.SortFunc(x.entries, func(a, b entry) int { return bytes.Compare(a.key[:], b.key[:]) })
}

// find gives all that was entered under a text.
func (x *index) find(key digest) []entry {
	from, is := slices.BinarySearchFunc(x.entries, key, func(e entry, key digest) int { return bytes.Compare(e.key[:], key[:]) })
	if !is {
		return nil
	}
	to := from + 1
	for to < len(x.entries) && x.entries[to].key == key {
		to++
	}
	return x.entries[from:to]
}

// has is whether a text of this part was entered; true for those of others.
func (x *index) has(text string) bool {
	key := x.hash(text)
	return !x.mine(key) || len(x.find(key)) > 0
}

// double is whether one was entered twice, and its hash.
func (x *index) double() (key digest, is bool) {
	for i := 1; i < len(x.entries); i++ {
		if x.entries[i].key == x.entries[i-1].key {
			return x.entries[i].key, true
		}
	}
	return digest{}, false
}

// first are the least of texts, of which any number may come, and how many those
// were.
type first struct {
	least []string
	n     int
}

func (f *first) add(text string) {
	f.n++
	at, _ := slices.BinarySearch(f.least, text)
	if at == maxNamed {
		return
	}
	if len(f.least) == maxNamed {
		f.least = f.least[:maxNamed-1]
	}
	f.least = slices.Insert(f.least, at, text)
}

// bits are a truth for each of many files.
type bits []uint64

func newBits(n int) bits { return make(bits, n/64+1) }
func (b bits) set(i int, is bool) {
	if is {
		b[i/64] |= 1 << (i % 64)
	} else {
		b[i/64] &^= 1 << (i % 64)
	}
}
func (b bits) is(i int) bool { return b[i/64]>>(i%64)&1 == 1 }
