package geohash_test

import (
	"fmt"
	"log"

	"github.com/askaround/askaround-go/geoindex/geohash"
)

func Example() {
	h, err := geohash.Encode(57.64911, 10.40744, 11)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(h, h.Parent(5))
	fmt.Println(h.Parent(5).Neighbors())
	// Output:
	// u4pruydqqvj u4pru
	// [u4r2h u4r2j u4prv u4prt u4prs u4pre u4prg u4r25]
}

// A search of nine cells needs cells that are not smaller than its radius.
func ExampleRadiusPrecision() {
	for _, lat := range []float64{0, 51.5, 75, 89.99} {
		fmt.Println(lat, geohash.RadiusPrecision(lat, 4000))
	}
	// Output:
	// 0 5
	// 51.5 4
	// 75 4
	// 89.99 0
}
