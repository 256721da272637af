package rules_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"os/exec"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/askaround/askaround-go/internal/foreign"
	"github.com/askaround/askaround-go/internal/localaws"
	"github.com/askaround/askaround-go/iotauth/gateway"
	"github.com/askaround/askaround-go/iotauth/gateway/local"
	"github.com/askaround/askaround-go/iotauth/gateway/rules"
)

// TestBoto3: rules that boto3 makes in the control plane do what they say with a message
// of the gateway.
func TestBoto3(t *testing.T) {
	t.Parallel() // it waits for another program
	python := foreign.NeedPython(t, "boto3")
	services, err := localaws.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { services.Close() })
	db, queues := dynamodb.NewFromConfig(services.Config()), sqs.NewFromConfig(services.Config())
	createTable(t, db, "readings", "device", "")
	createTable(t, db, "log", "device", "nN")
	queue, err := queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("q")})
	if err != nil {
		t.Fatal(err)
	}
	events := make(chan string, 1)
	account, err := local.Start(func(o *local.Options) {
		o.Rules = func(o *rules.Options) {
			o.DynamoDB, o.SQS = db, queues
			o.Functions = map[string]rules.Function{"f": {Handle: func(_ context.Context, event json.RawMessage) error {
				events <- string(event)
				return nil
			}}}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), python, "testdata/rules.py", account.Control, *queue.QueueUrl).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	if err := account.Gateway.Publish(t.Context(), gateway.Message{Topic: "devices/7/data", Payload: []byte(`{"n": 1}`)}); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := account.Rules.Close(ctx); err != nil { // which waits for what was taken
		t.Error(err)
	}
	const want = `{"n":1,"device":"7"}`
	select {
	case got := <-events:
		if got != want {
			t.Errorf("the function got %s, want %s", got, want)
		}
	default:
		t.Error("the function was not called")
	}
	for _, table := range []string{"readings", "log"} {
		if out, err := db.Scan(t.Context(), &dynamodb.ScanInput{TableName: &table}); err != nil || out.Count != 1 {
			t.Errorf("%s: %+v, %v", table, out, err)
		}
	}
	got, err := queues.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: queue.QueueUrl, MaxNumberOfMessages: 10})
	if err != nil || len(got.Messages) != 1 || *got.Messages[0].Body != base64.StdEncoding.EncodeToString([]byte(want)) {
		t.Errorf("%+v, %v", got, err)
	}
	for name, s := range account.Rules.Stats().Rules {
		if s.RulesExecuted != 1 || s.ErrorActionSuccess+s.ErrorActionFailure != 0 {
			t.Errorf("%s: %+v", name, s)
		}
	}
	if err := account.Close(ctx); err != nil {
		t.Error(err)
	}
}

// createTable creates one with a hash key of strings and perhaps a range key of numbers.
func createTable(t *testing.T, db *dynamodb.Client, name, hash, sort string) {
	t.Helper()
	in := &dynamodb.CreateTableInput{
		TableName: &name, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: &hash, AttributeType: types.ScalarAttributeTypeS}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: &hash, KeyType: types.KeyTypeHash}},
	}
	if sort != "" {
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: &sort, AttributeType: types.ScalarAttributeTypeN})
		in.KeySchema = append(in.KeySchema, types.KeySchemaElement{AttributeName: &sort, KeyType: types.KeyTypeRange})
	}
	if _, err := db.CreateTable(t.Context(), in); err != nil {
		t.Fatal(err)
	}
}
