package geoindex

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/golang/geo/r3"
	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"
)

// Meters is a distance along the surface of the sphere.
type Meters float64

const (
	// Mile is the international mile of 1959.
	Mile Meters = 1609.344
	// EarthRadius is the mean radius of the Earth, (2a+b)/3 of GRS 80, as the
	// International Union of Geodesy and Geophysics defines it.
	EarthRadius Meters = 6_371_008.8
	// maxDistance is half the circumference: no two points are further apart.
	maxDistance = math.Pi * EarthRadius
)

func (m Meters) angle() s1.Angle { return s1.Angle(m / EarthRadius) }

// String returns the distance in metres, from 10 km in kilometres.
func (m Meters) String() string {
	if m >= 10_000 {
		return fmt.Sprintf("%.6g km", float64(m)/1000)
	}
	return fmt.Sprintf("%.6g m", float64(m))
}

// LatLng is a place in degrees of WGS 84.
type LatLng struct {
	Lat float64 // -90 to 90, north is positive
	Lng float64 // -180 to 180, east is positive
}

// Validate reports what is out of range, or no number, as [ErrInvalid].
func (p LatLng) Validate() error {
	if !(math.Abs(p.Lat) <= 90) { // false for NaN too
		return fmt.Errorf("%w: latitude %v is not within -90 and 90 degrees", ErrInvalid, p.Lat)
	}
	if !(math.Abs(p.Lng) <= 180) {
		return fmt.Errorf("%w: longitude %v is not within -180 and 180 degrees", ErrInvalid, p.Lng)
	}
	return nil
}

// Distance returns the great-circle distance from p to q on a sphere of [EarthRadius].
// It errs by less than 10 nanometres plus 4e-16 of the distance, between any two
// points, near and antipodal ones included; it is exactly 0 between spellings of one
// place, such as longitudes 180 and -180. Both places must be valid.
func (p LatLng) Distance(q LatLng) Meters {
	return distance(p.point(), q.point())
}

// distance uses Kahan's formula for the angle between vectors, which, unlike the
// arc cosine or the haversine, is well conditioned at 0 and at π alike.
func distance(a, b r3.Vector) Meters {
	return Meters(2*math.Atan2(a.Sub(b).Norm(), a.Add(b).Norm())) * EarthRadius
}

// point returns the place on the unit sphere: the same for all spellings of a place.
func (p LatLng) point() r3.Vector { return s2.PointFromLatLng(p.canonical().s2()).Vector }

func (p LatLng) s2() s2.LatLng { return s2.LatLngFromDegrees(p.Lat, p.Lng) }

// canonical is the one spelling of a place that has several: the antimeridian is at
// 180, a pole at longitude 0.
func (p LatLng) canonical() LatLng {
	switch {
	case p.pole():
		return LatLng{p.Lat, 0}
	case p.Lng == -180:
		return LatLng{p.Lat, 180}
	}
	return p
}

func (p LatLng) pole() bool { return math.Abs(p.Lat) == 90 }

func (p LatLng) String() string { return fmt.Sprintf("%g,%g", p.Lat, p.Lng) }

// appendLatLng appends 16 bytes that tell places apart.
func appendLatLng(b []byte, p LatLng) []byte {
	b = binary.BigEndian.AppendUint64(b, math.Float64bits(p.Lat))
	return binary.BigEndian.AppendUint64(b, math.Float64bits(p.Lng))
}
