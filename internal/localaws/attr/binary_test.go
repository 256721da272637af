package attr_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"runtime"
	"testing"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

// unpack takes an item from the front of data.
func unpack(data []byte) (attr.Item, string, error) {
	p, rest, err := attr.CutPacked(string(data))
	return p.Item(nil), rest, err
}

func TestBinaryRoundTrip(t *testing.T) {
	r := newRand(t)
	for range 5_000 {
		item := randomItem(t, r, 5)
		data := attr.AppendBinary(nil, item)
		again, rest, err := unpack(append(bytes.Clone(data), "rest"...))
		if err != nil || rest != "rest" {
			t.Fatalf("%s: rest %q, %v", attr.AppendItemJSON(nil, item), rest, err)
		}
		if !attr.EqualItems(item, again) {
			t.Fatalf("%s came back as %s", attr.AppendItemJSON(nil, item), attr.AppendItemJSON(nil, again))
		}
		if second := attr.AppendBinary(nil, again); !bytes.Equal(data, second) {
			t.Fatalf("equal items, different bytes:\n%x\n%x", data, second)
		}
		for cut := range data { // nothing that is cut off is an item
			if _, _, err := unpack(data[:cut]); !errors.Is(err, attr.ErrCorrupt) {
				t.Fatalf("%d of %d bytes: %v", cut, len(data), err)
			}
		}
	}
}

func TestCutPackedRefuses(t *testing.T) {
	deep := []byte{1, 1, 'a'}
	for range 40 {
		deep = append(deep, byte(attr.TypeL), 1)
	}
	tests := []struct {
		reason string
		data   []byte
	}{
		{"nothing", nil},
		{"a count without its attributes", []byte{3}},
		{"a count beyond any memory", binary.AppendUvarint(nil, 1<<62)},
		{"a count that does not end", bytes.Repeat([]byte{0xFF}, 11)},
		{"type 0", []byte{1, 1, 'a', 0}},
		{"a type that does not exist", []byte{1, 1, 'a', 11}},
		{"a boolean of 2", []byte{1, 1, 'a', byte(attr.TypeBOOL), 2}},
		{"a name that is no UTF-8", []byte{1, 1, 0xFF, byte(attr.TypeNULL)}},
		{"a string that is no UTF-8", []byte{1, 1, 'a', byte(attr.TypeS), 1, 0xFF}},
		{"names out of order", []byte{2, 1, 'b', byte(attr.TypeNULL), 1, 'a', byte(attr.TypeNULL)}},
		{"a name twice", []byte{2, 1, 'a', byte(attr.TypeNULL), 1, 'a', byte(attr.TypeNULL)}},
		{"an empty set", []byte{1, 1, 'a', byte(attr.TypeSS), 0}},
		{"a set out of order", []byte{1, 1, 'a', byte(attr.TypeSS), 2, 1, 'b', 1, 'a'}},
		{"a member twice", []byte{1, 1, 'a', byte(attr.TypeSS), 2, 1, 'a', 1, 'a'}},
		{"a number of 17 bytes", append([]byte{1, 1, 'a', byte(attr.TypeN), 17}, bytes.Repeat([]byte{1}, 20)...)},
		{"a number that 10 divides", []byte{1, 1, 'a', byte(attr.TypeN), 1, 10, 0}},
		{"a number of 39 digits", append([]byte{1, 1, 'a', byte(attr.TypeN), 16}, append(bytes.Repeat([]byte{0xFF}, 16), 0)...)},
		{"a number out of range", append([]byte{1, 1, 'a', byte(attr.TypeN), 1, 1}, binary.AppendVarint(nil, 126)...)},
		{"a number that is minus zero", []byte{1, 1, 'a', byte(attr.TypeN), 0x80, 0}},
		{"too deep", append(deep, byte(attr.TypeNULL))},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			if item, _, err := unpack(tt.data); !errors.Is(err, attr.ErrCorrupt) {
				t.Errorf("got %v, %v", item, err)
			}
		})
	}
}

// TestCutPackedBoundsMemory reads input that promises more than it has.
func TestCutPackedBoundsMemory(t *testing.T) {
	promise := append([]byte{1, 1, 'a', byte(attr.TypeL)}, binary.AppendUvarint(nil, 1<<16)...)
	data := append(promise, make([]byte, 1<<16)...) // 65,536 values of type 0
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, _, err := unpack(data); !errors.Is(err, attr.ErrCorrupt) {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 4*uint64(len(data)) {
		t.Errorf("%d bytes of input made %d bytes of garbage", len(data), grown)
	}
}

func FuzzCutPacked(f *testing.F) {
	r := newRand(f)
	for range 20 {
		f.Add(attr.AppendBinary(nil, randomItem(f, r, 4)))
	}
	f.Add([]byte{1, 1, 'a', 2, 0x80, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		item, rest, err := unpack(data)
		if err != nil {
			if !errors.Is(err, attr.ErrCorrupt) {
				t.Fatalf("untyped error %v", err)
			}
			return
		}
		if len(rest) > len(data) {
			t.Fatal("more rest than data")
		}
		again, rest, err := unpack(attr.AppendBinary(nil, item))
		if err != nil || len(rest) > 0 || !attr.EqualItems(item, again) {
			t.Fatalf("%x does not come back: %v", data, err)
		}
	})
}
