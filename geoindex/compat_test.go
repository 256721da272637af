package geoindex

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
)

func compatible(c *Compat) func(*Options) { return func(o *Options) { o.Compat = c } }

// compatVectors are what dynamodb-geo 0.4.0 for Node.js wrote.
var compatVectors = []struct {
	at       LatLng
	geohash  string
	hashKeys map[int]string // by length
	why      string
}{
	{LatLng{51.51, -0.13}, "5221366118452580119", map[int]string{2: "52", 3: "522", 5: "52213", 6: "522136"}, "London"},
	{LatLng{40.6892534, -74.0466891}, "-8520158994522410707", map[int]string{2: "-85", 3: "-852", 5: "-85201", 6: "-852015"}, "a negative id"},
	{LatLng{-33.8688, 151.2093}, "7715420701375135829", map[int]string{2: "77", 3: "771", 5: "77154", 6: "771542"}, "Sydney"},
	{LatLng{0, 0}, "1152921504606846977", map[int]string{2: "11", 3: "115", 5: "11529", 6: "115292"}, "the middle of a face, where Java divides by zero"},
	{LatLng{-35.2644, -45}, "-4611686018427454725", map[int]string{2: "-46", 3: "-461", 5: "-46116", 6: "-461168"}, "beside a corner of the cube"},
	{LatLng{0, 180}, "8070450532247928831", map[int]string{2: "80", 3: "807", 5: "80704", 6: "807045"}, "the antimeridian from the west"},
	{LatLng{0, -180}, "8070450532247928833", map[int]string{2: "80", 3: "807", 5: "80704", 6: "807045"}, "the antimeridian from the east"},
	{LatLng{35.6895, 139.6917}, "6924439272605366713", map[int]string{2: "69", 3: "692", 5: "69244", 6: "692443"}, "Tokyo"},
	{LatLng{21.39356972, -157.7403334}, "8935164600592331633", map[int]string{2: "89"}, "a place that was reported lost"},
}

func TestCompatKeys(t *testing.T) {
	for _, c := range compatVectors {
		for length, hashKey := range c.hashKeys {
			table := newTable(t, &fake{}, compatible(&Compat{HashKeyLength: length}))
			item, err := table.Item(NewPoint(c.at, "id", nil))
			if err != nil {
				t.Fatal(err)
			}
			got := []string{scalar(item["hashKey"]), scalar(item["geohash"]), scalar(item["rangeKey"])}
			if diff := cmp.Diff([]string{hashKey, c.geohash, "id"}, got); diff != "" {
				t.Errorf("%s, length %d (-want +got):\n%s", c.why, length, diff)
			}
		}
	}
}

// TestCompatPoles: nodes2ts has other cells at the poles, which this package reads.
func TestCompatPoles(t *testing.T) {
	for at, geohash := range map[LatLng]string{
		{90, 0}: "5764607523034234879", {90, 90}: "6533221859438799531", {-90, 0}: "-5764607523034234879", {-90, 90}: "-4995993186629670229",
	} {
		table := newTable(t, &fake{}, compatible(CompatNPM()))
		text := CompatNPM().geoJSON(at)
		item := map[string]types.AttributeValue{
			"hashKey": &types.AttributeValueMemberN{Value: geohash[:2]}, "rangeKey": &types.AttributeValueMemberS{Value: "pole"},
			"geohash": &types.AttributeValueMemberN{Value: geohash}, "geoJson": &types.AttributeValueMemberS{Value: text},
		}
		p, err := table.ParseItem(item)
		if err != nil || p.Location != at {
			t.Errorf("%v in cell %s: %v, %v", at, geohash, p.Location, err)
		}
	}
}

func TestCompatGeoJSON(t *testing.T) {
	script, java := &Compat{PointType: "POINT"}, &Compat{PointType: "Point", LatitudeFirst: true, JavaNumbers: true}
	for _, c := range []struct {
		why          string
		at           LatLng
		script, java string
	}{
		{"as they are", LatLng{51.51, -0.13}, `{"type":"POINT","coordinates":[-0.13,51.51]}`, `{"type":"Point","coordinates":[51.51,-0.13]}`},
		{"whole numbers", LatLng{0, 180}, `{"type":"POINT","coordinates":[180,0]}`, `{"type":"Point","coordinates":[0.0,180.0]}`},
		{"the largest that Java writes with an exponent", LatLng{0.001, 0.000999}, `{"type":"POINT","coordinates":[0.000999,0.001]}`, `{"type":"Point","coordinates":[0.001,9.99E-4]}`},
		{"one digit with an exponent", LatLng{1e-5, -1e-6}, `{"type":"POINT","coordinates":[-0.000001,0.00001]}`, `{"type":"Point","coordinates":[1.0E-5,-1.0E-6]}`},
		{"the largest that JavaScript writes with an exponent", LatLng{9.99e-7, 1e-7}, `{"type":"POINT","coordinates":[1e-7,9.99e-7]}`, `{"type":"Point","coordinates":[9.99E-7,1.0E-7]}`},
		{"the negative zero", LatLng{math.Copysign(0, -1), math.Copysign(0, -1)}, `{"type":"POINT","coordinates":[0,0]}`, `{"type":"Point","coordinates":[-0.0,-0.0]}`},
	} {
		if got := script.geoJSON(c.at); got != c.script {
			t.Errorf("%s: %s, want %s", c.why, got, c.script)
		}
		if got := java.geoJSON(c.at); got != c.java {
			t.Errorf("%s: %s, want %s", c.why, got, c.java)
		}
	}
}

func TestCompatPlaces(t *testing.T) {
	london := LatLng{51.51, -0.13}
	for _, c := range []struct {
		why, text     string
		at            LatLng
		latitudeFirst bool
		want          string // of the error
	}{
		{"npm", `{"type":"POINT","coordinates":[-0.13,51.51]}`, london, false, ""},
		{"npm's unreleased version", `{"type":"Point","coordinates":[-0.13,51.51]}`, london, false, ""},
		{"Java", `{"type":"Point","coordinates":[51.51,-0.13]}`, london, true, ""},
		{"Java's exponents", `{"type":"Point","coordinates":[1.0E-5,2.0E-5]}`, LatLng{1e-5, 2e-5}, true, ""},
		{"dyngeo", `{"Type":"Point","Coordinates":[-0.13,51.51]}`, london, false, ""},
		{"Python", `51.51,-0.13`, london, true, ""},
		{"both orders are the same", `{"type":"POINT","coordinates":[10,10]}`, LatLng{10, 10}, false, ""},
		{"a height", `{"type":"Point","coordinates":[-0.13,51.51,30]}`, london, false, ""},
		{"another place", `{"type":"Point","coordinates":[-0.14,51.51]}`, london, false, "either order"},
		{"no point", `{"type":"LineString","coordinates":[1,2]}`, london, false, "no point"},
		{"one coordinate", `{"type":"Point","coordinates":[1]}`, london, false, "no point"},
		{"no JSON", `{"type":`, london, false, "JSON"},
		{"no pair", `somewhere`, london, false, "no pair"},
		{"nothing", ``, london, false, "no pair"},
		{"no number", `NaN,1`, london, false, "either order"},
	} {
		at, latitudeFirst, err := (&Compat{}).place(c.text, CellAt(c.at))
		switch {
		case c.want == "" && (err != nil || at != c.at || latitudeFirst != c.latitudeFirst):
			t.Errorf("%s: %v, latitude first %v, %v", c.why, at, latitudeFirst, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: error %v, want %s", c.why, err, c.want)
		}
	}
}

func FuzzCompatPlace(f *testing.F) {
	f.Add(`{"type":"POINT","coordinates":[-0.13,51.51]}`, uint64(CellAt(LatLng{51.51, -0.13})))
	f.Add(`{"Type":"Point","Coordinates":[-0.13,51.51]}`, uint64(CellAt(LatLng{51.51, -0.13})))
	f.Add(`{"type":"Point","coordinates":[1.0E-5,2.0E-5]}`, uint64(CellAt(LatLng{1e-5, 2e-5})))
	f.Add(`51.51, -0.13`, uint64(CellAt(LatLng{51.51, -0.13})))
	f.Fuzz(func(t *testing.T, text string, cell uint64) {
		leaf := CellID(cell)
		if !leaf.Valid() || leaf.Level() != MaxLevel {
			return
		}
		at, _, err := (&Compat{}).place(text, leaf)
		if err != nil {
			return
		}
		if at.Validate() != nil || !leaf.meets(at) {
			t.Errorf("%q: %v does not lie in %v", text, at, leaf)
		}
		for _, c := range []*Compat{CompatNPM(), CompatJava()} {
			again, latitudeFirst, err := c.place(c.geoJSON(at), leaf)
			if err != nil || again != at || latitudeFirst != c.LatitudeFirst {
				t.Errorf("%q: %v is written and read as %v, latitude first %v, %v", text, at, again, latitudeFirst, err)
			}
		}
	})
}

// TestCompatRuns: the runs of hash keys follow one another without a gap, and each cell of
// one has its hash key, across powers of ten, signs and faces.
func TestCompatRuns(t *testing.T) {
	r := seeded(t)
	for _, n := range []numbering{{1, false}, {2, false}, {3, true}, {6, false}, {6, true}, {12, false}, {1, true}} {
		var cells []CellID
		for power := uint64(1); power < 1e19; power *= 10 {
			cells = append(cells, CellID(power|1), CellID((power-1)|1), CellID(-power|1))
		}
		for range 2000 {
			cells = append(cells, CellAt(randomPlace(r)))
		}
		for _, leaf := range cells {
			if !leaf.Valid() {
				continue
			}
			run := n.run(leaf)
			if !run.contains(leaf) || run.min%2 == 0 || run.max%2 == 0 {
				t.Fatalf("%+v: run %v of %s", n, run, n.text(leaf))
			}
			for _, in := range []CellID{run.min, run.max} {
				if n.hashKey(in) != n.hashKey(leaf) || n.run(in) != run {
					t.Fatalf("%+v: %s has hash key %s, not that of %s, which is %s", n, n.text(in), n.hashKey(in), n.text(leaf), n.hashKey(leaf))
				}
			}
			if next := run.max + 2; next.Valid() && (n.run(next).min != next || len(n.text(next)) == len(n.text(leaf)) && n.hashKey(next) == n.hashKey(leaf)) {
				t.Fatalf("%+v: the run behind %v begins at %v", n, run, n.run(next))
			}
			if again, ok := n.parse(n.text(leaf)); !ok || again != leaf {
				t.Fatalf("%+v: %s is read as %v", n, n.text(leaf), again)
			}
		}
	}
}

// TestCompatOperations runs every other operation, with names of its own.
func TestCompatOperations(t *testing.T) {
	client := newEngine(t)
	table := created(t, client, compatible(&Compat{
		HashKeyAttribute: "h", RangeKeyAttribute: "r", GeohashAttribute: "g", GeoJSONAttribute: "j", IndexName: "idx", HashKeyLength: 3,
	}), func(o *Options) { o.TTLAttribute, o.OwnerAttribute, o.TimeAttribute = "ends", "who", "when" })
	ctx := t.Context()
	london, near, far := LatLng{51.51, -0.13}, LatLng{51.52, -0.13}, LatLng{-33.8688, 151.2093}
	own := map[string]types.AttributeValue{"who": &types.AttributeValueMemberS{Value: "ann"}, "when": &types.AttributeValueMemberN{Value: "5"}}
	p := NewPoint(london, "x", own)
	if err := table.Put(ctx, p, IfAbsent); err != nil {
		t.Fatal(err)
	}
	if err := table.Verify(ctx); err != nil {
		t.Errorf("Verify: %v", err)
	}
	if err := table.Put(ctx, p, IfAbsent); !errors.Is(err, ErrExists) {
		t.Errorf("put again: %v, want %v", err, ErrExists)
	}
	got, err := table.Get(ctx, KeyAt(near, "x")) // of the same hash key
	if diff := cmp.Diff(p, got, attributes); err != nil || diff != "" {
		t.Errorf("Get: %v (-want +got):\n%s", err, diff)
	}
	updated, err := table.Update(ctx, p.Key, expression.Set(expression.Name("n"), expression.Value(1)))
	if err != nil || updated.Attributes["n"] == nil || updated.Location != london {
		t.Errorf("Update: %+v, %v", updated, err)
	}
	if _, err := table.Update(ctx, p.Key, expression.Set(expression.Name("g"), expression.Value(1))); !errors.Is(err, ErrInvalid) {
		t.Errorf("update of the geohash: %v, want %v", err, ErrInvalid)
	}
	for _, to := range []LatLng{near, far, far} { // in place, by a transaction, not at all
		moved, err := table.Move(ctx, updated.Key, to)
		if err != nil || moved.Location != to || moved.Key != KeyAt(to, "x") {
			t.Fatalf("move to %v: %+v, %v", to, moved, err)
		}
		updated = moved
	}
	n := 0
	for item, err := range table.ByOwner(ctx, "ann") {
		if n++; err != nil || item.Location != far {
			t.Errorf("ByOwner: %+v, %v", item, err)
		}
	}
	read, err := table.GetBatch(ctx, []Key{KeyAt(far, "x"), {KeyAt(far, "x").Cell + 2, "x"}, KeyAt(london, "x")})
	if err != nil || len(read) != 2 || n != 1 {
		t.Errorf("%d of the owner's; GetBatch: %v, %v", n, read, err)
	}
	if err := table.Delete(ctx, KeyAt(far, "x")); err != nil {
		t.Error(err)
	}
	if _, err := table.Get(ctx, KeyAt(far, "x")); !errors.Is(err, ErrNotFound) {
		t.Errorf("Get of what was deleted: %v", err)
	}
	testCompatMembers(t, client, table)
}

func testCompatMembers(t *testing.T, client *dynamodb.Client, table *Table) {
	p := NewPoint(LatLng{1, 2}, "m", nil)
	put, err := table.PutMember(p, IfAbsent)
	check, checkErr := table.CheckMember(KeyAt(LatLng{50, 2}, "m"), IfAbsent)
	if err := errors.Join(err, checkErr); err != nil {
		t.Fatal(err)
	}
	in := &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{put, check}}
	if _, err := client.TransactWriteItems(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	// Two points of one hash key and one id are one item: the last one stays.
	twice := []Point{p, NewPoint(LatLng{1.001, 2}, "m", nil)}
	if result, err := table.PutBatch(t.Context(), slices.Values(twice)); err != nil || result.Done != 2 {
		t.Errorf("PutBatch: %+v, %v", result, err)
	}
	if got, err := table.Get(t.Context(), p.Key); err != nil || got.Location != twice[1].Location {
		t.Errorf("Get: %+v, %v", got, err)
	}
	if result, err := table.DeleteBatch(t.Context(), slices.Values([]Key{p.Key, twice[1].Key})); err != nil || result.Done != 2 {
		t.Errorf("DeleteBatch: %+v, %v", result, err)
	}
	template, err := table.Template()
	if err != nil || !strings.Contains(string(template), `"LocalSecondaryIndexes"`) {
		t.Errorf("Template: %v\n%s", err, template)
	}
}

// TestCompatVerify: a table that another program filled tells what the options get wrong.
func TestCompatVerify(t *testing.T) {
	client := newEngine(t)
	table := created(t, client, compatible(CompatJava()))
	if err := table.Put(t.Context(), NewPoint(LatLng{40.6892534, -74.0466891}, "x", nil)); err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]Compat{
		"hash key of -8520158994522410707 is -852015, not -85":            {LatitudeFirst: true},
		"order of coordinates is latitude first, not longitude first":     {HashKeyLength: 6},
		"-8520158994522410707 is signed, as npm and Java have it":         {HashKeyLength: 6, LatitudeFirst: true, Unsigned: true},
		"index other is none, not local, hashKey (N, HASH), geohash (N, ": {HashKeyLength: 6, LatitudeFirst: true, IndexName: "other"},
	} {
		err := newTable(t, client, compatible(&c)).Verify(t.Context())
		if !errors.Is(err, ErrLayout) || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want %s", c, err, want)
		}
	}
}

func TestCompatRefuses(t *testing.T) {
	for why, set := range map[string]func(*Options){
		"a level":                     func(o *Options) { o.Level = 5 },
		"shards":                      func(o *Options) { o.Shards = map[CellID]int{CellAt(LatLng{}).Parent(6): 2} },
		"a feed":                      func(o *Options) { o.FeedLevel, o.TimeAttribute = 11, "t" },
		"an expiry by a key":          func(o *Options) { o.TTLAttribute = "geohash" },
		"an owner that is the place":  func(o *Options) { o.OwnerAttribute, o.TimeAttribute = "geoJson", "t" },
		"one attribute for two":       func(o *Options) { o.Compat.GeohashAttribute = "hashKey" },
		"an attribute that is a path": func(o *Options) { o.Compat.GeohashAttribute = "a.b" },
		"hash keys of 13 digits":      func(o *Options) { o.Compat.HashKeyLength = 13 },
		"a short name of an index":    func(o *Options) { o.Compat.IndexName = "i" },
		"another type":                func(o *Options) { o.Compat.PointType = "Polygon" },
		"the Moon":                    func(o *Options) { o.Compat.EarthRadius = 1_737_400 },
	} {
		if _, err := New(&fake{}, "x", compatible(CompatNPM()), set); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: error %v, want %v", why, err, ErrInvalid)
		}
	}
	table := newTable(t, &fake{}, compatible(CompatJava()))
	if _, err := table.Explain(everywhere(LatLng{})); !errors.Is(err, ErrInvalid) {
		t.Errorf("a plan of a million hash keys: error %v", err)
	}
	if _, err := table.Item(NewPoint(LatLng{}, "\xff", nil)); !errors.Is(err, ErrInvalid) {
		t.Errorf("an id that is no text: error %v", err)
	}
	unsigned := map[string]types.AttributeValue{
		"geohash": &types.AttributeValueMemberN{Value: "9926585079187140909"}, "rangeKey": &types.AttributeValueMemberS{Value: "x"},
	}
	if _, err := table.ParseItem(unsigned); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "Python and dyngeo") {
		t.Errorf("an unsigned id: error %v", err)
	}
}
