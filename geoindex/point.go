package geoindex

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Point is an item of a table.
type Point struct {
	Key      Key
	Location LatLng // exact; lies in Key.Cell
	// Attributes are the caller's own: all of the item but its layout's (pk, sk, l and fc; or
	// the four of [Compat]).
	Attributes map[string]types.AttributeValue
}

// NewPoint returns the item id at a place.
func NewPoint(at LatLng, id string, attributes map[string]types.AttributeValue) Point {
	return Point{Key: KeyAt(at, id), Location: at, Attributes: attributes}
}

// Validate reports as [ErrInvalid] a bad key or location, a location outside of the
// key's cell, and attributes with the names of the native layout.
func (p Point) Validate() error { return p.validate(Key.Validate, reserved) }

func (p Point) validate(key func(Key) error, reserved func(name string) bool) error {
	if err := p.Location.Validate(); err != nil {
		return err
	}
	if err := key(p.Key); err != nil {
		return err
	}
	if !p.Key.Cell.meets(p.Location) {
		return fmt.Errorf("%w: %v does not lie in the key's cell %s; use KeyAt", ErrInvalid, p.Location, p.Key.Cell)
	}
	for name := range p.Attributes {
		if reserved(name) {
			return fmt.Errorf("%w: attribute %s is the layout's own", ErrInvalid, name)
		}
	}
	return nil
}

// PrimaryKey returns the attributes that address an item of the table, for use in
// callers' own requests and transactions. The key must be valid.
func (t *Table) PrimaryKey(k Key) map[string]types.AttributeValue { return t.layout.primaryKey(k) }

// Item returns the whole item of p, for use in callers' own requests and transactions.
// The attribute values are shared with p.
func (t *Table) Item(p Point) (map[string]types.AttributeValue, error) {
	if err := p.validate(t.layout.check, t.layout.reserved); err != nil {
		return nil, err
	}
	item := t.PrimaryKey(p.Key)
	t.layout.fill(item, p)
	t.indexItem(item, p.Key)
	maps.Copy(item, p.Attributes)
	return item, nil
}

// ParseItem reads an item of the table, for instance of its stream. The attribute
// values are shared with item. An item of another layout is an [ErrCorrupt].
func (t *Table) ParseItem(item map[string]types.AttributeValue) (Point, error) {
	return t.layout.point(maps.Clone(item))
}

func decodeLocation(v types.AttributeValue) (LatLng, error) {
	b, ok := v.(*types.AttributeValueMemberB)
	if !ok || len(b.Value) != 16 {
		return LatLng{}, fmt.Errorf("%w: attribute %s", ErrCorrupt, location)
	}
	p := LatLng{
		Lat: math.Float64frombits(binary.BigEndian.Uint64(b.Value)),
		Lng: math.Float64frombits(binary.BigEndian.Uint64(b.Value[8:])),
	}
	if err := p.Validate(); err != nil {
		return LatLng{}, fmt.Errorf("%w: attribute %s: %w", ErrCorrupt, location, err)
	}
	return p, nil
}
