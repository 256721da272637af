package direct_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"

	"github.com/askaround/askaround-go/internal/localaws/direct"
)

// TestConcurrentCalls: requests that share memory one after the other do not see each
// other, and what was returned stays as it was.
func TestConcurrentCalls(t *testing.T) {
	c := direct.NewDynamoDB(open(t))
	if _, err := tableCalls[0].do(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for n := range 60 {
				if err := writeAndRead(t.Context(), c, fmt.Sprintf("%d-%d", worker, n)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// writeAndRead puts, updates and gets an item that tells its key everywhere.
func writeAndRead(ctx context.Context, c db, id string) error {
	_, err := c.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, ConditionExpression: aws.String("attribute_not_exists(#p)"), ExpressionAttributeNames: map[string]string{"#p": "pk"},
		Item: item{"pk": s(id), "text": s("of " + id), "map": &types.AttributeValueMemberM{Value: item{id: s(id)}}}})
	if err != nil {
		return err
	}
	updated, err := c.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: table, Key: item{"pk": s(id)}, UpdateExpression: aws.String("SET more = :v ADD times :n"),
		ConditionExpression: aws.String("#t = :t"), ExpressionAttributeNames: map[string]string{"#t": "text"},
		ExpressionAttributeValues: item{":v": s("more of " + id), ":t": s("of " + id), ":n": n(7)}, ReturnValues: types.ReturnValueAllNew})
	if err != nil {
		return err
	}
	_, err = c.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Put: &types.Put{TableName: table, Item: item{"pk": s("beside " + id)}}},
		{ConditionCheck: &types.ConditionCheck{TableName: table, Key: item{"pk": s(id)}, ConditionExpression: aws.String("#t = :t"),
			ExpressionAttributeNames: map[string]string{"#t": "text"}, ExpressionAttributeValues: item{":t": s("of another")}, ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}}}})
	var canceled *types.TransactionCanceledException
	if !errors.As(err, &canceled) {
		return fmt.Errorf("a transaction that cannot be: %w", err)
	}
	got, err := c.GetItem(ctx, &dynamodb.GetItemInput{TableName: table, Key: item{"pk": s(id)}})
	if err != nil {
		return err
	}
	want := map[string]string{"pk": id, "text": "of " + id, "more": "more of " + id}
	for _, image := range []item{updated.Attributes, canceled.CancellationReasons[1].Item, got.Item} {
		for name, text := range want {
			if v, ok := image[name].(*types.AttributeValueMemberS); !ok || v.Value != text {
				return fmt.Errorf("%s: attribute %s is %v", id, name, image[name])
			}
		}
		if v, ok := image["times"].(*types.AttributeValueMemberN); !ok || v.Value != "7" || len(image) != 5 {
			return fmt.Errorf("%s: %v", id, image)
		}
	}
	return nil
}

// TestInputsStayWhole: a call changes nothing of its input, and a later change of the input
// nothing of what was stored.
func TestInputsStayWhole(t *testing.T) {
	c := direct.NewDynamoDB(open(t))
	if _, err := tableCalls[0].do(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	blob := &types.AttributeValueMemberB{Value: []byte{1, 2}}
	set := &types.AttributeValueMemberSS{Value: []string{"b", "a"}}
	if _, err := c.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: table, Item: item{"pk": s("a"), "blob": blob, "set": set}}); err != nil {
		t.Fatal(err)
	}
	if set.Value[0] != "b" || set.Value[1] != "a" {
		t.Errorf("the input's set is %q", set.Value)
	}
	blob.Value[0], set.Value[0] = 9, "z"
	get := func() item {
		out, err := c.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: table, Key: item{"pk": s("a")}})
		if err != nil {
			t.Fatal(err)
		}
		return out.Item
	}
	first := get()
	first["blob"].(*types.AttributeValueMemberB).Value[1] = 9
	again := get()
	if b := again["blob"].(*types.AttributeValueMemberB).Value; b[0] != 1 || b[1] != 2 {
		t.Errorf("the stored bytes are %v", b)
	}
	if set := again["set"].(*types.AttributeValueMemberSS).Value; set[0] != "a" || set[1] != "b" {
		t.Errorf("the stored set is %q", set)
	}
}

// TestCanceledCalls: a context that has ended ends every call, with the operation's name
// and the context's error, as in the SDK's client.
func TestCanceledCalls(t *testing.T) {
	local := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, clients := range []struct {
		db     db
		queues queues
	}{
		{direct.NewDynamoDB(local), direct.NewSQS(local)},
		{dynamodb.NewFromConfig(local.Config()), sqs.NewFromConfig(local.Config())},
	} {
		for name, do := range map[string]func() error{
			"PutItem": func() error {
				_, err := clients.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: item{"pk": s("a")}})
				return err
			},
			"UpdateItem": func() error {
				_, err := clients.db.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: table, Key: item{"pk": s("a")}})
				return err
			},
			"DeleteItem": func() error {
				_, err := clients.db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: table, Key: item{"pk": s("a")}})
				return err
			},
			"GetItem": func() error {
				_, err := clients.db.GetItem(ctx, &dynamodb.GetItemInput{TableName: table, Key: item{"pk": s("a")}})
				return err
			},
			"TransactWriteItems": func() error {
				_, err := clients.db.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{{Put: &types.Put{TableName: table, Item: item{"pk": s("a")}}}}})
				return err
			},
			"SendMessage": func() error {
				_, err := clients.queues.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String("q"), MessageBody: aws.String("x")})
				return err
			},
		} {
			err := do()
			var operation *smithy.OperationError
			if !errors.As(err, &operation) || operation.Operation() != name || !errors.Is(err, context.Canceled) {
				t.Errorf("%T, %s: %v", clients.db, name, err)
			}
		}
	}
}

// TestBatchLeavesKeys: what 16 MB do not hold comes back, as it was sent.
func TestBatchLeavesKeys(t *testing.T) {
	through, at := open(t), open(t)
	clients := [2]db{dynamodb.NewFromConfig(through.Config()), direct.NewDynamoDB(at)}
	keys := types.KeysAndAttributes{ConsistentRead: aws.Bool(true), ProjectionExpression: aws.String("#p"), ExpressionAttributeNames: map[string]string{"#p": "pk"}}
	for n := range 44 {
		keys.Keys = append(keys.Keys, item{"pk": &types.AttributeValueMemberN{Value: fmt.Sprintf("%d.0", n)}})
	}
	var outs [2]*dynamodb.BatchGetItemOutput
	for i, c := range clients {
		_, err := c.CreateTable(t.Context(), &dynamodb.CreateTableInput{TableName: table, BillingMode: types.BillingModePayPerRequest,
			AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("pk"), AttributeType: types.ScalarAttributeTypeN}},
			KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("pk"), KeyType: types.KeyTypeHash}}})
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range keys.Keys {
			if _, err := c.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: table, Item: item{"pk": key["pk"], "large": s(strings.Repeat("x", 390<<10))}}); err != nil {
				t.Fatal(err)
			}
		}
		if outs[i], err = c.BatchGetItem(t.Context(), &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{*table: keys}, ReturnConsumedCapacity: types.ReturnConsumedCapacityIndexes}); err != nil {
			t.Fatal(err)
		}
	}
	if len(outs[1].UnprocessedKeys[*table].Keys) == 0 {
		t.Error("all keys were processed")
	}
	compare(t, outs[0], outs[1], nil, nil)
}
