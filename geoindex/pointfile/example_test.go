package pointfile_test

import (
	"fmt"
	"strings"

	"github.com/askaround/askaround-go/geoindex/pointfile"
)

func ExampleReadCSV() {
	const file = "name,lat,lng\nParis,48.8566,2.3522\nNowhere,91,0\nTokyo,35.6812,139.7671\n"
	for r, err := range pointfile.ReadCSV(strings.NewReader(file)) {
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(r.Line, r.Text("name"), r.Location)
	}
	// Output:
	// 2 Paris 48.8566,2.3522
	// line 3: no usable location: geoindex: invalid: latitude 91 is not within -90 and 90 degrees
	// 4 Tokyo 35.6812,139.7671
}
