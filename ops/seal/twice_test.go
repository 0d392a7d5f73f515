package seal

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

var few = limits{sorted: 1000, strayed: 1000, seen: 4000}

// ids are n different ones, in order.
func ids(n int) [][idLength]byte {
	all := make([][idLength]byte, n)
	for i := range all {
		all[i] = [idLength]byte([]byte(fmt.Sprintf("01M8%022d", i)))
	}
	return all
}

func TestTwice(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	shuffle := func(all [][idLength]byte, window int) {
		for from := 0; from < len(all); from += window {
			part := all[from:min(from+window, len(all))]
			random.Shuffle(len(part), func(i, j int) { part[i], part[j] = part[j], part[i] })
		}
	}
	many := 3 * few.seen
	for name, tt := range map[string]struct {
		n      int
		order  func([][idLength]byte)
		double []int // of which places in the order there is a second one
		at     []int // where it stands
		passes int
	}{
		"none":                              {n: 0},
		"in order":                          {n: 3 * few.sorted},
		"adjacent":                          {n: 3 * few.sorted, double: []int{5, 3*few.sorted - 1}, at: []int{6, 3 * few.sorted}},
		"nearly in order":                   {n: 3 * few.sorted, order: func(all [][idLength]byte) { shuffle(all, 20) }, double: []int{1500}, at: []int{1510}},
		"far apart":                         {n: 3 * few.sorted, double: []int{0, 9}, at: []int{3 * few.sorted, 3 * few.sorted}, passes: 1},
		"one that strayed, alone":           {n: 3 * few.sorted, order: func(all [][idLength]byte) { all[0], all[len(all)-1] = all[len(all)-1], all[0] }, passes: 1},
		"in no order":                       {n: many, order: func(all [][idLength]byte) { shuffle(all, many) }, double: []int{1, many / 2}, at: []int{many, many}, passes: 4},
		"backwards":                         {n: many, order: slices.Reverse[[][idLength]byte], double: []int{many - 1}, at: []int{many}, passes: 4},
		"in no order, nothing stands twice": {n: many, order: func(all [][idLength]byte) { shuffle(all, many) }, passes: 4},
	} {
		t.Run(name, func(t *testing.T) {
			rows := ids(tt.n)
			if tt.order != nil {
				tt.order(rows)
			}
			want := map[string]bool{}
			for i, from := range tt.double {
				want[string(rows[from][:])] = true
				rows = slices.Insert(rows, tt.at[i], rows[from])
			}
			got := map[string]bool{}
			w := newTwice(few, func(id string) { got[id] = true })
			for _, id := range rows {
				w.add(id)
			}
			passes := 0
			err := w.end(func(row func([idLength]byte)) error {
				passes++
				for _, id := range rows {
					row(id)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("found %v, want %v", got, want)
			}
			if passes != tt.passes {
				t.Errorf("the rows were read again %d times, want %d", passes, tt.passes)
			}
			if len(w.heap) > few.sorted || len(w.strayed) > few.strayed {
				t.Error("more is kept than may be")
			}
		})
	}
}

func TestTwiceTellsOfReading(t *testing.T) {
	w := newTwice(few, func(string) {})
	rows := ids(2 * few.sorted)
	for _, id := range append(rows, rows[0]) {
		w.add(id)
	}
	broken := errors.New("the file is gone")
	if err := w.end(func(func([idLength]byte)) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("error = %v", err)
	}
}
