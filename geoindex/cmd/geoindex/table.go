package main

import (
	"context"
	"flag"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/askaround/askaround-go/geoindex"
)

// tableFlags are those of commands that work with a table.
type tableFlags struct {
	name, endpoint string
	options        geoindex.Options
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
	return f
}

// open returns the table.
func (f *tableFlags) open(ctx context.Context, p *program) (*geoindex.Table, geoindex.DynamoDB, error) {
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
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	return dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) {
		if endpoint != "" {
			o.BaseEndpoint = &endpoint
		}
	}), nil
}
