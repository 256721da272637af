package direct

import (
	"context"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/schemas"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"

	"github.com/askaround/askaround-go/internal/localaws"
)

// DynamoDB has the operations of *dynamodb.Client that geoindex and askaround use, and is safe for
// concurrent use. Their documentation is there.
type DynamoDB struct{ service service }

// NewDynamoDB returns a client of local's DynamoDB.
func NewDynamoDB(local *localaws.Local) *DynamoDB {
	return &DynamoDB{service{
		name: dynamodb.ServiceID,
		engine: func(ctx context.Context, target string, body []byte, read func(int, http.Header, []byte) error) error {
			return local.DynamoDB().Call(ctx, target, body, func(status int, answer []byte) error { return read(status, nil, answer) })
		},
		protocol: awsjson.New10(schemas.DynamoDB_20120810),
		errors:   dynamodb.TypeRegistry,
	}}
}

// The operations, as their schemas have them.
var (
	tableOperation = operations(schemas.DynamoDB_20120810)

	createTable        = tableOperation(schemas.CreateTable, schemas.CreateTableInput, schemas.CreateTableOutput)
	describeTable      = tableOperation(schemas.DescribeTable, schemas.DescribeTableInput, schemas.DescribeTableOutput)
	describeTimeToLive = tableOperation(schemas.DescribeTimeToLive, schemas.DescribeTimeToLiveInput, schemas.DescribeTimeToLiveOutput)
	updateTimeToLive   = tableOperation(schemas.UpdateTimeToLive, schemas.UpdateTimeToLiveInput, schemas.UpdateTimeToLiveOutput)
	putItem            = tableOperation(schemas.PutItem, schemas.PutItemInput, schemas.PutItemOutput)
	getItem            = tableOperation(schemas.GetItem, schemas.GetItemInput, schemas.GetItemOutput)
	updateItem         = tableOperation(schemas.UpdateItem, schemas.UpdateItemInput, schemas.UpdateItemOutput)
	deleteItem         = tableOperation(schemas.DeleteItem, schemas.DeleteItemInput, schemas.DeleteItemOutput)
	batchWriteItem     = tableOperation(schemas.BatchWriteItem, schemas.BatchWriteItemInput, schemas.BatchWriteItemOutput)
	batchGetItem       = tableOperation(schemas.BatchGetItem, schemas.BatchGetItemInput, schemas.BatchGetItemOutput)
	query              = tableOperation(schemas.Query, schemas.QueryInput, schemas.QueryOutput)
	scan               = tableOperation(schemas.Scan, schemas.ScanInput, schemas.ScanOutput)
	transactWriteItems = tableOperation(schemas.TransactWriteItems, schemas.TransactWriteItemsInput, schemas.TransactWriteItemsOutput)
)

func (c *DynamoDB) CreateTable(ctx context.Context, in *dynamodb.CreateTableInput, _ ...func(*dynamodb.Options)) (*dynamodb.CreateTableOutput, error) {
	return call[dynamodb.CreateTableOutput](ctx, &c.service, createTable, in)
}

func (c *DynamoDB) DescribeTable(ctx context.Context, in *dynamodb.DescribeTableInput, _ ...func(*dynamodb.Options)) (*dynamodb.DescribeTableOutput, error) {
	return call[dynamodb.DescribeTableOutput](ctx, &c.service, describeTable, in)
}

func (c *DynamoDB) DescribeTimeToLive(ctx context.Context, in *dynamodb.DescribeTimeToLiveInput, _ ...func(*dynamodb.Options)) (*dynamodb.DescribeTimeToLiveOutput, error) {
	return call[dynamodb.DescribeTimeToLiveOutput](ctx, &c.service, describeTimeToLive, in)
}

func (c *DynamoDB) UpdateTimeToLive(ctx context.Context, in *dynamodb.UpdateTimeToLiveInput, _ ...func(*dynamodb.Options)) (*dynamodb.UpdateTimeToLiveOutput, error) {
	return call[dynamodb.UpdateTimeToLiveOutput](ctx, &c.service, updateTimeToLive, in)
}

func (c *DynamoDB) PutItem(ctx context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	return call[dynamodb.PutItemOutput](ctx, &c.service, putItem, in)
}

func (c *DynamoDB) GetItem(ctx context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	return call[dynamodb.GetItemOutput](ctx, &c.service, getItem, in)
}

func (c *DynamoDB) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	return call[dynamodb.UpdateItemOutput](ctx, &c.service, updateItem, in)
}

func (c *DynamoDB) DeleteItem(ctx context.Context, in *dynamodb.DeleteItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error) {
	return call[dynamodb.DeleteItemOutput](ctx, &c.service, deleteItem, in)
}

func (c *DynamoDB) BatchWriteItem(ctx context.Context, in *dynamodb.BatchWriteItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error) {
	return call[dynamodb.BatchWriteItemOutput](ctx, &c.service, batchWriteItem, in)
}

func (c *DynamoDB) BatchGetItem(ctx context.Context, in *dynamodb.BatchGetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	return call[dynamodb.BatchGetItemOutput](ctx, &c.service, batchGetItem, in)
}

func (c *DynamoDB) Query(ctx context.Context, in *dynamodb.QueryInput, _ ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	return call[dynamodb.QueryOutput](ctx, &c.service, query, in)
}

func (c *DynamoDB) Scan(ctx context.Context, in *dynamodb.ScanInput, _ ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error) {
	return call[dynamodb.ScanOutput](ctx, &c.service, scan, in)
}

func (c *DynamoDB) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, _ ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	return call[dynamodb.TransactWriteItemsOutput](ctx, &c.service, transactWriteItems, in)
}
