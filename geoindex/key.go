package geoindex

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Key addresses an item: the leaf cell where it is and its own id.
type Key struct {
	Cell CellID // of level [MaxLevel]
	ID   string // 1 to [MaxID] bytes, any; unique within the cell
}

// MaxID is the longest id of an item in bytes. A sort key is at most 1,024 bytes
// long ("Quotas in Amazon DynamoDB"), of which the cell takes eight.
const MaxID = 1024 - cellBytes

const cellBytes = 8

// Attributes of the layout.
const (
	partitionKey = "pk"
	sortKey      = "sk"
	location     = "l"
	feedCell     = "fc" // of tables with a feed
)

// reserved reports whether an attribute is the layout's own.
func reserved(name string) bool {
	return name == partitionKey || name == sortKey || name == location || name == feedCell
}

// KeyAt returns the key of the item id at a place. The key of a place that is not
// valid is not valid either.
func KeyAt(p LatLng, id string) Key { return Key{Cell: CellAt(p), ID: id} }

// Validate reports a cell that is no leaf, or an id of no or too many bytes, as [ErrInvalid].
func (k Key) Validate() error {
	if !k.Cell.Valid() || !k.Cell.s2().IsLeaf() {
		return fmt.Errorf("%w: %x is not an S2 leaf cell", ErrInvalid, uint64(k.Cell))
	}
	if len(k.ID) < 1 || len(k.ID) > MaxID {
		return fmt.Errorf("%w: id of %d bytes, not of 1 to %d", ErrInvalid, len(k.ID), MaxID)
	}
	return nil
}

// String returns the cell in 16 hex digits, a hyphen, and the id.
func (k Key) String() string { return fmt.Sprintf("%016x-%s", uint64(k.Cell), k.ID) }

// ParseKey reads what [Key.String] returns. Other text is an [ErrInvalid].
func ParseKey(s string) (Key, error) {
	const digits = 2 * cellBytes
	if len(s) < digits+2 || s[digits] != '-' {
		return Key{}, fmt.Errorf("%w: %q is not 16 hex digits, a hyphen and an id", ErrInvalid, s)
	}
	cell, err := strconv.ParseUint(s[:digits], 16, 64)
	k := Key{Cell: CellID(cell), ID: s[digits+1:]}
	if err == nil && strings.ToLower(s[:digits]) != s[:digits] {
		err = fmt.Errorf("the digits are not lower-case")
	}
	if err != nil {
		return Key{}, fmt.Errorf("%w: key %q: %v", ErrInvalid, s, err)
	}
	if err := k.Validate(); err != nil {
		return Key{}, err
	}
	return k, nil
}

// sortKey returns the item's sort key.
func (k Key) sortKey() []byte {
	b := make([]byte, cellBytes, cellBytes+len(k.ID))
	binary.BigEndian.PutUint64(b, uint64(k.Cell))
	return append(b, k.ID...)
}

func parseSortKey(v types.AttributeValue) (Key, error) {
	b, ok := v.(*types.AttributeValueMemberB)
	if !ok || len(b.Value) <= cellBytes {
		return Key{}, fmt.Errorf("%w: attribute %s", ErrCorrupt, sortKey)
	}
	k := Key{Cell: CellID(binary.BigEndian.Uint64(b.Value)), ID: string(b.Value[cellBytes:])}
	if err := k.Validate(); err != nil {
		return Key{}, fmt.Errorf("%w: attribute %s: %w", ErrCorrupt, sortKey, err)
	}
	return k, nil
}
