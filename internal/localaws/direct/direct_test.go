package direct_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/askaround/askaround-go/internal/localaws"
	"github.com/askaround/askaround-go/internal/localaws/direct"
)

func TestMain(m *testing.M) {
	os.Unsetenv("AWS_CA_BUNDLE")
	os.Exit(m.Run())
}

// db and queues are what both clients have.
type (
	db interface {
		CreateTable(context.Context, *dynamodb.CreateTableInput, ...func(*dynamodb.Options)) (*dynamodb.CreateTableOutput, error)
		DescribeTable(context.Context, *dynamodb.DescribeTableInput, ...func(*dynamodb.Options)) (*dynamodb.DescribeTableOutput, error)
		DescribeTimeToLive(context.Context, *dynamodb.DescribeTimeToLiveInput, ...func(*dynamodb.Options)) (*dynamodb.DescribeTimeToLiveOutput, error)
		UpdateTimeToLive(context.Context, *dynamodb.UpdateTimeToLiveInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateTimeToLiveOutput, error)
		PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
		GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
		UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
		DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
		BatchWriteItem(context.Context, *dynamodb.BatchWriteItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error)
		BatchGetItem(context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error)
		Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
		Scan(context.Context, *dynamodb.ScanInput, ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error)
		TransactWriteItems(context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
	}
	queues interface {
		CreateQueue(context.Context, *sqs.CreateQueueInput, ...func(*sqs.Options)) (*sqs.CreateQueueOutput, error)
		GetQueueUrl(context.Context, *sqs.GetQueueUrlInput, ...func(*sqs.Options)) (*sqs.GetQueueUrlOutput, error)
		GetQueueAttributes(context.Context, *sqs.GetQueueAttributesInput, ...func(*sqs.Options)) (*sqs.GetQueueAttributesOutput, error)
		SendMessage(context.Context, *sqs.SendMessageInput, ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
		ChangeMessageVisibility(context.Context, *sqs.ChangeMessageVisibilityInput, ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error)
	}
)

var (
	_ db     = (*dynamodb.Client)(nil)
	_ db     = (*direct.DynamoDB)(nil)
	_ queues = (*sqs.Client)(nil)
	_ queues = (*direct.SQS)(nil)
)

// still is the time of both.
var still = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

func open(t testing.TB) *localaws.Local {
	t.Helper()
	local, err := localaws.Open(t.Context(), func(o *localaws.Options) { o.Clock = func() time.Time { return still } })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := local.Close(); err != nil {
			t.Error(err)
		}
	})
	return local
}

type item = map[string]types.AttributeValue

func s(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }
func n(v int) types.AttributeValue    { return &types.AttributeValueMemberN{Value: fmt.Sprint(v)} }

// everyKind has a value of every type, and texts that JSON escapes.
func everyKind(key string) item {
	return item{
		"pk": s(key), "text": s("\"é\u2028\x01</script>\\"), "n": n(-7), "empty": s(""),
		"b":    &types.AttributeValueMemberB{Value: []byte{0, 255, 10}},
		"bool": &types.AttributeValueMemberBOOL{Value: true},
		"null": &types.AttributeValueMemberNULL{Value: true},
		"ss":   &types.AttributeValueMemberSS{Value: []string{"a", "b"}},
		"ns":   &types.AttributeValueMemberNS{Value: []string{"1", "2.5"}},
		"bs":   &types.AttributeValueMemberBS{Value: [][]byte{{1}, {2}}},
		"m":    &types.AttributeValueMemberM{Value: item{"x": n(1), "none": &types.AttributeValueMemberM{Value: item{}}}},
		"l":    &types.AttributeValueMemberL{Value: []types.AttributeValue{s("y"), n(2)}},
	}
}

var table = aws.String("table")

// tableCalls are calls in the order in which they are made.
var tableCalls = []struct {
	why   string
	fails bool
	do    func(context.Context, db) (any, error)
}{
	{"a table", false, func(ctx context.Context, c db) (any, error) {
		return c.CreateTable(ctx, &dynamodb.CreateTableInput{TableName: table, BillingMode: types.BillingModePayPerRequest,
			AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("pk"), AttributeType: types.ScalarAttributeTypeS}},
			KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("pk"), KeyType: types.KeyTypeHash}}})
	}},
	{"a table that is there", true, func(ctx context.Context, c db) (any, error) {
		return c.CreateTable(ctx, &dynamodb.CreateTableInput{TableName: table, BillingMode: types.BillingModePayPerRequest,
			AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("pk"), AttributeType: types.ScalarAttributeTypeS}},
			KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("pk"), KeyType: types.KeyTypeHash}}})
	}},
	{"no table", true, func(ctx context.Context, c db) (any, error) {
		return c.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String("none")})
	}},
	{"time to live", false, func(ctx context.Context, c db) (any, error) {
		return c.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{TableName: table,
			TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String("ttl"), Enabled: aws.Bool(true)}})
	}},
	{"its description", false, func(ctx context.Context, c db) (any, error) {
		return c.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: table})
	}},
	{"a put", false, func(ctx context.Context, c db) (any, error) {
		return c.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: everyKind("a"), ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal})
	}},
	{"a condition that does not hold, with the item", true, func(ctx context.Context, c db) (any, error) {
		return c.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: item{"pk": s("a")}, ConditionExpression: aws.String("attribute_not_exists(pk)"),
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld})
	}},
	{"a get", false, func(ctx context.Context, c db) (any, error) {
		return c.GetItem(ctx, &dynamodb.GetItemInput{TableName: table, Key: item{"pk": s("a")}, ConsistentRead: aws.Bool(true)})
	}},
	{"a get of nothing", false, func(ctx context.Context, c db) (any, error) {
		return c.GetItem(ctx, &dynamodb.GetItemInput{TableName: table, Key: item{"pk": s("none")}})
	}},
	{"a key that is none", true, func(ctx context.Context, c db) (any, error) {
		return c.GetItem(ctx, &dynamodb.GetItemInput{TableName: table, Key: item{"sk": s("a")}})
	}},
	{"an update", false, func(ctx context.Context, c db) (any, error) {
		return c.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: table, Key: item{"pk": s("a")}, UpdateExpression: aws.String("ADD #n :n"),
			ExpressionAttributeNames: map[string]string{"#n": "n"}, ExpressionAttributeValues: item{":n": n(1)}, ReturnValues: types.ReturnValueAllNew})
	}},
	{"an update that cannot be", true, func(ctx context.Context, c db) (any, error) {
		return c.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: table, Key: item{"pk": s("a")}, UpdateExpression: aws.String("SET a = b.c")})
	}},
	{"a batch of writes", false, func(ctx context.Context, c db) (any, error) {
		return c.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{
			*table: {{PutRequest: &types.PutRequest{Item: everyKind("b")}}, {DeleteRequest: &types.DeleteRequest{Key: item{"pk": s("c")}}}}}})
	}},
	{"a batch of reads", false, func(ctx context.Context, c db) (any, error) {
		return c.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{*table: {Keys: []item{{"pk": s("a")}, {"pk": s("b")}}}}})
	}},
	{"a query", false, func(ctx context.Context, c db) (any, error) {
		return c.Query(ctx, &dynamodb.QueryInput{TableName: table, KeyConditionExpression: aws.String("pk = :k"), ExpressionAttributeValues: item{":k": s("b")}})
	}},
	{"a page of a scan", false, func(ctx context.Context, c db) (any, error) {
		return c.Scan(ctx, &dynamodb.ScanInput{TableName: table, Limit: aws.Int32(1)})
	}},
	{"a transaction", false, func(ctx context.Context, c db) (any, error) {
		return c.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
			{Put: &types.Put{TableName: table, Item: item{"pk": s("d")}}},
			{Update: &types.Update{TableName: table, Key: item{"pk": s("a")}, UpdateExpression: aws.String("SET x = :x"), ExpressionAttributeValues: item{":x": n(1)}}}}})
	}},
	{"a transaction that is canceled, with its reasons", true, func(ctx context.Context, c db) (any, error) {
		return c.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
			{Put: &types.Put{TableName: table, Item: item{"pk": s("e")}}},
			{Put: &types.Put{TableName: table, Item: item{"pk": s("a")}, ConditionExpression: aws.String("attribute_not_exists(pk)"),
				ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}}}})
	}},
	{"a deletion", false, func(ctx context.Context, c db) (any, error) {
		return c.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: table, Key: item{"pk": s("a")}, ReturnValues: types.ReturnValueAllOld})
	}},
}

var queueCalls = []struct {
	why   string
	fails bool
	do    func(context.Context, queues) (any, error)
}{
	{"a queue", false, func(ctx context.Context, c queues) (any, error) {
		return c.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("q"), Attributes: map[string]string{"VisibilityTimeout": "7"}})
	}},
	{"its URL", false, func(ctx context.Context, c queues) (any, error) {
		return c.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("q")})
	}},
	{"a queue that is not there", true, func(ctx context.Context, c queues) (any, error) {
		return c.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("none")})
	}},
	{"a message to nowhere", true, func(ctx context.Context, c queues) (any, error) {
		return c.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String("http://localaws.invalid/000000000000/none"), MessageBody: aws.String("x")})
	}},
	{"no receipt", true, func(ctx context.Context, c queues) (any, error) {
		url, err := c.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("q")})
		if err != nil {
			return nil, err
		}
		return c.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: url.QueueUrl, ReceiptHandle: aws.String("x"), VisibilityTimeout: 1})
	}},
	{"a message, and how many there are", false, func(ctx context.Context, c queues) (any, error) {
		url, err := c.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("q")})
		if err != nil {
			return nil, err
		}
		sent, err := c.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: url.QueueUrl, MessageBody: aws.String("\"é\u2028 <\\")})
		if err != nil {
			return nil, err
		}
		if sent.MessageId == nil || *sent.MessageId == "" {
			return nil, errors.New("a message without id")
		}
		out, err := c.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: url.QueueUrl, AttributeNames: []sqstypes.QueueAttributeName{"ApproximateNumberOfMessages", "VisibilityTimeout"}})
		return []any{*sent.MD5OfMessageBody, out}, err
	}},
}

// TestSameAsSDK makes the same calls with both clients, each with services of its own: the
// outputs are the same, and the errors have the same types, codes and texts.
func TestSameAsSDK(t *testing.T) {
	through, at := open(t), open(t)
	for _, call := range tableCalls {
		t.Run(call.why, func(t *testing.T) {
			want, wantErr := call.do(t.Context(), dynamodb.NewFromConfig(through.Config(), func(o *dynamodb.Options) { o.RetryMaxAttempts = 1 }))
			got, err := call.do(t.Context(), direct.NewDynamoDB(at))
			if (err != nil) != call.fails {
				t.Errorf("error %v", err)
			}
			compare(t, want, got, wantErr, err)
		})
	}
	for _, call := range queueCalls {
		t.Run(call.why, func(t *testing.T) {
			want, wantErr := call.do(t.Context(), sqs.NewFromConfig(through.Config(), func(o *sqs.Options) { o.RetryMaxAttempts = 1 }))
			got, err := call.do(t.Context(), direct.NewSQS(at))
			if (err != nil) != call.fails {
				t.Errorf("error %v", err)
			}
			compare(t, want, got, wantErr, err)
		})
	}
}

func compare(t *testing.T, want, got any, wantErr, err error) {
	t.Helper()
	if reflect.DeepEqual(fault(wantErr), fault(err)) && reflect.DeepEqual(told(want), told(got)) {
		return // at once: package cmp takes its time for lists in lists
	}
	if diff := cmp.Diff(fault(wantErr), fault(err), unexported, repeats); diff != "" {
		t.Errorf("errors (-SDK +direct):\n%s", diff)
	}
	if wantErr != nil || err != nil {
		return
	}
	if diff := cmp.Diff(want, got, unexported, cmpopts.IgnoreTypes(middleware.Metadata{}), cmpopts.IgnoreFields(types.TableDescription{}, "TableId")); diff != "" {
		t.Errorf("outputs (-SDK +direct):\n%s", diff)
	}
}

// told is an output without what the SDK's client notes of the way.
func told(out any) any {
	v := reflect.ValueOf(out)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct || !v.Elem().FieldByName("ResultMetadata").IsValid() {
		return out
	}
	c := reflect.New(v.Elem().Type())
	c.Elem().Set(v.Elem())
	c.Elem().FieldByName("ResultMetadata").SetZero()
	return c.Interface()
}

// unexported lets cmp look into the SDK's structures.
var unexported = cmp.Exporter(func(reflect.Type) bool { return true })

// repeats compares messages that repeat JSON of the request, in which maps have any order.
var repeats = cmp.FilterValues(func(a, b string) bool {
	const sign = "' failed to satisfy constraint: "
	return strings.Contains(a, sign) && strings.Contains(b, sign)
}, cmp.Comparer(func(a, b string) bool {
	x, y := []byte(a), []byte(b)
	slices.Sort(x)
	slices.Sort(y)
	return bytes.Equal(x, y)
}))

// fault is what callers can tell of an error.
func fault(err error) any {
	if err == nil {
		return nil
	}
	var operation *smithy.OperationError
	var api smithy.APIError
	if !errors.As(err, &operation) || !errors.As(err, &api) {
		return err.Error()
	}
	return []any{operation.Service(), operation.Operation(), api.ErrorCode(), api.ErrorMessage(), api}
}

// TestCanceled: a context that has ended ends a call before it is made.
func TestCanceled(t *testing.T) {
	local := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := direct.NewSQS(local).CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("q")})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	var absent interface{ ErrorCode() string }
	_, err = direct.NewSQS(local).GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("q")})
	if !errors.As(err, &absent) {
		t.Errorf("the queue is there: %v", err)
	}
}
