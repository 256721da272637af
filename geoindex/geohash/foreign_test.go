package geohash

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/internal/foreign"
)

// peer answers each line "lat lng precision" with a line of JSON, by python-geohash.
const peer = `
import geohash, json, sys
for line in sys.stdin:
    lat, lng, n = line.split()
    h = geohash.encode(float(lat), float(lng), int(n))
    b = geohash.bbox(h)
    print(json.dumps({"hash": h, "box": {"South": b["s"], "West": b["w"], "North": b["n"], "East": b["e"]},
                      "neighbors": sorted(geohash.neighbors(h))}))
`

// TestPeer compares with python-geohash, which nobody here wrote. It leaves out what lies
// beyond the poles, where it has no neighbours.
func TestPeer(t *testing.T) {
	python := foreign.NeedPython(t, "geohash")
	r := seeded(t)
	var in strings.Builder
	var hashes []Hash
	n := 4_000
	if os.Getenv("ASKAROUND_SLOW") == "1" {
		n = 20_000
	}
	for range n {
		lat, lng := randomHash(r).Center()
		precision := 1 + r.IntN(MaxPrecision)
		h, err := Encode(lat, lng, precision)
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, h)
		fmt.Fprintln(&in, lat, lng, precision)
	}
	cmd := exec.Command(python, "-c", peer)
	cmd.Stdin = strings.NewReader(in.String())
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	answers := json.NewDecoder(strings.NewReader(string(out)))
	for _, h := range hashes {
		var theirs struct {
			Hash      string
			Box       Box
			Neighbors []string
		}
		if err := answers.Decode(&theirs); err != nil {
			t.Fatal(err)
		}
		if theirs.Hash != h.String() {
			t.Fatalf("%v is %s there", h, theirs.Hash)
		}
		if diff := cmp.Diff(theirs.Box, h.Box()); diff != "" {
			t.Fatalf("%v: %s", h, diff)
		}
		if diff := cmp.Diff(theirs.Neighbors, sameHemisphere(h)); diff != "" {
			t.Fatalf("%v: %s", h, diff)
		}
	}
}

// sameHemisphere returns the neighbours that are not beyond a pole, sorted.
func sameHemisphere(h Hash) []string {
	var texts []string
	rows, _ := gridBits(h.Precision())
	row, _ := h.grid()
	for d, n := range h.Neighbors() {
		if next := int64(row) + int64(steps[d][0]); next >= 0 && next < 1<<rows {
			texts = append(texts, n.String())
		}
	}
	slices.Sort(texts)
	return texts
}
