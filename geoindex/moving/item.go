package moving

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/askaround/askaround-go/geoindex"
)

// Attributes of the layout.
const (
	idKey     = "id"
	cellPart  = "c"
	cellSort  = "k"
	location  = "l"
	version   = "v"
	indexName = "cell"
)

func reserved(name string) bool {
	switch name {
	case idKey, cellPart, cellSort, location, version:
		return true
	}
	return false
}

// Position is an object at a place.
type Position struct {
	ID       string // 1 to 2,048 bytes of UTF-8
	Location geoindex.LatLng
	// Version orders the positions of an object: a time of any unit, or a count.
	Version int64
	// Attributes are the caller's own. A move sets those that it has and leaves the others.
	Attributes map[string]types.AttributeValue
}

// Validate reports what is out of range as [geoindex.ErrInvalid].
func (p Position) Validate() error {
	if len(p.ID) < 1 || len(p.ID) > 2048 { // "Quotas in Amazon DynamoDB": partition keys
		return fmt.Errorf("%w: id of %d bytes, not of 1 to 2,048", geoindex.ErrInvalid, len(p.ID))
	}
	for name := range p.Attributes {
		if reserved(name) {
			return fmt.Errorf("%w: attribute %s is the layout's own", geoindex.ErrInvalid, name)
		}
	}
	return p.Location.Validate()
}

// ParseItem reads an item of the table, for instance of its stream. The attribute values
// are shared with item. An item of another layout is a [geoindex.ErrCorrupt].
func ParseItem(item map[string]types.AttributeValue) (Position, error) {
	id, ok := item[idKey].(*types.AttributeValueMemberS)
	if !ok {
		return Position{}, corrupt(idKey)
	}
	n, ok := item[version].(*types.AttributeValueMemberN)
	if !ok {
		return Position{}, corrupt(version)
	}
	at, err := decodeLocation(item[location])
	if err != nil {
		return Position{}, err
	}
	p := Position{ID: id.Value, Location: at, Attributes: maps.Clone(item)}
	if p.Version, err = strconv.ParseInt(n.Value, 10, 64); err != nil {
		return Position{}, corrupt(version)
	}
	maps.DeleteFunc(p.Attributes, func(name string, _ types.AttributeValue) bool { return reserved(name) })
	return p, nil
}

func corrupt(attribute string) error {
	return fmt.Errorf("%w: attribute %s", geoindex.ErrCorrupt, attribute)
}

func encodeLocation(p geoindex.LatLng) types.AttributeValue {
	b := binary.BigEndian.AppendUint64(nil, math.Float64bits(p.Lat))
	return &types.AttributeValueMemberB{Value: binary.BigEndian.AppendUint64(b, math.Float64bits(p.Lng))}
}

func decodeLocation(v types.AttributeValue) (geoindex.LatLng, error) {
	b, ok := v.(*types.AttributeValueMemberB)
	if !ok {
		return geoindex.LatLng{}, corrupt(location)
	}
	return DecodeLocation(b.Value)
}

// DecodeLocation reads the bytes of attribute l. Others are a [geoindex.ErrCorrupt].
func DecodeLocation(b []byte) (geoindex.LatLng, error) {
	if len(b) != 16 {
		return geoindex.LatLng{}, corrupt(location)
	}
	p := geoindex.LatLng{
		Lat: math.Float64frombits(binary.BigEndian.Uint64(b)),
		Lng: math.Float64frombits(binary.BigEndian.Uint64(b[8:])),
	}
	if p.Validate() != nil {
		return geoindex.LatLng{}, corrupt(location)
	}
	return p, nil
}

func cellBytes(c geoindex.CellID) types.AttributeValue {
	return &types.AttributeValueMemberB{Value: binary.BigEndian.AppendUint64(nil, uint64(c))}
}
