package fence_test

import (
	"fmt"
	"log"

	"github.com/askaround/askaround-go/geoindex"
	"github.com/askaround/askaround-go/geoindex/fence"
)

func Example() {
	depot, err := fence.Disc(geoindex.LatLng{Lat: 33.462, Lng: -112.268}, 6000)
	if err != nil {
		log.Fatal(err)
	}
	set, err := fence.NewSet(fence.Fence{ID: "depot", Area: depot})
	if err != nil {
		log.Fatal(err)
	}
	// A handler of the table's stream does the same: fence.Handler.
	way := []geoindex.LatLng{{Lat: 33.462, Lng: -112.4}, {Lat: 33.460, Lng: -112.26}, {Lat: 33.462, Lng: -112.1}, {Lat: 33.462, Lng: -112.4}}
	var last *fence.Fix
	for i, at := range way {
		next := &fence.Fix{Location: at, Version: int64(i)}
		for _, e := range set.Evaluate(fence.Change{Object: "bus-7", Old: last, New: next}) {
			fmt.Println(e.ID())
		}
		last = next
	}
	// Output:
	// depot/bus-7/1/enter
	// depot/bus-7/1/inside
	// depot/bus-7/2/exit
	// depot/bus-7/3/cross
}
