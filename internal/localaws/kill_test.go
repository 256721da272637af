package localaws_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/askaround/askaround-go/internal/localaws"
)

const killDir = "ASKAROUND_LOCALAWS_KILL_DIR"

// client is the program that TestKill kills: it writes items and messages, deletes the
// messages again, and prints what was acknowledged, and what it is about to delete.
type client struct {
	db     *dynamodb.Client
	queues *sqs.Client
	queue  *string
	next   atomic.Int64

	printing sync.Mutex
}

func (c *client) say(what string, n string) {
	c.printing.Lock()
	defer c.printing.Unlock()
	fmt.Println(what, n)
}

func runClient(dir string) error {
	ctx := context.Background()
	local, err := localaws.Open(ctx, func(o *localaws.Options) { o.Dir = dir })
	if err != nil {
		return err
	}
	c := &client{db: dynamodb.NewFromConfig(local.Config()), queues: sqs.NewFromConfig(local.Config())}
	c.next.Store(time.Now().UnixNano()) // numbers that no earlier round used
	url, err := c.queues.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("queue")})
	if err != nil {
		return err
	}
	c.queue = url.QueueUrl
	failed := make(chan error)
	for _, work := range []func(context.Context) error{c.write, c.write, c.write, c.delete} {
		go func() {
			for {
				if err := work(ctx); err != nil {
					failed <- err
				}
			}
		}()
	}
	return <-failed
}

func (c *client) write(ctx context.Context) error {
	n := strconv.FormatInt(c.next.Add(1), 10)
	if _, err := c.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("table"), Item: map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: n}, "g": &types.AttributeValueMemberN{Value: n}}}); err != nil {
		return err
	}
	c.say("put", n)
	if _, err := c.queues.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: c.queue, MessageBody: &n}); err != nil {
		return err
	}
	c.say("sent", n)
	return nil
}

func (c *client) delete(ctx context.Context) error {
	got, err := c.queues.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: c.queue, WaitTimeSeconds: 1})
	if err != nil {
		return err
	}
	for _, m := range got.Messages {
		c.say("deleting", *m.Body)
		if _, err := c.queues.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: c.queue, ReceiptHandle: m.ReceiptHandle}); err != nil {
			return err
		}
		c.say("deleted", *m.Body)
	}
	return nil
}

// A process killed at a random moment has lost no item and no message that it
// acknowledged, brings none back that it deleted, and its index and stream tell the
// same as its table.
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
	createTable(t, dynamodb.NewFromConfig(local.Config()))
	if _, err := sqs.NewFromConfig(local.Config()).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("queue")}); err != nil {
		t.Fatal(err)
	}
	if err := local.Close(); err != nil {
		t.Fatal(err)
	}
	said := map[string]map[string]bool{"put": {}, "sent": {}, "deleting": {}, "deleted": {}}
	for round := range rounds {
		killAfter(t, dir, 20+round%40*7, said)
		checkKilled(t, dir, said)
	}
	t.Logf("%d rounds: %d items, %d messages sent, %d deleted", rounds, len(said["put"]), len(said["sent"]), len(said["deleted"]))
}

// killAfter lets the client say so many lines, kills it and adds all that it said.
func killAfter(t *testing.T, dir string, count int, said map[string]map[string]bool) {
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
		what, number, _ := strings.Cut(strings.TrimSpace(line), " ")
		said[what][number] = true
		if n++; n == count {
			kill()
		}
	}
	cmd.Wait() // "signal: killed"
	if n < count {
		t.Fatalf("the program ended by itself after %d of %d lines", n, count)
	}
}

func checkKilled(t *testing.T, dir string, said map[string]map[string]bool) {
	t.Helper()
	local := open(t, dir)
	defer local.Close()
	items := scan(t, local, nil)
	for n := range said["put"] {
		if !items[n] {
			t.Errorf("item %s was acknowledged and is missing", n)
		}
	}
	indexed := scan(t, local, aws.String("byG"))
	inserted := streamed(t, local)
	for n := range items {
		if !indexed[n] || !inserted[n] {
			t.Errorf("item %s: indexed %v, streamed %v", n, indexed[n], inserted[n])
		}
	}
	if len(indexed) != len(items) || len(inserted) != len(items) {
		t.Errorf("%d items, %d indexed, %d streamed", len(items), len(indexed), len(inserted))
	}
	queued := drain(t, local)
	for n := range said["sent"] {
		if !queued[n] && !said["deleting"][n] {
			t.Errorf("message %s was acknowledged and is missing", n)
		}
	}
	for n := range queued {
		if said["deleted"][n] {
			t.Errorf("message %s was deleted and is back", n)
		}
		said["deleting"][n], said["deleted"][n] = true, true // by drain
	}
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
