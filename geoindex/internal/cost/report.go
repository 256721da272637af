package main

import (
	"fmt"
	"strings"

	"github.com/askaround/askaround-go/geoindex"
)

// cost is what searches cost, in sum.
type cost struct {
	queries, read, hits int
	units               float64
	searches            int
}

func (c *cost) add(o cost) {
	c.queries += o.queries
	c.read += o.read
	c.hits += o.hits
	c.units += o.units
	c.searches++
}

// Means of a search; amplification is items read for one that was looked for.
func (c cost) meanQueries() float64   { return float64(c.queries) / float64(max(1, c.searches)) }
func (c cost) meanUnits() float64     { return c.units / float64(max(1, c.searches)) }
func (c cost) amplification() float64 { return float64(c.read) / float64(max(1, c.hits)) }

func (c cost) String() string {
	return fmt.Sprintf("%.1f / %.2f / %.2f", c.meanQueries(), c.meanUnits(), c.amplification())
}

// report is what was measured of a set.
type report struct {
	name                   string
	points, bytes, centers int
	peer                   bool
	lines                  []line
	nearest                nearest
}

// line is the searches of one radius, by each way to find the points.
type line struct {
	radius     geoindex.Meters
	partitions cost // of the searches' plans, as queries
	geohash    cost // nine cells
	covering   cost // a plain one of 16 cells of S2
	peer       cost // npm's dynamodb-geo
	cold       cost // nothing known
	elsewhere  cost // after as many searches elsewhere as others says, for each
	before     cost // the same search again
	taught     cost // all places known
	oracle     cost // see rows.oracle
}

// nearest is the searches for the k nearest.
type nearest struct {
	k                               int
	cold, elsewhere, before, taught cost
}

func (r *report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s: %d points of %d bytes, mean of %d centers; queries / read units / read amplification\n\n", r.name, r.points, r.bytes, r.centers)
	fmt.Fprintln(&b, "| radius | partitions | geohash, 9 cells | dynamodb-geo 0.4.0 | S2, 16 cells | cold | learned elsewhere | searched before | taught | oracle |")
	fmt.Fprintln(&b, "|---|---|---|---|---|---|---|---|---|---|")
	for _, l := range r.lines {
		npm := "not run"
		if r.peer {
			npm = l.peer.String()
		}
		fmt.Fprintf(&b, "| %v | %.1f | %v | %s | %v | %v | %v | %v | %v | %v |\n",
			l.radius, l.partitions.meanQueries(), l.geohash, npm, l.covering, l.cold, l.elsewhere, l.before, l.taught, l.oracle)
	}
	n := r.nearest
	fmt.Fprintf(&b, "\n| nearest | cold | learned elsewhere | searched before | taught |\n|---|---|---|---|---|\n")
	fmt.Fprintf(&b, "| %d | %v | %v | %v | %v |\n", n.k, n.cold, n.elsewhere, n.before, n.taught)
	return b.String()
}
