package conformance

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// schema is a table in few words. Keys are written "pk:S sk:N".
type schema struct {
	key           string
	local, global []index
	view          types.StreamViewType // "" without a stream
}

// index is a secondary index; include only with the projection INCLUDE.
type index struct {
	name, key  string
	projection types.ProjectionType
	include    []string
}

// thread is the table of most cases: a sort key, every kind of index, and a stream.
var thread = schema{
	key: "pk:S sk:N",
	local: []index{
		{"byA", "pk:S a:N", types.ProjectionTypeKeysOnly, nil},
		{"byB", "pk:S b:S", types.ProjectionTypeInclude, []string{"x"}},
	},
	global: []index{
		{"byG", "g:S sk:N", types.ProjectionTypeAll, nil},
		{"byH", "h:S", types.ProjectionTypeInclude, []string{"x", "y"}},
	},
	view: types.StreamViewTypeNewAndOldImages,
}

// plainTable has a hash key alone.
var plainTable = schema{key: "pk:S"}

// names returns the attributes of a key.
func names(key string) (names []string) {
	for _, part := range strings.Fields(key) {
		name, _, _ := strings.Cut(part, ":")
		names = append(names, name)
	}
	return names
}

// typeOf returns the type of each key attribute of the table and its indexes.
func (sc schema) typeOf() map[string]string {
	m := map[string]string{}
	for _, key := range append(indexKeys(sc), sc.key) {
		for _, part := range strings.Fields(key) {
			name, kind, _ := strings.Cut(part, ":")
			m[name] = kind
		}
	}
	return m
}

func indexKeys(sc schema) (keys []string) {
	for _, x := range slices.Concat(sc.local, sc.global) {
		keys = append(keys, x.key)
	}
	return keys
}

func keySchema(key string) []types.KeySchemaElement {
	elements := []types.KeySchemaElement{}
	for i, name := range names(key) {
		elements = append(elements, types.KeySchemaElement{AttributeName: aws.String(name), KeyType: []types.KeyType{types.KeyTypeHash, types.KeyTypeRange}[i]})
	}
	return elements
}

func definitions(m map[string]string) (all []types.AttributeDefinition) {
	for name, kind := range m {
		all = append(all, types.AttributeDefinition{AttributeName: aws.String(name), AttributeType: types.ScalarAttributeType(kind)})
	}
	return all
}

func (x index) projected() *types.Projection {
	return &types.Projection{ProjectionType: x.projection, NonKeyAttributes: x.include}
}

// input is the request that creates the table.
func (sc schema) input(name string) *dynamodb.CreateTableInput {
	in := &dynamodb.CreateTableInput{
		TableName: &name, BillingMode: types.BillingModePayPerRequest,
		KeySchema: keySchema(sc.key), AttributeDefinitions: definitions(sc.typeOf()),
	}
	for _, x := range sc.local {
		in.LocalSecondaryIndexes = append(in.LocalSecondaryIndexes, types.LocalSecondaryIndex{
			IndexName: aws.String(x.name), KeySchema: keySchema(x.key), Projection: x.projected()})
	}
	for _, x := range sc.global {
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName: aws.String(x.name), KeySchema: keySchema(x.key), Projection: x.projected()})
	}
	if sc.view != "" {
		in.StreamSpecification = &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: sc.view}
	}
	return in
}

// create creates the table and waits until it can be used.
func create(ctx context.Context, db *dynamodb.Client, name string, sc schema) error {
	if _, err := db.CreateTable(ctx, sc.input(name)); err != nil {
		return err
	}
	return active(ctx, db, name)
}

// keyOf returns the part of an item that is its primary key.
func (sc schema) keyOf(i item) item { return pick(i, names(sc.key)) }

func pick(i item, names []string) item {
	out := item{}
	for _, name := range names {
		if v, ok := i[name]; ok {
			out[name] = v
		}
	}
	return out
}
