package rules

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/askaround/askaround-go/internal/localaws"
)

// services are DynamoDB and SQS in process, behind clients of aws-sdk-go-v2.
type services struct {
	testing.TB
	db     *dynamodb.Client
	queues *sqs.Client
}

func openServices(t testing.TB) services {
	t.Helper()
	local, err := localaws.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { local.Close() })
	return services{t, dynamodb.NewFromConfig(local.Config()), sqs.NewFromConfig(local.Config())}
}

func (s services) use(o *Options) { o.DynamoDB, o.SQS = s.db, s.queues }

// table creates one whose keys are strings, but for those that end in N.
func (s services) table(name string, keys ...string) {
	s.Helper()
	in := &dynamodb.CreateTableInput{TableName: &name, BillingMode: types.BillingModePayPerRequest}
	for i, key := range keys {
		kind := types.ScalarAttributeTypeS
		if strings.HasSuffix(key, "N") {
			kind = types.ScalarAttributeTypeN
		}
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: aws.String(key), AttributeType: kind})
		in.KeySchema = append(in.KeySchema, types.KeySchemaElement{AttributeName: aws.String(key), KeyType: []types.KeyType{types.KeyTypeHash, types.KeyTypeRange}[i]})
	}
	if _, err := s.db.CreateTable(s.Context(), in); err != nil {
		s.Fatal(err)
	}
}

func (s services) items(table string) []map[string]types.AttributeValue {
	s.Helper()
	out, err := s.db.Scan(s.Context(), &dynamodb.ScanInput{TableName: &table})
	if err != nil {
		s.Fatal(err)
	}
	return out.Items
}

func (s services) queue(name string) string {
	s.Helper()
	out, err := s.queues.CreateQueue(s.Context(), &sqs.CreateQueueInput{QueueName: &name})
	if err != nil {
		s.Fatal(err)
	}
	return *out.QueueUrl
}

func (s services) bodies(queue string) (bodies []string) {
	s.Helper()
	out, err := s.queues.ReceiveMessage(s.Context(), &sqs.ReceiveMessageInput{QueueUrl: &queue, MaxNumberOfMessages: 10})
	if err != nil {
		s.Fatal(err)
	}
	for _, m := range out.Messages {
		bodies = append(bodies, *m.Body)
	}
	return bodies
}

var attributes = cmpopts.IgnoreUnexported(types.AttributeValueMemberS{}, types.AttributeValueMemberN{}, types.AttributeValueMemberM{},
	types.AttributeValueMemberL{}, types.AttributeValueMemberB{}, types.AttributeValueMemberBOOL{}, types.AttributeValueMemberNULL{})

type (
	avS = types.AttributeValueMemberS
	avN = types.AttributeValueMemberN
	avM = types.AttributeValueMemberM
	avL = types.AttributeValueMemberL
	avB = types.AttributeValueMemberB
)

// TestDynamoDBv2 is the first example of the posts: SELECT * into a table.
func TestDynamoDBv2(t *testing.T) {
	s := openServices(t)
	s.table("readings", "device")
	e, _ := newEngine(t, s.use)
	put(t, e, "store", payload("SELECT * FROM 'esp32/pub'", `{"dynamoDBv2": {"putItem": {"tableName": "${table}"}, `+role+`}}`))
	tap(e, "c", "esp32/pub", `{"table": "readings", "device": "7", "temp": 1.10, "whole": 10.0, "big": 12345678901234567890, "flags": [true, null, "x"], "at": {"lat": 47.6}}`)
	tap(e, "c", "esp32/pub", `no JSON`)
	closed(t, e)
	want := []map[string]types.AttributeValue{{
		"table": &avS{Value: "readings"}, "device": &avS{Value: "7"}, "temp": &avN{Value: "1.1"}, "whole": &avN{Value: "10"}, "big": &avN{Value: "12345678901234567890"},
		"flags": &avL{Value: []types.AttributeValue{&types.AttributeValueMemberBOOL{Value: true}, &types.AttributeValueMemberNULL{Value: true}, &avS{Value: "x"}}},
		"at":    &avM{Value: map[string]types.AttributeValue{"lat": &avN{Value: "47.6"}}},
	}}
	if diff := cmp.Diff(want, s.items("readings"), attributes); diff != "" {
		t.Error(diff)
	}
	if got := e.Stats().Rules["store"].Actions["DynamoDBv2Action"]; got != (ActionStats{Success: 1, Failure: 1}) {
		t.Errorf("%+v", got)
	}
}

// TestDynamoDB is the guide's tutorial: keys by templates, the payload in one attribute.
func TestDynamoDB(t *testing.T) {
	s := openServices(t)
	s.table("wx_data", "sample_timeN", "device_idN")
	s.table("raw", "topic")
	e, _ := newEngine(t, s.use)
	put(t, e, "wx_data_ddb", payload("SELECT temperature, wind.velocity AS wind_velocity FROM 'device/+/data'", `{"dynamoDB": {"tableName": "wx_data",
		"hashKeyField": "sample_timeN", "hashKeyType": "NUMBER", "hashKeyValue": "${timestamp() - timestamp() + 5}",
		"rangeKeyField": "device_idN", "rangeKeyType": "NUMBER", "rangeKeyValue": "${cast(topic(2) AS DECIMAL)}", "payloadField": "device_data", `+role+`}}`))
	put(t, e, "raw", payload("SELECT * FROM 'bytes'", `{"dynamoDB": {"tableName": "raw", "hashKeyField": "topic", "hashKeyValue": "${topic()}", "operation": "INSERT", `+role+`}}`))
	tap(e, "c", "device/22/data", `{"temperature": 28, "wind": {"velocity": 22, "bearing": 255}}`)
	tap(e, "c", "bytes", "\x00\xff")
	closed(t, e)
	if diff := cmp.Diff([]map[string]types.AttributeValue{{
		"sample_timeN": &avN{Value: "5"}, "device_idN": &avN{Value: "22"},
		"device_data": &avM{Value: map[string]types.AttributeValue{"temperature": &avN{Value: "28"}, "wind_velocity": &avN{Value: "22"}}},
	}}, s.items("wx_data"), attributes); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]map[string]types.AttributeValue{{"topic": &avS{Value: "bytes"}, "payload": &avB{Value: []byte("\x00\xff")}}}, s.items("raw"), attributes); diff != "" {
		t.Error(diff)
	}
}

func TestDynamoDBRefused(t *testing.T) {
	e, _ := newEngine(t, openServices(t).use)
	for says, action := range map[string]string{
		`operation: not supported here: "DELETE"`: `"operation": "DELETE", "tableName": "t", "hashKeyField": "k", "hashKeyValue": "v"`,
		`hashKeyField: is missing`:                `"tableName": "t", "hashKeyValue": "v"`,
		`hashKeyType: "BINARY" is none of`:        `"tableName": "t", "hashKeyField": "k", "hashKeyValue": "v", "hashKeyType": "BINARY"`,
		`rangeKeyField: is missing`:               `"tableName": "t", "hashKeyField": "k", "hashKeyValue": "v", "rangeKeyValue": "r"`,
	} {
		err := e.PutRule("r", payload("SELECT * FROM 'a'", `{"dynamoDB": {`+action+`, `+role+`}}`))
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %s", err, says)
		}
	}
	err := e.PutRule("r", payload("SELECT * FROM 'a'", `{"sqs": {"queueUrl": "https://sqs/1/q.fifo", `+role+`}}`))
	if err == nil || !strings.Contains(err.Error(), "a FIFO queue") {
		t.Error(err)
	}
}

func TestSQS(t *testing.T) {
	s := openServices(t)
	plain, coded := s.queue("plain"), s.queue("coded")
	e, _ := newEngine(t, s.use)
	put(t, e, "plain", payload("SELECT *, topic() AS t FROM 'a'", fmt.Sprintf(`{"sqs": {"queueUrl": %q, %s}}`, strings.Replace(plain, "plain", "${name}", 1), role)))
	put(t, e, "coded", payload("SELECT * FROM 'b'", fmt.Sprintf(`{"sqs": {"queueUrl": %q, "useBase64": true, %s}}`, coded, role)))
	tap(e, "c", "a", `{"name": "plain"}`)
	tap(e, "c", "b", "\x00\xff")
	closed(t, e)
	if diff := cmp.Diff([]string{`{"name":"plain","t":"a"}`}, s.bodies(plain)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{base64.StdEncoding.EncodeToString([]byte("\x00\xff"))}, s.bodies(coded)); diff != "" {
		t.Error(diff)
	}
}

// TestErrorActionOfServices: what DynamoDB and SQS refuse reaches a queue, in one message.
func TestErrorActionOfServices(t *testing.T) {
	s := openServices(t)
	failed, plain := s.queue("failed"), s.queue("plain")
	e, _ := newEngine(t, s.use)
	rule := payload("SELECT * FROM 'a'", `{"dynamoDBv2": {"putItem": {"tableName": "missing"}, `+role+`}}`, fmt.Sprintf(`{"sqs": {"queueUrl": %q, %s}}`, plain, role))
	put(t, e, "r", withErrorAction(rule, fmt.Sprintf(`{"sqs": {"queueUrl": %q, %s}}`, failed, role)))
	tap(e, "c", "a", `{"key": "x"}`)
	tap(e, "c", "a", "\xff")
	closed(t, e)
	if got := s.bodies(plain); len(got) != 1 {
		t.Errorf("the action behind one that failed was done %d times, want once", len(got))
	}
	bodies := s.bodies(failed)
	if len(bodies) != 2 {
		t.Fatalf("%d messages of failures, want 2: %q", len(bodies), bodies)
	}
	for _, says := range [][]string{
		{`"failedAction":"DynamoDBv2Action","failedResource":"missing"`, "ResourceNotFoundException", `"base64OriginalPayload":"eyJrZXkiOiAieCJ9"`},
		{"no JSON object", `"failedAction":"SqsAction"`, "set useBase64", `"base64OriginalPayload":"/w=="`},
	} {
		found := false
		for _, body := range bodies {
			all := true
			for _, text := range says {
				all = all && strings.Contains(body, text)
			}
			found = found || all
		}
		if !found {
			t.Errorf("no message has %q: %q", says, bodies)
		}
	}
}
