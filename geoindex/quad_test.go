package geoindex

import (
	"math"
	"testing"

	"github.com/golang/geo/s2"
)

// TestQuad compares cells with S2's, down random branches.
func TestQuad(t *testing.T) {
	r := seeded(t)
	for range 300 {
		c := faceQuad(r.IntN(6))
		for {
			want := s2.CellFromCellID(c.id)
			u, v := c.bounds()
			if b := want.BoundUV(); !c.id.IsValid() || c.id.Level() != int(c.level) || b.X.Lo != u[0] || b.X.Hi != u[1] || b.Y.Lo != v[0] || b.Y.Hi != v[1] {
				t.Fatalf("%+v: u %v, v %v, want %v", c, u, v, b)
			}
			center := onFace(c.face, want.Center().Vector)
			if x, y := center.X/center.Z, center.Y/center.Z; x <= u[0] || x >= u[1] || y <= v[0] || y >= v[1] || center.Z <= 0 {
				t.Fatalf("%+v: the center is at %v, %v of the face", c, x, y)
			}
			if c.level == MaxLevel {
				break
			}
			k := r.IntN(4)
			id := c.id.Children()[k]
			if c = c.child(k); c.id != id {
				t.Fatalf("child %d is %v, want %v", k, c.id, id)
			}
		}
	}
}

// TestQuarters compares what a disc says of four cells at once with what it says of each,
// down branches that meet its edge.
func TestQuarters(t *testing.T) {
	r := seeded(t)
	said := map[relation]int{}
	for range scaled(2_000, 50_000) {
		disc, err := NewDisc(randomPlace(r), Meters(math.Pow(10, 8*r.Float64()-1)))
		if err != nil {
			t.Fatal(err)
		}
		c := faceQuad(r.IntN(6))
		for c.level < MaxLevel {
			got := disc.quarters(&c)
			var meeting []int
			for k := range got {
				want, _ := disc.classify(c.child(k), nil)
				if got[k] != want {
					t.Fatalf("%v: child %d of %v is said to be %d, alone %d", disc, k, CellID(c.id), got[k], want)
				}
				said[want]++
				if want == meets {
					meeting = append(meeting, k)
				}
			}
			if len(meeting) == 0 {
				break
			}
			c = c.child(meeting[r.IntN(len(meeting))])
		}
	}
	if min(said[inside], said[meets], said[outside]) < 1_000 {
		t.Errorf("the test looks at little: %v", said)
	}
}
