package geoindex

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	gocmp "github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/internal/foreign"
	"github.com/askaround/askaround-go/internal/localaws"
)

// npmPlace and npmJob are what peers/compat.js reads, npmAnswer what it writes.
type npmPlace struct {
	ID     string  `json:"id,omitempty"`
	Lat    float64 `json:"lat"`
	Lng    float64 `json:"lng"`
	Radius float64 `json:"radius,omitempty"`
}

type npmJob struct {
	Endpoint       string     `json:"endpoint"`
	Table          string     `json:"table"`
	HashKeyLength  int        `json:"hashKeyLength"`
	LongitudeFirst bool       `json:"longitudeFirst"`
	Create         bool       `json:"create"`
	Put            []npmPlace `json:"put"`
	Search         []npmPlace `json:"search"`
	Get            []npmPlace `json:"get"`
	Remove         []npmPlace `json:"remove"`
}

type npmAnswer struct {
	Found [][]string
	Got   []string
}

// npm runs the package.
func npm(t *testing.T, job npmJob) (answer npmAnswer) {
	t.Helper()
	text, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, foreign.Need(t, "node"), filepath.Join("peers", "compat.js"))
	cmd.Stdin = bytes.NewReader(text)
	cmd.Env = append(os.Environ(), "AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE=1", "NO_PROXY=127.0.0.1")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node: %v\n%s", err, stderr.Bytes())
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return answer
}

func npmPlaces(points []Point) (places []npmPlace) {
	for _, p := range points {
		places = append(places, npmPlace{ID: p.Key.ID, Lat: p.Location.Lat, Lng: p.Location.Lng})
	}
	return places
}

// npmCenters are where the package finds everything: no power of ten of an id, no
// antimeridian and no pole is near.
var npmCenters = []npmPlace{
	{Lat: 51.5, Lng: -0.12, Radius: 20_000}, {Lat: 40.6892534, Lng: -74.0466891, Radius: 5_000}, {Lat: 35.6895, Lng: 139.6917, Radius: 30_000},
	{Lat: -33.8688, Lng: 151.2093, Radius: 10_000}, {Lat: 37.77, Lng: -122.42, Radius: 25_000},
}

// TestCompatWithNPM: dynamodb-geo for Node.js and this package write the same items, to the
// byte, and each finds what the other wrote.
func TestCompatWithNPM(t *testing.T) {
	foreign.NeedPackage(t, "peers", "dynamodb-geo/dist/index.js")
	local, err := localaws.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = local.Close() })
	server := httptest.NewServer(local.Handler())
	t.Cleanup(server.Close)
	client := dynamodb.NewFromConfig(local.Config())
	points := npmPoints(t)
	for i, c := range []Compat{{HashKeyLength: 2}, {HashKeyLength: 5, LatitudeFirst: true}} {
		t.Run(fmt.Sprintf("length %d", c.HashKeyLength), func(t *testing.T) {
			c.EarthRadius = CompatEarthRadius
			job := npmJob{Endpoint: server.URL, HashKeyLength: c.HashKeyLength, LongitudeFirst: !c.LatitudeFirst}
			theirs, ours := npmTable(t, client, fmt.Sprint("theirs", i), &c), npmTable(t, client, fmt.Sprint("ours", i), &c)
			testReadNPM(t, client, theirs, job, points)
			testReadByNPM(t, ours, job, points)
			compareScans(t, client, theirs, ours)
		})
	}
}

func npmTable(t *testing.T, client DynamoDB, name string, c *Compat) *Table {
	table, err := New(client, name, compatible(c))
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// npmPoints are points around the centers and at adversarial places, each with the name
// that compat.js gives it.
func npmPoints(t *testing.T) []Point {
	r := seeded(t)
	var points []Point
	add := func(at LatLng) {
		id := fmt.Sprintf("p%03d", len(points))
		points = append(points, NewPoint(at, id, map[string]types.AttributeValue{"name": &types.AttributeValueMemberS{Value: id}}))
	}
	for range 30 {
		for _, c := range npmCenters {
			add(near(r, LatLng{c.Lat, c.Lng}, 0.1))
		}
	}
	for _, at := range adversarial {
		if CellAt(at) > 1_000_000 { // where an id has few digits the package divides by zero
			add(at)
		}
	}
	return points
}

// testReadNPM: the package makes a table and fills it; this one verifies it and finds all,
// near the poles and the antimeridian too.
func testReadNPM(t *testing.T, client *dynamodb.Client, table *Table, job npmJob, points []Point) {
	job.Table, job.Create, job.Put = table.Name(), true, npmPlaces(points)
	npm(t, job)
	if err := table.Verify(t.Context()); err != nil {
		t.Errorf("Verify: %v", err)
	}
	all := newOracle(points)
	centers := slices.Clone(adversarial)
	for _, c := range npmCenters {
		centers = append(centers, LatLng{c.Lat, c.Lng})
	}
	for _, center := range centers {
		if job.HashKeyLength > 2 && center.Distance(LatLng{-35.26438968, -45}) < 1e5 {
			continue // too many hash keys
		}
		want, _ := all.within(center, 20_000*table.scale())
		if got := ids(t, table, center, 20_000); !slices.Equal(got, want) {
			t.Errorf("around %v: missed %v, extra %v", center, difference(want, got), difference(got, want))
		}
	}
	for _, p := range points {
		if got, err := table.Get(t.Context(), p.Key); err != nil || got.Location != p.Location {
			t.Errorf("Get at %v: %v, %v", p.Location, got.Location, err)
		}
	}
}

// testReadByNPM: this package makes a table and fills it; the other finds and removes.
func testReadByNPM(t *testing.T, table *Table, job npmJob, points []Point) {
	if err := table.Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := table.PutBatch(t.Context(), slices.Values(points)); err != nil {
		t.Fatal(err)
	}
	gone := NewPoint(LatLng{48.8566, 2.3522}, "gone", nil)
	if err := table.Put(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	job.Table, job.Search, job.Get, job.Remove = table.Name(), npmCenters, npmPlaces(points[:20]), npmPlaces([]Point{gone})
	answer := npm(t, job)
	for i, c := range npmCenters {
		want := ids(t, table, LatLng{c.Lat, c.Lng}, Meters(c.Radius))
		if !slices.Equal(answer.Found[i], want) || len(want) == 0 {
			t.Errorf("around %+v the package finds %v, not %v", c, answer.Found[i], want)
		}
	}
	for i, text := range answer.Got {
		if want := table.options.Compat.geoJSON(points[i].Location); text != want {
			t.Errorf("the package gets %q at %v, want %q", text, points[i].Location, want)
		}
	}
	if _, err := table.Get(t.Context(), gone.Key); !errors.Is(err, ErrNotFound) {
		t.Errorf("what the package removed: %v", err)
	}
}

// compareScans compares all items of two tables, but those on the edges of cells, which
// nodes2ts puts into a neighbour.
func compareScans(t *testing.T, client *dynamodb.Client, a, b *Table) {
	t.Helper()
	var tables [2][]map[string]types.AttributeValue
	for i, table := range []*Table{a, b} {
		out, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &table.name})
		if err != nil {
			t.Fatal(err)
		}
		tables[i] = out.Items
		slices.SortFunc(tables[i], func(x, y map[string]types.AttributeValue) int {
			return cmp.Compare(scalar(x["rangeKey"]), scalar(y["rangeKey"]))
		})
	}
	if len(tables[0]) != len(tables[1]) {
		t.Fatalf("%d items and %d", len(tables[0]), len(tables[1]))
	}
	same := 0
	for i, x := range tables[0] {
		y := tables[1][i]
		if place, err := a.ParseItem(x); err == nil && CellAt(place.Location) != place.Key.Cell {
			continue
		}
		same++
		if diff := gocmp.Diff(x, y, attributes); diff != "" {
			t.Errorf("(-theirs +ours):\n%s", diff)
		}
	}
	t.Logf("%d of %d items are the same, the others lie on edges of cells", same, len(tables[0]))
	if same < 150 {
		t.Errorf("the test looks at little")
	}
}
