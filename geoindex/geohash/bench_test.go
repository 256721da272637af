package geohash

import "testing"

func BenchmarkEncode(b *testing.B) {
	b.ReportAllocs()
	var buffer [MaxPrecision]byte
	for b.Loop() {
		h, err := Encode(57.64911, 10.40744, 11)
		if err != nil {
			b.Fatal(err)
		}
		h.Append(buffer[:0])
	}
}

// BenchmarkHalving is the baseline: the definition, bit by bit.
func BenchmarkHalving(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		halved(57.64911, 10.40744, 11)
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		h, err := Parse("u4pruydqqvj")
		if err != nil {
			b.Fatal(err)
		}
		h.Box()
	}
}

func BenchmarkNeighbors(b *testing.B) {
	b.ReportAllocs()
	h, err := Parse("u4pruydqqvj")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		h.Neighbors()
	}
}

func TestEncodeDoesNotAllocate(t *testing.T) {
	buffer := make([]byte, 0, MaxPrecision)
	allocs := testing.AllocsPerRun(100, func() {
		h, _ := Encode(57.64911, 10.40744, 11)
		buffer = h.Append(buffer[:0])
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}
