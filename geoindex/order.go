package geoindex

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Order is the order of a search's hits. The zero Order is none: hits come as they are
// read, which is the quickest. Hits that an order does not part are in the order of keys.
type Order struct {
	kind      orderKind
	from      LatLng
	attribute string
}

type orderKind byte

const (
	unordered orderKind = iota
	byKey
	byDistance
	newest
	oldest
)

// ByKey is the order of [Key.Compare]: along the curve of S2's cells, so that
// neighbours are mostly near. It is read as it is yielded, in bounded memory.
func ByKey() Order { return Order{kind: byKey} }

// ByDistance is nearest first, from a place that need not lie in the region. It is read in
// rings around the place, as far as hits are consumed.
func ByDistance(from LatLng) Order { return Order{kind: byDistance, from: from} }

// Newest is the order of an attribute of the item, from the greatest value on: a number,
// or text that sorts as time does (RFC 3339 in UTC). Items without it come last. The
// whole region is read before the first hit; at most Limit hits are held, where there is
// one. The attribute is a top-level one, and added to the projection.
func Newest(attribute string) Order { return Order{kind: newest, attribute: attribute} }

// Oldest is Newest the other way round; items without the attribute come last too.
func Oldest(attribute string) Order { return Order{kind: oldest, attribute: attribute} }

// check reports what is wrong with an order as ErrInvalid.
func (o Order) check() error {
	switch {
	case o.kind == byDistance:
		return o.from.Validate()
	case o.timed() && (o.attribute == "" || strings.ContainsAny(o.attribute, ".[")):
		return fmt.Errorf("%w: order by attribute %q: the name of a top-level attribute is required", ErrInvalid, o.attribute)
	}
	return nil
}

func (o Order) timed() bool { return o.kind == newest || o.kind == oldest }

func (o Order) identity(b []byte) []byte {
	return append(appendLatLng(append(b, byte(o.kind)), o.from), o.attribute...)
}

// Compare returns -1, 0 or 1 as k comes before, is, or comes behind o: by cell, then by id.
func (k Key) Compare(o Key) int {
	return cmp.Or(cmp.Compare(k.Cell, o.Cell), strings.Compare(k.ID, o.ID))
}

// position is a place in an order, between hits: behind the one that it was taken from.
// No two hits have the same, for keys are unique.
type position struct {
	distance Meters
	value    sortValue
	key      Key
}

// compare returns how p lies to q in the order.
func (o Order) compare(p, q *position) int {
	switch o.kind {
	case byDistance:
		return cmp.Or(cmp.Compare(p.distance, q.distance), p.key.Compare(q.key))
	case newest:
		return cmp.Or(cmp.Compare(p.value.missing(), q.value.missing()), q.value.compare(p.value), p.key.Compare(q.key))
	case oldest:
		return cmp.Or(cmp.Compare(p.value.missing(), q.value.missing()), p.value.compare(q.value), p.key.Compare(q.key))
	}
	return p.key.Compare(q.key)
}

// sortValue is the value of an attribute that hits are ordered by: numbers before texts.
// Numbers that have the same float64 are told apart by their integer part.
type sortValue struct {
	kind    valueKind
	number  float64
	integer int64
	text    string
}

type valueKind byte

const (
	noValue valueKind = iota
	numberValue
	textValue
)

func (v sortValue) missing() int {
	if v.kind == noValue {
		return 1
	}
	return 0
}

func (v sortValue) compare(o sortValue) int {
	return cmp.Or(cmp.Compare(v.kind, o.kind), cmp.Compare(v.number, o.number),
		cmp.Compare(v.integer, o.integer), strings.Compare(v.text, o.text))
}

func sortValueOf(v types.AttributeValue) sortValue {
	switch v := v.(type) {
	case *types.AttributeValueMemberN:
		n, err := strconv.ParseFloat(v.Value, 64)
		if err != nil {
			return sortValue{}
		}
		whole, _, _ := strings.Cut(v.Value, ".")
		integer, _ := strconv.ParseInt(whole, 10, 64) // the nearest where it is out of range
		return sortValue{kind: numberValue, number: n, integer: integer}
	case *types.AttributeValueMemberS:
		return sortValue{kind: textValue, text: v.Value}
	}
	return sortValue{}
}

// append writes what an order needs of a position.
func (p *position) append(b []byte, o Order) []byte {
	switch {
	case o.kind == byDistance:
		b = binary.BigEndian.AppendUint64(b, math.Float64bits(float64(p.distance)))
	case o.timed():
		b = binary.BigEndian.AppendUint64(append(b, byte(p.value.kind)), math.Float64bits(p.value.number))
		b = binary.BigEndian.AppendUint64(b, uint64(p.value.integer))
		b = binary.AppendUvarint(b, uint64(len(p.value.text)))
		b = append(b, p.value.text...)
	}
	return append(binary.BigEndian.AppendUint64(b, uint64(p.key.Cell)), p.key.ID...)
}

// parsePosition reads what append wrote.
func parsePosition(b []byte, o Order) (p position, err error) {
	r := bytes.NewReader(b)
	var parts struct {
		Number  float64
		Integer int64
	}
	switch {
	case o.kind == byDistance:
		err = binary.Read(r, binary.BigEndian, &p.distance)
	case o.timed():
		err = errors.Join(binary.Read(r, binary.BigEndian, &p.value.kind), binary.Read(r, binary.BigEndian, &parts))
		p.value.number, p.value.integer = parts.Number, parts.Integer
		n, lengthErr := binary.ReadUvarint(r)
		if err = errors.Join(err, lengthErr); err != nil || n > uint64(r.Len()) {
			return p, errors.Join(err, errShort)
		}
		text := make([]byte, n)
		_, err = io.ReadFull(r, text)
		p.value.text = string(text)
	}
	if err != nil {
		return p, err
	}
	if err = binary.Read(r, binary.BigEndian, &p.key.Cell); err != nil {
		return p, err
	}
	p.key.ID = string(b[len(b)-r.Len():])
	return p, nil
}
