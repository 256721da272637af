//go:build unix

package direct_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/askaround/askaround-go/internal/localaws"
	"github.com/askaround/askaround-go/internal/localaws/direct"
)

// The benchmarks' requests are those that package askaround makes for an answer.

var (
	operations = aws.String("operations")
	questions  = aws.String("questions")
	answers    = aws.String("answers")
)

func operationItem(id string) item {
	return item{
		"id": s(id), "account": s("0f4c27b9c0c14f7f8f0f"), "kind": s("answer"), "status": s("pending"), "question": s("89c25a31b7c7d5e1-01JDQ4N9ZK7H2"),
		"fingerprint": s("q83Pz0mW3nN0yq1o7iYv2dYH8h0b4mZ1aVb0c1d2e3f"), "accepted_at": n(1764244800123456), "updated_at": n(1764244800123), "expires_at": n(1764849600),
	}
}

func questionItem() item {
	it := item{
		"hk": s("89c25"), "rk": s("89c25a31b7c7d5e1-01JDQ4N9ZK7H2"), "loc": s("40.7127281,-74.0060152"), "text": s("Where is the best coffee around here?"),
		"kind": s("star"), "author": s("7d1b2c3e4f5a6b7c8d9e"), "state": s("open"), "radius": n(4000), "created_at": n(1764244800123),
		"expires_at": n(1766836800), "version": n(17), "answers": n(212), "sum_half_stars": n(1433),
		"applied": &types.AttributeValueMemberM{Value: item{"shardId-00000001764244800000-0a1b2c3d": s("000000000000000000000000000000012345@1764244800")}},
	}
	for i := range 11 {
		it[fmt.Sprint("h", i)] = n(10 + i)
	}
	return it
}

func answerItem(account string) item {
	return item{
		"question": s("89c25a31b7c7d5e1-01JDQ4N9ZK7H2"), "account": s(account), "rev": s("01764244800123456-01JDQ4N9ZK7H2AAAAAAA"),
		"accepted_at": n(1764244800123456), "expires_at": n(1767441600), "kind": s("star"), "half_stars": n(7),
	}
}

// prepareTables makes the tables, with some questions.
func prepareTables(b *testing.B, c db) {
	b.Helper()
	for _, t := range []struct {
		name *string
		keys []string
	}{{operations, []string{"id"}}, {questions, []string{"hk", "rk"}}, {answers, []string{"question", "account"}}} {
		in := &dynamodb.CreateTableInput{TableName: t.name, BillingMode: types.BillingModePayPerRequest}
		for i, key := range t.keys {
			in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: aws.String(key), AttributeType: types.ScalarAttributeTypeS})
			in.KeySchema = append(in.KeySchema, types.KeySchemaElement{AttributeName: aws.String(key), KeyType: []types.KeyType{types.KeyTypeHash, types.KeyTypeRange}[i]})
		}
		if _, err := c.CreateTable(b.Context(), in); err != nil {
			b.Fatal(err)
		}
	}
	for i := range 10 {
		question := questionItem()
		question["rk"] = s(fmt.Sprintf("89c25a31b7c7d5e1-01JDQ4N9ZK7H%d", i))
		if _, err := c.PutItem(b.Context(), &dynamodb.PutItemInput{TableName: questions, Item: question}); err != nil {
			b.Fatal(err)
		}
	}
}

var questionKey = item{"hk": s("89c25"), "rk": s("89c25a31b7c7d5e1-01JDQ4N9ZK7H2")}

// A task makes its request with a fresh id again and again. Its input is made once.
type task func(ctx context.Context, c db, id string) error

// claim stores an operation that is new.
func claim() task {
	in := &dynamodb.PutItemInput{
		TableName: operations, Item: operationItem(""), ConditionExpression: aws.String("attribute_not_exists(#0)"),
		ExpressionAttributeNames:            map[string]string{"#0": "id"},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	return func(ctx context.Context, c db, id string) error {
		in.Item["id"].(*types.AttributeValueMemberS).Value = id
		_, err := c.PutItem(ctx, in)
		return err
	}
}

// repeat stores an operation that is there, and gets the one in its way.
func repeat() task {
	again := claim()
	return func(ctx context.Context, c db, _ string) error {
		err := again(ctx, c, "operation")
		var refused *types.ConditionalCheckFailedException
		if !errors.As(err, &refused) || len(refused.Item) != 9 {
			return fmt.Errorf("want the item that is in the way: %w", err)
		}
		return nil
	}
}

// read gets a question.
func read() task {
	in := &dynamodb.GetItemInput{TableName: questions, Key: questionKey, ConsistentRead: aws.Bool(true)}
	return func(ctx context.Context, c db, _ string) error {
		out, err := c.GetItem(ctx, in)
		if err == nil && len(out.Item) == 0 {
			return errors.New("no question")
		}
		return err
	}
}

// settle settles an operation and stores its answer.
func settle() task {
	in := &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Update: &types.Update{
			TableName: operations, Key: item{"id": s("operation")},
			UpdateExpression: aws.String("SET #0 = :3, #3 = :4"), ConditionExpression: aws.String("#0 = :0 AND #1 = :1 AND #2 = :2"),
			ExpressionAttributeNames: map[string]string{"#0": "status", "#1": "account", "#2": "question", "#3": "updated_at"},
			ExpressionAttributeValues: item{
				":0": s("pending"), ":1": s("0f4c27b9c0c14f7f8f0f"), ":2": s("89c25a31b7c7d5e1-01JDQ4N9ZK7H2"), ":3": s("pending"), ":4": n(1764244800456),
			},
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		}},
		{Put: &types.Put{
			TableName: answers, Item: answerItem(""), ConditionExpression: aws.String("attribute_not_exists(#0) OR #0 < :0"),
			ExpressionAttributeNames: map[string]string{"#0": "rev"}, ExpressionAttributeValues: item{":0": s("01764244800123456-01JDQ4N9ZK7H2AAAAAAA")},
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		}},
	}}
	return func(ctx context.Context, c db, id string) error {
		in.ClientRequestToken = nil // of the SDK's client, which makes up one
		in.TransactItems[1].Put.Item["account"].(*types.AttributeValueMemberS).Value = id
		_, err := c.TransactWriteItems(ctx, in)
		return err
	}
}

// post adds answers to a question's sums.
func post() task {
	attributes := len(questionItem())
	in := &dynamodb.UpdateItemInput{
		TableName: questions, Key: questionKey,
		UpdateExpression:         aws.String("SET #0.#1 = :0 ADD #2 :1, #3 :2, #4 :3, #5 :4, #6 :5"),
		ConditionExpression:      aws.String("attribute_exists(#0) AND (attribute_not_exists(#0.#1) OR #0.#1 < :6)"),
		ExpressionAttributeNames: map[string]string{"#0": "applied", "#1": "shardId-00000001764244800000-0a1b2c3d", "#2": "version", "#3": "answers", "#4": "sum_half_stars", "#5": "h7", "#6": "h8"},
		ExpressionAttributeValues: item{
			":0": s("000000000000000000000000000000012345@1764244800"), ":1": n(1), ":2": n(5), ":3": n(37), ":4": n(3), ":5": n(2),
			":6": s("000000000000000000000000000000012346@1764244800"),
		},
		ReturnValues: types.ReturnValueAllNew, ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	return func(ctx context.Context, c db, _ string) error {
		out, err := c.UpdateItem(ctx, in)
		if err == nil && len(out.Attributes) != attributes {
			return errors.New("not the whole question")
		}
		return err
	}
}

// around queries a cell for its questions, without their watermarks, and asks for the units.
func around() task {
	in := &dynamodb.QueryInput{
		TableName: questions, KeyConditionExpression: aws.String("#0 = :0 AND #1 BETWEEN :1 AND :2"), ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
		ProjectionExpression:      aws.String("#0, #1, #2, #3, #4, #5, #6, #7"),
		ExpressionAttributeNames:  map[string]string{"#0": "hk", "#1": "rk", "#2": "loc", "#3": "text", "#4": "kind", "#5": "state", "#6": "expires_at", "#7": "answers"},
		ExpressionAttributeValues: item{":0": s("89c25"), ":1": s("89"), ":2": s("8a")},
	}
	return func(ctx context.Context, c db, _ string) error {
		out, err := c.Query(ctx, in)
		if err == nil && (len(out.Items) != 10 || len(out.Items[0]) != 8) {
			return fmt.Errorf("%d questions", len(out.Items))
		}
		return err
	}
}

// several gets ten questions at once.
func several() task {
	var keys []item
	for i := range 10 {
		keys = append(keys, item{"hk": s("89c25"), "rk": s(fmt.Sprintf("89c25a31b7c7d5e1-01JDQ4N9ZK7H%d", i))})
	}
	in := &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{*questions: {Keys: keys}}}
	return func(ctx context.Context, c db, _ string) error {
		out, err := c.BatchGetItem(ctx, in)
		if err == nil && len(out.Responses[*questions]) != 10 {
			return fmt.Errorf("%d questions", len(out.Responses[*questions]))
		}
		return err
	}
}

// remove deletes what is not there.
func remove() task {
	in := &dynamodb.DeleteItemInput{TableName: answers, Key: item{"question": s("none"), "account": s("none")}}
	return func(ctx context.Context, c db, id string) error {
		_, err := c.DeleteItem(ctx, in)
		return err
	}
}

// serveHTTP returns the configuration of clients over sockets.
func serveHTTP(b *testing.B, local *localaws.Local) aws.Config {
	server := httptest.NewServer(local.Handler())
	b.Cleanup(server.Close)
	config := local.Config()
	config.HTTPClient, config.BaseEndpoint = server.Client(), &server.URL
	return config
}

// reportProcessor reports the processor's time from here to the call of stop, of all
// goroutines and the collector: a busy machine does not change it much.
func reportProcessor(b *testing.B) (stop func()) {
	used := func() (sum int64) {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return u.Utime.Nano() + u.Stime.Nano()
	}
	before := used()
	return func() { b.ReportMetric(float64(used()-before)/float64(b.N), "cpu-ns/op") }
}

// BenchmarkDynamoDB is a request by either client.
func BenchmarkDynamoDB(b *testing.B) {
	for _, op := range []struct {
		name string
		task func() task
	}{{"Put", claim}, {"PutRefused", repeat}, {"Get", read}, {"Transact", settle}, {"Update", post}, {"Delete", remove}, {"Query", around}, {"BatchGet", several}} {
		local := open(b)
		served := serveHTTP(b, local)
		clients := []struct {
			name string
			db   db
		}{{"direct", direct.NewDynamoDB(local)}, {"SDK", dynamodb.NewFromConfig(local.Config())}, {"HTTP", dynamodb.NewFromConfig(served)}}
		prepareTables(b, clients[0].db)
		if err := claim()(b.Context(), clients[0].db, "operation"); err != nil {
			b.Fatal(err)
		}
		count := 0
		for _, c := range clients {
			b.Run(op.name+"/"+c.name, func(b *testing.B) {
				b.ReportAllocs()
				do := op.task()
				defer reportProcessor(b)()
				for b.Loop() {
					count++
					if err := do(b.Context(), c.db, fmt.Sprintf("01JDQ4N9ZK7H2%08d", count)); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkSQS sends a message as askaround queues an answer.
func BenchmarkSQS(b *testing.B) {
	const body = `{"operation":"01JDQ4N9ZK7H2AAAAAAA","account":"0f4c27b9c0c14f7f8f0f","acceptedAt":1764244800123456,"question":"89c25a31b7c7d5e1-01JDQ4N9ZK7H2","answer":{"kind":"star","halfStars":7}}`
	local := open(b)
	served := serveHTTP(b, local)
	for _, c := range []struct {
		name   string
		queues queues
	}{{"direct", direct.NewSQS(local)}, {"SDK", sqs.NewFromConfig(local.Config())}, {"HTTP", sqs.NewFromConfig(served)}} {
		out, err := c.queues.CreateQueue(b.Context(), &sqs.CreateQueueInput{QueueName: aws.String("answers-" + c.name)})
		if err != nil {
			b.Fatal(err)
		}
		b.Run("Send/"+c.name, func(b *testing.B) {
			b.ReportAllocs()
			defer reportProcessor(b)()
			for b.Loop() {
				if _, err := c.queues.SendMessage(b.Context(), &sqs.SendMessageInput{QueueUrl: out.QueueUrl, MessageBody: aws.String(body)}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
