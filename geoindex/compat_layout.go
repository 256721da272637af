package geoindex

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// decimal is the layout of dynamodb-geo: a partition is the first digits of a geohash.
type decimal struct {
	*Compat
	numbering
}

func newDecimal(c *Compat) decimal {
	return decimal{c, numbering{c.HashKeyLength, c.Unsigned}}
}

// level is that of a histogram's blocks. Partitions end anywhere.
func (d decimal) level() int { return blockLevel }

func (d decimal) partition(leaf CellID) leaves { return d.run(leaf) }

func (d decimal) condition() (string, map[string]string, *string) {
	return "#pk = :pk AND #sk BETWEEN :min AND :max", map[string]string{"#pk": d.HashKeyAttribute, "#sk": d.GeohashAttribute}, &d.IndexName
}

// reads begins behind an item by its key, there or not: a key condition cannot tell the
// items of one cell apart.
func (d decimal) reads(run leaves, after string) []read {
	low := &types.AttributeValueMemberN{Value: d.text(run.min)}
	r := read{partition: d.hashKey(run.min), values: map[string]types.AttributeValue{
		":pk":  &types.AttributeValueMemberN{Value: d.hashKey(run.min)},
		":min": low,
		":max": &types.AttributeValueMemberN{Value: d.text(run.max)},
	}}
	if after != "" {
		r.start = d.primaryKey(Key{run.min, after})
		r.start[d.GeohashAttribute] = low
	}
	return []read{r}
}

func (d decimal) attributes() []string {
	return []string{d.RangeKeyAttribute, d.GeohashAttribute, d.GeoJSONAttribute}
}

func (d decimal) reserved(name string) bool { return slices.Contains(d.names(), name) }

func (d decimal) leaf(item map[string]types.AttributeValue) (CellID, bool) {
	n, ok := item[d.GeohashAttribute].(*types.AttributeValueMemberN)
	if !ok {
		return 0, false
	}
	leaf, ok := d.parse(n.Value)
	return leaf, ok && leaf.Valid() && leaf.s2().IsLeaf()
}

func (d decimal) location(item map[string]types.AttributeValue) (LatLng, bool) {
	leaf, ok := d.leaf(item)
	if !ok {
		return LatLng{}, false
	}
	at, _, err := d.place(scalar(item[d.GeoJSONAttribute]), leaf)
	return at, err == nil
}

// compare takes items of one cell to be in the order of their range keys. DynamoDB does
// not say in which it returns them; searches go on behind an item in whichever it is.
func (d decimal) compare(a, b map[string]types.AttributeValue) int {
	x, _ := d.leaf(a)
	y, _ := d.leaf(b)
	return cmp.Or(cmp.Compare(x, y), strings.Compare(scalar(a[d.RangeKeyAttribute]), scalar(b[d.RangeKeyAttribute])))
}

func (d decimal) key(item map[string]types.AttributeValue) (Key, error) {
	leaf, ok := d.leaf(item)
	if !ok {
		return Key{}, fmt.Errorf("%w: attribute %s: %s", ErrCorrupt, d.GeohashAttribute, d.complaint(scalar(item[d.GeohashAttribute])))
	}
	id, ok := item[d.RangeKeyAttribute].(*types.AttributeValueMemberS)
	k := Key{Cell: leaf}
	if ok {
		k.ID = id.Value
	}
	if err := d.check(k); err != nil {
		return Key{}, fmt.Errorf("%w: attribute %s: %w", ErrCorrupt, d.RangeKeyAttribute, err)
	}
	return k, nil
}

// complaint tells what is wrong with a geohash.
func (d decimal) complaint(text string) string {
	other := numbering{unsigned: !d.unsigned}
	leaf, ok := other.parse(text)
	switch {
	case !ok || !leaf.Valid():
		return fmt.Sprintf("%q is not the number of an S2 leaf cell", text)
	case d.unsigned:
		return text + " is signed, as npm and Java have it; see Compat.Unsigned"
	}
	return text + " is unsigned, as Python and dyngeo have it; see Compat.Unsigned"
}

func (d decimal) point(item map[string]types.AttributeValue) (Point, error) {
	k, err := d.key(item)
	if err != nil {
		return Point{}, err
	}
	at, _, err := d.place(scalar(item[d.GeoJSONAttribute]), k.Cell)
	if err != nil {
		return Point{}, fmt.Errorf("item %s: %w: attribute %s: %w", k, ErrCorrupt, d.GeoJSONAttribute, err)
	}
	for _, name := range d.names() {
		delete(item, name)
	}
	return Point{Key: k, Location: at, Attributes: item}, nil
}

func (d decimal) check(k Key) error {
	if err := k.Validate(); err != nil {
		return err
	}
	if !utf8.ValidString(k.ID) {
		return fmt.Errorf("%w: id %q is not UTF-8, as range keys of dynamodb-geo are", ErrInvalid, k.ID)
	}
	return nil
}

func (d decimal) primaryKey(k Key) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		d.HashKeyAttribute:  &types.AttributeValueMemberN{Value: d.hashKey(k.Cell)},
		d.RangeKeyAttribute: &types.AttributeValueMemberS{Value: k.ID},
	}
}

func (d decimal) slot(k Key) string { return d.hashKey(k.Cell) + " " + k.ID }

// others are the keys of the item in the cells around its own, of each hash key one.
func (d decimal) others(k Key) (keys []Key) {
	seen := []string{d.hashKey(k.Cell)}
	for _, cell := range k.Cell.Neighbors() {
		if key := d.hashKey(cell); !slices.Contains(seen, key) {
			seen, keys = append(seen, key), append(keys, Key{cell, k.ID})
		}
	}
	return keys
}

func (d decimal) fill(item map[string]types.AttributeValue, p Point) {
	item[d.GeohashAttribute] = &types.AttributeValueMemberN{Value: d.text(p.Key.Cell)}
	item[d.GeoJSONAttribute] = &types.AttributeValueMemberS{Value: d.geoJSON(p.Location)}
}

func (d decimal) keyAttribute() string { return d.HashKeyAttribute }

func (d decimal) define(in *dynamodb.CreateTableInput) {
	in.KeySchema = keySchema(d.HashKeyAttribute, d.RangeKeyAttribute)
	in.AttributeDefinitions = []types.AttributeDefinition{
		{AttributeName: aws.String(d.HashKeyAttribute), AttributeType: types.ScalarAttributeTypeN},
		{AttributeName: aws.String(d.RangeKeyAttribute), AttributeType: types.ScalarAttributeTypeS},
		{AttributeName: aws.String(d.GeohashAttribute), AttributeType: types.ScalarAttributeTypeN},
	}
	in.LocalSecondaryIndexes = []types.LocalSecondaryIndex{{
		IndexName:  aws.String(d.IndexName),
		KeySchema:  keySchema(d.HashKeyAttribute, d.GeohashAttribute),
		Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
	}}
}

// inspect compares the length of hash keys and the order of coordinates, which readers with
// another setting would not find, or misplace.
func (d decimal) inspect(item map[string]types.AttributeValue, e *LayoutError) {
	leaf, ok := d.leaf(item)
	if !ok {
		e.compare("geohash", "the number of a leaf cell", d.complaint(scalar(item[d.GeohashAttribute])))
		return
	}
	e.compare("hash key of "+d.text(leaf), d.hashKey(leaf), scalar(item[d.HashKeyAttribute]))
	_, latitudeFirst, err := d.place(scalar(item[d.GeoJSONAttribute]), leaf)
	if err != nil {
		e.compare("geoJson", "a place in the geohash's cell", err.Error())
		return
	}
	e.compare("order of coordinates", orderName(d.LatitudeFirst), orderName(latitudeFirst))
}

func orderName(latitudeFirst bool) string {
	if latitudeFirst {
		return "latitude first"
	}
	return "longitude first"
}
