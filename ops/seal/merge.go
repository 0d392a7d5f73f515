package seal

import (
	"container/heap"
	"errors"
	"io"
	"slices"
)

// merged gives the texts of sorted parts in their order.
func merged(parts []part) part {
	var heads heads
	for _, next := range parts {
		heads = append(heads, head{next: next})
	}
	begun := false
	return func() (string, error) {
		if !begun {
			begun = true
			for i := 0; i < len(heads); {
				more, err := heads[i].advance()
				if err != nil {
					return "", err
				}
				if more {
					i++
				} else {
					heads = slices.Delete(heads, i, i+1)
				}
			}
			heap.Init(&heads)
		}
		if len(heads) == 0 {
			return "", io.EOF
		}
		text := heads[0].text
		more, err := heads[0].advance()
		if err != nil {
			return "", err
		}
		if more {
			heap.Fix(&heads, 0)
		} else {
			heap.Pop(&heads)
		}
		return text, nil
	}
}

// head is the first text of a part that has not been given.
type head struct {
	text string
	next part
}

func (h *head) advance() (more bool, err error) {
	h.text, err = h.next()
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	return err == nil, err
}

type heads []head

func (h heads) Len() int           { return len(h) }
func (h heads) Less(i, j int) bool { return h[i].text < h[j].text }
func (h heads) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push and Pop are for package heap.
func (h *heads) Push(x any) { *h = append(*h, x.(head)) } //nolint:forcetypeassert // ours alone

func (h *heads) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
