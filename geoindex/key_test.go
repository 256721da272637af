package geoindex

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// TestCellAt holds leaf ids to those that other implementations of S2 give.
func TestCellAt(t *testing.T) {
	for _, row := range []struct {
		at   LatLng
		want int64 // as dynamodb-geo 0.4.0 stores it
		why  string
	}{
		{LatLng{51.51, -0.13}, 5221366118452580119, "London"},
		{LatLng{40.6892534, -74.0466891}, -8520158994522410707, "faces 4 and 5 are negative there"},
		{LatLng{-33.8688, 151.2093}, 7715420701375135829, "Sydney"},
		{LatLng{0, 0}, 1152921504606846977, "the centre of a face"},
		{LatLng{-35.2644, -45}, -4611686018427454725, "a corner of the cube"},
		{LatLng{0, 180}, 8070450532247928831, "the antimeridian from the west"},
		{LatLng{0, -180}, 8070450532247928833, "the antimeridian from the east"},
		{LatLng{90, 0}, 5764607523034234881, "the north pole (where nodes2ts is 2 off: it rounds otherwise)"},
		{LatLng{35.6895, 139.6917}, 6924439272605366713, "Tokyo"},
		{LatLng{21.39356972, -157.7403334}, 8935164600592331633, "Hawaii (issue 32 of dynamodb-geo.js)"},
		{LatLng{90.5, 0}, 0, "no place, no cell"},
	} {
		if got := int64(CellAt(row.at)); got != row.want {
			t.Errorf("%s: %v is in %d, want %d", row.why, row.at, got, row.want)
		}
	}
}

func TestParseKeyRefuses(t *testing.T) {
	good := KeyAt(LatLng{51.51, -0.13}, "x").String()
	if k, err := ParseKey(good); err != nil || k.String() != good {
		t.Fatalf("ParseKey(%q) = %v, %v", good, k, err)
	}
	for why, s := range map[string]string{
		"empty":               "",
		"no id":               good[:17],
		"no hyphen":           strings.Replace(good, "-", "_", 1),
		"upper case":          strings.ToUpper(good),
		"not hex":             "g" + good[1:],
		"a sign":              "+" + good[1:],
		"not a leaf":          "4876030000000000-x",
		"no face":             "f876030000000001-x",
		"an id of 1017 bytes": good + strings.Repeat("x", MaxID),
	} {
		if _, err := ParseKey(s); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: ParseKey(%q): %v, want ErrInvalid", why, s, err)
		}
	}
}

func FuzzParseKey(f *testing.F) {
	f.Add(KeyAt(LatLng{51.51, -0.13}, "x").String())
	f.Add("48760345b7c15d97-")
	f.Fuzz(func(t *testing.T, s string) {
		k, err := ParseKey(s)
		if err == nil && k.String() != s {
			t.Errorf("ParseKey(%q).String() = %q", s, k.String())
		}
	})
}

func FuzzParseCellToken(f *testing.F) {
	f.Add("487603")
	f.Add("X")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseCellToken(s)
		if err == nil && (c.Token() != s || !c.Parent(0).Contains(c)) {
			t.Errorf("ParseCellToken(%q) = %v", s, c)
		}
	})
}

// FuzzParseItem reads items that this package did not write.
func FuzzParseItem(f *testing.F) {
	table := newTable(f, &fake{})
	item, err := table.Item(NewPoint(LatLng{1, 2}, "x", nil))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sk(item), item[location].(*types.AttributeValueMemberB).Value)
	f.Add([]byte{}, []byte{})
	f.Fuzz(func(t *testing.T, sort, at []byte) {
		p, err := table.ParseItem(map[string]types.AttributeValue{
			sortKey: &types.AttributeValueMemberB{Value: sort}, location: &types.AttributeValueMemberB{Value: at},
		})
		if err != nil && !errors.Is(err, ErrCorrupt) {
			t.Errorf("error %v is no ErrCorrupt", err)
		}
		if err == nil && (p.Key.Validate() != nil || p.Location.Validate() != nil) {
			t.Errorf("accepted %v", p)
		}
	})
}
