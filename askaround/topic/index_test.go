package topic

import (
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func mustFilter(t testing.TB, s string) Filter {
	t.Helper()
	f, err := ParseFilter(s)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func matching[V int | string](x *Index[V], name string) []V {
	return slices.Sorted(x.Matching(name))
}

func TestIndexMatches(t *testing.T) {
	filters := []string{"a", "a/b", "a/+", "a/#", "+", "+/#", "#", "+/b", "$SYS/#", "$SYS/+/x", "a//b", "/+", "$share/g/a/b", "a/+/c/#"}
	var x Index[string]
	for _, f := range filters {
		if !x.Add(mustFilter(t, f), f) {
			t.Fatalf("%s was there before", f)
		}
	}
	for _, test := range []struct {
		reason, name string
		want         []string
	}{
		{"exact, wildcards and the parent of #", "a", []string{"#", "+", "+/#", "a", "a/#"}},
		{"shared subscriptions too", "a/b", []string{"#", "$share/g/a/b", "+/#", "+/b", "a/#", "a/+", "a/b"}},
		{"only filters that name it reach $SYS", "$SYS", []string{"$SYS/#"}},
		{"+ below $SYS is an ordinary one", "$SYS/q/x", []string{"$SYS/#", "$SYS/+/x"}},
		{"an empty level", "a//b", []string{"#", "+/#", "a/#", "a//b"}},
		{"a leading slash", "/b", []string{"#", "+/#", "+/b", "/+"}},
		{"# at the end of its parent, behind a +", "a/q/c", []string{"#", "+/#", "a/#", "a/+/c/#"}},
		{"no topic at all", "", nil},
	} {
		if diff := cmp.Diff(slices.Sorted(slices.Values(test.want)), matching(&x, test.name)); diff != "" {
			t.Errorf("%s: Matching(%q) (-want +got):\n%s", test.reason, test.name, diff)
		}
	}
}

func TestIndexCountsAndForgets(t *testing.T) {
	var x Index[int]
	f := mustFilter(t, "a/+")
	if !x.Add(f, 1) || x.Add(f, 1) || !x.Add(mustFilter(t, "a/b"), 1) || x.Len() != 2 {
		t.Errorf("%d pairs, want 2", x.Len())
	}
	if x.Remove(f, 2) || x.Remove(mustFilter(t, "a/#"), 1) || x.Remove(mustFilter(t, "b"), 1) || x.Remove(Filter{}, 1) {
		t.Error("removed what was not there")
	}
	if !x.Remove(f, 1) || x.Remove(f, 1) || !x.Remove(mustFilter(t, "a/b"), 1) || x.Len() != 0 {
		t.Errorf("%d pairs, want 0", x.Len())
	}
	if !reflect.ValueOf(x).IsZero() {
		t.Error("an emptied index keeps something")
	}
	if !x.Add(Filter{}, 1) || len(matching(&x, "a")) != 0 || !x.Remove(Filter{}, 1) {
		t.Error("the zero filter matches something")
	}
}

// A model that tries every pair decides what an Index that grows and shrinks matches.
func TestIndexAgreesWithModel(t *testing.T) {
	const seed = 11
	r := rand.New(rand.NewPCG(seed, 0))
	filterWords := []string{"a", "b", "", "+", "+", "$x", "ab", "#"}
	nameWords := []string{"a", "b", "", "$x", "ab", "$"}
	type pair struct {
		filter string
		value  int
	}
	var x Index[int]
	model := map[pair]Filter{}
	found := 0
	steps := 12_000
	if os.Getenv("ASKAROUND_SLOW") == "1" {
		steps = 60_000
	}
	for step := range steps {
		f, err := ParseFilter(randomLevels(r, filterWords, 4))
		if err != nil {
			continue
		}
		p := pair{f.String(), r.IntN(30)}
		_, had := model[p]
		if r.IntN(3) > 0 {
			model[p] = f
			if x.Add(f, p.value) == had {
				t.Fatalf("seed %d, step %d: Add(%v) and the model differ", seed, step, p)
			}
		} else {
			delete(model, p)
			if x.Remove(f, p.value) != had {
				t.Fatalf("seed %d, step %d: Remove(%v) and the model differ", seed, step, p)
			}
		}
		if x.Len() != len(model) {
			t.Fatalf("seed %d, step %d: %d pairs, want %d", seed, step, x.Len(), len(model))
		}
		if step%50 > 0 {
			continue
		}
		name := randomLevels(r, nameWords, 4)
		var want []int
		for p := range model {
			if naiveMatch(p.filter, name) && name != "" {
				want = append(want, p.value)
			}
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, matching(&x, name)); diff != "" {
			t.Fatalf("seed %d, step %d: %q (-want +got):\n%s", seed, step, name, diff)
		}
		found += len(want)
	}
	if found < 10_000 {
		t.Errorf("%d matches: the test tries too little", found)
	}
	for p, f := range model {
		x.Remove(f, p.value)
	}
	if !reflect.ValueOf(x).IsZero() {
		t.Error("an emptied index keeps something")
	}
}

func TestMatchingStopsWhenToldTo(t *testing.T) {
	var x Index[string]
	filters := []string{"a/b", "a/+", "a/#", "+/b", "#", "+/#"}
	for _, f := range filters {
		x.Add(mustFilter(t, f), f)
	}
	for want := 1; want <= len(filters); want++ {
		got := 0
		for range x.Matching("a/b") {
			if got++; got == want {
				break
			}
		}
		if got != want {
			t.Errorf("%d values, want %d", got, want)
		}
	}
}

func TestMatchingAllocatesNothing(t *testing.T) {
	var x Index[int]
	for i, f := range []string{"a/b/c", "a/+/c", "a/#", "+/b/#", "#", "a/b/+"} {
		x.Add(mustFilter(t, f), i)
	}
	hits := 0
	if n := testing.AllocsPerRun(100, func() {
		for range x.Matching("a/b/c") {
			hits++
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if hits == 0 {
		t.Error("no match")
	}
}
