package direct_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go/middleware"

	"github.com/askaround/askaround-go/internal/localaws/direct"
)

// unchecked lets the SDK's client send what its own checks would refuse.
func unchecked(stack *middleware.Stack) error {
	_, err := stack.Initialize.Remove("OperationInputValidation")
	return err
}

// TestRandomItems makes the same random calls with both clients, of which many are bad in
// one respect: outputs and errors are the same, and so are the tables afterwards.
func TestRandomItems(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	g := generator{Rand: rand.New(rand.NewPCG(seed, 1))}
	through, at := open(t), open(t)
	clients := [2]db{
		dynamodb.NewFromConfig(through.Config(), func(o *dynamodb.Options) {
			o.RetryMaxAttempts, o.APIOptions = 1, append(o.APIOptions, unchecked)
		}),
		direct.NewDynamoDB(at),
	}
	for _, c := range clients {
		createRandomTables(t, c)
	}
	fine, failed := 0, map[string]int{}
	for n := range 4000 {
		call := g.call()
		want, wantErr := call(t.Context(), clients[0])
		got, err := call(t.Context(), clients[1])
		if fine++; err != nil {
			fine--
			failed[fmt.Sprintf("%T", fault(err))]++
		}
		if compare(t, want, got, wantErr, err); t.Failed() {
			t.Fatalf("seed %d, call %d: %s", seed, n, g.last)
		}
	}
	if fine < 500 || len(failed) == 0 {
		t.Errorf("seed %d: %d calls went well, failures are %v", seed, fine, failed)
	}
	for _, name := range randomTables {
		var pages [2]any
		for i, c := range clients {
			page, err := c.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(name)})
			if err != nil {
				t.Fatal(err)
			}
			pages[i] = page
		}
		compare(t, pages[0], pages[1], nil, nil)
	}
}

var randomTables = []string{"strings", "numbers", "bytes"}

// createRandomTables makes tables with keys of all types, one of them with indexes.
func createRandomTables(t *testing.T, c db) {
	t.Helper()
	schema := func(names ...string) (elements []types.KeySchemaElement) {
		for i, name := range names {
			elements = append(elements, types.KeySchemaElement{AttributeName: aws.String(name), KeyType: []types.KeyType{types.KeyTypeHash, types.KeyTypeRange}[i]})
		}
		return elements
	}
	attribute := func(name, kind string) types.AttributeDefinition {
		return types.AttributeDefinition{AttributeName: aws.String(name), AttributeType: types.ScalarAttributeType(kind)}
	}
	all := &types.Projection{ProjectionType: types.ProjectionTypeAll}
	for _, in := range []*dynamodb.CreateTableInput{
		{TableName: aws.String("strings"), KeySchema: schema("pk"), AttributeDefinitions: []types.AttributeDefinition{attribute("pk", "S")}},
		{TableName: aws.String("numbers"), KeySchema: schema("pk", "sk"),
			AttributeDefinitions:   []types.AttributeDefinition{attribute("pk", "S"), attribute("sk", "N"), attribute("a", "S"), attribute("b", "N")},
			GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{IndexName: aws.String("by-a"), KeySchema: schema("a"), Projection: all}},
			LocalSecondaryIndexes:  []types.LocalSecondaryIndex{{IndexName: aws.String("by-b"), KeySchema: schema("pk", "b"), Projection: &types.Projection{ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: []string{"c"}}}}},
		{TableName: aws.String("bytes"), KeySchema: schema("pk"), AttributeDefinitions: []types.AttributeDefinition{attribute("pk", "B")}},
	} {
		in.BillingMode = types.BillingModePayPerRequest
		if _, err := c.CreateTable(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
}

// generator makes calls. In each at most one thing is wrong that it made wrong, since of
// several in one map the services tell any.
type generator struct {
	*rand.Rand
	spoilt bool
	last   string // the last call
}

type randomCall func(context.Context, db) (any, error)

func (g *generator) one(n int) bool { return g.IntN(n) == 0 }

func pickOne[T any](g *generator, of ...T) T { return of[g.IntN(len(of))] }

// spoil reports whether to make something wrong, once in n times.
func (g *generator) spoil(n int) bool {
	if g.spoilt || !g.one(n) {
		return false
	}
	g.spoilt = true
	return true
}

func (g *generator) call() randomCall {
	g.spoilt = false
	switch g.IntN(12) {
	case 0, 1, 2:
		return described(g, g.put(), db.PutItem)
	case 3, 4, 5:
		return described(g, g.update(), db.UpdateItem)
	case 6:
		return described(g, g.remove(), db.DeleteItem)
	case 7, 8:
		return described(g, g.get(), db.GetItem)
	case 9:
		return described(g, g.batchGet(), db.BatchGetItem)
	case 10:
		return described(g, g.query(), db.Query)
	}
	return described(g, g.transact(), db.TransactWriteItems)
}

func described[In, Out any](g *generator, in *In, do func(db, context.Context, *In, ...func(*dynamodb.Options)) (*Out, error)) randomCall {
	g.last = fmt.Sprintf("%T", in)
	return func(ctx context.Context, c db) (any, error) {
		given := *in // the SDK's client notes its token of a transaction in the input
		out, err := do(c, ctx, &given)
		if out == nil {
			return nil, err
		}
		return out, err
	}
}

func (g *generator) table() *string {
	switch {
	case g.spoil(40):
		return aws.String(pickOne(g, "none", "", "a b", "x\xff", "é", strings.Repeat("t", 256), "arn:aws:dynamodb:us-east-1:000000000000:table/strings"))
	case g.spoil(200):
		return nil
	}
	return aws.String(pickOne(g, randomTables...))
}

// key makes a key of a table, most often one of a few.
func (g *generator) key(table *string) item {
	kind := aws.ToString(table)
	if g.spoil(30) {
		return pickOne(g, nil, item{}, item{"pk": s("a"), "x": s("b")}, item{"pk": s("")}, item{"pk": n(1)}, item{"x": s("a")}, item{"pk": s(strings.Repeat("k", 2049)), "sk": n(1)},
			item{"pk": &types.AttributeValueMemberNULL{Value: true}}, item{"pk": &types.AttributeValueMemberB{}}, item{"pk": s("a"), "sk": &types.AttributeValueMemberN{Value: "one"}})
	}
	switch kind {
	case "bytes":
		return item{"pk": &types.AttributeValueMemberB{Value: []byte{byte(g.IntN(4)), 255}}}
	case "numbers":
		return item{"pk": s(pickOne(g, "a", "b")), "sk": &types.AttributeValueMemberN{Value: pickOne(g, "1", "1.0", "-2e1", "0.5", "0")}}
	}
	return item{"pk": s(pickOne(g, "a", "b", "ü", "\"\\\n\x00"))}
}

func (g *generator) item(table *string) item {
	it := g.key(table)
	if it == nil {
		return nil
	}
	for range g.IntN(6) {
		it[g.name()] = g.value(1)
	}
	if g.spoil(40) {
		it[pickOne(g, "", strings.Repeat("n", 65536), "bad\xff")] = n(1)
	}
	if g.spoil(300) {
		it["large"] = s(strings.Repeat("x", 400<<10))
	}
	return it
}

func (g *generator) name() string { return pickOne(g, "a", "b", "c", "d", "list", "map", "ü", "\"") }

func (g *generator) text() string {
	return pickOne(g, "", "x", "xyz", "é\u2028<>&", "\x00\x1f\"\\/", "😀")
}

func (g *generator) number() string {
	return pickOne(g, "0", "-0", "7", "-1", "1.50", "1e3", "12345678901234567890123456789012345678", "9.9E125", "1E-130", "0.001", "007", "+1")
}

// value makes a value. Those of indexes' keys are of any type as well.
func (g *generator) value(depth int) types.AttributeValue {
	if g.spoil(60) {
		return g.badValue()
	}
	kinds := 10
	if depth > 3 {
		kinds = 5
	}
	switch g.IntN(kinds + 2) {
	case 0:
		return &types.AttributeValueMemberB{Value: []byte(g.text())}
	case 1:
		return &types.AttributeValueMemberBOOL{Value: g.one(2)}
	case 2:
		return &types.AttributeValueMemberNULL{Value: true}
	case 3, 4:
		return &types.AttributeValueMemberN{Value: g.number()}
	case 5:
		return &types.AttributeValueMemberSS{Value: []string{"b", "a", g.text() + "_"}[:1+g.IntN(3)]}
	case 6:
		return &types.AttributeValueMemberNS{Value: []string{"10", "9", "-1.0"}[:1+g.IntN(3)]}
	case 7:
		return &types.AttributeValueMemberBS{Value: [][]byte{{2}, {1}, {}}[:1+g.IntN(3)]}
	case 8:
		m := item{}
		for range g.IntN(4) {
			m[g.name()] = g.value(depth + 1)
		}
		return &types.AttributeValueMemberM{Value: m}
	case 9:
		l := []types.AttributeValue{}
		for range g.IntN(4) {
			l = append(l, g.value(depth+1))
		}
		return &types.AttributeValueMemberL{Value: l}
	}
	return s(g.text())
}

func (g *generator) badValue() types.AttributeValue {
	deep := func(levels int) types.AttributeValue {
		v := s("deep")
		for range levels {
			v = &types.AttributeValueMemberM{Value: item{"m": v}} // in lists, package cmp takes time that doubles with each
		}
		return v
	}
	return pickOne[types.AttributeValue](g,
		&types.AttributeValueMemberN{Value: ""}, &types.AttributeValueMemberN{Value: "x"}, &types.AttributeValueMemberN{Value: " 1"},
		&types.AttributeValueMemberN{Value: "1e126"}, &types.AttributeValueMemberN{Value: "1e-131"}, &types.AttributeValueMemberN{Value: "123456789012345678901234567890123456789"},
		&types.AttributeValueMemberN{Value: "NaN"}, &types.AttributeValueMemberN{Value: "1\xff"},
		&types.AttributeValueMemberNULL{Value: false}, &types.AttributeValueMemberB{},
		&types.AttributeValueMemberSS{}, &types.AttributeValueMemberSS{Value: []string{}}, &types.AttributeValueMemberSS{Value: []string{"a", "a"}},
		&types.AttributeValueMemberNS{Value: []string{"1", "1.0"}}, &types.AttributeValueMemberNS{Value: []string{"1", "x"}}, &types.AttributeValueMemberNS{},
		&types.AttributeValueMemberBS{}, &types.AttributeValueMemberBS{Value: [][]byte{{1}, {1}}}, &types.AttributeValueMemberBS{Value: [][]byte{nil}},
		&types.AttributeValueMemberL{}, &types.AttributeValueMemberM{}, s("\xff\xfe"), &types.AttributeValueMemberM{Value: item{"": n(1)}},
		&types.AttributeValueMemberM{Value: item{"\xff": n(1)}}, &types.AttributeValueMemberL{Value: []types.AttributeValue{nil}}, nil,
		&types.UnknownUnionMember{Tag: "X"}, deep(30), deep(31), deep(32), deep(40),
	)
}

// expressions are conditions and updates with the values that they use.
var conditions = []string{
	"attribute_exists(#a)", "attribute_not_exists(pk)", "#a = :v", "#a <> :v", "#a < :v OR #b >= :w", "NOT (#a = :v AND #b = :w)", "#a BETWEEN :v AND :w", "#a IN (:v, :w)",
	"begins_with(#a, :v)", "contains(#b, :v)", "size(#a) > :v", "attribute_type(#a, :v)", "#m.#a = :v", "#l[1] = :v", "#m.#a.#b < :v", "(#a = :v)",
	"((#a = :v))", "#a = ", "", "a = :v", "#a = :v :w", "size(:v) = :w", "attribute_exists(:v)", "status = :v", "#x = :v", "#a = :x", "#a\xff", strings.Repeat("x", 4097),
}

var updates = []string{
	"SET #a = :v", "SET #a = :v, #b = :w", "SET #a = if_not_exists(#a, :v)", "SET #a = if_not_exists(#a, :v) + :w", "SET #m.#a = :v", "SET #l[0] = :v", "SET #l = list_append(#l, :v)",
	"REMOVE #a", "REMOVE #m.#a, #l[1]", "ADD #a :v", "DELETE #a :v", "SET #b = :w REMOVE #a ADD c :v", "SET #m = :v", "SET #l = :v", "SET #a = #b", "SET #a = #a - :v",
	"SET pk = :v", "SET #a = :v, #a = :w", "SET #a :v", "", "ADD #a.#b :v", "SET #a = :v SET #b = :w", "SET size = :v", "FOO", "SET #a.b = :v, #a = :w",
}

// params returns the names and values of the placeholders in expressions.
func (g *generator) params(expressions ...*string) (names map[string]string, values item) {
	source := ""
	for _, e := range expressions {
		source += aws.ToString(e) + " "
	}
	for placeholder, name := range map[string]string{"#a": pickOne(g, "a", "b", "pk"), "#b": pickOne(g, "b", "c"), "#m": "map", "#l": "list"} {
		if strings.Contains(source, placeholder) {
			if names == nil {
				names = map[string]string{}
			}
			names[placeholder] = name
		}
	}
	for _, placeholder := range []string{":v", ":w"} {
		if strings.Contains(source, placeholder) {
			if values == nil {
				values = item{}
			}
			values[placeholder] = g.value(1)
		}
	}
	switch {
	case g.spoil(30):
		names = pickOne(g, map[string]string{}, map[string]string{"#unused": "a"}, map[string]string{"a": "a"}, map[string]string{"#a": ""}, map[string]string{"#\xff": "a"}, map[string]string{"#a": "\xff"}, map[string]string{"#": "a"})
	case g.spoil(30):
		values = pickOne(g, item{}, item{":unused": n(1)}, item{"v": n(1)}, item{":v": nil}, item{":\xff": n(1)}, item{":v": s("\xff")}, nil)
	}
	return names, values
}

func (g *generator) condition() *string {
	if g.one(2) {
		return nil
	}
	if g.one(4) {
		return aws.String(pickOne(g, conditions...))
	}
	return aws.String(pickOne(g, conditions[:16]...))
}

func (g *generator) updateExpression() *string {
	if g.spoil(30) {
		return nil
	}
	if g.one(4) {
		return aws.String(pickOne(g, updates...))
	}
	return aws.String(pickOne(g, updates[:16]...))
}

func (g *generator) returned() types.ReturnValue {
	return pickOne(g, "", "", "NONE", "ALL_OLD", types.ReturnValueAllNew, types.ReturnValueUpdatedOld, types.ReturnValueUpdatedNew, "WHAT")
}

func (g *generator) onFailure() types.ReturnValuesOnConditionCheckFailure {
	if g.one(20) {
		return "WHAT\xff"
	}
	return pickOne(g, "", "NONE", types.ReturnValuesOnConditionCheckFailureAllOld)
}

func (g *generator) capacity() types.ReturnConsumedCapacity {
	if g.one(10) {
		return pickOne(g, types.ReturnConsumedCapacityTotal, types.ReturnConsumedCapacityIndexes, types.ReturnConsumedCapacityNone, "WHAT")
	}
	return ""
}

func (g *generator) metrics() types.ReturnItemCollectionMetrics {
	if g.one(10) {
		return pickOne(g, types.ReturnItemCollectionMetricsSize, types.ReturnItemCollectionMetricsNone, "WHAT")
	}
	return ""
}

func (g *generator) put() *dynamodb.PutItemInput {
	in := &dynamodb.PutItemInput{TableName: g.table(), ConditionExpression: g.condition(), ReturnValues: pickOne(g, "", "ALL_OLD", g.returned()),
		ReturnValuesOnConditionCheckFailure: g.onFailure(), ReturnConsumedCapacity: g.capacity(), ReturnItemCollectionMetrics: g.metrics()}
	in.Item = g.item(in.TableName)
	in.ExpressionAttributeNames, in.ExpressionAttributeValues = g.params(in.ConditionExpression)
	if g.spoil(60) {
		in.ConditionalOperator = types.ConditionalOperatorAnd
	}
	if g.spoil(60) {
		in.Expected = map[string]types.ExpectedAttributeValue{"a": {Exists: aws.Bool(false)}}
	}
	return in
}

func (g *generator) update() *dynamodb.UpdateItemInput {
	in := &dynamodb.UpdateItemInput{TableName: g.table(), UpdateExpression: g.updateExpression(), ConditionExpression: g.condition(), ReturnValues: g.returned(),
		ReturnValuesOnConditionCheckFailure: g.onFailure(), ReturnConsumedCapacity: g.capacity(), ReturnItemCollectionMetrics: g.metrics()}
	in.Key = g.key(in.TableName)
	in.ExpressionAttributeNames, in.ExpressionAttributeValues = g.params(in.UpdateExpression, in.ConditionExpression)
	if g.spoil(60) {
		in.AttributeUpdates = map[string]types.AttributeValueUpdate{"a": {Value: n(1)}}
	}
	return in
}

func (g *generator) remove() *dynamodb.DeleteItemInput {
	in := &dynamodb.DeleteItemInput{TableName: g.table(), ConditionExpression: g.condition(), ReturnValues: pickOne(g, "", "ALL_OLD", g.returned()),
		ReturnValuesOnConditionCheckFailure: g.onFailure(), ReturnConsumedCapacity: g.capacity(), ReturnItemCollectionMetrics: g.metrics()}
	in.Key = g.key(in.TableName)
	in.ExpressionAttributeNames, in.ExpressionAttributeValues = g.params(in.ConditionExpression)
	return in
}

// projection makes an expression that may be none.
func (g *generator) projection() *string {
	if g.one(2) {
		return nil
	}
	return aws.String(pickOne(g, "#a, #b", "#m.#a, pk", "#l[0], #l[2]", "none", "#a, #a", "", "a, b, c, d, list, #m", "#a #b", "size", "\xff"))
}

func (g *generator) get() *dynamodb.GetItemInput {
	in := &dynamodb.GetItemInput{TableName: g.table(), ProjectionExpression: g.projection(), ReturnConsumedCapacity: g.capacity()}
	in.Key = g.key(in.TableName)
	in.ExpressionAttributeNames, _ = g.params(in.ProjectionExpression)
	if g.one(2) {
		in.ConsistentRead = aws.Bool(g.one(2))
	}
	if g.spoil(40) {
		in.AttributesToGet = []string{"a"}
	}
	return in
}

func (g *generator) batchGet() *dynamodb.BatchGetItemInput {
	in := &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{}, ReturnConsumedCapacity: g.capacity()}
	for range g.IntN(3) {
		table := g.table()
		r := types.KeysAndAttributes{ProjectionExpression: g.projection()}
		r.ExpressionAttributeNames, _ = g.params(r.ProjectionExpression)
		for range g.IntN(4) {
			r.Keys = append(r.Keys, g.key(table))
		}
		in.RequestItems[aws.ToString(table)] = r
	}
	return in
}

func (g *generator) query() *dynamodb.QueryInput {
	in := &dynamodb.QueryInput{TableName: g.table(), KeyConditionExpression: aws.String(pickOne(g, "pk = :k", "pk = :k AND sk >= :v", "pk > :k", "")), FilterExpression: g.condition(),
		ProjectionExpression: g.projection(), ReturnConsumedCapacity: g.capacity()}
	in.ExpressionAttributeNames, in.ExpressionAttributeValues = g.params(in.KeyConditionExpression, in.FilterExpression, in.ProjectionExpression)
	if in.ExpressionAttributeValues == nil && !g.one(9) {
		in.ExpressionAttributeValues = item{}
	}
	if in.ExpressionAttributeValues != nil && strings.Contains(*in.KeyConditionExpression, ":k") {
		in.ExpressionAttributeValues[":k"] = pickOne(g, g.key(in.TableName)["pk"], s("x"), s("a"))
	}
	if g.one(8) {
		in.Select = pickOne(g, types.SelectCount, types.SelectAllAttributes, types.SelectAllProjectedAttributes, types.SelectSpecificAttributes, "WHAT")
	}
	if g.one(4) {
		in.IndexName = aws.String(pickOne(g, "by-a", "by-b", "none", "", "\xff"))
		if *in.IndexName == "by-a" {
			in.KeyConditionExpression = aws.String("a = :k")
		}
	}
	if g.one(6) {
		in.ExclusiveStartKey = g.key(in.TableName)
	}
	if g.spoil(40) {
		in.QueryFilter = map[string]types.Condition{}
	}
	if g.one(3) {
		in.Limit, in.ScanIndexForward = aws.Int32(int32(g.IntN(3))), aws.Bool(g.one(2))
	}
	return in
}

func (g *generator) transact() *dynamodb.TransactWriteItemsInput {
	in := &dynamodb.TransactWriteItemsInput{ReturnConsumedCapacity: g.capacity(), ReturnItemCollectionMetrics: g.metrics()}
	for range g.IntN(4) {
		in.TransactItems = append(in.TransactItems, g.action())
	}
	if g.spoil(20) {
		in.TransactItems = pickOne(g, nil, []types.TransactWriteItem{}, []types.TransactWriteItem{{}}, make([]types.TransactWriteItem, 101))
	}
	if g.one(10) {
		in.ClientRequestToken = aws.String(pickOne(g, "token", "", strings.Repeat("t", 37), "\xff"))
	}
	return in
}

func (g *generator) action() (a types.TransactWriteItem) {
	table, condition := g.table(), g.condition()
	for ok := true; ok; ok = g.spoil(40) { // two actions are one too many
		switch g.IntN(4) {
		case 0:
			a.Put = &types.Put{TableName: table, Item: g.item(table), ConditionExpression: condition, ReturnValuesOnConditionCheckFailure: g.onFailure()}
			a.Put.ExpressionAttributeNames, a.Put.ExpressionAttributeValues = g.params(condition)
		case 1:
			a.Update = &types.Update{TableName: table, Key: g.key(table), UpdateExpression: g.updateExpression(), ConditionExpression: condition, ReturnValuesOnConditionCheckFailure: g.onFailure()}
			a.Update.ExpressionAttributeNames, a.Update.ExpressionAttributeValues = g.params(a.Update.UpdateExpression, condition)
		case 2:
			a.Delete = &types.Delete{TableName: table, Key: g.key(table), ConditionExpression: condition, ReturnValuesOnConditionCheckFailure: g.onFailure()}
			a.Delete.ExpressionAttributeNames, a.Delete.ExpressionAttributeValues = g.params(condition)
		case 3:
			a.ConditionCheck = &types.ConditionCheck{TableName: table, Key: g.key(table), ConditionExpression: condition, ReturnValuesOnConditionCheckFailure: g.onFailure()}
			a.ConditionCheck.ExpressionAttributeNames, a.ConditionCheck.ExpressionAttributeValues = g.params(condition)
		}
	}
	return a
}

// TestRandomMessages is TestRandomItems for messages. Their ids are random: what is
// compared is whether there is one.
func TestRandomMessages(t *testing.T) {
	seed := rand.Uint64()
	g := generator{Rand: rand.New(rand.NewPCG(seed, 2))}
	through, at := open(t), open(t)
	clients := [2]queues{
		sqs.NewFromConfig(through.Config(), func(o *sqs.Options) {
			o.RetryMaxAttempts, o.DisableMessageChecksumValidation, o.APIOptions = 1, true, append(o.APIOptions, unchecked)
		}),
		direct.NewSQS(at),
	}
	for _, c := range clients {
		for name, attributes := range map[string]map[string]string{"q": nil, "small": {"MaximumMessageSize": "1024"}, "q.fifo": {"FifoQueue": "true"}} {
			if _, err := c.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String(name), Attributes: attributes}); err != nil {
				t.Fatal(err)
			}
		}
	}
	fine := 0
	for n := range 1500 {
		in := g.message()
		want, wantErr := clients[0].SendMessage(t.Context(), in)
		got, err := clients[1].SendMessage(t.Context(), in)
		if err == nil && wantErr == nil {
			fine++
			if (got.MessageId == nil) != (want.MessageId == nil) || aws.ToString(got.MessageId) == "" {
				t.Errorf("message ids %v and %v", want.MessageId, got.MessageId)
			}
			got.MessageId, want.MessageId = nil, nil
		}
		if compare(t, want, got, wantErr, err); t.Failed() {
			t.Fatalf("seed %d, message %d: %+v", seed, n, in)
		}
	}
	if fine < 300 || fine > 1400 {
		t.Errorf("seed %d: %d messages of 1,500 were sent", seed, fine)
	}
}

func (g *generator) message() *sqs.SendMessageInput {
	g.spoilt = false
	name := pickOne(g, "q", "small", "q.fifo", "q.fifo")
	if g.spoil(20) {
		name = pickOne(g, "none", "q/x", "\xff", "%zz")
	}
	in := &sqs.SendMessageInput{QueueUrl: aws.String("http://sqs.us-east-1.localhost/000000000000/" + name), MessageBody: aws.String(pickOne(g, "x", "\"é\u2028<\\", "{}") + g.text())}
	if strings.HasSuffix(name, ".fifo") && !g.spoil(20) || g.spoil(20) {
		in.MessageGroupId = aws.String(pickOne(g, "g", "h"))
		if !g.spoil(20) {
			in.MessageDeduplicationId = aws.String(fmt.Sprint(g.IntN(100)))
		}
	}
	switch {
	case g.spoil(20):
		in.QueueUrl = pickOne(g, (*string)(nil), aws.String(""), aws.String("x"), aws.String("\xff"))
	case g.spoil(10):
		in.MessageBody = pickOne(g, (*string)(nil), aws.String(""), aws.String("\x00"), aws.String("\xff"), aws.String(strings.Repeat("x", 1025)), aws.String("\uffff"))
	case g.spoil(20):
		in.MessageDeduplicationId = pickOne(g, aws.String(""), aws.String("é"), aws.String("\xff"), aws.String(strings.Repeat("d", 129)))
	case g.spoil(20):
		in.DelaySeconds = pickOne[int32](g, -1, 1, 900, 901)
	}
	if g.one(5) {
		in.MessageAttributes = map[string]sqstypes.MessageAttributeValue{"a": pickOne(g,
			sqstypes.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String("x")},
			sqstypes.MessageAttributeValue{DataType: aws.String("Number"), StringValue: aws.String("x")},
			sqstypes.MessageAttributeValue{DataType: aws.String("Binary"), BinaryValue: []byte{0, 1}})}
	}
	if g.one(10) {
		in.MessageSystemAttributes = map[string]sqstypes.MessageSystemAttributeValue{"AWSTraceHeader": {DataType: aws.String("String"), StringValue: aws.String("x")}}
	}
	return in
}
