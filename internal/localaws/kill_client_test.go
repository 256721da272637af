package localaws_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/askaround/askaround-go/internal/localaws"
)

const killDir = "ASKAROUND_LOCALAWS_KILL_DIR"

// killWriters is how many goroutines write items. Each has items of its own, so that at
// any moment one operation of each is in doubt.
const killWriters = 3

// client is the program that TestKill kills. It prints what it is about to do ("begin"
// with the writer and the states that items will have, "deleting" with a message) and
// what was acknowledged ("done", "sent", "deleted").
type client struct {
	db     *dynamodb.Client
	queues *sqs.Client
	queue  *string
	next   atomic.Int64

	printing sync.Mutex
}

func (c *client) say(words ...any) {
	c.printing.Lock()
	defer c.printing.Unlock()
	fmt.Println(words...)
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
	works := []func(context.Context) error{c.send, c.delete}
	for writer := range killWriters {
		works = append(works, func(ctx context.Context) error { return c.write(ctx, writer) })
	}
	for _, work := range works {
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

// effect is the state that an item has after an operation: its version, "" for gone.
type effect struct{ table, pk, version string }

// write does one operation of a random kind.
func (c *client) write(ctx context.Context, writer int) error {
	e := effect{[]string{"one", "two"}[rand.IntN(2)], fmt.Sprintf("w%d-%d", writer, rand.IntN(8)), c.version()}
	switch rand.IntN(6) {
	case 0:
		return c.do(writer, "each", func() error { return c.put(ctx, e, nil) }, e)
	case 1:
		return c.do(writer, "each", func() error { return c.update(ctx, e) }, e)
	case 2:
		e.version = ""
		return c.do(writer, "each", func() error { return c.remove(ctx, e) }, e)
	case 3:
		return c.conditional(ctx, writer, e)
	case 4:
		return c.batch(ctx, writer, e)
	}
	return c.transact(ctx, writer)
}

func (c *client) version() string { return strconv.FormatInt(c.next.Add(1), 10) }

// do says what fn is about to do, and that it did. unit is "all" where the effects come
// about together or not at all, else "each".
func (c *client) do(writer int, unit string, fn func() error, effects ...effect) error {
	words := []any{"begin", writer, unit}
	for _, e := range effects {
		words = append(words, e.table+"/"+e.pk+"="+e.version)
	}
	c.say(words...)
	if err := fn(); err != nil {
		return err
	}
	c.say("done", writer)
	return nil
}

func key(pk string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberN{Value: "1"}}
}

// contents are the attributes of an item besides its key: the version, which the local
// index sorts by, and g, the hash key of the global one.
func contents(e effect) map[string]types.AttributeValue {
	item := key(e.pk)
	item["v"] = &types.AttributeValueMemberN{Value: e.version}
	item["g"] = &types.AttributeValueMemberS{Value: "g" + e.version[len(e.version)-1:]}
	return item
}

func (c *client) put(ctx context.Context, e effect, condition func(*dynamodb.PutItemInput)) error {
	in := &dynamodb.PutItemInput{TableName: &e.table, Item: contents(e)}
	if condition != nil {
		condition(in)
	}
	_, err := c.db.PutItem(ctx, in)
	return err
}

func (c *client) update(ctx context.Context, e effect) error {
	item := contents(e)
	_, err := c.db.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: &e.table, Key: key(e.pk), UpdateExpression: aws.String("SET v = :v, g = :g ADD updates :one"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":v": item["v"], ":g": item["g"], ":one": &types.AttributeValueMemberN{Value: "1"}}})
	return err
}

func (c *client) remove(ctx context.Context, e effect) error {
	_, err := c.db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &e.table, Key: key(e.pk)})
	return err
}

// conditional puts over the version that is there; a condition that cannot hold, tried
// first, changes nothing.
func (c *client) conditional(ctx context.Context, writer int, e effect) error {
	got, err := c.db.GetItem(ctx, &dynamodb.GetItemInput{TableName: &e.table, Key: key(e.pk), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return err
	}
	err = c.put(ctx, e, func(in *dynamodb.PutItemInput) { in.ConditionExpression = aws.String("attribute_exists(nothing)") })
	var refused *types.ConditionalCheckFailedException
	if !errors.As(err, &refused) {
		return fmt.Errorf("a condition that does not hold: %w", err)
	}
	return c.do(writer, "each", func() error {
		return c.put(ctx, e, func(in *dynamodb.PutItemInput) {
			if in.ConditionExpression = aws.String("attribute_not_exists(pk)"); got.Item != nil {
				in.ConditionExpression = aws.String("v = :v")
				in.ExpressionAttributeValues = map[string]types.AttributeValue{":v": got.Item["v"]}
			}
		})
	}, e)
}

// batch writes to both tables and deletes from one.
func (c *client) batch(ctx context.Context, writer int, e effect) error {
	requests, effects := map[string][]types.WriteRequest{}, []effect{}
	for i, table := range []string{"one", "two", "one"} {
		b := effect{table, fmt.Sprintf("w%d-%d", writer, i), c.version()}
		requests[table] = append(requests[table], types.WriteRequest{PutRequest: &types.PutRequest{Item: contents(b)}})
		effects = append(effects, b)
	}
	gone := effect{e.table, fmt.Sprintf("w%d-7", writer), ""}
	requests[gone.table] = append(requests[gone.table], types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: key(gone.pk)}})
	return c.do(writer, "each", func() error {
		out, err := c.db.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: requests})
		if err == nil && len(out.UnprocessedItems) > 0 {
			err = errors.New("items were left unprocessed")
		}
		return err
	}, append(effects, gone)...)
}

// transact gives one item of each table the same version, or deletes both.
func (c *client) transact(ctx context.Context, writer int) error {
	pk := fmt.Sprintf("t%d-%d", writer, rand.IntN(3))
	one, two := effect{"one", pk, c.version()}, effect{"two", pk, ""}
	two.version = one.version
	writes := []types.TransactWriteItem{
		{Put: &types.Put{TableName: &one.table, Item: contents(one)}},
		{Put: &types.Put{TableName: &two.table, Item: contents(two)}},
		{ConditionCheck: &types.ConditionCheck{TableName: &one.table, Key: key("none"), ConditionExpression: aws.String("attribute_not_exists(pk)")}},
	}
	if rand.IntN(4) == 0 {
		one.version, two.version = "", ""
		writes = []types.TransactWriteItem{{Delete: &types.Delete{TableName: &one.table, Key: key(pk)}}, {Delete: &types.Delete{TableName: &two.table, Key: key(pk)}}}
	}
	return c.do(writer, "all", func() error {
		_, err := c.db.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: writes})
		return err
	}, one, two)
}

func (c *client) send(ctx context.Context) error {
	n := c.version()
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

// parseBegin reads a line of do behind its first word.
func parseBegin(line string) (writer string, op operation) {
	words := strings.Fields(line)
	op.together = words[1] == "all"
	for _, word := range words[2:] {
		name, version, _ := strings.Cut(word, "=")
		table, pk, _ := strings.Cut(name, "/")
		op.effects = append(op.effects, effect{table, pk, version})
	}
	return words[0], op
}
