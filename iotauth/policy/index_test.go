package policy

import (
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// TestIndexAgreesWithEveryPattern compares an index of many patterns with trying them one
// after the other. Literals of all lengths, so that every way of finding a pattern is used.
func TestIndexAgreesWithEveryPattern(t *testing.T) {
	rounds, seed := 400, rand.Uint64()
	if os.Getenv("ASKAROUND_SLOW") == "1" {
		rounds = 20_000
	}
	d := dice{rand.New(rand.NewPCG(seed, 0))}
	word := func(most int) string {
		var b strings.Builder
		for range d.IntN(most + 1) {
			b.WriteString(pick(d, "a", "b", "/", "é", "0"))
		}
		return b.String()
	}
	hits, many := 0, 0
	for range rounds {
		var x index
		var patterns []string
		for range 1 + d.IntN(40) {
			p := pick(d, "", word(3)) + pick(d, "\xff", "\xfe", "\xff\xfe") + word(pick(d, 1, 3, 6, 12)) + pick(d, "", "\xff"+word(9)) + pick(d, "\xff", "\xfe", "\xff", word(3))
			patterns = append(patterns, p)
			x.add(p)
		}
		if b := x.tree.root.suffixes; b != nil && b.root.middles.many != nil {
			many++
		}
		for range 50 {
			text, want := word(20), false
			for _, p := range patterns {
				want = want || matchPattern(p, text)
			}
			if got := x.match(text); got != want {
				t.Fatalf("seed %d: %q in %q: %t", seed, text, patterns, got)
			}
			if want {
				hits++
			}
		}
	}
	if total := rounds * 50; hits < total/20 || hits > total*19/20 || many < rounds/10 {
		t.Errorf("seed %d: %d hits of %d, %d indices by grams", seed, hits, total, many)
	}
}
