package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/geoindex"
	"github.com/askaround/askaround-go/internal/localaws"
)

// runAsCommand is a variable of the environment that makes the test binary the command.
const runAsCommand = "GEOINDEX_RUN_AS_COMMAND"

func TestMain(m *testing.M) {
	_ = os.Unsetenv("AWS_CA_BUNDLE") // breaks clients with an HTTP client of their own
	if os.Getenv(runAsCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

// session runs commands against one DynamoDB in this process.
type session struct {
	t      *testing.T
	client geoindex.DynamoDB
	dir    string
}

func newSession(t *testing.T) *session {
	local, err := localaws.Open(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = local.Close() })
	return &session{t, dynamodb.NewFromConfig(local.Config()), t.TempDir()}
}

// run returns the status and what was written.
func (s *session) run(args ...string) (status int, stdout, stderr string) {
	var out, errs bytes.Buffer
	p := &program{stdout: &out, stderr: &errs, connect: func(context.Context, string) (geoindex.DynamoDB, error) { return s.client, nil }}
	status = p.main(s.t.Context(), args)
	return status, out.String(), errs.String()
}

func (s *session) file(name, text string) string {
	s.t.Helper()
	name = filepath.Join(s.dir, name)
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
	return name
}

func (s *session) read(name string) string {
	s.t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

func TestImportAndExport(t *testing.T) {
	s := newSession(t)
	csv := s.file("cities.csv", "id,name,lat,lng,people\nldn,London,51.5074,-0.1278,8799800\nnowhere,Nowhere,91,0,0\nnyc,New York,40.7128,-74.006,many\nsyd,Sydney,-33.8688,151.2093,5450496\n")
	status, stdout, stderr := s.run("import", "-table", "cities", "-create", "-numbers", "people", csv)
	if status != 1 || !strings.Contains(stdout, "2 of 4 records written, 2 skipped") {
		t.Errorf("status %d, output %q", status, stdout)
	}
	for _, want := range []string{"cities.csv: line 3: no usable location", `cities.csv: line 4: people: "many" is not a number: skipped`, "2 records skipped"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("errors %q lack %q", stderr, want)
		}
	}
	if status, stdout, _ := s.run("export", "-table", "cities"); status != 0 || strings.Count(stdout, "\n") != 2 ||
		!strings.Contains(stdout, `{"type":"Feature","id":"ldn","geometry":{"type":"Point","coordinates":[-0.1278,51.5074]},"properties":{"name":"London","people":8799800}}`) {
		t.Errorf("status %d, output %s", status, stdout)
	}
}

// TestRoundTrip: what was exported can be imported, and exports the same again.
func TestRoundTrip(t *testing.T) {
	s := newSession(t)
	lines := s.file("in.ndjson", strings.Join([]string{
		`{"type":"Feature","id":"a","geometry":{"type":"Point","coordinates":[2.3522000000000003,48.8566]},"properties":{"n":1.5,"open":true,"none":null,"tags":["x",1],"more":{"y":"z"}}}`,
		`{"type":"Feature","id":7000000,"geometry":{"type":"Point","coordinates":[180,-90]},"properties":{}}`,
		`{"type":"Feature","geometry":{"type":"Point","coordinates":[0,0]},"properties":{"id":"own"}}`,
		`{"type":"Feature","geometry":{"type":"Point","coordinates":[0,1]},"properties":{}}`,
	}, "\n"))
	if status, stdout, stderr := s.run("import", "-table", "one", "-create", lines); status != 0 {
		t.Fatalf("status %d: %s%s", status, stdout, stderr)
	}
	for table, name := range map[string]string{"two": "out.ndjson", "three": "out.geojson"} {
		name = filepath.Join(s.dir, name)
		if status, _, stderr := s.run("export", "-table", "one", "-o", name); status != 0 {
			t.Fatalf("status %d: %s", status, stderr)
		}
		if status, stdout, stderr := s.run("import", "-table", table, "-create", name); status != 0 {
			t.Fatalf("status %d: %s%s", status, stdout, stderr)
		}
		_, first, _ := s.run("export", "-table", "one")
		_, again, _ := s.run("export", "-table", table)
		if diff := cmp.Diff(first, again); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		for _, want := range []string{`"id":"a"`, `"id":"7000000"`, `"id":"own"`, `"id":"line-4"`, `[2.3522000000000003,48.8566]`, `{"more":{"y":"z"},"n":1.5,"none":null,"open":true,"tags":["x",1]}`} {
			if !strings.Contains(again, want) {
				t.Errorf("%s lacks %s: %s", name, want, again)
			}
		}
		if strings.HasSuffix(name, ".geojson") && !json.Valid([]byte(s.read(name))) {
			t.Errorf("%s is no JSON", name)
		}
	}
}

func TestImportRefuses(t *testing.T) {
	s := newSession(t)
	good := s.file("good.csv", "lat,lng\n1,2\n")
	for _, c := range []struct {
		why    string
		args   []string
		status int
		want   string
	}{
		{"no command", nil, 2, "usage"},
		{"a command that is none", []string{"fly"}, 2, "usage"},
		{"no file", []string{"import", "-table", "x"}, 2, "usage"},
		{"no table named", []string{"import", good}, 2, "-table is missing"},
		{"no such table", []string{"import", "-table", "absent", good}, 1, "no such table"},
		{"a flag that is none", []string{"import", "-fast", good}, 2, "not defined"},
		{"no such file", []string{"import", "-table", "new", "-create", "absent.csv"}, 1, "absent.csv"},
		{"a format that is none", []string{"import", "-table", "new", "-create", s.file("x.txt", "")}, 1, "must end in"},
		{"a file without a header", []string{"import", "-table", "new", "-create", s.file("x.csv", "a,b\n1,2\n")}, 1, "no columns"},
		{"a table of another level", []string{"import", "-table", "new", "-create", "-level", "4", good}, 1, "level is 6, not 4"},
		{"help", []string{"draw", "-h"}, 0, "usage: geoindex draw"},
	} {
		if c.why == "a table of another level" {
			if status, _, stderr := s.run("import", "-table", "new", good); status != 0 {
				t.Fatal(stderr)
			}
		}
		if status, _, stderr := s.run(c.args...); status != c.status || !strings.Contains(stderr, c.want) {
			t.Errorf("%s: status %d, errors %q; want %d, %q", c.why, status, stderr, c.status, c.want)
		}
	}
}

func TestDraw(t *testing.T) {
	s := newSession(t)
	for _, c := range []struct {
		why   string
		args  []string
		cells int
	}{
		{"a disc", []string{"-center", "51.5074,-0.1278", "-radius", "5mi", "-level", "10"}, 6},
		{"a disc by a number of cells", []string{"-center", "51.5074,-0.1278", "-radius", "8046.72", "-cells", "16"}, 16},
		{"a pole", []string{"-center", "90,0", "-radius", "20km", "-level", "10"}, 32},
		{"a box over the antimeridian", []string{"-box", "-18,178,-15,-179", "-cells", "30"}, 18},
	} {
		svg, geo := filepath.Join(s.dir, "x.svg"), filepath.Join(s.dir, "x.geojson")
		for _, name := range []string{svg, geo} {
			if status, _, stderr := s.run(append([]string{"draw", "-o", name}, c.args...)...); status != 0 {
				t.Fatalf("%s: status %d: %s", c.why, status, stderr)
			}
		}
		if got := svgCells(t, s.read(svg)); got != c.cells {
			t.Errorf("%s: %d cells in the SVG, want %d", c.why, got, c.cells)
		}
		var collection struct {
			Features []struct {
				Properties map[string]any
				Geometry   struct{ Coordinates [][][2]float64 }
			}
		}
		if err := json.Unmarshal([]byte(s.read(geo)), &collection); err != nil {
			t.Fatal(err)
		}
		if got := len(collection.Features) - 1; got != c.cells { // the region is one
			t.Errorf("%s: %d cells in the GeoJSON, want %d", c.why, got, c.cells)
		}
		for _, f := range collection.Features {
			ring := f.Geometry.Coordinates[0]
			for i := range ring[1:] {
				if d := ring[i+1][0] - ring[i][0]; c.why != "a pole" && (d > 90 || d < -90) {
					t.Errorf("%s: %v jumps from %v to %v", c.why, f.Properties, ring[i], ring[i+1])
				}
			}
		}
	}
}

// svgCells returns the cells of an SVG that is well-formed, every one of which has a title.
func svgCells(t *testing.T, text string) int {
	t.Helper()
	d, titles := xml.NewDecoder(strings.NewReader(text)), -1 // the picture has one, too
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return titles
		}
		if err != nil {
			t.Fatal(err)
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "title" {
			titles++
		}
	}
}

func TestDrawRefuses(t *testing.T) {
	s := newSession(t)
	for why, args := range map[string][]string{
		"no region":                   {},
		"a place that is none":        {"-center", "91,0"},
		"a place of one number":       {"-center", "51"},
		"a radius of nothing":         {"-center", "1,1", "-radius", "0"},
		"a radius in furlongs":        {"-center", "1,1", "-radius", "5fur"},
		"half the Earth":              {"-center", "1,1", "-radius", "15000km"},
		"a box upside down":           {"-box", "2,0,1,1"},
		"a box of three":              {"-box", "2,0,1"},
		"a million cells":             {"-center", "1,1", "-radius", "100km", "-level", "20"},
		"a level below leaves":        {"-center", "1,1", "-level", "31"},
		"a covering of no cells":      {"-center", "1,1", "-cells", "0"},
		"a folder that is none there": {"-center", "1,1", "-o", filepath.Join(s.dir, "absent", "x.svg")},
	} {
		if status, _, stderr := s.run(append([]string{"draw"}, args...)...); status != 1 || stderr == "" {
			t.Errorf("%s: status %d, errors %q", why, status, stderr)
		}
	}
}
