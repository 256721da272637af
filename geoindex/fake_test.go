package geoindex

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"sort"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// fake is a table that answers this package's queries, and only those, in pages of
// pageSize items. It is quick enough for tens of thousands of searches; what DynamoDB
// really does is tested against internal/localaws.
type fake struct {
	DynamoDB   // nil: other operations panic
	partitions map[string][]map[string]types.AttributeValue
	pageSize   int
	fail       func(query int) error // injected errors by number of the query, from 1
	queries    atomic.Int64
}

func newFake(t *Table, points []Point) *fake {
	f := &fake{partitions: map[string][]map[string]types.AttributeValue{}, pageSize: 100}
	for _, p := range points {
		item, err := t.Item(p)
		if err != nil {
			panic(err)
		}
		pk := item[partitionKey].(*types.AttributeValueMemberS).Value
		f.partitions[pk] = append(f.partitions[pk], item)
	}
	for _, items := range f.partitions {
		slices.SortFunc(items, func(a, b map[string]types.AttributeValue) int { return bytes.Compare(sk(a), sk(b)) })
	}
	return f
}

func sk(item map[string]types.AttributeValue) []byte {
	return item[sortKey].(*types.AttributeValueMemberB).Value
}

func (f *fake) Query(ctx context.Context, in *dynamodb.QueryInput, _ ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	query := int(f.queries.Add(1))
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if f.fail != nil {
		if err := f.fail(query); err != nil {
			return nil, err
		}
	}
	if got := aws.ToString(in.KeyConditionExpression); got != "#pk = :pk AND #sk BETWEEN :min AND :max" {
		return nil, fmt.Errorf("unexpected key condition %s", got)
	}
	items := f.partitions[in.ExpressionAttributeValues[":pk"].(*types.AttributeValueMemberS).Value]
	lo := in.ExpressionAttributeValues[":min"].(*types.AttributeValueMemberB).Value
	hi := in.ExpressionAttributeValues[":max"].(*types.AttributeValueMemberB).Value
	if in.ExclusiveStartKey != nil {
		lo = append(sk(in.ExclusiveStartKey), 0)
	}
	start := sort.Search(len(items), func(i int) bool { return bytes.Compare(sk(items[i]), lo) >= 0 })
	end := sort.Search(len(items), func(i int) bool { return bytes.Compare(sk(items[i]), hi) > 0 })
	out := &dynamodb.QueryOutput{}
	if end-start > f.pageSize {
		end = start + f.pageSize
		out.LastEvaluatedKey = items[end-1]
	}
	for _, item := range items[start:end] {
		out.Items = append(out.Items, maps.Clone(item)) // the table keeps it
	}
	out.Count, out.ScannedCount = int32(end-start), int32(end-start)
	return out, nil
}
