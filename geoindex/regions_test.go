package geoindex

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/golang/geo/r3"
	"github.com/golang/geo/s2"
)

// verdict is what independent mathematics say of a place and a region.
type verdict int

const (
	beyond verdict = iota
	within
	edgy // so near an edge that they do not say
)

// sample is a region and the same as a function.
type sample struct {
	region Region
	judge  func(p LatLng) verdict
}

// heading returns the place at a distance and bearing from p.
func heading(p LatLng, bearing float64, d Meters) LatLng {
	lat, angle := p.Lat*math.Pi/180, float64(d/EarthRadius)
	sin := math.Sin(lat)*math.Cos(angle) + math.Cos(lat)*math.Sin(angle)*math.Cos(bearing)
	lng := p.Lng*math.Pi/180 + math.Atan2(math.Sin(bearing)*math.Sin(angle)*math.Cos(lat), math.Cos(angle)-math.Sin(lat)*sin)
	return LatLng{math.Asin(max(-1, min(1, sin))) * 180 / math.Pi, math.Remainder(lng*180/math.Pi, 360)}
}

// size favours what people search.
func size(r *rand.Rand) Meters { return Meters(math.Pow(10, 1+5.2*r.Float64())) }

func randomRegion(t testing.TB, r *rand.Rand) sample {
	center := randomPlace(r)
	switch r.IntN(5) {
	case 0:
		return discSample(t, center, size(r))
	case 1:
		return rectSample(t, r, center)
	case 2:
		return routeSample(t, r, center)
	case 3:
		return cellsSample(t, r, center)
	}
	return polygonSample(r, center)
}

// discSample judges by the chord, a formula that the package has nowhere else.
func discSample(t testing.TB, center LatLng, radius Meters) sample {
	d, err := NewDisc(center, radius)
	if err != nil {
		t.Fatal(err)
	}
	return sample{d, func(p LatLng) verdict {
		chord := center.point().Sub(p.point()).Norm()
		return near3(2*math.Asin(min(1, chord/2))*float64(EarthRadius), float64(radius), 1e-6)
	}}
}

// near3 compares with a limit, but for a band around it.
func near3(d, limit, band float64) verdict {
	switch {
	case math.Abs(d-limit) <= band:
		return edgy
	case d < limit:
		return within
	}
	return beyond
}

// rectSample judges by how far east of its west edge a place lies.
func rectSample(t testing.TB, r *rand.Rand, center LatLng) sample {
	half := float64(size(r)) / 111_000
	south, north := max(-90, center.Lat-half*r.Float64()), min(90, center.Lat+half*r.Float64())
	west, width := math.Remainder(center.Lng-half, 360), min(360, 2*half*r.Float64())
	if r.IntN(20) == 0 {
		west, width = -180, 360
	}
	east := west + width
	if east > 180 {
		east -= 360
	}
	rect, err := NewRect(LatLng{south, west}, LatLng{north, east})
	if err != nil {
		t.Fatal(err)
	}
	eastward := func(lng float64) float64 { return math.Mod(lng-west+720, 360) }
	span := eastward(east)
	if width == 360 {
		span = 360
	}
	return sample{rect, func(p LatLng) verdict {
		east := eastward(p.Lng)
		switch {
		case p.Lat < south || p.Lat > north:
			return beyond
		case math.Abs(p.Lat) == 90:
			return within
		case math.Abs(east-span) < 1e-12 || east < 1e-12 || east > 360-1e-12:
			return edgy
		case east < span:
			return within
		}
		return beyond
	}}
}

// beside is the distance from p to an arc: to the plane, if the foot lies between the
// ends, else to the nearer end.
func beside(p, a, b r3.Vector) float64 {
	least := math.Min(float64(distance(p, a)), float64(distance(p, b)))
	normal := a.Add(b).Cross(b.Sub(a))
	if normal.Norm() == 0 {
		return least
	}
	normal = normal.Normalize()
	foot := p.Sub(normal.Mul(normal.Dot(p)))
	if normal.Cross(a).Dot(foot) > 0 && foot.Cross(normal).Dot(b) < 0 && normal.Cross(b).Dot(foot) < 0 {
		return math.Min(least, math.Asin(math.Abs(normal.Dot(p)))*float64(EarthRadius))
	}
	return least
}

func routeSample(t testing.TB, r *rand.Rand, at LatLng) sample {
	step := size(r)
	line := []LatLng{at}
	for range r.IntN(12) {
		at = heading(at, 2*math.Pi*r.Float64(), step*Meters(0.2+r.Float64()))
		line = append(line, at)
	}
	width := min(maxWithin, step*Meters(r.Float64()))
	route, err := NewRoute(line, width)
	if err != nil {
		t.Fatal(err)
	}
	return sample{route, func(p LatLng) verdict {
		least := float64(p.Distance(line[0]))
		for i := range line[1:] {
			least = math.Min(least, beside(p.point(), line[i].point(), line[i+1].point()))
		}
		return near3(least, float64(width), 1e-5)
	}}
}

func cellsSample(t testing.TB, r *rand.Rand, center LatLng) sample {
	var ids []CellID
	for range 1 + r.IntN(6) {
		ids = append(ids, CellAt(near(r, center, 0.5)).Parent(3+r.IntN(16)))
	}
	region, err := NewCells(ids...)
	if err != nil {
		t.Fatal(err)
	}
	return sample{region, func(p LatLng) verdict {
		for _, id := range ids {
			if CellAt(p).Parent(id.Level()) == id {
				return within
			}
		}
		return beyond
	}}
}

// polygonSample makes stars around a center, some with a hole, some of them two, and
// judges by how far a line of sight turns that follows the ring.
func polygonSample(r *rand.Rand, center LatLng) sample {
	s := sample{}
	var all []Polygon
	var judges []func(LatLng) verdict
	for range 1 + r.IntN(2) {
		radius := min(size(r), 2e6)
		ring, hole := star(r, center, radius)
		var holes [][]LatLng
		if r.IntN(2) == 0 {
			holes = append(holes, hole)
		}
		if p, err := NewPolygon(ring, holes...); err == nil { // arcs of large stars may cross
			all = append(all, p)
			middle := center
			judges = append(judges, func(at LatLng) verdict { return judgeRings(at, middle, append([][]LatLng{ring}, holes...)) })
		}
		center = heading(center, 6*r.Float64(), 4*radius)
	}
	s.region = NewMultiPolygon(all...)
	s.judge = func(p LatLng) verdict {
		worst := beyond
		for _, judge := range judges {
			switch judge(p) {
			case edgy:
				return edgy
			case within:
				worst = within
			}
		}
		return worst
	}
	return s
}

// star returns a ring around center, run through either way, and a smaller one within.
func star(r *rand.Rand, center LatLng, radius Meters) (ring, hole []LatLng) {
	n := 3 + r.IntN(40)
	for i := range n {
		bearing := 2 * math.Pi * (float64(i) + 0.8*r.Float64()) / float64(n)
		d := radius * Meters(0.3+0.7*r.Float64())
		ring = append(ring, heading(center, bearing, d))
		hole = append(hole, heading(center, bearing, d/3))
	}
	if r.IntN(2) == 0 {
		slices.Reverse(ring)
	}
	if r.IntN(2) == 0 {
		ring = append(ring, ring[0])
	}
	return ring, hole
}

func judgeRings(at, center LatLng, rings [][]LatLng) verdict {
	if at.Distance(center) > maxDistance/2 {
		return beyond
	}
	inside := false
	p := at.point()
	for _, ring := range rings {
		turned := 0.0
		for i := range ring {
			a, b := ring[i].point(), ring[(i+1)%len(ring)].point()
			if beside(p, a, b) < 1e-5 {
				return edgy
			}
			u, v := a.Sub(p.Mul(p.Dot(a))), b.Sub(p.Mul(p.Dot(b)))
			turned += math.Atan2(p.Dot(u.Cross(v)), u.Dot(v))
		}
		if math.Abs(turned) > math.Pi {
			inside = !inside
		}
	}
	if inside {
		return within
	}
	return beyond
}

// placesFor returns places in and around a region's neighbourhood.
func placesFor(r *rand.Rand, region Region, n int) (out []LatLng) {
	p := planner{layout: anyLevel{cells(6)}, histogram: NewHistogram(), maxCells: 24}
	pieces := p.cover(newDivider(region), false, new(room))
	for range n {
		if len(pieces) == 0 || r.IntN(8) == 0 {
			out = append(out, randomPlace(r))
			continue
		}
		c := pieces[r.IntN(len(pieces))].leaves()
		leaf := c.min + 2*CellID(r.Uint64N(uint64(c.max-c.min)/2+1))
		out = append(out, leaf.Center())
	}
	return out
}

// TestRegions compares every region with independent mathematics, and what it says of
// cells with what it says of places.
func TestRegions(t *testing.T) {
	t.Parallel()
	r := seeded(t)
	found, decided := 0, 0
	for range scaled(300, 50_000) {
		s := randomRegion(t, r)
		for _, p := range placesFor(r, s.region, 20) {
			want, got := s.judge(p), s.region.Contains(p)
			if want != edgy {
				decided++
				if got != (want == within) {
					t.Fatalf("%v: contains %v is %v, not so by other mathematics", s.region, p, got)
				}
			}
			if got {
				found++
			}
			c, near := faceQuad(CellAt(p).s2().Face()), []int32(nil)
			for c.level < 24 {
				relation, nearer := s.region.classify(c, near)
				if got && relation == outside || !got && relation == inside {
					t.Fatalf("%v: cell %v is said to be %d, and contains %v is %v", s.region, CellID(c.id), relation, p, got)
				}
				if relation != meets {
					break
				}
				near = nearer
				c = c.child(CellAt(p).s2().ChildPosition(int(c.level) + 1))
			}
		}
	}
	if found < decided/10 || found > decided*9/10 {
		t.Errorf("%d of %d places in regions: the test looks at little", found, decided)
	}
}

// scaled returns how often a random test runs.
func scaled(usual, slow int) int {
	switch {
	case slowly:
		return slow
	case testing.Short():
		return usual / 10
	}
	return usual
}

// TestEdgesBelong shows that corners, and places on edges, lie in their region.
func TestEdgesBelong(t *testing.T) {
	r := seeded(t)
	for range scaled(100, 5_000) {
		center := randomPlace(r)
		ring, hole := star(r, center, min(size(r), 1e6))
		p, err := NewPolygon(ring, hole)
		if err != nil {
			continue
		}
		for _, corners := range [][]LatLng{ring, hole} {
			for i, a := range corners {
				b := corners[(i+1)%len(corners)]
				if !p.Contains(a) {
					t.Fatalf("%v: corner %v is outside", p, a)
				}
				middle := a.point().Add(b.point()).Normalize()
				if !p.contains(s2.Point{Vector: middle}) {
					t.Fatalf("%v: the middle of %v and %v is outside", p, a, b)
				}
			}
		}
	}
	rect, err := NewRect(LatLng{-17, 179}, LatLng{90, -179})
	if err != nil {
		t.Fatal(err)
	}
	for why, row := range map[string]struct {
		p  LatLng
		in bool
	}{
		"south-west corner":         {LatLng{-17, 179}, true},
		"north-east corner":         {LatLng{90, -179}, true},
		"the pole, spelt otherwise": {LatLng{90, 12}, true},
		"the antimeridian":          {LatLng{0, 180}, true},
		"the antimeridian again":    {LatLng{0, -180}, true},
		"a hair west":               {LatLng{0, math.Nextafter(179, 0)}, false},
		"a hair east":               {LatLng{0, math.Nextafter(-179, 0)}, false},
		"a hair south":              {LatLng{math.Nextafter(-17, -90), 180}, false},
		"the other side":            {LatLng{0, 0}, false},
		"no place":                  {LatLng{0, math.NaN()}, false},
	} {
		if rect.Contains(row.p) != row.in {
			t.Errorf("%s: contains %v is %v", why, row.p, !row.in)
		}
	}
}

func TestRegionsRefuse(t *testing.T) {
	square := []LatLng{{0, 0}, {0, 2}, {2, 2}, {2, 0}}
	polygon := func(ring []LatLng, holes ...[]LatLng) error { _, err := NewPolygon(ring, holes...); return err }
	route := func(within Meters, line ...LatLng) error { _, err := NewRoute(line, within); return err }
	rect := func(a, b LatLng) error { _, err := NewRect(a, b); return err }
	cellsErr := func(ids ...CellID) error { _, err := NewCells(ids...); return err }
	for why, err := range map[string]error{
		"two places make no ring":         polygon(square[:2]),
		"three of which two are the same": polygon([]LatLng{{0, 0}, {1, 1}, {0, 0}}),
		"a bow tie":                       polygon([]LatLng{{0, 0}, {2, 2}, {0, 2}, {2, 0}}),
		"a spike":                         polygon([]LatLng{{0, 0}, {0, 2}, {3, 2}, {0, 2}, {2, 0}}),
		"a hole outside":                  polygon(square, []LatLng{{5, 5}, {5, 6}, {6, 6}}),
		"a hole across the ring":          polygon(square, []LatLng{{1, 1}, {1, 3}, {1.5, 1}}),
		"a hole within a hole":            polygon(square, []LatLng{{.5, .5}, {.5, 1.5}, {1.5, 1.5}, {1.5, .5}}, []LatLng{{.9, .9}, {.9, 1.1}, {1.1, 1.1}}),
		"opposite places":                 polygon([]LatLng{{0, 0}, {0, 180}, {45, 90}}),
		"a latitude of 91":                polygon([]LatLng{{0, 0}, {91, 0}, {0, 5}}),
		"a line of nothing":               route(1),
		"a width below zero":              route(-1, LatLng{}),
		"a width of no number":            route(Meters(math.NaN()), LatLng{}),
		"a width of 2,000 km":             route(2e6, LatLng{}),
		"a line to the other side":        route(1, LatLng{10, 0}, LatLng{-10, 180}),
		"south of its north":              rect(LatLng{2, 0}, LatLng{1, 1}),
		"a longitude of 181":              rect(LatLng{0, 0}, LatLng{1, 181}),
		"no cell":                         cellsErr(0),
	} {
		if !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: error %v, want ErrInvalid", why, err)
		}
	}
	for _, empty := range []Region{Disc{}, Rect{}, Polygon{}, Route{}, Cells{}} {
		if relation, _ := empty.classify(faceQuad(0), nil); empty.Contains(LatLng{}) || relation != outside {
			t.Errorf("%T: the zero value is not empty", empty)
		}
	}
}
