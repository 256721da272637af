package moving

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/askaround/askaround-go/geoindex"
)

// Conditions that callers test for with errors.Is, besides those of geoindex: ErrInvalid,
// ErrNotFound, ErrExists, ErrNoTable, ErrThrottled and ErrCorrupt mean the same here.
var (
	// ErrLate reports a position that is not newer than the one that is stored.
	// Nothing was changed.
	ErrLate = errors.New("moving: a newer position is known")
)

// DynamoDB is what a Table needs of *dynamodb.Client.
type DynamoDB interface {
	CreateTable(context.Context, *dynamodb.CreateTableInput, ...func(*dynamodb.Options)) (*dynamodb.CreateTableOutput, error)
	DescribeTable(context.Context, *dynamodb.DescribeTableInput, ...func(*dynamodb.Options)) (*dynamodb.DescribeTableOutput, error)
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
	DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
}

// Options configure a Table. A zero value means the default. All programs that use a
// table must have the same Level, IndexLevel and Margin.
type Options struct {
	// Level is the S2 level of the index's partitions, 4 to 14. Default 10, some 8 km.
	Level int
	// IndexLevel is the S2 level of the cells of the index's sort key, from Level to 20.
	// Default 16, some 130 m.
	IndexLevel int
	// Margin is how far an object may be outside of its index cell until the cell changes,
	// up to 1,000 m. Default 25 m; negative means none. A search reads that much more.
	Margin geoindex.Meters
	// MaxCells bounds the cells of a search, 4 to 1,024. Default 32.
	MaxCells int
	// Workers bounds the queries that one search has on their way, 1 to 64. Default 8.
	Workers int
	// Remember bounds the objects whose cells the Table remembers. Default 10,000.
	Remember int
}

// Table is a table of objects. It is safe for concurrent use.
type Table struct {
	client  DynamoDB
	name    string
	options Options
	cells   memory
}

// New returns a Table over client. It does no I/O and starts no goroutine. An option
// out of range is reported as [geoindex.ErrInvalid].
func New(client DynamoDB, table string, optFns ...func(*Options)) (*Table, error) {
	var o Options
	for _, fn := range optFns {
		fn(&o)
	}
	if client == nil || table == "" {
		return nil, fmt.Errorf("%w: client and table name are required", geoindex.ErrInvalid)
	}
	if err := o.setDefaults(); err != nil {
		return nil, err
	}
	return &Table{client: client, name: table, options: o, cells: newMemory(o.Remember)}, nil
}

func (o *Options) setDefaults() error {
	for _, c := range []struct {
		name                  string
		value                 *int
		standard, least, most int
	}{
		{"Level", &o.Level, 10, 4, 14},
		{"IndexLevel", &o.IndexLevel, 16, 4, 20},
		{"MaxCells", &o.MaxCells, 32, 4, 1024},
		{"Workers", &o.Workers, 8, 1, 64},
		{"Remember", &o.Remember, 10_000, 1, 10_000_000},
	} {
		if *c.value == 0 {
			*c.value = c.standard
		}
		if *c.value < c.least || *c.value > c.most {
			return fmt.Errorf("%w: %s %d is not within %d and %d", geoindex.ErrInvalid, c.name, *c.value, c.least, c.most)
		}
	}
	if o.IndexLevel < o.Level {
		return fmt.Errorf("%w: IndexLevel %d is above Level %d", geoindex.ErrInvalid, o.IndexLevel, o.Level)
	}
	if o.Margin == 0 {
		o.Margin = 25
	}
	o.Margin = max(o.Margin, 0)
	if !(o.Margin <= 1000) {
		return fmt.Errorf("%w: Margin %v m is more than 1,000", geoindex.ErrInvalid, float64(o.Margin))
	}
	return nil
}

// Name returns the name of the DynamoDB table.
func (t *Table) Name() string { return t.name }
