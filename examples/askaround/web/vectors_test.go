package web_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/golang/geo/s2"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/vectors.json")

type latLng struct {
	Lat float64 `json:"lat"`
	Lng float64 `json:"lng"`
}

type cellVector struct {
	Token   string    `json:"token"`
	Level   int       `json:"level"`
	Centre  latLng    `json:"centre"`
	Corners [4]latLng `json:"corners"`
}

type vectors struct {
	Cells     []cellVector `json:"cells"`
	Invalid   []string     `json:"invalid"`
	Distances []struct {
		A      latLng  `json:"a"`
		B      latLng  `json:"b"`
		Metres float64 `json:"metres"`
	} `json:"distances"`
}

// earthRadius is the IUGG's mean radius in metres, as geoindex has it.
const earthRadius = 6_371_008.8

// TestVectors holds testdata/vectors.json, which the tests of the TypeScript read,
// to golang/geo.
func TestVectors(t *testing.T) {
	want := encodeVectors(t, makeVectors())
	if *update {
		if err := os.WriteFile("testdata/vectors.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("run go test -run TestVectors -update (-want +got):\n%s", diff)
	}
}

func makeVectors() vectors {
	var v vectors
	random := rand.New(rand.NewPCG(1, 2))
	ll := func(p s2.Point) latLng {
		l := s2.LatLngFromPoint(p)
		return latLng{round(l.Lat.Degrees()), round(l.Lng.Degrees())}
	}
	add := func(id s2.CellID) {
		cell := s2.CellFromCellID(id)
		c := cellVector{Token: id.ToToken(), Level: id.Level(), Centre: ll(id.Point())}
		for k := range c.Corners {
			c.Corners[k] = ll(cell.Vertex(k))
		}
		v.Cells = append(v.Cells, c)
	}
	for face := range 6 {
		add(s2.CellIDFromFace(face))
		for level := 1; level <= 30; level++ {
			id := s2.CellIDFromFace(face)
			for range level {
				id = id.Children()[random.IntN(4)]
			}
			add(id)
		}
	}
	for _, place := range []latLng{{51.5007, -0.1246}, {40.6892534, -74.0466891}, {48.8584, 2.2945}, {35.6586, 139.7454}, {-33.8568, 151.2153}, {0, 180}, {-16.8, -180}, {90, 0}, {-90, 0}} {
		leaf := s2.CellIDFromLatLng(s2.LatLngFromDegrees(place.Lat, place.Lng))
		add(leaf.Parent(10))
		add(leaf.Parent(13))
	}
	v.Invalid = []string{"", "0", "X", "c", "e", "f", "d1", "89c2", "0000000000000002", "00000000000000001"}
	for len(v.Distances) < 40 {
		a, b := latLng{random.Float64()*180 - 90, random.Float64()*360 - 180}, latLng{random.Float64()*180 - 90, random.Float64()*360 - 180}
		if len(v.Distances)%2 == 0 { // near
			b = latLng{math.Min(90, a.Lat+random.Float64()/10), a.Lng + random.Float64()/10}
		}
		a, b = latLng{round(a.Lat), round(a.Lng)}, latLng{round(b.Lat), round(b.Lng)}
		angle := s2.LatLngFromDegrees(a.Lat, a.Lng).Distance(s2.LatLngFromDegrees(b.Lat, b.Lng))
		v.Distances = append(v.Distances, struct {
			A      latLng  `json:"a"`
			B      latLng  `json:"b"`
			Metres float64 `json:"metres"`
		}{a, b, math.Round(angle.Radians()*earthRadius*1e4) / 1e4})
	}
	return v
}

// round keeps a hundredth of a millimetre, and the file the same on every machine.
func round(degrees float64) float64 {
	r := math.Round(degrees*1e10) / 1e10
	if r == 0 {
		return 0 // not -0
	}
	return r
}

func encodeVectors(t *testing.T, v vectors) []byte {
	t.Helper()
	var buf bytes.Buffer
	encoder := json.NewEncoder(&buf)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(v); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}
