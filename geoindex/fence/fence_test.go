package fence

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/golang/geo/r3"
	"github.com/golang/geo/s2"
	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/geoindex"
)

func TestMain(m *testing.M) {
	_ = os.Unsetenv("AWS_CA_BUNDLE") // breaks clients with an HTTP client of their own
	os.Exit(m.Run())
}

func seeded(t testing.TB) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// Places on the parallel of Phoenix: the depot is 6 km around the middle one.
var (
	west   = geoindex.LatLng{Lat: 33.462, Lng: -112.4}
	inside = geoindex.LatLng{Lat: 33.460, Lng: -112.260}
	middle = geoindex.LatLng{Lat: 33.462, Lng: -112.268}
	east   = geoindex.LatLng{Lat: 33.462, Lng: -112.1}
	north  = geoindex.LatLng{Lat: 33.6, Lng: -112.268}
)

func depots(t testing.TB) map[string]Area {
	t.Helper()
	disc, err := Disc(middle, 6000)
	if err != nil {
		t.Fatal(err)
	}
	square, err := Polygon(
		geoindex.LatLng{Lat: 33.41, Lng: -112.32}, geoindex.LatLng{Lat: 33.41, Lng: -112.21},
		geoindex.LatLng{Lat: 33.51, Lng: -112.21}, geoindex.LatLng{Lat: 33.51, Lng: -112.32},
	)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]Area{"disc": disc, "polygon": square}
}

func fix(at geoindex.LatLng, version int64) *Fix { return &Fix{at, version} }

// TestAsTile38 has what Tile38 documents for DETECT (README, "Geofencing"; its
// fence_test.go has the orders "enter,inside", "exit,outside" and "cross,outside"), and
// where this package differs.
func TestAsTile38(t *testing.T) {
	for _, c := range []struct {
		why      string
		old, new *Fix
		detect   Detect
		want     []Detect
	}{
		{"new, inside", nil, fix(inside, 1), All, []Detect{Enter, Inside}},
		{"new, outside", nil, fix(west, 1), All, []Detect{Outside}},
		{"enters", fix(west, 1), fix(inside, 2), All, []Detect{Enter, Inside}},
		{"stays inside", fix(middle, 1), fix(inside, 2), All, []Detect{Inside}},
		{"stays inside, at one place", fix(inside, 1), fix(inside, 2), All, []Detect{Inside}},
		{"exits", fix(inside, 1), fix(east, 2), All, []Detect{Exit, Outside}},
		{"crosses", fix(west, 1), fix(east, 2), All, []Detect{Cross, Outside}},
		{"stays outside", fix(west, 1), fix(north, 2), All, []Detect{Outside}},
		{"stays outside, at one place", fix(west, 1), fix(west, 2), All, []Detect{Outside}},

		{"DETECT enter,exit: enters", fix(west, 1), fix(inside, 2), Enter | Exit, []Detect{Enter}},
		{"DETECT enter,exit: stays", fix(middle, 1), fix(inside, 2), Enter | Exit, nil},
		{"DETECT enter,exit: crosses", fix(west, 1), fix(east, 2), Enter | Exit, nil},
		{"DETECT enter,exit,cross: crosses", fix(west, 1), fix(east, 2), Enter | Exit | Cross, []Detect{Cross}},
		{"DETECT inside: enters", fix(west, 1), fix(inside, 2), Inside, []Detect{Inside}},
		{"DETECT outside: exits", fix(inside, 1), fix(east, 2), Outside, []Detect{Outside}},
		{"DETECT outside: crosses", fix(west, 1), fix(east, 2), Outside, []Detect{Outside}},
		{"DETECT inside,outside: exits", fix(inside, 1), fix(east, 2), Inside | Outside, []Detect{Outside}},
		{"DETECT cross: enters", fix(west, 1), fix(inside, 2), Cross, nil},

		{"no DETECT: all but outside", fix(inside, 1), fix(east, 2), 0, []Detect{Exit}}, // Tile38: outside too
		{"no DETECT: stays outside", fix(west, 1), fix(north, 2), 0, nil},               // Tile38: outside
		{"deleted inside", fix(inside, 1), nil, 0, []Detect{Gone}},                      // Tile38: del
		{"deleted outside", fix(west, 1), nil, All, nil},                                // Tile38: del
	} {
		for kind, area := range depots(t) {
			set, err := NewSet(Fence{ID: "depot", Area: area, Detect: c.detect})
			if err != nil {
				t.Fatal(err)
			}
			var got []Detect
			for _, e := range set.Evaluate(Change{"bus", c.old, c.new}) {
				got = append(got, e.Detect)
				if want := c.new; want != nil && e.Fix != *want || want == nil && e.Fix != *c.old {
					t.Errorf("%s, %s: at %+v", c.why, kind, e.Fix)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s, %s: %s", c.why, kind, diff)
			}
		}
	}
}

func TestEventID(t *testing.T) {
	e := Event{Fence: "a/b", Object: "bus 7", Detect: Enter, Fix: Fix{inside, 42}}
	if got := e.ID(); got != "a%2Fb/bus%207/42/enter" {
		t.Errorf("id %q", got)
	}
	if got := (Enter | Gone).String(); got != "enter|gone" {
		t.Errorf("kinds %q", got)
	}
}

func TestRefuses(t *testing.T) {
	at := geoindex.LatLng{Lat: 1, Lng: 1}
	for why, make := range map[string]func() (Area, error){
		"a radius below zero":   func() (Area, error) { return Disc(at, -1) },
		"a radius of no number": func() (Area, error) { return Disc(at, geoindex.Meters(math.NaN())) },
		"a disc around nowhere": func() (Area, error) { return Disc(geoindex.LatLng{Lat: 91}, 1) },
		"two corners":           func() (Area, error) { return Polygon(at, west) },
		"a corner nowhere":      func() (Area, error) { return Polygon(at, west, geoindex.LatLng{Lng: 181}) },
		"a corner twice":        func() (Area, error) { return Polygon(at, west, north, at) },
		"edges that cross": func() (Area, error) {
			return Polygon(geoindex.LatLng{}, geoindex.LatLng{Lat: 1, Lng: 1}, geoindex.LatLng{Lat: 1}, geoindex.LatLng{Lng: 1})
		},
	} {
		if _, err := make(); !errors.Is(err, geoindex.ErrInvalid) {
			t.Errorf("%s: error %v, want ErrInvalid", why, err)
		}
	}
	area := depots(t)["disc"]
	for why, fences := range map[string][]Fence{
		"no id": {{Area: area}}, "no area": {{ID: "a"}}, "an id twice": {{ID: "a", Area: area}, {ID: "b", Area: area}, {ID: "a", Area: area}},
	} {
		if _, err := NewSet(fences...); !errors.Is(err, geoindex.ErrInvalid) {
			t.Errorf("%s: error %v, want ErrInvalid", why, err)
		}
	}
}

// randomFences are discs and triangles around special places, of all sizes.
func randomFences(t testing.TB, r *rand.Rand, n int, most float64) []Fence {
	t.Helper()
	var fences []Fence
	for len(fences) < n {
		center, size := randomPlace(r), math.Pow(10, 1+(most-1)*r.Float64())
		area, err := Disc(center, geoindex.Meters(size))
		if r.IntN(3) == 0 {
			area, err = Polygon(around(r, center, size), around(r, center, size), around(r, center, size))
		}
		if err != nil { // two corners at the pole
			continue
		}
		fences = append(fences, Fence{ID: fmt.Sprintf("f%06d", len(fences)), Area: area, Detect: Detect(r.IntN(int(All) + 1))})
	}
	return fences
}

func randomPlace(r *rand.Rand) geoindex.LatLng {
	if r.IntN(4) == 0 {
		return geoindex.LatLng{Lat: math.Asin(2*r.Float64()-1) * 180 / math.Pi, Lng: 360*r.Float64() - 180}
	}
	special := []geoindex.LatLng{{Lat: 90}, {Lat: -90}, {Lng: 180}, {Lat: 35.264389682754654, Lng: 45}, {Lat: 51.5, Lng: -0.12}, {Lng: 45}}
	return around(r, special[r.IntN(len(special))], 200_000)
}

// around returns a place some metres away.
func around(r *rand.Rand, p geoindex.LatLng, metres float64) geoindex.LatLng {
	degrees := metres / 111_195
	p.Lat = min(90, max(-90, p.Lat+degrees*r.NormFloat64()))
	p.Lng = math.Remainder(p.Lng+degrees*r.NormFloat64()/max(0.01, math.Cos(p.Lat*math.Pi/180)), 360)
	return p
}

// TestEvaluate compares the index with looking at every fence.
func TestEvaluate(t *testing.T) {
	r := seeded(t)
	seen := map[Detect]int{}
	for range 2 {
		fences := randomFences(t, r, 300, 6)
		set, err := NewSet(fences...)
		if err != nil {
			t.Fatal(err)
		}
		for v := range int64(300) {
			c := Change{Object: "x", Old: fix(randomPlace(r), v), New: fix(randomPlace(r), v+1)}
			if r.IntN(2) == 0 {
				c.New.Location = around(r, c.Old.Location, math.Pow(10, 6*r.Float64()))
			}
			if r.IntN(10) == 0 {
				c.Old = nil
			} else if r.IntN(10) == 0 {
				c.New = nil
			}
			var want []Event
			for _, f := range set.fences {
				for _, d := range f.detect(c) {
					if f.Detect&d != 0 {
						at := c.New
						if at == nil {
							at = c.Old
						}
						want = append(want, Event{f.ID, "x", d, *at})
						seen[d]++
					}
				}
			}
			if diff := cmp.Diff(want, set.Evaluate(c)); diff != "" {
				t.Fatalf("%+v to %+v: %s", c.Old, c.New, diff)
			}
		}
	}
	for d := Enter; d < All; d <<= 1 {
		if seen[d] == 0 {
			t.Errorf("no %s in the test", d)
		}
	}
}

// TestMeets compares with points on the way.
func TestMeets(t *testing.T) {
	r := seeded(t)
	for _, f := range randomFences(t, r, 300, 5) {
		for range 20 {
			a := randomPlace(r)
			b := around(r, a, 300_000)
			if f.Area.Meets(a, b) {
				continue
			}
			for i := range 51 {
				if p := between(a, b, float64(i)/50); f.Area.Contains(p) {
					t.Fatalf("%+v contains %v on the way from %v to %v, which does not meet it", f.Area, p, a, b)
				}
			}
		}
	}
}

// between returns a place on the shortest way.
func between(a, b geoindex.LatLng, share float64) geoindex.LatLng {
	p, q := point(a), point(b)
	return latLng(p.Mul(1 - share).Add(q.Mul(share)))
}

func latLng(v r3.Vector) geoindex.LatLng {
	ll := s2.LatLngFromPoint(s2.Point{Vector: v.Normalize()})
	return geoindex.LatLng{Lat: ll.Lat.Degrees(), Lng: ll.Lng.Degrees()}
}
