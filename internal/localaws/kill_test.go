package localaws_test

import (
	"bufio"
	"errors"
	"maps"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/internal/localaws"
)

// operation is what a writer was about to do.
type operation struct {
	together bool // all of the effects or none
	effects  []effect
}

// witness is what the killed programs said: the states that items must have, what may
// have come about besides, and the messages.
type witness struct {
	confirmed map[effect]string    // version by table and pk
	begun     map[string]operation // by writer: not known to be done
	messages  map[string]map[string]bool
}

func newWitness() *witness {
	return &witness{map[effect]string{}, map[string]operation{}, map[string]map[string]bool{"sent": {}, "deleting": {}, "deleted": {}}}
}

// hear takes one line of a program.
func (w *witness) hear(line string) {
	what, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	switch what {
	case "begin":
		writer, op := parseBegin(rest)
		w.begun[writer] = op
	case "done":
		for _, e := range w.begun[rest].effects {
			w.confirmed[effect{table: e.table, pk: e.pk}] = e.version
		}
		delete(w.begun, rest)
	default:
		w.messages[what][rest] = true
	}
}

// A process killed at a random moment has lost no write and no message that it
// acknowledged, brings none back that it deleted, has no transaction by half, and its
// indexes and streams tell the same as its tables.
func TestKill(t *testing.T) {
	rounds := 8
	switch {
	case testing.Short():
		rounds = 2
	case os.Getenv("ASKAROUND_SLOW") == "1":
		rounds = 200
	}
	dir := t.TempDir()
	local := open(t, dir)
	for _, table := range []string{"one", "two"} {
		createKillTable(t, dynamodb.NewFromConfig(local.Config()), table)
	}
	if _, err := sqs.NewFromConfig(local.Config()).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("queue")}); err != nil {
		t.Fatal(err)
	}
	if err := local.Close(); err != nil {
		t.Fatal(err)
	}
	w := newWitness()
	for round := range rounds {
		killAfter(t, dir, 40+round%40*5, w)
		checkKilled(t, dir, w)
	}
	t.Logf("%d rounds: %d items, %d messages sent, %d deleted", rounds, len(w.confirmed), len(w.messages["sent"]), len(w.messages["deleted"]))
}

// createKillTable makes a table with a local index by version, a global one and a stream.
func createKillTable(t *testing.T, db *dynamodb.Client, name string) {
	t.Helper()
	element := func(name string, kind types.KeyType) types.KeySchemaElement {
		return types.KeySchemaElement{AttributeName: &name, KeyType: kind}
	}
	define := func(name string, kind types.ScalarAttributeType) types.AttributeDefinition {
		return types.AttributeDefinition{AttributeName: &name, AttributeType: kind}
	}
	all := &types.Projection{ProjectionType: types.ProjectionTypeAll}
	_, err := db.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: &name, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions:   []types.AttributeDefinition{define("pk", "S"), define("sk", "N"), define("v", "N"), define("g", "S")},
		KeySchema:              []types.KeySchemaElement{element("pk", types.KeyTypeHash), element("sk", types.KeyTypeRange)},
		LocalSecondaryIndexes:  []types.LocalSecondaryIndex{{IndexName: aws.String("byV"), Projection: all, KeySchema: []types.KeySchemaElement{element("pk", types.KeyTypeHash), element("v", types.KeyTypeRange)}}},
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{IndexName: aws.String("byG"), Projection: all, KeySchema: []types.KeySchemaElement{element("g", types.KeyTypeHash)}}},
		StreamSpecification:    &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewAndOldImages},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// killAfter lets the client say so many lines, kills it and hears all that it said.
func killAfter(t *testing.T, dir string, count int, w *witness) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), killDir+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill := func() {
		if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Error(err)
		}
	}
	watchdog := time.AfterFunc(20*time.Second, kill)
	defer watchdog.Stop()
	lines, n := bufio.NewReader(out), 0
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			break // the line that the kill cut counts for nothing
		}
		w.hear(line)
		if n++; n == count {
			kill()
		}
	}
	cmd.Wait() // "signal: killed"
	if n < count {
		t.Fatalf("the program ended by itself after %d of %d lines", n, count)
	}
}

func checkKilled(t *testing.T, dir string, w *witness) {
	t.Helper()
	local := open(t, dir)
	defer local.Close()
	found := map[effect]string{}
	for _, table := range []string{"one", "two"} {
		items := versions(t, local, table, nil)
		for _, index := range []string{"byV", "byG"} {
			if diff := cmp.Diff(items, versions(t, local, table, &index)); diff != "" {
				t.Errorf("table %s and index %s (-table +index):\n%s", table, index, diff)
			}
		}
		if diff := cmp.Diff(items, chain(t, local, table)); diff != "" {
			t.Errorf("table %s and the end of its stream (-table +stream):\n%s", table, diff)
		}
		for pk, version := range items {
			found[effect{table: table, pk: pk}] = version
		}
	}
	w.settle(t, found)
	maps.DeleteFunc(w.confirmed, func(_ effect, version string) bool { return version == "" })
	if diff := cmp.Diff(w.confirmed, found); diff != "" {
		t.Errorf("items (-acknowledged +found):\n%s", diff)
	}
	w.confirmed = found
	w.checkMessages(t, local)
}

// settle confirms what came about of the operations in doubt.
func (w *witness) settle(t *testing.T, found map[effect]string) {
	t.Helper()
	for writer, op := range w.begun {
		came := 0
		for _, e := range op.effects {
			item := effect{table: e.table, pk: e.pk}
			if found[item] == e.version && w.confirmed[item] != e.version {
				w.confirmed[item] = e.version
				came++
			}
		}
		if op.together && came != 0 && came != len(op.effects) {
			t.Errorf("%d of the %d effects of one transaction of writer %s came about: %v", came, len(op.effects), writer, op.effects)
		}
	}
	clear(w.begun)
}

func (w *witness) checkMessages(t *testing.T, local *localaws.Local) {
	t.Helper()
	queued := drain(t, local)
	for n := range w.messages["sent"] {
		if !queued[n] && !w.messages["deleting"][n] {
			t.Errorf("message %s was acknowledged and is missing", n)
		}
	}
	for n := range queued {
		if w.messages["deleted"][n] {
			t.Errorf("message %s was deleted and is back", n)
		}
		w.messages["deleting"][n], w.messages["deleted"][n] = true, true // by drain
	}
}

// versions returns the versions of the items in a table or index by pk.
func versions(t *testing.T, local *localaws.Local, table string, index *string) map[string]string {
	t.Helper()
	all := map[string]string{}
	pages := dynamodb.NewScanPaginator(dynamodb.NewFromConfig(local.Config()), &dynamodb.ScanInput{TableName: &table, IndexName: index})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			all[item["pk"].(*types.AttributeValueMemberS).Value] = item["v"].(*types.AttributeValueMemberN).Value
		}
	}
	return all
}

// chain follows a table's stream from its beginning and returns the versions at its end.
// The old image of each record must be the new image of the one before it.
func chain(t *testing.T, local *localaws.Local, table string) map[string]string {
	t.Helper()
	shards, err := local.DynamoDB().StreamShards(table)
	if err != nil {
		t.Fatal(err)
	}
	last, ends := map[string]map[string]events.DynamoDBAttributeValue{}, map[string]string{}
	for _, shard := range shards {
		records, _, err := local.DynamoDB().StreamRecords(table, shard.ID, "", 1_000_000)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			pk := r.Change.Keys["pk"].String()
			if !reflect.DeepEqual(r.Change.OldImage, last[pk]) {
				t.Errorf("record %s of %s: old image %v behind %v", r.Change.SequenceNumber, pk, r.Change.OldImage, last[pk])
			}
			if last[pk] = r.Change.NewImage; r.Change.NewImage == nil {
				delete(ends, pk)
			} else {
				ends[pk] = r.Change.NewImage["v"].Number()
			}
		}
	}
	return ends
}

func scan(t *testing.T, local *localaws.Local, index *string) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	pages := dynamodb.NewScanPaginator(dynamodb.NewFromConfig(local.Config()), &dynamodb.ScanInput{TableName: aws.String("table"), IndexName: index})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			all[item["pk"].(*types.AttributeValueMemberS).Value] = true
		}
	}
	return all
}

// streamed returns the items whose insertion is in the stream, once.
func streamed(t *testing.T, local *localaws.Local) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	shards, err := local.DynamoDB().StreamShards("table")
	if err != nil {
		t.Fatal(err)
	}
	for _, shard := range shards {
		records, _, err := local.DynamoDB().StreamRecords("table", shard.ID, "", 1_000_000)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			pk := r.Change.Keys["pk"].String()
			if all[pk] {
				t.Errorf("item %s is streamed twice", pk)
			}
			all[pk] = true
		}
	}
	return all
}

// drain takes all messages out of the queue.
func drain(t *testing.T, local *localaws.Local) map[string]bool {
	t.Helper()
	url := "http://sqs.us-east-1.localhost/000000000000/queue"
	if err := local.SQS().Release(t.Context(), url); err != nil { // what the killed process had in hand
		t.Fatal(err)
	}
	got, err := local.SQS().Receive(t.Context(), url, 100_000, 0)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	var receipts []string
	for _, m := range got {
		if all[m.Body] {
			t.Errorf("message %s is there twice", m.Body)
		}
		all[m.Body] = true
		receipts = append(receipts, m.ReceiptHandle)
	}
	if err := local.SQS().Delete(t.Context(), url, receipts...); err != nil {
		t.Fatal(err)
	}
	return all
}
