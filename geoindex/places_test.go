package geoindex

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// seeded returns a source of chance whose seed the log tells: of slow suites another one each
// time, of others one that a test always has, so that what failed fails again.
func seeded(t testing.TB) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(t.Name())) // a hash takes everything
	seed := h.Sum64()
	if slowly {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// adversarial are places where coverings, distances or keys have special cases.
var adversarial = []LatLng{
	{90, 0}, {-90, 0}, {90, 123}, {89.999999, -45}, {-89.9999, 170}, // poles
	{0, 180}, {0, -180}, {-16.8, 179.99}, {52, -179.9999}, {-89, 180}, // antimeridian
	{0, 0}, {0, 90}, {0, -90}, {45, 0}, {-45, 90}, // face centres and the middles of edges
	{35.264389682754654, 45}, {-35.264389682754654, -45}, {35.264389682754654, 135}, {-35.264389682754654, 135}, // corners of the cube
	{0, 45}, {0, 135}, {0, -135}, {10, 45}, {-20, -45}, // edges of the cube
	{23.958, -4.808}, {-29.198, -23.908}, // where decimal digits of ids change
	{51.51, -0.13}, {40.6892534, -74.0466891},
}

// randomPlace returns a place anywhere, in a cluster, or near a special place.
func randomPlace(r *rand.Rand) LatLng {
	switch r.IntN(4) {
	case 0: // uniform on the sphere
		return LatLng{math.Asin(2*r.Float64()-1) * 180 / math.Pi, 360*r.Float64() - 180}
	case 1: // a city
		return near(r, LatLng{51.5, -0.12}, 0.3)
	default:
		return near(r, adversarial[r.IntN(len(adversarial))], math.Pow(10, -6*r.Float64()))
	}
}

func near(r *rand.Rand, p LatLng, degrees float64) LatLng {
	p.Lat = min(90, max(-90, p.Lat+degrees*r.NormFloat64()))
	p.Lng = math.Remainder(p.Lng+degrees*r.NormFloat64(), 360)
	return p
}

func randomPoints(r *rand.Rand, n int) []Point {
	points := make([]Point, 0, n+len(adversarial))
	for i := range n {
		points = append(points, NewPoint(randomPlace(r), fmt.Sprintf("p%d", i), nil))
	}
	for i, p := range adversarial {
		points = append(points, NewPoint(p, fmt.Sprintf("a%d", i), nil))
	}
	return points
}
