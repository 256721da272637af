package topic

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// A map decides what edges that come and go lead to.
func TestEdgesAgreeWithMap(t *testing.T) {
	type key struct {
		from uint32
		text string
	}
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	var e edges
	model := map[key]uint32{}
	most, live := 0, 0
	for step := range 200_000 {
		// The share of removals swings, so that the table fills and empties.
		k := key{r.Uint32N(3), strings.Repeat("x", r.IntN(3)*40) + fmt.Sprint(r.IntN(400))}
		to, ok := model[k]
		if got := e.find(k.from, k.text); got != to {
			t.Fatalf("seed %d, step %d: %v leads to %d, want %d", seed, step, k, got, to)
		}
		switch remove := r.IntN(100) < 30+40*(step/20_000%2); {
		case !ok && !remove:
			model[k] = uint32(step + 1)
			e.add(k.from, k.text, uint32(step+1))
			live += headBytes + len(k.text)
		case ok && remove:
			delete(model, k)
			e.remove(k.from, k.text)
			live -= headBytes + len(k.text)
		}
		most = max(most, len(model))
		if e.count != len(model) || len(e.texts)-e.dead != live || 2*e.dead > len(e.texts) {
			t.Fatalf("seed %d, step %d: %d edges of %d, %d bytes of which %d dead, want %d", seed, step, e.count, len(model), len(e.texts), e.dead, live)
		}
	}
	if most < 1000 {
		t.Errorf("seed %d: no more than %d edges at once", seed, most)
	}
	for k := range model {
		e.remove(k.from, k.text)
	}
	if e.slots != nil || e.texts != nil {
		t.Error("no edge is left, but memory")
	}
}
