package pointfile

import (
	"errors"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/geoindex"
)

// bad is what a test compares of an error: the line and the reason.
type bad struct {
	line   int
	reason string
}

// all reads everything; a fatal error has line 0.
func all(seq iter.Seq2[Record, error]) (records []Record, errs []bad) {
	for r, err := range seq {
		var e *RecordError
		switch {
		case err == nil:
			records = append(records, r)
		case errors.As(err, &e) && errors.Is(err, ErrLocation):
			errs = append(errs, bad{e.Line, "location"})
		case errors.As(err, &e) && errors.Is(err, ErrSyntax):
			errs = append(errs, bad{e.Line, "syntax"})
		default:
			errs = append(errs, bad{0, "fatal"})
		}
	}
	return records, errs
}

func at(lat, lng float64) geoindex.LatLng { return geoindex.LatLng{Lat: lat, Lng: lng} }

func TestReadCSV(t *testing.T) {
	for _, c := range []struct {
		why, in string
		want    []Record
		bad     []bad
	}{
		{"columns by name, the others are properties", "Name,LON,Latitude,id\nQuay, 151 ,-33,7\n",
			[]Record{{Line: 2, Location: at(-33, 151), Properties: map[string]any{"Name": "Quay", "id": "7"}}}, nil},
		{"a byte order mark, and empty columns", "\ufefflat,lng,name\n1,2,\n", []Record{{Line: 2, Location: at(1, 2), Properties: map[string]any{}}}, nil},
		{"bad lines do not stop it", "lat,lng\nx,2\n91,0\n1\n1,2\n", []Record{{Line: 5, Location: at(1, 2), Properties: map[string]any{}}},
			[]bad{{2, "location"}, {3, "location"}, {4, "location"}}},
		{"a stray quote", "lat,lng,n\n1,2,a\"b\n", nil, []bad{{2, "syntax"}}},
		{"no columns of a place", "a,b\n1,2\n", nil, []bad{{0, "fatal"}}},
		{"nothing", "", nil, []bad{{0, "fatal"}}},
	} {
		got, errs := all(ReadCSV(strings.NewReader(c.in)))
		if diff := cmp.Diff(c.want, got) + cmp.Diff(c.bad, errs, cmp.AllowUnexported(bad{})); diff != "" {
			t.Errorf("%s: %s", c.why, diff)
		}
	}
}

const quai = `{"type":"Feature","id":9,"geometry":{"type":"Point","coordinates":[2.5,48.5]},"properties":{"name":"Quai","size":1.5,"open":true}}`

func TestReadGeoJSON(t *testing.T) {
	record := func(line int) Record {
		return Record{Line: line, Location: at(48.5, 2.5), ID: 9.0, Properties: map[string]any{"name": "Quai", "size": 1.5, "open": true}}
	}
	collection := "{\"type\":\"FeatureCollection\",\n\"features\":[\n" + quai + ",\n{\"type\":\"Feature\",\"geometry\":null},\n" + quai + "]}"
	lines := "\x1e" + quai + "\n{broken\n\n" + quai
	for name, text := range map[string]string{"a.geojson": collection, "b.JSON": collection, "c.ndjson": lines, "d.geojsonl": lines} {
		seq, err := Read(name, strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		got, errs := all(seq)
		want, wantErrs := []Record{record(3), record(5)}, []bad{{4, "location"}}
		if strings.HasPrefix(text, "\x1e") {
			want, wantErrs = []Record{record(1), record(4)}, []bad{{2, "syntax"}}
		}
		if diff := cmp.Diff(want, got) + cmp.Diff(wantErrs, errs, cmp.AllowUnexported(bad{})); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestOpen(t *testing.T) {
	if _, _, err := Open("places.txt"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: error %v", err)
	}
	name := filepath.Join(t.TempDir(), "places.txt")
	if err := os.WriteFile(name, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Open(name); !errors.Is(err, ErrFormat) {
		t.Errorf("a format that is none: error %v, want ErrFormat", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("lat,lng,name\n1,2,a\n")
	f.Add(quai)
	f.Add(`{"features":[` + quai + `]}`)
	f.Fuzz(func(t *testing.T, in string) {
		for _, name := range []string{"a.csv", "a.geojson", "a.ndjson"} {
			seq, err := Read(name, strings.NewReader(in))
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Count(in, "\n") + 1
			for r, err := range seq {
				var e *RecordError
				if errors.As(err, &e) && (e.Line < 1 || e.Line > lines) {
					t.Fatalf("%s: line %d of %d", name, e.Line, lines)
				}
				if err == nil && r.Location.Validate() != nil {
					t.Fatalf("%s: accepted %+v", name, r)
				}
			}
		}
	})
}
