package direct

import (
	"context"
	"errors"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/schemas"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"

	"github.com/askaround/askaround-go/internal/localaws"
	engine "github.com/askaround/askaround-go/internal/localaws/dynamodb"
)

// DynamoDB has the operations of *dynamodb.Client that geoindex and askaround use, and is safe for
// concurrent use. Their documentation is there.
type DynamoDB struct {
	service service
	engine  *engine.Engine
}

// NewDynamoDB returns a client of local's DynamoDB.
func NewDynamoDB(local *localaws.Local) *DynamoDB {
	return &DynamoDB{engine: local.DynamoDB(), service: service{
		name: dynamodb.ServiceID,
		serve: func(ctx context.Context, target string, body []byte, read func(int, http.Header, []byte) error) error {
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
	r := takeRequest()
	defer r.giveBack()
	if ctx.Err() != nil || !r.putItem(in) {
		return call[dynamodb.PutItemOutput](ctx, &c.service, putItem, in)
	}
	out, err := c.engine.PutItem(ctx, &r.put)
	if err != nil {
		return refused[dynamodb.PutItemOutput](ctx, c, putItem, in, err)
	}
	return &dynamodb.PutItemOutput{Attributes: attributesOf(out.Attributes), ConsumedCapacity: capacityOf(out.ConsumedCapacity)}, nil
}

func (c *DynamoDB) GetItem(ctx context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	r := takeRequest()
	defer r.giveBack()
	if ctx.Err() != nil || !r.getItem(in) {
		return call[dynamodb.GetItemOutput](ctx, &c.service, getItem, in)
	}
	out, err := c.engine.GetItem(ctx, &r.get)
	if err != nil {
		return refused[dynamodb.GetItemOutput](ctx, c, getItem, in, err)
	}
	return &dynamodb.GetItemOutput{Item: attributesOf(out.Item), ConsumedCapacity: capacityOf(out.ConsumedCapacity)}, nil
}

func (c *DynamoDB) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	r := takeRequest()
	defer r.giveBack()
	if ctx.Err() != nil || !r.updateItem(in) {
		return call[dynamodb.UpdateItemOutput](ctx, &c.service, updateItem, in)
	}
	out, err := c.engine.UpdateItem(ctx, &r.keyed)
	if err != nil {
		return refused[dynamodb.UpdateItemOutput](ctx, c, updateItem, in, err)
	}
	return &dynamodb.UpdateItemOutput{Attributes: attributesOf(out.Attributes), ConsumedCapacity: capacityOf(out.ConsumedCapacity)}, nil
}

func (c *DynamoDB) DeleteItem(ctx context.Context, in *dynamodb.DeleteItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error) {
	r := takeRequest()
	defer r.giveBack()
	if ctx.Err() != nil || !r.deleteItem(in) {
		return call[dynamodb.DeleteItemOutput](ctx, &c.service, deleteItem, in)
	}
	out, err := c.engine.DeleteItem(ctx, &r.keyed)
	if err != nil {
		return refused[dynamodb.DeleteItemOutput](ctx, c, deleteItem, in, err)
	}
	return &dynamodb.DeleteItemOutput{Attributes: attributesOf(out.Attributes), ConsumedCapacity: capacityOf(out.ConsumedCapacity)}, nil
}

func (c *DynamoDB) BatchWriteItem(ctx context.Context, in *dynamodb.BatchWriteItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error) {
	return call[dynamodb.BatchWriteItemOutput](ctx, &c.service, batchWriteItem, in)
}

func (c *DynamoDB) BatchGetItem(ctx context.Context, in *dynamodb.BatchGetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	r := takeRequest()
	defer r.giveBack()
	if ctx.Err() != nil || !r.batchGet(in) {
		return call[dynamodb.BatchGetItemOutput](ctx, &c.service, batchGetItem, in)
	}
	out, err := c.engine.BatchGetItem(ctx, &r.batch)
	if err != nil {
		return refused[dynamodb.BatchGetItemOutput](ctx, c, batchGetItem, in, err)
	}
	return batchOf(in, out), nil
}

func (c *DynamoDB) Query(ctx context.Context, in *dynamodb.QueryInput, _ ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	r := takeRequest()
	defer r.giveBack()
	if ctx.Err() != nil || !r.queryPage(in) {
		return call[dynamodb.QueryOutput](ctx, &c.service, query, in)
	}
	out, err := c.engine.Query(ctx, &r.query)
	if err != nil {
		return refused[dynamodb.QueryOutput](ctx, c, query, in, err)
	}
	return pageOf(out), nil
}

func (c *DynamoDB) Scan(ctx context.Context, in *dynamodb.ScanInput, _ ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error) {
	return call[dynamodb.ScanOutput](ctx, &c.service, scan, in)
}

func (c *DynamoDB) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, _ ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	r := takeRequest()
	defer r.giveBack()
	if ctx.Err() != nil || !r.transactWrite(in) {
		return call[dynamodb.TransactWriteItemsOutput](ctx, &c.service, transactWriteItems, in)
	}
	out, err := c.engine.TransactWriteItems(ctx, &r.transact)
	if err != nil {
		return refused[dynamodb.TransactWriteItemsOutput](ctx, c, transactWriteItems, in, err)
	}
	return &dynamodb.TransactWriteItemsOutput{ConsumedCapacity: capacitiesOf(out.ConsumedCapacity)}, nil
}

// refused returns what call makes of an operation that failed with err before.
func refused[Out any, P interface {
	*Out
	smithy.Deserializable
}](ctx context.Context, c *DynamoDB, op operation, in smithy.Serializable, err error) (*Out, error) {
	if errors.Is(err, engine.ErrMalformed) {
		return call[Out, P](ctx, &c.service, op, in)
	}
	return nil, c.service.fail(op, c.refusal(ctx, op, P(new(Out)), err))
}

// refusal is the SDK's error for one of the engine's: two that callers expect are made,
// the others read from JSON.
func (c *DynamoDB) refusal(ctx context.Context, op operation, out smithy.Deserializable, err error) error {
	if err := ctx.Err(); err != nil { // whatever the engine says of it
		return &smithy.CanceledError{Err: err}
	}
	if message, item, ok := engine.ConditionFailed(err); ok {
		return &types.ConditionalCheckFailedException{Message: &message, Item: attributesOf(item)}
	}
	if message, reasons, ok := engine.TransactionCanceled(err); ok {
		return &types.TransactionCanceledException{Message: &message, CancellationReasons: reasonsOf(reasons)}
	}
	status, answer := c.engine.Refusal(ctx, op.target, err)
	return c.service.read(ctx, op, out, status, nil, answer)
}

func reasonsOf(reasons []engine.Cancellation) []types.CancellationReason {
	all := make([]types.CancellationReason, len(reasons))
	for i := range reasons {
		all[i] = types.CancellationReason{Code: &reasons[i].Code, Item: attributesOf(reasons[i].Item)}
		if reasons[i].Message != "" {
			all[i].Message = &reasons[i].Message
		}
	}
	return all
}
