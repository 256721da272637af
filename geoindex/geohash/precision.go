package geohash

import "math"

// earthRadius in metres is the mean radius of GRS 80, (2a+b)/3.
const earthRadius = 6_371_008.8

// SizePrecision returns the precision of the smallest cells that are at least so many
// degrees high and wide; 0 where none are.
func SizePrecision(lat, lng float64) int {
	for p := MaxPrecision; p > 0; p-- {
		if height, width := Size(p); height >= lat && width >= lng {
			return p
		}
	}
	return 0
}

// RadiusPrecision returns the precision of the smallest cells for which the cell of any
// place at the latitude, and its eight neighbours, hold the whole disc of a radius in metres
// around the place. It returns 0 where none do: the disc is too large, or holds a pole.
func RadiusPrecision(lat, radius float64) int {
	angle := radius / earthRadius
	extent := math.Sin(angle) / math.Cos(lat*math.Pi/180) // sine of the longitudes to either side
	if !(math.Abs(lat)+angle*180/math.Pi < 90) || !(extent <= 1) {
		return 0
	}
	const rounding = 1 + 1e-9
	return SizePrecision(angle*180/math.Pi*rounding, math.Asin(extent)*180/math.Pi*rounding)
}
