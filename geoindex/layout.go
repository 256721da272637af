package geoindex

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// leaves is a run of leaf cells in the order of their ids, both ends included. Leaf ids
// are odd: the next one is two further.
type leaves struct{ min, max CellID }

func (l leaves) contains(leaf CellID) bool { return l.min <= leaf && leaf <= l.max }

// count returns the number of cells, as a float since all of them are 3.5e18.
func (l leaves) count() float64 { return float64(uint64(l.max-l.min)/2 + 1) }

// layout is how a table keeps points: which partition holds a leaf cell, which queries
// read a run of leaf cells, and what an item says. Whatever searches goes through it and
// knows no attribute of the layout by name, so that another layout, or a partition
// that is spread over shards, changes nothing else.
type layout interface {
	// partition returns the leaf cells that share a partition with leaf. They are one run.
	partition(leaf CellID) leaves
	// level is the one to which coverings are refined in any case: the coarsest whose
	// cells lie within one partition each, where there is one. Ranges are cut where
	// partitions end.
	level() int
	// condition returns the key condition of every query, with placeholders that are
	// no numbers, the names that it takes, and the index to query, nil for the table.
	condition() (expression string, names map[string]string, index *string)
	// reads returns the values of the key condition of each query that is needed to read
	// run, which lies within one partition: one query, or one for each shard of the
	// partition. Together they read the items of run, each once, and those of run.min
	// only from behind the item whose id is after. Each query's items are in the order
	// of keys.
	reads(run leaves, after string) []read
	// attributes names what the methods below need of an item; reserved are those that
	// are no caller's.
	attributes() []string
	reserved(name string) bool
	// leaf returns the leaf cell of an item, and location where it is, both without
	// taking the item apart.
	leaf(item map[string]types.AttributeValue) (CellID, bool)
	location(item map[string]types.AttributeValue) (LatLng, bool)
	// compare orders items as their keys are.
	compare(a, b map[string]types.AttributeValue) int
	// key reads the key of an item, or of a page's last one.
	key(item map[string]types.AttributeValue) (Key, error)
	// point reads an item, which becomes the point's attributes. An item of another
	// layout is an ErrCorrupt.
	point(item map[string]types.AttributeValue) (Point, error)

	// check reports a key that is not valid as ErrInvalid.
	check(k Key) error
	// primaryKey returns the attributes that address an item, and keyAttribute names the
	// first of them, which every item has.
	primaryKey(k Key) map[string]types.AttributeValue
	keyAttribute() string
	// slot tells keys apart that address two items, and others are the keys by which an
	// item of k may have been put besides.
	slot(k Key) string
	others(k Key) []Key
	// fill adds the layout's own attributes to an item that has its primary key.
	fill(item map[string]types.AttributeValue, p Point)
	// define sets a table's keys, and inspect notes what an item says of other options.
	define(in *dynamodb.CreateTableInput)
	inspect(item map[string]types.AttributeValue, e *LayoutError)
}

// read is one query of a layout: the values of its key condition.
type read struct {
	partition string // for errors and plans
	values    map[string]types.AttributeValue
	start     map[string]types.AttributeValue // behind which to begin, nil for the first item
}

// cells is the layout that package doc describes, with partitions of its level.
type cells int

func (c cells) level() int { return int(c) }

func (c cells) partition(leaf CellID) leaves {
	p := leaf.s2().Parent(int(c))
	return leaves{CellID(p.RangeMin()), CellID(p.RangeMax())}
}

func (c cells) condition() (string, map[string]string, *string) {
	return "#pk = :pk AND #sk BETWEEN :min AND :max", map[string]string{"#pk": partitionKey, "#sk": sortKey}, nil
}

func (c cells) reads(run leaves, after string) []read {
	// A leaf's items begin with its 8 bytes and go on: those of run.max lie below the 8
	// bytes of run.max+1, which is no leaf and has no items.
	low := binary.BigEndian.AppendUint64(nil, uint64(run.min))
	if after != "" {
		low = append(append(low, after...), 0) // the least that is greater
	}
	high := binary.BigEndian.AppendUint64(nil, uint64(run.max)+1)
	token := run.min.Parent(int(c)).Token()
	return []read{{partition: token, values: map[string]types.AttributeValue{
		":pk":  &types.AttributeValueMemberS{Value: token},
		":min": &types.AttributeValueMemberB{Value: low},
		":max": &types.AttributeValueMemberB{Value: high},
	}}}
}

func (c cells) attributes() []string      { return []string{sortKey, location} }
func (c cells) reserved(name string) bool { return reserved(name) }

func (c cells) compare(a, b map[string]types.AttributeValue) int {
	x, _ := a[sortKey].(*types.AttributeValueMemberB)
	y, _ := b[sortKey].(*types.AttributeValueMemberB)
	if x == nil || y == nil {
		return 0 // not of this layout: point will say so
	}
	return bytes.Compare(x.Value, y.Value)
}

func (c cells) key(item map[string]types.AttributeValue) (Key, error) {
	return parseSortKey(item[sortKey])
}

func (c cells) leaf(item map[string]types.AttributeValue) (CellID, bool) {
	b, ok := item[sortKey].(*types.AttributeValueMemberB)
	if !ok || len(b.Value) <= cellBytes {
		return 0, false
	}
	return CellID(binary.BigEndian.Uint64(b.Value)), true
}

func (c cells) location(item map[string]types.AttributeValue) (LatLng, bool) {
	at, err := decodeLocation(item[location])
	return at, err == nil
}

func (c cells) point(item map[string]types.AttributeValue) (Point, error) {
	k, err := parseSortKey(item[sortKey])
	if err != nil {
		return Point{}, err
	}
	at, err := decodeLocation(item[location])
	if err != nil {
		return Point{}, fmt.Errorf("item %s: %w", k, err)
	}
	delete(item, partitionKey)
	delete(item, sortKey)
	delete(item, location)
	delete(item, feedCell)
	return Point{Key: k, Location: at, Attributes: item}, nil
}

func (c cells) check(k Key) error { return k.Validate() }

func (c cells) primaryKey(k Key) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		partitionKey: &types.AttributeValueMemberS{Value: k.Cell.Parent(int(c)).Token()},
		sortKey:      &types.AttributeValueMemberB{Value: k.sortKey()},
	}
}

func (c cells) keyAttribute() string { return partitionKey }
func (c cells) slot(k Key) string    { return string(k.sortKey()) }
func (c cells) others(Key) []Key     { return nil }

func (c cells) fill(item map[string]types.AttributeValue, p Point) {
	item[location] = &types.AttributeValueMemberB{Value: appendLatLng(nil, p.Location)}
}

func (c cells) define(in *dynamodb.CreateTableInput) {
	in.KeySchema = keySchema(partitionKey, sortKey)
	in.AttributeDefinitions = []types.AttributeDefinition{
		{AttributeName: aws.String(partitionKey), AttributeType: types.ScalarAttributeTypeS},
		{AttributeName: aws.String(sortKey), AttributeType: types.ScalarAttributeTypeB},
	}
}

func (c cells) inspect(item map[string]types.AttributeValue, e *LayoutError) {
	token, _, _ := strings.Cut(scalar(item[partitionKey]), "#")
	cell, err := ParseCellToken(token)
	if err != nil {
		e.compare("partition", "the token of an S2 cell", fmt.Sprintf("%q", token))
		return
	}
	e.compare("level", fmt.Sprint(int(c)), fmt.Sprint(cell.Level()))
}
