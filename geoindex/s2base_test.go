package geoindex

import (
	"testing"

	"github.com/golang/geo/s2"
)

func BenchmarkS2Base(b *testing.B) {
	at := LatLng{51.51, -0.13}
	for b.Loop() {
		c := s2.CapFromCenterAngle(s2.Point{Vector: at.point()}, (5 * Mile).angle())
		coverer := s2.RegionCoverer{MaxLevel: MaxLevel, LevelMod: 1, MaxCells: 16}
		_ = coverer.Covering(c)
	}
}
