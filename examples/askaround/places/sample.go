package places

import (
	"hash/fnv"
	"math"
	"math/rand/v2"

	"github.com/askaround/askaround-go/askaround"
)

// sampleAnswers makes up one to four answers to r's question, always the same: ratings
// around one that suits the place, or places around a corner that is some minutes away.
func sampleAnswers(r Record) []askaround.Value {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(r.Question)) // it never fails
	random := rand.New(rand.NewPCG(hash.Sum64(), 0))
	usual := 5 + random.IntN(5) // half stars
	corner := offset(random, r.Location, 700)
	answers := make([]askaround.Value, 1+random.IntN(4))
	for i := range answers {
		answers[i].Kind = r.Kind
		if r.Kind == askaround.KindGeo {
			answers[i].Location = offset(random, corner, 250)
		} else {
			answers[i].Stars = askaround.HalfStars(min(usual+random.IntN(4)-2, askaround.MaxHalfStars))
		}
	}
	return answers
}

// offset returns a place up to so many metres from at, in any direction. Near the poles
// it would be farther.
func offset(random *rand.Rand, at askaround.Location, metres float64) askaround.Location {
	const degree = 111_195 // metres of latitude
	sin, cos := math.Sincos(2 * math.Pi * random.Float64())
	distance := metres * random.Float64() / degree
	return askaround.Location{
		Lat: at.Lat + distance*cos,
		Lng: at.Lng + distance*sin/math.Cos(at.Lat*math.Pi/180),
	}
}
