package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/askaround/askaround-go/geoindex"
)

const migrateManual = `Copies a table of dynamodb-geo into an empty table of geoindex.

First everything is copied, page by page; -state tells how far, so that the same command
goes on where it was interrupted. Then passes compare every item of both tables, put what
is missing or differs, and remove what the old table no longer has, until a pass finds
nothing. Programs may go on writing to the old table meanwhile; to the new one none may
write. For the end, stop the writers and run the command with -final: when a pass finds
nothing then, both tables are the same, and the command changes nothing any more.

Items that have expired are copied like others. Attributes named as geoindex's own
(pk, sk, l, fc) cannot be.
`

// migration copies one table into another.
type migration struct {
	program  *program
	client   geoindex.DynamoDB
	from, to *geoindex.Table
	state    *state
	final    bool
	passes   int
}

func runMigrate(ctx context.Context, p *program, args []string) error {
	set := p.flags("migrate", "")
	usage := set.Usage
	set.Usage = func() { fmt.Fprint(p.stderr, migrateManual); usage() }
	flags := addTableFlags(set)
	from := set.String("from", "", "`name` of the old table; -compat is about it, -table and all others about the new one")
	create := set.Bool("create", false, "create the new table where it does not exist")
	name := set.String("state", "", "`file` that tells how far it is")
	final := set.Bool("final", false, "nobody writes any more: finish")
	passes := set.Int("passes", 5, "compare so often at most")
	if _, err := parse(set, args, 0); err != nil {
		return err
	}
	if *from == "" || *name == "" || flags.compat == "" {
		fmt.Fprintln(p.stderr, "geoindex: -from, -compat and -state are required")
		return errUsage
	}
	m := &migration{program: p, final: *final, passes: *passes}
	if err := m.open(ctx, flags, *from, *create); err != nil {
		return err
	}
	var err error
	if m.state, err = openState(*name, m.from.Name(), m.to.Name()); err != nil {
		return err
	}
	return m.run(ctx)
}

// open makes both tables. Neither knows of expiry: an item that goes while it is compared
// would be taken for one that is missing.
func (m *migration) open(ctx context.Context, flags *tableFlags, from string, create bool) error {
	created, client, err := flags.openNative(ctx, m.program)
	if err != nil {
		return err
	}
	if err := prepare(ctx, created, create); err != nil {
		return err
	}
	compat, err := flags.layout()
	if err != nil {
		return err
	}
	m.client = client
	if m.from, err = geoindex.New(client, from, func(o *geoindex.Options) { o.Compat = compat }); err != nil {
		return err
	}
	plain := flags.options
	plain.TTLAttribute = ""
	if m.to, err = geoindex.New(client, created.Name(), func(o *geoindex.Options) { *o = plain }); err != nil {
		return err
	}
	return m.from.Verify(ctx)
}

func (m *migration) run(ctx context.Context) error {
	if m.state.Verified {
		fmt.Fprintln(m.program.stdout, "both tables were the same at the end: nothing is to be done")
		return nil
	}
	if !m.state.Begun {
		if err := m.begin(ctx); err != nil {
			return err
		}
	}
	if !m.state.Copied {
		if err := m.copy(ctx); err != nil {
			return err
		}
	}
	for n := 1; n <= m.passes; n++ {
		found, err := m.pass(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintf(m.program.stdout, "pass %d: %d items, %d put, %d removed\n", n, found.items, found.put, found.removed)
		if found.put+found.removed == 0 {
			return m.end(found)
		}
	}
	return errors.New("the tables still differ: stop the writers, and run the command again")
}

// begin makes sure that what passes remove is the migration's own.
func (m *migration) begin(ctx context.Context) error {
	out, err := m.client.Scan(ctx, &dynamodb.ScanInput{TableName: aws.String(m.to.Name()), Limit: aws.Int32(1), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return fmt.Errorf("read table %s: %w", m.to.Name(), geoindex.Classify(err))
	}
	if len(out.Items) > 0 {
		return fmt.Errorf("table %s has items, and the state file is new: a migration begins with an empty table", m.to.Name())
	}
	m.state.Begun = true
	return m.state.save()
}

// end tells what a pass without a difference means.
func (m *migration) end(found difference) error {
	if found.items != found.copies {
		return fmt.Errorf("%d items became %d: some have one id and place in two hash keys", found.items, found.copies)
	}
	if !m.final {
		fmt.Fprintf(m.program.stdout, "all %d items are the same at this moment; stop the writers, then finish with -final\n", found.items)
		return nil
	}
	m.state.Verified = true
	fmt.Fprintf(m.program.stdout, "all %d items are the same\n", found.items)
	return m.state.save()
}

// copy copies what the state has not, and notes each page when all of it is there.
// Putting a page again changes nothing.
func (m *migration) copy(ctx context.Context) error {
	bar := m.program.bar(m.expected(ctx), "copying "+m.from.Name())
	defer func() { _ = bar.Finish() }()
	_ = bar.Set(m.state.Items)
	for points, next := range m.scan(ctx, m.from, m.state.start(), false) {
		if points.err != nil {
			return points.err
		}
		if _, err := m.to.PutBatch(ctx, slices.Values(copies(points.list))); err != nil {
			return err
		}
		_ = bar.Add(len(points.list))
		if err := m.state.advance(len(points.list), next); err != nil {
			return err
		}
	}
	fmt.Fprintf(m.program.stdout, "%d items copied\n", m.state.Items)
	return nil
}

// expected is how many items DynamoDB says there are, some hours late; -1 for none.
func (m *migration) expected(ctx context.Context) int {
	out, err := m.client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(m.from.Name())})
	if err != nil || aws.ToInt64(out.Table.ItemCount) == 0 {
		return -1 // for the bar alone
	}
	return int(*out.Table.ItemCount)
}

// page is what one Scan has read, or why it did not.
type page struct {
	list []geoindex.Point
	err  error
}

// scan yields the pages of a table from a key on, each with the key of the next, which is
// nil behind the last; an error ends it.
func (m *migration) scan(ctx context.Context, table *geoindex.Table, start map[string]types.AttributeValue, consistent bool) func(func(page, map[string]types.AttributeValue) bool) {
	return func(yield func(page, map[string]types.AttributeValue) bool) {
		in := &dynamodb.ScanInput{TableName: aws.String(table.Name()), ExclusiveStartKey: start, ConsistentRead: &consistent}
		for {
			out, err := m.client.Scan(ctx, in)
			if err != nil {
				yield(page{err: fmt.Errorf("read table %s: %w", table.Name(), geoindex.Classify(err))}, nil)
				return
			}
			var p page
			for _, item := range out.Items {
				point, err := table.ParseItem(item)
				if err != nil {
					yield(page{err: fmt.Errorf("table %s: %w", table.Name(), err)}, nil)
					return
				}
				p.list = append(p.list, point)
			}
			if !yield(p, out.LastEvaluatedKey) || len(out.LastEvaluatedKey) == 0 {
				return
			}
			in.ExclusiveStartKey = out.LastEvaluatedKey
		}
	}
}

// copies are the points as the new table has them: in the cells that S2 gives, where
// nodes2ts puts some into a neighbour.
func copies(points []geoindex.Point) []geoindex.Point {
	out := make([]geoindex.Point, len(points))
	for i, p := range points {
		out[i] = geoindex.NewPoint(p.Location, p.Key.ID, p.Attributes)
	}
	return out
}
