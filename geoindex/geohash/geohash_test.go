package geohash

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{join .Imports "\n"}}`, ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range strings.Fields(string(out)) {
		if strings.Contains(path, ".") {
			t.Errorf("imports %s; the standard library is all it may", path)
		}
	}
}

func parse(t testing.TB, s string) Hash {
	t.Helper()
	if s == "" {
		return Hash{}
	}
	h, err := Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestEncode(t *testing.T) {
	for _, c := range []struct {
		why      string
		lat, lng float64
		want     string
	}{
		{"Wikipedia, Geohash: Jutland", 57.64911, 10.40744, "u4pruydqqvj"},
		{"Wikipedia, Geohash: the worked example", 42.605, -5.603, "ezs42"},
		{"dcode.fr: the worked example", 6.08642578125, -55.39306640625, "dc0de"},
		{"algorithmia, Geo/GeoHash: Seattle", 47.599240004249054, -122.3333752155304, "c23nb1pt9v2n"},
		{"an edge is of the cell to its north-east", 0, 0, "s00000000000"},
		{"just south of the equator", math.Nextafter(0, -1), 0, "kpbpbpbpbpbp"},
		{"just west of Greenwich", 0, math.Nextafter(0, -1), "ebpbpbpbpbpb"},
		{"the south-west corner", -90, -180, "000000000000"},
		{"the north-east corner is in the last cell", 90, 180, "zzzzzzzzzzzz"},
		{"longitude 180 and -180 are neighbours", 0, 180, "xbpbpbpbpbpb"},
		{"longitude -180", 0, -180, "800000000000"},
	} {
		h, err := Encode(c.lat, c.lng, len(c.want))
		if err != nil || h.String() != c.want {
			t.Errorf("%s: %v, %v, want %s", c.why, h, err, c.want)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	for why, c := range map[string]struct {
		lat, lng  float64
		precision int
	}{
		"no characters":           {0, 0, 0},
		"thirteen characters":     {0, 0, 13},
		"a latitude beyond":       {90.0001, 0, 5},
		"a longitude beyond":      {0, -180.0001, 5},
		"a latitude of no number": {math.NaN(), 0, 5},
		"an infinite longitude":   {0, math.Inf(1), 5},
	} {
		if _, err := Encode(c.lat, c.lng, c.precision); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: error %v, want ErrInvalid", why, err)
		}
	}
	for why, s := range map[string]string{
		"no text": "", "too long": "0123456789bcd", "letters left out": "ail", "a space": "u4 ", "no ASCII": "ü",
	} {
		if _, err := Parse(s); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: error %v, want ErrInvalid", why, err)
		}
	}
}

func TestBox(t *testing.T) {
	for s, want := range map[string]Box{
		"ezs42": {42.5830078125, -5.625, 42.626953125, -5.5810546875}, // Wikipedia
		"z":     {45, 135, 90, 180},
		"8":     {0, -180, 45, -135},
		"":      {-90, -180, 90, 180},
	} {
		if diff := cmp.Diff(want, parse(t, s).Box()); diff != "" {
			t.Errorf("%q: %s", s, diff)
		}
	}
	lat, lng := parse(t, "ezs42").Center()
	height, width := Size(5)
	if lat != 42.60498046875 || lng != -5.60302734375 || height/2 != 0.02197265625 || width/2 != 0.02197265625 {
		t.Errorf("centre %v, %v, size %v, %v", lat, lng, height, width) // Wikipedia: 42.605 and -5.603, error 0.022
	}
}

// TestSizes holds what is said of hash lengths: one character is of about 5,000 by
// 5,000 km, two of 1,250 by 625 km, and twelve of a square inch or so.
func TestSizes(t *testing.T) {
	const degree = math.Pi * earthRadius / 180
	for _, c := range []struct {
		precision     int
		height, width float64 // metres
		within        float64 // of these
	}{
		{1, 5_000_000, 5_000_000, 0.01},
		{2, 625_000, 1_250_000, 0.01},
		{5, 4_890, 4_890, 0.01},
		{12, 0.0187, 0.0373, 0.01},
	} {
		lat, lng := Size(c.precision)
		if math.Abs(lat*degree/c.height-1) > c.within || math.Abs(lng*degree/c.width-1) > c.within {
			t.Errorf("%d characters: %v by %v m", c.precision, lat*degree, lng*degree)
		}
	}
	lat, lng := Size(12)
	if inches := lat * lng * degree * degree / (0.0254 * 0.0254); inches < 0.5 || inches > 2 {
		t.Errorf("12 characters: %v square inches", inches)
	}
}

// TestNeighbors has no cells beside the poles: those are in TestPoles.
func TestNeighbors(t *testing.T) {
	for why, c := range map[string]struct{ hash, want string }{
		"in the middle, clockwise from the north": {"ezs42", "ezs48 ezs49 ezs43 ezs41 ezs40 ezefp ezefr ezefx"},
		"across the antimeridian, eastwards":      {"xb", "xc 81 80 2p rz rx x8 x9"},
		"across the antimeridian, westwards":      {"80", "81 83 82 2r 2p rz xb xc"},
		"a single character, equator":             {"s", "u v t m k 7 e g"},
	} {
		var got []string
		for _, n := range parse(t, c.hash).Neighbors() {
			got = append(got, n.String())
		}
		if diff := cmp.Diff(strings.Fields(c.want), got); diff != "" {
			t.Errorf("%s: %s", why, diff)
		}
	}
	if n := (Hash{}).Neighbor(East); n != (Hash{}) {
		t.Errorf("the neighbour of the Earth is %v", n)
	}
}

// TestPoles: past a pole lies the other side of the Earth, in the same row.
func TestPoles(t *testing.T) {
	for _, lat := range []float64{90, -90} {
		h, err := Encode(lat, 10, 4)
		if err != nil {
			t.Fatal(err)
		}
		beyond := North
		if lat < 0 {
			beyond = South
		}
		want, err := Encode(lat, 10-180, 4)
		if err != nil {
			t.Fatal(err)
		}
		if got := h.Neighbor(beyond); got != want {
			t.Errorf("past the pole at %v: %v, want %v", lat, got, want)
		}
		if back := want.Neighbor(beyond); back != h {
			t.Errorf("and back: %v, want %v", back, h)
		}
	}
}

func TestNeighborsAreMutual(t *testing.T) {
	r := seeded(t)
	for range 20_000 {
		h := randomHash(r)
		seen := map[Hash]bool{h: true}
		for _, n := range h.Neighbors() {
			if seen[n] {
				t.Fatalf("%v meets %v twice", h, n)
			}
			seen[n] = true
			back := n.Neighbors()
			if !slices.Contains(back[:], h) {
				t.Fatalf("%v is a neighbour of %v, but not the other way round", n, h)
			}
		}
	}
}

func TestFamily(t *testing.T) {
	r := seeded(t)
	for range 2_000 {
		h := randomHash(r)
		if h.Precision() == MaxPrecision {
			h = h.Parent(MaxPrecision - 1)
		}
		for i := range 32 {
			child := h.Child(i)
			if child.Parent(h.Precision()) != h || !h.Contains(child) || child.Contains(h) || child.String() != h.String()+alphabet[i:i+1] {
				t.Fatalf("child %d of %v is %v", i, h, child)
			}
			lat, lng := child.Center()
			if got, err := Encode(lat, lng, h.Precision()); err != nil || got != h {
				t.Fatalf("the middle of %v lies in %v, %v", child, got, err)
			}
		}
	}
}

func TestCompare(t *testing.T) {
	r := seeded(t)
	for range 20_000 {
		a, b := randomHash(r), randomHash(r)
		if r.IntN(2) == 0 {
			b = a.Parent(r.IntN(a.Precision() + 1))
		}
		got := a.Compare(b)
		if want := strings.Compare(a.String(), b.String()); (got < 0) != (want < 0) || (got > 0) != (want > 0) {
			t.Fatalf("%v and %v: %d, want %d", a, b, got, want)
		}
	}
}

func TestCover(t *testing.T) {
	for _, c := range []struct {
		why       string
		box       Box
		precision int
		want      string
	}{
		{"a place", Box{42.605, -5.603, 42.605, -5.603}, 5, "ezs42"},
		{"four cells around an edge", Box{-1, -1, 1, 1}, 1, "7 k e s"},
		{"over the antimeridian", Box{1, 179, 2, -179}, 1, "x 8"},
		{"a point on the antimeridian has two spellings", Box{1, 180, 1, 180}, 1, "x 8"},
		{"and so in the other", Box{1, -180, 1, -180}, 1, "x 8"},
		{"an edge on the antimeridian", Box{1, 170, 2, 180}, 1, "x 8"},
		{"nearly all around, back into the first column", Box{1, 20, 2, 10}, 1, "8 9 d e s t w x"},
		{"the west of the last column to the antimeridian", Box{1, -180, 2, 179}, 1, "8 9 d e s t w x"},
		{"all around", Box{1, -180, 2, 180}, 1, "8 9 d e s t w x"},
		{"a box in all of its cells", Box{-90, -180, 90, 180}, 1, "0 1 4 5 h j n p 2 3 6 7 k m q r 8 9 d e s t w x b c f g u v y z"},
	} {
		cells, err := Cover(c.box, c.precision)
		if err != nil {
			t.Errorf("%s: %v", c.why, err)
			continue
		}
		var got []string
		for _, h := range cells {
			got = append(got, h.String())
		}
		if diff := cmp.Diff(strings.Fields(c.want), got); diff != "" {
			t.Errorf("%s: %s", c.why, diff)
		}
	}
	for why, b := range map[string]Box{
		"upside down":      {2, 0, 1, 0},
		"out of range":     {0, 0, 91, 0},
		"a million cells":  {-90, -180, 90, 180},
		"west is NaN":      {0, math.NaN(), 1, 1},
		"south is no room": {math.NaN(), 0, 1, 1},
	} {
		if _, err := Cover(b, 5); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: error %v, want ErrInvalid", why, err)
		}
	}
}

// TestCoverHoldsItsPoints asks at random, and that no cell is there in vain.
func TestCoverHoldsItsPoints(t *testing.T) {
	r := seeded(t)
	for range 2_000 {
		precision := 1 + r.IntN(6)
		height, width := Size(precision)
		b := Box{South: 180*r.Float64() - 90, West: 360*r.Float64() - 180}
		b.North = min(90, b.South+5*height*r.Float64())
		east := 5 * width * r.Float64()
		b.East = math.Remainder(b.West+east, 360)
		if east >= 360 {
			continue
		}
		cells, err := Cover(b, precision)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			h, err := Encode(b.South+(b.North-b.South)*r.Float64(), math.Remainder(b.West+east*r.Float64(), 360), precision)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(cells, h) {
				t.Fatalf("%+v: %v is not covered", b, h)
			}
		}
		if most := (math.Ceil((b.North-b.South)/height) + 1) * (math.Ceil(east/width) + 1); float64(len(cells)) > most {
			t.Fatalf("%+v: %d cells, at most %v can meet it", b, len(cells), most)
		}
	}
}

func TestRadiusPrecision(t *testing.T) {
	for _, c := range []struct {
		why         string
		lat, radius float64
		want        int
	}{
		{"five miles at the equator", 0, 8046.72, 4},
		{"five miles in London", 51.5, 8046.72, 4},
		{"4,000 m in London: cells of five are 4.9 by 3.0 km", 51.5, 4000, 4},
		{"4,000 m at the equator", 0, 4000, 5},
		{"beside the pole", 89.99, 8046.72, 0},
		{"a third of the Earth", 0, 1e7, 0},
		{"a place", 0, 0, 12},
	} {
		if got := RadiusPrecision(c.lat, c.radius); got != c.want {
			t.Errorf("%s: %d, want %d", c.why, got, c.want)
		}
	}
	if got := SizePrecision(181, 1); got != 0 {
		t.Errorf("larger than the Earth: %d, want 0", got)
	}
}

// TestNineCells is the promise of RadiusPrecision against points on the rims of discs.
func TestNineCells(t *testing.T) {
	r := seeded(t)
	tested := 0
	for range 20_000 {
		lat, lng := math.Asin(2*r.Float64()-1)*180/math.Pi, 360*r.Float64()-180
		radius := math.Pow(10, 7*r.Float64())
		precision := RadiusPrecision(lat, radius)
		if precision == 0 {
			continue
		}
		tested++
		h, err := Encode(lat, lng, precision)
		if err != nil {
			t.Fatal(err)
		}
		around := h.Neighbors()
		rim, err := Encode(towards(lat, lng, 2*math.Pi*r.Float64(), radius, precision))
		if err != nil {
			t.Fatal(err)
		}
		if rim != h && !slices.Contains(around[:], rim) {
			t.Fatalf("%v m around %v, %v reach %v, beyond %v and its neighbours", radius, lat, lng, rim, h)
		}
	}
	if tested < 1000 {
		t.Errorf("only %d cases", tested)
	}
}

// towards returns the place at a bearing and distance, and passes the precision on.
func towards(lat, lng, bearing, metres float64, precision int) (float64, float64, int) {
	const rad = math.Pi / 180
	d := metres / earthRadius
	sin := math.Sin(lat*rad)*math.Cos(d) + math.Cos(lat*rad)*math.Sin(d)*math.Cos(bearing)
	east := math.Atan2(math.Sin(bearing)*math.Sin(d)*math.Cos(lat*rad), math.Cos(d)-math.Sin(lat*rad)*sin)
	return math.Asin(sin) / rad, math.Remainder(lng+east/rad, 360), precision
}

func TestJSON(t *testing.T) {
	in := map[string]Hash{"somewhere": parse(t, "ezs42"), "anywhere": {}}
	text, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != `{"anywhere":"","somewhere":"ezs42"}` {
		t.Errorf("JSON %s", text)
	}
	var out map[string]Hash
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	if out["somewhere"] != in["somewhere"] || out["anywhere"] != (Hash{}) {
		t.Errorf("read %v", out)
	}
	if err := json.Unmarshal([]byte(`{"x":"ail"}`), &out); !errors.Is(err, ErrInvalid) {
		t.Errorf("error %v, want ErrInvalid", err)
	}
}

// seeded returns a source of chance whose seed the log tells.
func seeded(t testing.TB) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// randomHash returns a cell anywhere, often beside a pole, the antimeridian or an edge.
func randomHash(r *rand.Rand) Hash {
	lat, lng := 180*r.Float64()-90, 360*r.Float64()-180
	if r.IntN(3) == 0 {
		lat = []float64{-90, 0, 90}[r.IntN(3)]
	}
	if r.IntN(3) == 0 {
		lng = []float64{-180, 0, 180}[r.IntN(3)]
	}
	h, err := Encode(lat, lng, 1+r.IntN(MaxPrecision))
	if err != nil {
		panic(err)
	}
	return h
}
