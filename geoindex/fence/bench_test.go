package fence

import (
	"fmt"
	"testing"

	"github.com/askaround/askaround-go/geoindex"
)

// BenchmarkEvaluate has a bus drive through a country of fences, by the index and by
// looking at every fence.
func BenchmarkEvaluate(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		r := seeded(b)
		var fences []Fence
		for i := range n {
			at := geoindex.LatLng{Lat: 48 + 6*r.Float64(), Lng: 7 + 7*r.Float64()}
			area, err := Disc(at, geoindex.Meters(50+950*r.Float64()))
			if err != nil {
				b.Fatal(err)
			}
			fences = append(fences, Fence{ID: fmt.Sprint(i), Area: area})
		}
		set, err := NewSet(fences...)
		if err != nil {
			b.Fatal(err)
		}
		steps := make([]Change, 1000)
		at := geoindex.LatLng{Lat: 51, Lng: 10}
		for i := range steps {
			next := around(r, at, 300)
			steps[i] = Change{"bus", fix(at, int64(i)), fix(next, int64(i+1))}
			at = next
		}
		b.Run(fmt.Sprintf("indexed/fences=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				set.Evaluate(steps[i%len(steps)])
				i++
			}
			looked := 0
			for _, c := range steps {
				looked += len(set.candidates(c))
			}
			b.ReportMetric(float64(looked)/float64(len(steps)), "fences_looked_at/op")
		})
		b.Run(fmt.Sprintf("all/fences=%d", n), func(b *testing.B) {
			i := 0
			for b.Loop() {
				for _, f := range set.fences {
					f.detect(steps[i%len(steps)])
				}
				i++
			}
		})
	}
}
