package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/askaround/askaround-go/geoindex"
)

// tableFlags are those of commands that work with a table.
type tableFlags struct {
	name, endpoint string
	options        geoindex.Options

	compat        string
	hashKeyLength int
	latitudeFirst bool
	unsigned      bool
	names         string
}

func addTableFlags(set *flag.FlagSet) *tableFlags {
	f := new(tableFlags)
	set.StringVar(&f.name, "table", "", "`name` of the table")
	set.StringVar(&f.endpoint, "endpoint", "", "`URL` of DynamoDB, where it is not AWS's")
	set.IntVar(&f.options.Level, "level", 0, "S2 level of the table's partitions (default 6)")
	set.StringVar(&f.options.TTLAttribute, "ttl", "", "`attribute` with the time of expiry")
	set.IntVar(&f.options.FeedLevel, "feed-level", 0, "S2 level of the table's feed")
	set.StringVar(&f.options.OwnerAttribute, "owner", "", "`attribute` with the owner")
	set.StringVar(&f.options.TimeAttribute, "time", "", "`attribute` with the time, of a feed or of owners")
	set.StringVar(&f.compat, "compat", "", "the table is dynamodb-geo's, with the defaults of `npm or java`")
	set.IntVar(&f.hashKeyLength, "hash-key-length", 0, "digits of hash keys, with -compat (default 2 for npm, 6 for java)")
	set.BoolVar(&f.latitudeFirst, "latitude-first", false, "coordinates are written latitude first, with -compat npm")
	set.BoolVar(&f.unsigned, "unsigned", false, "ids are written unsigned, as Python and dyngeo do, with -compat")
	set.StringVar(&f.names, "names", "", "`hashKey,rangeKey,geohash,geoJson,index` where they are others, with -compat")
	return f
}

// layout returns what -compat and its companions say, nil without it.
func (f *tableFlags) layout() (*geoindex.Compat, error) {
	var c *geoindex.Compat
	switch f.compat {
	case "":
		if f.hashKeyLength != 0 || f.latitudeFirst || f.unsigned || f.names != "" {
			return nil, errors.New("-hash-key-length, -latitude-first, -unsigned and -names go with -compat")
		}
		return nil, nil
	case "npm":
		c = geoindex.CompatNPM()
	case "java":
		c = geoindex.CompatJava()
	default:
		return nil, fmt.Errorf("-compat is npm or java, not %q", f.compat)
	}
	c.HashKeyLength = cmp.Or(f.hashKeyLength, c.HashKeyLength)
	c.LatitudeFirst, c.Unsigned = c.LatitudeFirst || f.latitudeFirst, f.unsigned
	if f.names != "" {
		names := strings.Split(f.names, ",")
		if len(names) != 5 {
			return nil, fmt.Errorf("-names: %q is not of five names", f.names)
		}
		c.HashKeyAttribute, c.RangeKeyAttribute, c.GeohashAttribute, c.GeoJSONAttribute, c.IndexName = names[0], names[1], names[2], names[3], names[4]
	}
	return c, nil
}

// open returns the table, of either layout.
func (f *tableFlags) open(ctx context.Context, p *program) (*geoindex.Table, geoindex.DynamoDB, error) {
	compat, err := f.layout()
	if err != nil {
		return nil, nil, err
	}
	f.options.Compat = compat
	return f.openNative(ctx, p)
}

// openNative returns the table, whatever -compat says.
func (f *tableFlags) openNative(ctx context.Context, p *program) (*geoindex.Table, geoindex.DynamoDB, error) {
	if f.name == "" {
		fmt.Fprintln(p.stderr, "geoindex: -table is missing")
		return nil, nil, errUsage
	}
	client, err := p.connect(ctx, f.endpoint)
	if err != nil {
		return nil, nil, err
	}
	table, err := geoindex.New(client, f.name, func(o *geoindex.Options) { *o = f.options })
	return table, client, err
}

func connect(ctx context.Context, endpoint string) (geoindex.DynamoDB, error) {
	const attempts = 8 // of each request: a migration of hours outlives a broken connection
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRetryMaxAttempts(attempts))
	if err != nil {
		return nil, err
	}
	return dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) {
		if endpoint != "" {
			o.BaseEndpoint = &endpoint
		}
	}), nil
}
