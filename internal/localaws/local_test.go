package localaws_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/askaround/askaround-go/internal/foreign"
	"github.com/askaround/askaround-go/internal/journal"
	"github.com/askaround/askaround-go/internal/localaws"
)

func TestMain(m *testing.M) {
	os.Unsetenv("AWS_CA_BUNDLE")
	if dir := os.Getenv(killDir); dir != "" {
		fmt.Fprintln(os.Stderr, runClient(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func open(t testing.TB, dir string) *localaws.Local {
	t.Helper()
	local, err := localaws.Open(t.Context(), func(o *localaws.Options) { o.Dir = dir })
	if err != nil {
		t.Fatal(err)
	}
	return local
}

func createTable(t testing.TB, db *dynamodb.Client) {
	t.Helper()
	_, err := db.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String("table"), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("pk"), AttributeType: types.ScalarAttributeTypeS}, {AttributeName: aws.String("g"), AttributeType: types.ScalarAttributeTypeN}},
		KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("pk"), KeyType: types.KeyTypeHash}},
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{IndexName: aws.String("byG"), Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
			KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("g"), KeyType: types.KeyTypeHash}}}},
		StreamSpecification: &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewAndOldImages},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// state is everything that a client can see of the table and its stream.
func state(t *testing.T, local *localaws.Local) string {
	t.Helper()
	db, streams := dynamodb.NewFromConfig(local.Config()), dynamodbstreams.NewFromConfig(local.Config())
	table, err := db.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String("table")})
	if err != nil {
		t.Fatal(err)
	}
	items, err := db.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String("table")})
	if err != nil {
		t.Fatal(err)
	}
	indexed, err := db.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String("table"), IndexName: aws.String("byG")})
	if err != nil {
		t.Fatal(err)
	}
	stream, err := streams.DescribeStream(t.Context(), &dynamodbstreams.DescribeStreamInput{StreamArn: table.Table.LatestStreamArn})
	if err != nil {
		t.Fatal(err)
	}
	var records []any
	for _, shard := range stream.StreamDescription.Shards {
		it, err := streams.GetShardIterator(t.Context(), &dynamodbstreams.GetShardIteratorInput{StreamArn: table.Table.LatestStreamArn, ShardId: shard.ShardId, ShardIteratorType: "TRIM_HORIZON"})
		if err != nil {
			t.Fatal(err)
		}
		out, err := streams.GetRecords(t.Context(), &dynamodbstreams.GetRecordsInput{ShardIterator: it.ShardIterator})
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, out.Records)
	}
	text, err := json.MarshalIndent([]any{table.Table, items.Items, indexed.Items, stream.StreamDescription, records}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestRestart shows that what a client sees is the same after a restart, stream included.
func TestRestart(t *testing.T) {
	dir := t.TempDir()
	local := open(t, dir)
	db, queues := dynamodb.NewFromConfig(local.Config()), sqs.NewFromConfig(local.Config())
	createTable(t, db)
	for i := range 40 {
		_, err := db.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("table"), Item: map[string]types.AttributeValue{
			"pk": &types.AttributeValueMemberS{Value: fmt.Sprint(i % 25)}, "g": &types.AttributeValueMemberN{Value: fmt.Sprint(i)}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := db.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: aws.String("table"), Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "3"}}})
	if err != nil {
		t.Fatal(err)
	}
	queue, err := queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("queue")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := queues.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: queue.QueueUrl, MessageBody: aws.String("body")}); err != nil {
		t.Fatal(err)
	}
	local.SetCheckpoint("consumer", "42")
	before := state(t, local)

	if _, err := localaws.Open(t.Context(), func(o *localaws.Options) { o.Dir = dir }); !errors.Is(err, journal.ErrLocked) {
		t.Errorf("a second process: %v, want ErrLocked", err)
	}
	if err := local.Close(); err != nil {
		t.Fatal(err)
	}
	local = open(t, dir)
	defer local.Close()
	if after := state(t, local); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	if got := local.Checkpoint("consumer"); got != "42" {
		t.Errorf("checkpoint %q", got)
	}
	got, err := sqs.NewFromConfig(local.Config()).ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: queue.QueueUrl})
	if err != nil || len(got.Messages) != 1 {
		t.Errorf("%d messages, %v, want 1", len(got.Messages), err)
	}
}

// TestTransportEndsWithItsContext shows that a cancelled long poll returns at once.
func TestTransportEndsWithItsContext(t *testing.T) {
	local := open(t, "")
	defer local.Close()
	queues := sqs.NewFromConfig(local.Config())
	queue, err := queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("queue")})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	context.AfterFunc(t.Context(), cancel)
	ended := make(chan error, 1)
	go func() {
		_, err := queues.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: queue.QueueUrl, WaitTimeSeconds: 20})
		ended <- err
	}()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}

// environment is what foreign clients need to call a local endpoint.
func environment() []string {
	env := append(os.Environ(), "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local", "AWS_DEFAULT_REGION=us-east-1", "AWS_PAGER=", "AWS_EC2_METADATA_DISABLED=true")
	return append(env, "AWS_CA_BUNDLE=", "NO_PROXY=127.0.0.1")
}

// TestCommandLine drives a table with Amazon's own client over a socket.
func TestCommandLine(t *testing.T) {
	t.Parallel() // it waits for another program
	if os.Getenv("ASKAROUND_SLOW") != "1" {
		t.Skip("starts a Python program several times: ASKAROUND_SLOW=1 runs it")
	}
	cli := foreign.Need(t, "aws")
	local := open(t, "")
	defer local.Close()
	server := httptest.NewServer(local.Handler())
	defer server.Close()
	aws := func(args ...string) string {
		cmd := exec.CommandContext(t.Context(), cli, append(args, "--endpoint-url", server.URL, "--output", "json")...)
		cmd.Env = environment()
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("aws %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	aws("dynamodb", "create-table", "--table-name", "table", "--billing-mode", "PAY_PER_REQUEST",
		"--attribute-definitions", "AttributeName=pk,AttributeType=S", "AttributeName=sk,AttributeType=N",
		"--key-schema", "AttributeName=pk,KeyType=HASH", "AttributeName=sk,KeyType=RANGE")
	aws("dynamodb", "wait", "table-exists", "--table-name", "table")
	aws("dynamodb", "put-item", "--table-name", "table", "--item", `{"pk":{"S":"a"},"sk":{"N":"10"},"v":{"L":[{"S":"é"},{"NULL":true}]}}`)
	aws("dynamodb", "put-item", "--table-name", "table", "--item", `{"pk":{"S":"a"},"sk":{"N":"9"}}`)
	out := aws("dynamodb", "query", "--table-name", "table", "--key-condition-expression", "pk = :p AND sk > :s",
		"--expression-attribute-values", `{":p":{"S":"a"},":s":{"N":"8"}}`)
	var page struct {
		Count int
		Items []map[string]map[string]any
	}
	if err := json.Unmarshal([]byte(out), &page); err != nil || page.Count != 2 || page.Items[0]["sk"]["N"] != "9" {
		t.Errorf("query: %v\n%s", err, out)
	}
}

const boto = `
import boto3, sys
from boto3.dynamodb.conditions import Key, Attr
from decimal import Decimal
db = boto3.resource("dynamodb", endpoint_url=sys.argv[1])
t = db.create_table(TableName="boto", BillingMode="PAY_PER_REQUEST",
    AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "N"}],
    KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})
t.wait_until_exists()
with t.batch_writer() as b:
    for i in range(60):
        b.put_item(Item={"pk": "p", "sk": i, "v": Decimal("0.1") * i, "s": {"x", "y"}})
r = t.query(KeyConditionExpression=Key("pk").eq("p") & Key("sk").between(9, 20), FilterExpression=Attr("v").gt(Decimal("1")))
assert [int(i["sk"]) for i in r["Items"]] == list(range(11, 21)), r
t.update_item(Key={"pk": "p", "sk": 1}, UpdateExpression="SET v = v + :d REMOVE s", ExpressionAttributeValues={":d": Decimal("0.2")})
item = t.get_item(Key={"pk": "p", "sk": 1})["Item"]
assert item["v"] == Decimal("0.3") and "s" not in item, item
try:
    t.put_item(Item={"pk": "p", "sk": 1}, ConditionExpression=Attr("pk").not_exists())
    raise SystemExit("the condition held")
except db.meta.client.exceptions.ConditionalCheckFailedException:
    pass
s = boto3.client("dynamodbstreams", endpoint_url=sys.argv[1])
d = s.describe_stream(StreamArn=t.latest_stream_arn)["StreamDescription"]
it = s.get_shard_iterator(StreamArn=t.latest_stream_arn, ShardId=d["Shards"][0]["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
records = s.get_records(ShardIterator=it)["Records"]
assert len(records) == 61 and records[-1]["eventName"] == "MODIFY", len(records)
`

// TestBoto3 drives a table and its stream with Python's client over a socket.
func TestBoto3(t *testing.T) {
	t.Parallel() // it waits for another program
	if testing.Short() {
		t.Skip("starts Python")
	}
	python := foreign.NeedPython(t, "boto3")
	local := open(t, "")
	defer local.Close()
	server := httptest.NewServer(local.Handler())
	defer server.Close()
	cmd := exec.CommandContext(t.Context(), python, "-c", boto, server.URL)
	cmd.Env = environment()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func Example() {
	ctx := context.Background()
	local, err := localaws.Open(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer local.Close()
	queues := sqs.NewFromConfig(local.Config())
	queue, err := queues.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("orders")})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(aws.ToString(queue.QueueUrl))
	// Output: http://sqs.us-east-1.localhost/000000000000/orders
}
