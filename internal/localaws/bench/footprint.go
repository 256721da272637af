package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/askaround/askaround-go/internal/localaws"
)

// footprint prints what small items hold, without and with a global index and a stream,
// and how long 100,000 of them take to come back.
func footprint(ctx context.Context, items int) error {
	fmt.Print("| table of small items | items | bytes/item |\n|---|---|---|\n")
	for _, c := range []struct {
		name          string
		index, stream bool
	}{{"no index", false, false}, {"one global index", true, false}, {"index and stream", true, true}} {
		held, err := measureMemory(ctx, items, c.index, c.stream)
		if err != nil {
			return err
		}
		fmt.Printf("| %s | %d | %d |\n", c.name, items, held/uint64(items))
	}
	return restart(ctx, 100_000)
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func measureMemory(ctx context.Context, items int, index, stream bool) (uint64, error) {
	before := heap()
	local, err := localaws.Open(ctx)
	if err != nil {
		return 0, err
	}
	if err := fill(ctx, local, items, index, stream); err != nil {
		return 0, err
	}
	held := heap() - before
	return held, local.Close()
}

// restart measures how long a journal of so many items takes to replay, as it was
// written and as a snapshot.
func restart(ctx context.Context, items int) error {
	dir, err := os.MkdirTemp("", "localaws-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	durable := func(o *localaws.Options) { o.Dir = filepath.Join(dir, "data") }
	local, err := localaws.Open(ctx, durable)
	if err != nil {
		return err
	}
	if err := errors.Join(fill(ctx, local, items, true, true), local.Close()); err != nil {
		return err
	}
	start, before := time.Now(), processorTime(0)
	if local, err = localaws.Open(ctx, durable); err != nil {
		return err
	}
	fmt.Printf("\nrestart with %d items, a global index and a stream: %v, %v of processor\n", items, time.Since(start).Round(time.Millisecond), processorTime(0)-before)
	return local.Close()
}

// fill writes small items: two keys and four attributes, about 100 bytes.
func fill(ctx context.Context, local *localaws.Local, items int, index, stream bool) error {
	db := dynamodb.NewFromConfig(local.Config())
	if err := createSmall(ctx, db, index, stream); err != nil {
		return err
	}
	const writers, batch = 4, 25
	errs := make([]error, writers)
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := w * batch; i < items && errs[w] == nil; i += writers * batch {
				errs[w] = writeSmall(ctx, db, i, min(items, i+batch))
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

func createSmall(ctx context.Context, db *dynamodb.Client, index, stream bool) error {
	key := func(hash, rng string) []types.KeySchemaElement {
		return []types.KeySchemaElement{{AttributeName: &hash, KeyType: types.KeyTypeHash}, {AttributeName: &rng, KeyType: types.KeyTypeRange}}
	}
	in := &dynamodb.CreateTableInput{TableName: aws.String(table), BillingMode: types.BillingModePayPerRequest, KeySchema: key("pk", "sk"),
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("pk"), AttributeType: types.ScalarAttributeTypeS}, {AttributeName: aws.String("sk"), AttributeType: types.ScalarAttributeTypeN}}}
	if index {
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: aws.String("owner"), AttributeType: types.ScalarAttributeTypeS})
		in.GlobalSecondaryIndexes = []types.GlobalSecondaryIndex{{IndexName: aws.String("byOwner"), KeySchema: key("owner", "sk"), Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll}}}
	}
	if stream {
		in.StreamSpecification = &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewAndOldImages}
	}
	_, err := db.CreateTable(ctx, in)
	return err
}

// writeSmall writes the items from first until end.
func writeSmall(ctx context.Context, db *dynamodb.Client, first, end int) error {
	var requests []types.WriteRequest
	for i := first; i < end; i++ {
		n := int64(i)
		requests = append(requests, types.WriteRequest{PutRequest: &types.PutRequest{Item: item{
			"pk": text("cell" + strconv.Itoa(i%5000)), "sk": number(1_700_000_000_000 + n), "owner": text("user" + strconv.Itoa(i%100_000)),
			"text": text("Where is the best coffee around?"), "stars": number(n % 11), "open": &types.AttributeValueMemberBOOL{Value: true}}}})
	}
	out, err := db.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{table: requests}})
	if err == nil && len(out.UnprocessedItems) > 0 {
		err = errors.New("items were left unprocessed")
	}
	return err
}
