package geoindex

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// index is a global secondary index that Options declare. It projects everything, so that
// a search needs no second read.
type index struct {
	name      string
	partition string // attribute, S
	sort      string // attribute, N
}

// Names of the indexes.
const (
	feedIndex  = "feed"
	ownerIndex = "owner"
)

// indexes returns those that the options declare.
func (o *Options) indexes() []index {
	var out []index
	if o.FeedLevel > 0 {
		out = append(out, index{feedIndex, feedCell, o.TimeAttribute})
	}
	if o.OwnerAttribute != "" {
		out = append(out, index{ownerIndex, o.OwnerAttribute, o.TimeAttribute})
	}
	return out
}

func (o *Options) checkIndexes(reserved func(name string) bool) error {
	if o.FeedLevel != 0 && (o.FeedLevel < 4 || o.FeedLevel > 20) {
		return fmt.Errorf("%w: FeedLevel %d is not within 4 and 20", ErrInvalid, o.FeedLevel)
	}
	if len(o.indexes()) > 0 && o.TimeAttribute == "" {
		return fmt.Errorf("%w: a feed, or an owner's items, need a TimeAttribute", ErrInvalid)
	}
	for _, name := range []string{o.OwnerAttribute, o.TimeAttribute} {
		if reserved(name) {
			return fmt.Errorf("%w: attribute %s is the layout's own", ErrInvalid, name)
		}
	}
	names := []string{o.OwnerAttribute, o.TimeAttribute, o.TTLAttribute}
	names = slices.DeleteFunc(names, func(name string) bool { return name == "" })
	slices.Sort(names)
	if len(slices.Compact(slices.Clone(names))) < len(names) { // DynamoDB filters by no key of an index
		return fmt.Errorf("%w: owner, time and expiry are %v, not attributes of their own", ErrInvalid, names)
	}
	return nil
}

// indexItem adds what the indexes need and the caller's attributes do not have.
func (t *Table) indexItem(item map[string]types.AttributeValue, k Key) {
	if level := t.options.FeedLevel; level > 0 {
		item[feedCell] = &types.AttributeValueMemberS{Value: k.Cell.Parent(level).Token()}
	}
}

// definition is the table, of which Create, Template and Verify are three uses.
func (t *Table) definition(o CreateOptions) *dynamodb.CreateTableInput {
	in := &dynamodb.CreateTableInput{
		TableName:   &t.name,
		BillingMode: types.BillingModePayPerRequest,
	}
	t.layout.define(in)
	if o.ReadUnits > 0 {
		in.BillingMode = types.BillingModeProvisioned
		in.ProvisionedThroughput = &types.ProvisionedThroughput{ReadCapacityUnits: &o.ReadUnits, WriteCapacityUnits: &o.WriteUnits}
	}
	if o.Stream != "" {
		in.StreamSpecification = &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: o.Stream}
	}
	if o.DeletionProtection {
		in.DeletionProtectionEnabled = &o.DeletionProtection
	}
	for _, key := range slices.Sorted(maps.Keys(o.Tags)) {
		in.Tags = append(in.Tags, types.Tag{Key: &key, Value: aws.String(o.Tags[key])})
	}
	t.defineIndexes(in)
	return in
}

func (t *Table) defineIndexes(in *dynamodb.CreateTableInput) {
	own := len(in.AttributeDefinitions)
	attributes := map[string]types.ScalarAttributeType{}
	for _, x := range t.options.indexes() {
		attributes[x.partition], attributes[x.sort] = types.ScalarAttributeTypeS, types.ScalarAttributeTypeN
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName:             aws.String(x.name),
			KeySchema:             keySchema(x.partition, x.sort),
			Projection:            &types.Projection{ProjectionType: types.ProjectionTypeAll},
			ProvisionedThroughput: in.ProvisionedThroughput,
		})
	}
	for name, typ := range attributes {
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: &name, AttributeType: typ})
	}
	slices.SortStableFunc(in.AttributeDefinitions[own:], func(a, b types.AttributeDefinition) int {
		return cmp.Compare(*a.AttributeName, *b.AttributeName)
	})
}

func keySchema(partition, sort string) []types.KeySchemaElement {
	return []types.KeySchemaElement{
		{AttributeName: &partition, KeyType: types.KeyTypeHash},
		{AttributeName: &sort, KeyType: types.KeyTypeRange},
	}
}

// describeKeys puts a key into words, such as "pk (S, HASH), sk (B, RANGE)".
func describeKeys(schema []types.KeySchemaElement, attributes []types.AttributeDefinition) string {
	kind := map[string]types.ScalarAttributeType{}
	for _, a := range attributes {
		kind[aws.ToString(a.AttributeName)] = a.AttributeType
	}
	var parts []string
	for _, k := range schema {
		name := aws.ToString(k.AttributeName)
		parts = append(parts, fmt.Sprintf("%s (%s, %s)", name, kind[name], k.KeyType))
	}
	return strings.Join(parts, ", ")
}
