package places

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/geoindex"
	"github.com/askaround/askaround-go/geoindex/pointfile"
)

// summary is what a test compares of a reading: a line for each record and error.
func summary(seq iter.Seq2[Record, error]) []string {
	var out []string
	for r, err := range seq {
		var bad *RecordError
		switch {
		case errors.As(err, &bad):
			out = append(out, fmt.Sprintf("%d bad: %v", bad.Line, reasonOf(bad)))
		case err != nil:
			out = append(out, "fatal")
		default:
			out = append(out, fmt.Sprintf("%d %s %g,%g %s", r.Line, r.Kind, r.Location.Lat, r.Location.Lng, r.Question))
		}
	}
	return out
}

func reasonOf(err error) error {
	for _, reason := range []error{pointfile.ErrLocation, ErrQuestion, ErrKind, pointfile.ErrSyntax} {
		if errors.Is(err, reason) {
			return reason
		}
	}
	return err
}

func TestReadCSV(t *testing.T) {
	for name, row := range map[string]struct {
		in   string
		want []string
	}{
		"columns are found by name":     {"Name,LON,Latitude\nQuay,151,-33\n", []string{"2 star -33,151 How is Quay right now?"}},
		"a question beats a name":       {"name,question,kind,lat,lng\nQuay,Is it busy?,geo,1,2\n", []string{"2 geo 1,2 Is it busy?"}},
		"byte order mark":               {"\ufefflat,lng,name\n1,2,x\n", []string{"2 star 1,2 How is x right now?"}},
		"a bad line does not stop it":   {"lat,lng,name\nx,2,a\n1,2,b\n", []string{"2 bad: no usable location", "3 star 1,2 How is b right now?"}},
		"a short line":                  {"lat,lng,name\n1\n1,2,b\n", []string{"2 bad: no usable location", "3 star 1,2 How is b right now?"}},
		"a stray quote":                 {"lat,lng,name\n1,2,a\"b\n1,2,b\n", []string{"2 bad: not readable", "3 star 1,2 How is b right now?"}},
		"NaN is no latitude":            {"lat,lng,name\nNaN,2,a\n", []string{"2 bad: no usable location"}},
		"beyond the pole":               {"lat,lng,name\n90.1,2,a\n", []string{"2 bad: no usable location"}},
		"overflow":                      {"lat,lng,name\n1e400,2,a\n", []string{"2 bad: no usable location"}},
		"no name":                       {"lat,lng,name\n1,2,\n", []string{"2 bad: no usable question"}},
		"too long":                      {"lat,lng,question\n1,2," + strings.Repeat("é", 101) + "\n", []string{"2 bad: no usable question"}},
		"longest":                       {"lat,lng,question\n1,2," + strings.Repeat("é", 100) + "\n", []string{"2 star 1,2 " + strings.Repeat("é", 100)}},
		"not UTF-8":                     {"lat,lng,question\n1,2,\xff\n", []string{"2 bad: no usable question"}},
		"unknown kind":                  {"lat,lng,name,kind\n1,2,a,poll\n", []string{"2 bad: kind is neither star nor geo"}},
		"no latitude column":            {"name,lng\na,1\n", []string{"fatal"}},
		"empty file":                    {"", []string{"fatal"}},
		"lines of a quoted field count": {"lat,lng,question\n1,2,\"a\nb\"\n1,x,c\n", []string{"2 star 1,2 a\nb", "4 bad: no usable location"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(row.want, summary(ReadCSV(strings.NewReader(row.in)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

const point = `{"type":"Feature","geometry":{"type":"Point","coordinates":[2.5,48.5]},"properties":{"name":"Quai"}}`

func TestReadGeoJSON(t *testing.T) {
	for name, row := range map[string]struct {
		in   string
		want []string
	}{
		"collection": {"{\"type\":\"FeatureCollection\",\n\"features\":[\n" + point + ",\n" + point + "]}",
			[]string{"3 star 48.5,2.5 How is Quai right now?", "4 star 48.5,2.5 How is Quai right now?"}},
		"members before the features": {`{"crs":{"x":[1,2]},"features":[` + point + `]}`, []string{"1 star 48.5,2.5 How is Quai right now?"}},
		"a single feature":            {point, []string{"1 star 48.5,2.5 How is Quai right now?"}},
		"a polygon's centroid": {`{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[0,0],[2,0],[2,2],[0,2],[0,0]]]},"properties":{"name":"Sq"}}`,
			[]string{"1 star 1,1 How is Sq right now?"}},
		"a bad feature does not stop it": {`{"features":[{"type":"Feature","geometry":null,"properties":{}},` + point + `]}`,
			[]string{"1 bad: no usable location", "1 star 48.5,2.5 How is Quai right now?"}},
		"unknown geometry":         {`{"features":[{"type":"Feature","geometry":{"type":"Blob"}},` + point + `]}`, []string{"1 bad: not readable", "1 star 48.5,2.5 How is Quai right now?"}},
		"properties of other type": {`{"features":[{"type":"Feature","geometry":{"type":"Point","coordinates":[1,2]},"properties":{"name":7}}]}`, []string{"1 bad: no usable question"}},
		"cut off":                  {`{"features":[` + point + `,`, []string{"1 star 48.5,2.5 How is Quai right now?", "fatal"}},
		"no features":              {`{"type":"Topology"}`, []string{"fatal"}},
		"not an object":            {`[1]`, []string{"fatal"}},
		"not JSON":                 {`lat,lng`, []string{"fatal"}},
		"empty":                    {``, []string{"fatal"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(row.want, summary(questions(pointfile.ReadGeoJSON(strings.NewReader(row.in))))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadGeoJSONLines(t *testing.T) {
	in := "\x1e" + point + "\n\n{broken\n" + point + "\n"
	want := []string{"1 star 48.5,2.5 How is Quai right now?", "3 bad: not readable", "4 star 48.5,2.5 How is Quai right now?"}
	if diff := cmp.Diff(want, summary(questions(pointfile.ReadGeoJSONLines(strings.NewReader(in))))); diff != "" {
		t.Error(diff)
	}
}

// The bundled coordinates are typed by hand: a slip of a digit would put a place
// outside of its city.
func TestBundledIsWhereItSays(t *testing.T) {
	centers := map[string]geoindex.LatLng{
		"London": {Lat: 51.5074, Lng: -0.1278}, "New York": {Lat: 40.7506, Lng: -73.9857}, "Paris": {Lat: 48.8566, Lng: 2.3522},
		"Tokyo": {Lat: 35.6812, Lng: 139.7671}, "Sydney": {Lat: -33.8688, Lng: 151.2093},
	}
	records, err := Bundled()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(bundled)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(records) < 200 || len(records) != len(rows)-1 {
		t.Fatalf("%d records of %d rows, want at least 200", len(records), len(rows)-1)
	}
	geo, seen := 0, map[string]bool{}
	for i, r := range records {
		name, city := rows[i+1][0], rows[i+1][1]
		if d := r.Location.LatLng().Distance(centers[city]); d > 9_000 {
			t.Errorf("%s is %.0f m from the centre of %s", name, d, city)
		}
		if !strings.Contains(r.Question, name) || seen[r.Question] {
			t.Errorf("%q does not ask about %s alone", r.Question, name)
		}
		seen[r.Question] = true
		if r.Kind == askaround.KindGeo {
			geo++
		}
	}
	if geo < 50 {
		t.Errorf("%d geo questions, want some", geo)
	}
}
