package geoindex

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// LayoutError tells how a table differs from what the Options say. It is an [ErrLayout].
type LayoutError struct {
	Table       string
	Differences []Difference
}

// Difference is one of a [LayoutError].
type Difference struct {
	What      string // such as "key" or "index feed"
	Want, Got string // in words; "none" where there is none
}

func (e *LayoutError) Error() string {
	var parts []string
	for _, d := range e.Differences {
		parts = append(parts, fmt.Sprintf("%s is %s, not %s", d.What, d.Got, d.Want))
	}
	return fmt.Sprintf("geoindex: table %s has another layout: %s", e.Table, strings.Join(parts, "; "))
}

// Unwrap returns [ErrLayout].
func (e *LayoutError) Unwrap() error { return ErrLayout }

// Verify reports a table that this Table cannot work with as a [*LayoutError]: another
// primary key, an index that Options declare and that is missing or has another key or
// projection, another attribute of expiry, or partitions of another level, hash keys of
// another length or another order of coordinates, for which it looks at a hundred items.
// Other indexes, throughput, stream and tags are the owner's business.
// A table that does not exist is an [ErrNoTable].
func (t *Table) Verify(ctx context.Context) error {
	described, err := t.client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &t.name})
	if err != nil {
		return fmt.Errorf("geoindex: describe table %s: %w", t.name, classify(err))
	}
	e := &LayoutError{Table: t.name}
	e.compareKeys(t.definition(CreateOptions{}), described.Table)
	if err := t.verifyTTL(ctx, e); err != nil {
		return err
	}
	if len(e.Differences) == 0 { // a table of another key has no items to look at
		if err := t.verifyItems(ctx, e); err != nil {
			return err
		}
	}
	if len(e.Differences) > 0 {
		return e
	}
	return nil
}

func (e *LayoutError) compare(what, want, got string) {
	if want != got {
		e.Differences = append(e.Differences, Difference{what, want, got})
	}
}

func (e *LayoutError) compareKeys(want *dynamodb.CreateTableInput, got *types.TableDescription) {
	e.compare("key", describeKeys(want.KeySchema, want.AttributeDefinitions), describeKeys(got.KeySchema, got.AttributeDefinitions))
	found := map[string]string{}
	for _, g := range got.GlobalSecondaryIndexes {
		found[aws.ToString(g.IndexName)] = describeIndex(g.KeySchema, got.AttributeDefinitions, g.Projection)
	}
	for _, l := range got.LocalSecondaryIndexes {
		found[aws.ToString(l.IndexName)] = "local, " + describeIndex(l.KeySchema, got.AttributeDefinitions, l.Projection)
	}
	for _, g := range want.GlobalSecondaryIndexes {
		e.compare("index "+*g.IndexName, describeIndex(g.KeySchema, want.AttributeDefinitions, g.Projection), cmp.Or(found[*g.IndexName], "none"))
	}
	for _, l := range want.LocalSecondaryIndexes {
		e.compare("index "+*l.IndexName, "local, "+describeIndex(l.KeySchema, want.AttributeDefinitions, l.Projection), cmp.Or(found[*l.IndexName], "none"))
	}
}

func describeIndex(schema []types.KeySchemaElement, attributes []types.AttributeDefinition, p *types.Projection) string {
	kind := types.ProjectionType("none")
	if p != nil {
		kind = p.ProjectionType
	}
	return fmt.Sprintf("%s, projection %s", describeKeys(schema, attributes), kind)
}

func (t *Table) verifyTTL(ctx context.Context, e *LayoutError) error {
	want := t.options.TTLAttribute
	if want == "" {
		return nil // what the table deletes without our asking is its owner's business
	}
	out, err := t.client.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: &t.name})
	if err != nil {
		return fmt.Errorf("geoindex: expiry of table %s: %w", t.name, classify(err))
	}
	got := "none"
	if d := out.TimeToLiveDescription; d != nil && (d.TimeToLiveStatus == types.TimeToLiveStatusEnabled || d.TimeToLiveStatus == types.TimeToLiveStatusEnabling) {
		got = aws.ToString(d.AttributeName)
	}
	e.compare("attribute of expiry", want, got)
	return nil
}

// verifiedItems is how many items Verify looks at: ids of one half of the Earth are the same
// signed and unsigned.
const verifiedItems = 100

// verifyItems looks at some items, as far as there are any.
func (t *Table) verifyItems(ctx context.Context, e *LayoutError) error {
	out, err := t.client.Scan(ctx, &dynamodb.ScanInput{TableName: &t.name, Limit: aws.Int32(verifiedItems)})
	if err != nil {
		return fmt.Errorf("geoindex: read items of table %s: %w", t.name, classify(err))
	}
	for _, item := range out.Items {
		if t.layout.inspect(item, e); len(e.Differences) > 0 {
			break
		}
	}
	return nil
}
