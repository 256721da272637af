package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

const table = "bench"

// The table holds 100 partitions of 10 items at first; a query returns all 10 of one.
const (
	partitions = 100
	perQuery   = 10
)

type item = map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

// workload is one kind of call.
type workload struct {
	name string
	call func(context.Context, *dynamodb.Client) error
}

var workloads = []workload{{"put", put}, {"query", query}, {"update", update}}

// filler makes items of about 300 bytes.
var filler = strings.Repeat("abcdefghij", 20)

func newItem(partition string, n int64) item {
	return item{"pk": text(partition), "sk": number(n), "geo": number(9_223_372_036_854_000_000 + n), "text": text(filler), "count": number(n % 7), "kind": text("question")}
}

var nextItem atomic.Int64

// put writes a new item into one of many partitions that no query reads.
func put(ctx context.Context, db *dynamodb.Client) error {
	n := nextItem.Add(1)
	_, err := db.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(table), Item: newItem("put"+strconv.FormatInt(n%1000, 10), n)})
	return err
}

// query reads the ten items of one partition by BETWEEN on a local index.
func query(ctx context.Context, db *dynamodb.Client) error {
	out, err := db.Query(ctx, &dynamodb.QueryInput{
		TableName: aws.String(table), IndexName: aws.String("byGeo"), KeyConditionExpression: aws.String("pk = :pk AND geo BETWEEN :low AND :high"),
		ExpressionAttributeValues: item{":pk": text(fmt.Sprint("part", rand.IntN(partitions))), ":low": number(9_223_372_036_854_000_000), ":high": number(9_223_372_036_854_000_000 + perQuery - 1)},
	})
	if err == nil && len(out.Items) != perQuery {
		err = fmt.Errorf("%d items, want %d", len(out.Items), perQuery)
	}
	return err
}

// update adds to a counter of one of a thousand items.
func update(ctx context.Context, db *dynamodb.Client) error {
	_, err := db.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: aws.String(table), Key: item{"pk": text(fmt.Sprint("part", rand.IntN(partitions))), "sk": number(rand.Int64N(perQuery))},
		UpdateExpression: aws.String("ADD #count :one"), ExpressionAttributeNames: map[string]string{"#count": "count"}, ExpressionAttributeValues: item{":one": number(1)},
	})
	return err
}

// createTable makes the table with its local index, and its stream where the server
// has streams that this load is fair to.
func createTable(ctx context.Context, db *dynamodb.Client) error {
	key := func(rng string) []types.KeySchemaElement {
		return []types.KeySchemaElement{{AttributeName: aws.String("pk"), KeyType: types.KeyTypeHash}, {AttributeName: aws.String(rng), KeyType: types.KeyTypeRange}}
	}
	_, err := db.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: aws.String(table), BillingMode: types.BillingModePayPerRequest, KeySchema: key("sk"),
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("pk"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("sk"), AttributeType: types.ScalarAttributeTypeN}, {AttributeName: aws.String("geo"), AttributeType: types.ScalarAttributeTypeN}},
		LocalSecondaryIndexes: []types.LocalSecondaryIndex{{IndexName: aws.String("byGeo"), KeySchema: key("geo"), Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll}}},
	})
	return err
}

// prepare makes the table and the items that queries and updates find.
func prepare(ctx context.Context, db *dynamodb.Client) error {
	if err := createTable(ctx, db); err != nil {
		return err
	}
	for p := range partitions {
		for n := range int64(perQuery) {
			_, err := db.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(table), Item: newItem(fmt.Sprint("part", p), n)})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
