package geoindex

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// sendWrites sends one request of a PutBatch or DeleteBatch.
func (t *Table) sendWrites(ctx context.Context, chunk []task) (answer, error) {
	requests := make([]types.WriteRequest, len(chunk))
	for i, j := range chunk {
		requests[i] = j.write
	}
	out, err := t.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
		RequestItems:           map[string][]types.WriteRequest{t.name: requests},
		ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
	})
	if err != nil {
		return answer{}, fmt.Errorf("geoindex: write a batch of %d: %w", len(chunk), classify(err))
	}
	rest, err := t.unprocessed(chunk, len(out.UnprocessedItems[t.name]), func(i int) map[string]types.AttributeValue {
		w := out.UnprocessedItems[t.name][i]
		if w.PutRequest != nil {
			return w.PutRequest.Item
		}
		return w.DeleteRequest.Key
	})
	return answer{rest, consumed(out.ConsumedCapacity)}, err
}

// consumed adds capacity units up.
func consumed(capacity []types.ConsumedCapacity) (sum float64) {
	for _, c := range capacity {
		sum += aws.ToFloat64(c.CapacityUnits)
	}
	return sum
}

// unprocessed finds the tasks that DynamoDB names by n items.
func (t *Table) unprocessed(chunk []task, n int, item func(int) map[string]types.AttributeValue) ([]task, error) {
	if n == 0 {
		return nil, nil
	}
	names := slices.Sorted(maps.Keys(t.PrimaryKey(chunk[0].key)))
	tasks := map[string]task{}
	for _, j := range chunk {
		tasks[identity(t.PrimaryKey(j.key), names)] = j
	}
	rest := make([]task, n)
	for i := range rest {
		j, ok := tasks[identity(item(i), names)]
		if !ok {
			return nil, errors.New("geoindex: DynamoDB left an item unprocessed that was not sent")
		}
		rest[i] = j
	}
	return rest, nil
}

// identity tells items of one table apart by the attributes of their primary key.
func identity(item map[string]types.AttributeValue, names []string) string {
	var id []byte
	for _, name := range names {
		v := scalar(item[name])
		id = binary.AppendUvarint(id, uint64(len(v)))
		id = append(id, v...)
	}
	return string(id)
}

// scalar returns the value of what a key may be, each of one type for a table.
func scalar(v types.AttributeValue) string {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		return v.Value
	case *types.AttributeValueMemberB:
		return string(v.Value)
	}
	return ""
}
