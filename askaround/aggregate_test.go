package askaround

import (
	"fmt"
	"go/parser"
	"go/token"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/geoindex"
)

// cellOf returns the heat cell of a place, by another way than the code: from scratch.
func cellOf(l Location) string {
	return geoindex.CellAt(geoindex.LatLng{Lat: l.Lat, Lng: l.Lng}).Parent(13).Token()
}

func stars(half HalfStars) contribution { return contribution{kind: KindStar, stars: half} }

func geo(part, cell string) contribution {
	return contribution{kind: KindGeo, part: part, cell: cell}
}

func TestDelta(t *testing.T) {
	none := contribution{}
	for _, test := range []struct {
		reason   string
		old, new contribution
		summary  delta
		heat     map[string]map[string]int64
	}{
		{"a first answer counts", none, stars(4), delta{answers: 1, sumHalfStars: 4, histogram: Histogram{4: 1}}, nil},
		{"R064: 2 stars that become 5 are +3 stars", stars(4), stars(10), delta{sumHalfStars: 6, histogram: Histogram{4: -1, 10: 1}}, nil},
		{"half stars are exact", none, stars(9), delta{answers: 1, sumHalfStars: 9, histogram: Histogram{9: 1}}, nil},
		{"no stars are an answer too", none, stars(0), delta{answers: 1, histogram: Histogram{0: 1}}, nil},
		{"R066: a withdrawal undoes", stars(7), none, delta{answers: -1, sumHalfStars: -7, histogram: Histogram{7: -1}}, nil},
		{"the same answer again changes nothing", stars(7), stars(7), delta{}, nil},
		{"a withdrawal of nothing changes nothing", none, none, delta{}, nil},
		{"R065: a first place counts in its cell", none, geo("p", "c"), delta{answers: 1}, map[string]map[string]int64{"p": {"c": 1}}},
		{"R065: a moved place is -1 and +1", geo("p", "c"), geo("p", "d"), delta{}, map[string]map[string]int64{"p": {"c": -1, "d": 1}}},
		{"a place that moves to another part", geo("p", "c"), geo("q", "d"), delta{}, map[string]map[string]int64{"p": {"c": -1}, "q": {"d": 1}}},
		{"R061: a place moved within its cell changes nothing", geo("p", "c"), geo("p", "c"), delta{}, nil},
		{"a withdrawn place", geo("p", "c"), none, delta{answers: -1}, map[string]map[string]int64{"p": {"c": -1}}},
	} {
		postings := post([]change{{question: "q", position: "1", old: test.old, new: test.new}})
		var summary delta
		var heat map[string]map[string]int64
		for _, p := range postings {
			if p.target.part == "" {
				summary = p.delta()
				continue
			}
			if heat == nil {
				heat = map[string]map[string]int64{}
			}
			heat[p.target.part] = p.delta().cells
		}
		if diff := cmp.Diff(test.summary, summary, cmp.AllowUnexported(delta{})); diff != "" {
			t.Errorf("%s: summary (-want +got)\n%s", test.reason, diff)
		}
		if diff := cmp.Diff(test.heat, heat); diff != "" {
			t.Errorf("%s: heat (-want +got)\n%s", test.reason, diff)
		}
	}
}

func TestPostKeepsChangesThatCancelOut(t *testing.T) {
	postings := post([]change{
		{question: "q", position: "1", new: stars(4)},
		{question: "q", position: "2", old: stars(4)},
	})
	if len(postings) != 1 || len(postings[0].changes) != 2 {
		t.Fatalf("got %v: a repetition may begin at the second change, so the watermark must move", postings)
	}
	if d := postings[0].delta(); d.answers != 0 || d.sumHalfStars != 0 {
		t.Errorf("delta %+v, want zero", d)
	}
}

// memory applies postings to sums in memory, by the rule of watermark.go.
type memory struct {
	sums  map[target]*delta
	marks map[target]map[string]position
}

func (m *memory) apply(shard string, p posting) {
	p = p.after(m.marks[p.target][shard])
	if len(p.changes) == 0 {
		return
	}
	s := m.sums[p.target]
	if s == nil {
		s = &delta{cells: map[string]int64{}}
		m.sums[p.target] = s
		m.marks[p.target] = map[string]position{}
	}
	d := p.delta()
	s.answers += d.answers
	s.sumHalfStars += d.sumHalfStars
	for i, n := range d.histogram {
		s.histogram[i] += n
	}
	for cell, n := range d.cells {
		if s.cells[cell] += n; s.cells[cell] == 0 {
			delete(s.cells, cell)
		}
	}
	m.marks[p.target][shard] = p.last()
}

// randomContribution is none, stars, or one of a few cells in two parts. A question's
// kind does not change.
func randomContribution(r *rand.Rand, question int) contribution {
	switch {
	case r.IntN(6) == 0:
		return contribution{}
	case question%2 == 0:
		return stars(HalfStars(r.IntN(MaxHalfStars + 1)))
	}
	cell := r.IntN(12)
	return geo(fmt.Sprint("part", cell%3), fmt.Sprint("cell", cell))
}

// TestFoldEqualsNaiveFold runs random histories through batches that repeat, overlap,
// split and come late, and compares with the answers that stand.
func TestFoldEqualsNaiveFold(t *testing.T) {
	wanted := 30_000
	if slow() {
		wanted = 300_000
	}
	events := 0
	for seed := uint64(0); events < wanted; seed++ {
		n := 200 + int(seed%7)*300
		events += n
		foldOnce(t, seed, n)
	}
}

func foldOnce(t *testing.T, seed uint64, n int) {
	r := rand.New(rand.NewPCG(seed, 1))
	type key struct{ question, user int }
	standing := map[key]contribution{}
	m := &memory{map[target]*delta{}, map[target]map[string]position{}}
	// One shard after the other, as after splits.
	for _, shard := range []string{"shard-a", "shard-b"} {
		var history []change
		for i := range n / 2 {
			k := key{r.IntN(8), r.IntN(20)}
			c := randomContribution(r, k.question)
			p, err := parsePosition(strconv.Itoa(1_000_000 + i*3))
			if err != nil {
				t.Fatal(err)
			}
			history = append(history, change{
				question: QuestionID(fmt.Sprint("question", k.question)), position: p, old: standing[k], new: c,
			})
			standing[k] = c
		}
		for done := 0; done < len(history); {
			// Some work is done again from any earlier place, up to any place reached.
			from := done
			if r.IntN(3) == 0 {
				from = r.IntN(done + 1)
			}
			to := min(len(history), done+r.IntN(60))
			if r.IntN(4) == 0 && done > from {
				to = from + r.IntN(done-from)
			}
			groups := byQuestion(history[from:to])
			for i, j := range r.Perm(len(groups)) {
				if i == len(groups)-1 && to > done && r.IntN(5) == 0 {
					to = done // a crash before the last group: the batch is not done
					break
				}
				for _, p := range post(groups[j]) {
					m.apply(shard, p)
				}
			}
			done = max(done, to)
		}
	}
	want := map[target]*delta{}
	get := func(tg target) *delta {
		if want[tg] == nil {
			want[tg] = &delta{cells: map[string]int64{}}
		}
		return want[tg]
	}
	for k, c := range standing {
		q := QuestionID(fmt.Sprint("question", k.question))
		switch c.kind {
		case KindStar:
			d := get(target{question: q})
			d.answers++
			d.sumHalfStars += int64(c.stars)
			d.histogram[c.stars]++
		case KindGeo:
			get(target{question: q}).answers++
			get(target{q, c.part}).cells[c.cell]++
		}
	}
	maps.DeleteFunc(m.sums, func(tg target, d *delta) bool {
		return want[tg] == nil && d.answers == 0 && d.sumHalfStars == 0 && d.histogram == Histogram{} && len(d.cells) == 0
	})
	if diff := cmp.Diff(want, m.sums, cmp.AllowUnexported(target{}, delta{})); diff != "" {
		t.Fatalf("seed %d: (-want +got)\n%s", seed, diff)
	}
}

func TestPosition(t *testing.T) {
	short, err := parsePosition("999")
	if err != nil {
		t.Fatal(err)
	}
	long, err := parsePosition("100000000000000000001")
	if err != nil {
		t.Fatal(err)
	}
	if !(short < long) {
		t.Error("positions do not compare as numbers")
	}
	for _, bad := range []string{"", "12a", "-1", "12345678901234567890123456789012345678901"} {
		if p, err := parsePosition(bad); err == nil {
			t.Errorf("%q is position %q", bad, p)
		}
	}
	// The condition "watermark < position" of an update compares these strings.
	mark := newWatermark(short, 1_790_000_000)
	next, _ := parsePosition("1000")
	if string(mark) < string(short) || !(string(mark) < string(next)) {
		t.Errorf("watermark %q is not between %q and %q", mark, short, next)
	}
	if p, at, ok := mark.parse(); p != short || at != 1_790_000_000 || !ok {
		t.Errorf("watermark reads as %q, %d, %t", p, at, ok)
	}
	for _, bad := range []watermark{"", "@", "1@2", watermark(short), watermark(short) + "@", watermark(short) + "@x"} {
		if _, _, ok := bad.parse(); ok {
			t.Errorf("%q is a watermark", bad)
		}
	}
}

// TestAggregateIsPure lists what the arithmetic may import.
func TestAggregateIsPure(t *testing.T) {
	for _, name := range []string{"aggregate.go", "position.go"} {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range f.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			if !slices.Contains([]string{"fmt", "slices", "strconv", "strings"}, path) {
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
}
