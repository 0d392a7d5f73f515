package seal

import (
	"container/heap"
	"hash/maphash"
)

// The rows of an export come in the order of their calls, and so nearly in that of
// their ids. Put into that order by a heap of limited size, what stands there twice
// is adjacent, whatever the number of rows. An id that comes after greater ones have
// left the heap is strayed: of these alone the rows are read again.
var atOnce = limits{sorted: 1 << 16, strayed: 1 << 16, seen: 1 << 18, indexed: 1 << 20, listed: 1 << 14}

type idHeap [][idLength]byte

func (h idHeap) Len() int           { return len(h) }
func (h idHeap) Less(i, j int) bool { return string(h[i][:]) < string(h[j][:]) }
func (h idHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push and Pop are for package heap.
func (h *idHeap) Push(x any) { *h = append(*h, x.([idLength]byte)) } //nolint:forcetypeassert // ours alone

func (h *idHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// twice looks for ids that come more than once.
type twice struct {
	found   func(id string)
	heap    idHeap
	last    [idLength]byte // that left the heap
	rows    int
	strayed map[[idLength]byte]int
	many    bool // more have strayed than are kept

	limits limits // of what is kept
}

// limits are how many ids are kept at once; indexed are texts of any kind,
// and listed those of a List.
type limits struct{ sorted, strayed, seen, indexed, listed int }

func newTwice(atOnce limits, found func(id string)) *twice {
	return &twice{limits: atOnce, found: found, strayed: make(map[[idLength]byte]int)}
}

// add is called for every row.
func (t *twice) add(id [idLength]byte) {
	t.rows++
	switch {
	case string(id[:]) > string(t.last[:]):
		if len(t.heap) < t.limits.sorted {
			heap.Push(&t.heap, id)
			return
		}
		// The least of them leaves, and may be the new one.
		if string(id[:]) > string(t.heap[0][:]) {
			id, t.heap[0] = t.heap[0], id
			heap.Fix(&t.heap, 0)
		}
		t.leave(id)
	case id == t.last:
		t.found(string(id[:]))
	case t.many:
	case len(t.strayed) >= t.limits.strayed:
		t.many, t.strayed = true, nil
	default:
		t.strayed[id] = 0
	}
}

func (t *twice) leave(id [idLength]byte) {
	if id == t.last {
		t.found(string(id[:]))
	}
	t.last = id
}

// end is called after the last row. again reads all of them once more.
func (t *twice) end(again func(row func(id [idLength]byte)) error) error {
	for len(t.heap) > 0 {
		t.leave(heap.Pop(&t.heap).([idLength]byte)) //nolint:forcetypeassert // ours alone
	}
	if t.many {
		return t.inParts(again)
	}
	if len(t.strayed) == 0 {
		return nil
	}
	return again(func(id [idLength]byte) {
		n, is := t.strayed[id]
		if is {
			t.strayed[id] = n + 1
		}
		if n == 1 {
			t.found(string(id[:]))
		}
	})
}

// inParts is for rows in no order: as often as it takes, of a part of the ids each
// time.
func (t *twice) inParts(again func(row func(id [idLength]byte)) error) error {
	seed := maphash.MakeSeed()
	parts := uint64(t.rows/t.limits.seen + 1)
	for part := range parts {
		seen := make(map[[idLength]byte]int)
		err := again(func(id [idLength]byte) {
			if maphash.Bytes(seed, id[:])%parts != part {
				return
			}
			if seen[id]++; seen[id] == 2 {
				t.found(string(id[:]))
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}
