package geoindex

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// DynamoDB is what a Table needs of *dynamodb.Client. The items that it returns are the
// Table's from then on.
type DynamoDB interface {
	CreateTable(context.Context, *dynamodb.CreateTableInput, ...func(*dynamodb.Options)) (*dynamodb.CreateTableOutput, error)
	DescribeTable(context.Context, *dynamodb.DescribeTableInput, ...func(*dynamodb.Options)) (*dynamodb.DescribeTableOutput, error)
	DescribeTimeToLive(context.Context, *dynamodb.DescribeTimeToLiveInput, ...func(*dynamodb.Options)) (*dynamodb.DescribeTimeToLiveOutput, error)
	UpdateTimeToLive(context.Context, *dynamodb.UpdateTimeToLiveInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateTimeToLiveOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
	DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
	BatchWriteItem(context.Context, *dynamodb.BatchWriteItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error)
	BatchGetItem(context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error)
	TransactWriteItems(context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
	Scan(context.Context, *dynamodb.ScanInput, ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error)
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
}

// Options configure a Table. A zero value means the default.
type Options struct {
	// Level is the S2 level of partitions, 4 to 6. It is part of the table's layout:
	// every program must use the same. Level 6 has cells of about 100 to 150 km. Default 6.
	Level int
	// MaxCells bounds the cells of a search's covering, 4 to 1,024, in so far as partitions
	// allow. More take longer to find, and fit better where items are dense. Default 64.
	MaxCells int
	// MaxQueries bounds the ranges of keys that a search reads, 1 to 1,024: where the
	// statistics ask for more, the plan is made coarser. Each partition that a region
	// meets takes a range in any case. Default 64.
	MaxQueries int
	// Workers bounds the queries that one search has on their way, 1 to 64. Default 8.
	Workers int
	// Retries bounds how often a throttled query of a search is repeated, 1 to 20, after
	// all the client's own retries. Default 5, which takes about a second.
	Retries int
	// Histogram is what searches learn from, and plan by. Default: a new one.
	Histogram *Histogram
	// CursorKey signs cursors, at least 16 bytes that only servers know. Programs that
	// continue each other's searches need the same. Default: a random one of this Table.
	CursorKey []byte
	// TTLAttribute names the attribute with the time of expiry, in Unix seconds; "" means
	// that nothing expires. Items without it never do. No dots and brackets.
	TTLAttribute string
	// FeedLevel is the S2 level of the cells of the feed, 4 to 20, which [Table.Newest]
	// reads; 0 means no feed. It is part of the table's layout. Discs of some ten
	// to twenty cells cost least: level 11 is good for five miles.
	FeedLevel int
	// OwnerAttribute names the string attribute with the owner of an item, by which
	// [Table.ByOwner] reads; "" means none.
	OwnerAttribute string
	// TimeAttribute names the number attribute, an integer of any unit, by which the feed
	// and the items of an owner are ordered. Both need it. Items without it are not in them.
	TimeAttribute string
	// Shards spreads the items of hot partitions, cells of Level, over so many partition
	// keys, 2 to 256, by a hash of their ids. A partition key takes 1,000 write and 3,000
	// read units a second at once ("Best practices for designing partition keys"); DynamoDB
	// splits busier ones by itself, but only after some time. Every search of the cell
	// takes as many queries as there are shards. It is part of the table's layout: the
	// items of a cell must be put again when its number changes.
	Shards map[CellID]int
	// Compat makes the Table one over a table of dynamodb-geo, with its keys and attributes;
	// nil means the layout of package doc. See [CompatNPM] and [CompatJava].
	Compat *Compat
	// Clock tells the time of expiry. Default time.Now.
	Clock func() time.Time
}

// Table is a table of points. It is safe for concurrent use.
type Table struct {
	client  DynamoDB
	name    string
	options Options

	layout    layout
	histogram *Histogram
	plans     *plans
}

// New returns a Table over client. It does no I/O and starts no goroutine. An option
// out of range is reported as [ErrInvalid].
func New(client DynamoDB, table string, optFns ...func(*Options)) (*Table, error) {
	var o Options
	for _, fn := range optFns {
		fn(&o)
	}
	if client == nil || table == "" {
		return nil, fmt.Errorf("%w: client and table name are required", ErrInvalid)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if err := o.checkCompat(); err != nil {
		return nil, err
	}
	for _, c := range []struct {
		name                  string
		value                 *int
		standard, least, most int
	}{
		{"Level", &o.Level, 6, 4, 6},
		{"MaxCells", &o.MaxCells, 64, 4, 1024},
		{"MaxQueries", &o.MaxQueries, 64, 1, 1024},
		{"Retries", &o.Retries, 5, 1, 20},
		{"Workers", &o.Workers, 8, 1, 64},
	} {
		if *c.value == 0 {
			*c.value = c.standard
		}
		if *c.value < c.least || *c.value > c.most {
			return nil, fmt.Errorf("%w: %s %d is not within %d and %d", ErrInvalid, c.name, *c.value, c.least, c.most)
		}
	}
	layout := o.layout()
	if layout.reserved(o.TTLAttribute) || strings.ContainsAny(o.TTLAttribute, ".[") {
		return nil, fmt.Errorf("%w: TTLAttribute %s is the layout's own, or a path", ErrInvalid, o.TTLAttribute)
	}
	if err := errors.Join(o.checkIndexes(layout.reserved), o.checkShards()); err != nil {
		return nil, err
	}
	if o.CursorKey == nil {
		o.CursorKey = make([]byte, leastCursorKey)
		_, _ = rand.Read(o.CursorKey) // never fails
	}
	if len(o.CursorKey) < leastCursorKey {
		return nil, fmt.Errorf("%w: CursorKey of %d bytes, not of %d or more", ErrInvalid, len(o.CursorKey), leastCursorKey)
	}
	if o.Histogram == nil {
		o.Histogram = NewHistogram()
	}
	return &Table{
		client: client, name: table, options: o,
		layout: layout, histogram: o.Histogram, plans: newPlans(),
	}, nil
}

// layout is the one that the options choose.
func (o *Options) layout() layout {
	if o.Compat != nil {
		return newDecimal(o.Compat)
	}
	return hotCells{cells(o.Level), maps.Clone(o.Shards)}
}

// leastCursorKey is as many bits as the part of the MAC that cursors carry.
const leastCursorKey = cursorMAC

// Histogram returns what t's searches have learned, for keeping it with
// [Histogram.MarshalBinary].
func (t *Table) Histogram() *Histogram { return t.histogram }

// Name returns the name of the DynamoDB table.
func (t *Table) Name() string { return t.name }
