package geojson_test

import (
	"fmt"
	"log"

	"github.com/askaround/askaround-go/geoindex"
	"github.com/askaround/askaround-go/geoindex/geojson"
)

func ExampleParse() {
	park, err := geojson.Parse([]byte(`{
		"type": "Feature",
		"properties": {"name": "Central Park"},
		"geometry": {"type": "Polygon", "coordinates": [[
			[-73.9819, 40.7681], [-73.9581, 40.8006], [-73.9493, 40.7969], [-73.9730, 40.7644], [-73.9819, 40.7681]
		]]}
	}`))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(park)
	fmt.Println(park.Contains(geoindex.LatLng{Lat: 40.7826, Lng: -73.9656}))
	// Output:
	// polygon of 4 edges in 1 rings from 40.7681,-73.9819
	// true
}
