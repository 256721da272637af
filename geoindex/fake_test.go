package geoindex

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"sort"
	"sync"
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
	mu         sync.RWMutex
	partitions map[string][]map[string]types.AttributeValue
	pageSize   int
	fail       func(query int) error // injected errors by number of the query, from 1
	queries    atomic.Int64
	sent       atomic.Int64 // items
}

func newFake(t *Table, points []Point) *fake {
	f := &fake{partitions: map[string][]map[string]types.AttributeValue{}, pageSize: 100}
	for _, p := range points {
		item, pk := itemOf(t, p)
		f.partitions[pk] = append(f.partitions[pk], item)
	}
	for pk, items := range f.partitions {
		slices.SortStableFunc(items, compareItems)
		slices.Reverse(items) // of those that have the same key the last counts
		items = slices.CompactFunc(items, func(a, b map[string]types.AttributeValue) bool { return compareItems(a, b) == 0 })
		slices.Reverse(items)
		f.partitions[pk] = items
	}
	return f
}

// itemOf returns a point's item and its partition.
func itemOf(t *Table, p Point) (item map[string]types.AttributeValue, pk string) {
	item, err := t.Item(p)
	if err != nil {
		panic(err)
	}
	pk = scalar(item[partitionKey])
	if s, ok := t.layout.(sharded); ok {
		pk = s.shard(pk, p.Key.ID)
		item[partitionKey] = &types.AttributeValueMemberS{Value: pk}
	}
	return item, pk
}

// put adds or replaces a point.
func (f *fake) put(t *Table, p Point) {
	item, pk := itemOf(t, p)
	f.mu.Lock()
	defer f.mu.Unlock()
	items := f.partitions[pk]
	i, found := slices.BinarySearchFunc(items, item, compareItems)
	if found {
		items[i] = item
		return
	}
	f.partitions[pk] = slices.Insert(slices.Clone(items), i, item) // readers may have the old ones
}

func (f *fake) remove(t *Table, k Key) {
	pk := t.PrimaryKey(k)
	f.mu.Lock()
	defer f.mu.Unlock()
	name := pk[partitionKey].(*types.AttributeValueMemberS).Value
	if i, found := slices.BinarySearchFunc(f.partitions[name], pk, compareItems); found {
		f.partitions[name] = slices.Delete(slices.Clone(f.partitions[name]), i, i+1)
	}
}

func compareItems(a, b map[string]types.AttributeValue) int { return bytes.Compare(sk(a), sk(b)) }

func sk(item map[string]types.AttributeValue) []byte {
	return item[sortKey].(*types.AttributeValueMemberB).Value
}

// fakeItemBytes is the size of every item of a fake.
const fakeItemBytes = 200

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
	f.mu.RLock()
	items := f.partitions[in.ExpressionAttributeValues[":pk"].(*types.AttributeValueMemberS).Value]
	f.mu.RUnlock()
	lo := in.ExpressionAttributeValues[":min"].(*types.AttributeValueMemberB).Value
	hi := in.ExpressionAttributeValues[":max"].(*types.AttributeValueMemberB).Value
	if in.ExclusiveStartKey != nil {
		lo = append(slices.Clone(sk(in.ExclusiveStartKey)), 0)
	}
	start := sort.Search(len(items), func(i int) bool { return bytes.Compare(sk(items[i]), lo) >= 0 })
	end := max(start, sort.Search(len(items), func(i int) bool { return bytes.Compare(sk(items[i]), hi) > 0 }))
	out := &dynamodb.QueryOutput{}
	if most := min(f.pageSize, int(aws.ToInt32(cmp.Or(in.Limit, aws.Int32(math.MaxInt32))))); end-start > most {
		end = start + most
		out.LastEvaluatedKey = items[end-1]
	}
	n := end - start
	if in.Select != types.SelectCount {
		for _, item := range items[start:end] {
			out.Items = append(out.Items, maps.Clone(item)) // the table keeps it
		}
		f.sent.Add(int64(n))
	}
	out.Count, out.ScannedCount = int32(n), int32(n)
	units := max(0.5, math.Ceil(float64(n*fakeItemBytes)/4096)/2)
	out.ConsumedCapacity = &types.ConsumedCapacity{CapacityUnits: &units}
	return out, nil
}

// sharded is a layout whose partitions are spread over shards, by a hash of the id.
type sharded struct {
	cells
	shards int
}

func (s sharded) shard(partition, id string) string {
	h := uint(0)
	for _, c := range []byte(id) {
		h = 31*h + uint(c)
	}
	return fmt.Sprintf("%s#%d", partition, h%uint(s.shards))
}

func (s sharded) reads(run leaves, after string) (out []read) {
	for i := range s.shards {
		r := s.cells.reads(run, after)[0]
		r.partition = fmt.Sprintf("%s#%d", r.partition, i)
		r.values[":pk"] = &types.AttributeValueMemberS{Value: r.partition}
		out = append(out, r)
	}
	return out
}
