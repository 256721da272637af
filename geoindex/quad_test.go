package geoindex

import (
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
