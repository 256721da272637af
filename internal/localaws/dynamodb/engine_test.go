package dynamodb

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var ignoreUnexported = cmpopts.IgnoreUnexported(
	types.AttributeValueMemberS{}, types.AttributeValueMemberN{}, types.AttributeValueMemberB{}, types.AttributeValueMemberBOOL{},
	types.AttributeValueMemberNULL{}, types.AttributeValueMemberM{}, types.AttributeValueMemberL{}, types.AttributeValueMemberSS{},
	types.AttributeValueMemberNS{}, types.AttributeValueMemberBS{})

func TestItemsOfAllTypes(t *testing.T) {
	_, c := client(t)
	create(t, c, "table")
	put := item{
		"pk": str("p"), "sk": num("1"), "s": str("é\x00<>&"), "n": num("-1.5"), "b": &types.AttributeValueMemberB{Value: []byte{0, 255}},
		"yes": &types.AttributeValueMemberBOOL{Value: true}, "nothing": &types.AttributeValueMemberNULL{Value: true},
		"l":  &types.AttributeValueMemberL{Value: []types.AttributeValue{str("x"), num("2")}},
		"m":  &types.AttributeValueMemberM{Value: item{"k": str("")}},
		"ss": &types.AttributeValueMemberSS{Value: []string{"a", "b"}}, "ns": &types.AttributeValueMemberNS{Value: []string{"1", "22"}},
		"bs": &types.AttributeValueMemberBS{Value: [][]byte{{1}, {2}}},
	}
	if _, err := c.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("table"), Item: put}); err != nil {
		t.Fatal(err)
	}
	got, err := c.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String("table"), Key: item{"pk": str("p"), "sk": num("1.0")}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(put, got.Item, ignoreUnexported); diff != "" {
		t.Error(diff)
	}
}

// TestErrors holds failures to AWS's type and words.
func TestErrors(t *testing.T) {
	_, c := client(t)
	create(t, c, "table")
	ctx := t.Context()
	name := aws.String("table")
	for _, row := range []struct {
		why, code, message string
		call               func() error
	}{
		{"no such table", "ResourceNotFoundException", "Requested resource not found", func() error {
			_, err := c.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("none"), Key: item{"pk": str("p"), "sk": num("1")}})
			return err
		}},
		{"a key is missing", "ValidationException", "One or more parameter values were invalid: Missing the key sk in the item", func() error {
			_, err := c.PutItem(ctx, &dynamodb.PutItemInput{TableName: name, Item: item{"pk": str("p")}})
			return err
		}},
		{"a key of another type", "ValidationException", "One or more parameter values were invalid: Type mismatch for key sk expected: N actual: S", func() error {
			_, err := c.PutItem(ctx, &dynamodb.PutItemInput{TableName: name, Item: item{"pk": str("p"), "sk": str("1")}})
			return err
		}},
		{"an index key of another type", "ValidationException", "One or more parameter values were invalid: Type mismatch for Index Key g Expected: S Actual: N IndexName: byG", func() error {
			_, err := c.PutItem(ctx, &dynamodb.PutItemInput{TableName: name, Item: item{"pk": str("p"), "sk": num("1"), "g": num("1")}})
			return err
		}},
		{"an extra attribute in the key", "ValidationException", "The provided key element does not match the schema", func() error {
			_, err := c.GetItem(ctx, &dynamodb.GetItemInput{TableName: name, Key: item{"pk": str("p"), "sk": num("1"), "x": num("1")}})
			return err
		}},
		{"too large", "ValidationException", "Item size has exceeded the maximum allowed size", func() error {
			_, err := c.PutItem(ctx, &dynamodb.PutItemInput{TableName: name, Item: item{"pk": str("p"), "sk": num("1"), "x": str(strings.Repeat("x", 400<<10))}})
			return err
		}},
		{"an update of the key", "ValidationException", "One or more parameter values were invalid: Cannot update attribute sk. This attribute is part of the key", func() error {
			_, err := c.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: name, Key: item{"pk": str("p"), "sk": num("1")},
				UpdateExpression: aws.String("SET sk = :v"), ExpressionAttributeValues: item{":v": num("2")}})
			return err
		}},
		{"a consistent read of a global index", "ValidationException", "Consistent reads are not supported on global secondary indexes", func() error {
			_, err := c.Query(ctx, &dynamodb.QueryInput{TableName: name, IndexName: aws.String("byG"), ConsistentRead: aws.Bool(true),
				KeyConditionExpression: aws.String("g = :g"), ExpressionAttributeValues: item{":g": str("x")}})
			return err
		}},
		{"a filter on the key", "ValidationException", "Filter Expression can only contain non-primary key attributes: Primary key attribute: sk", func() error {
			_, err := c.Query(ctx, &dynamodb.QueryInput{TableName: name, KeyConditionExpression: aws.String("pk = :p"), FilterExpression: aws.String("sk > :s"),
				ExpressionAttributeValues: item{":p": str("x"), ":s": num("1")}})
			return err
		}},
		{"a legacy parameter", "ValidationException", "The legacy parameter AttributesToGet is not supported here: use ProjectionExpression", func() error {
			_, err := c.GetItem(ctx, &dynamodb.GetItemInput{TableName: name, Key: item{"pk": str("p"), "sk": num("1")}, AttributesToGet: []string{"a"}})
			return err
		}},
		{"PartiQL", "ValidationException", "PartiQL is not supported by this engine: use the item operations with expressions", func() error {
			_, err := c.ExecuteStatement(ctx, &dynamodb.ExecuteStatementInput{Statement: aws.String("SELECT * FROM x")})
			return err
		}},
		{"the table exists", "ResourceInUseException", "Table already exists: table", func() error {
			_, err := c.CreateTable(ctx, createInput("table"))
			return err
		}},
	} {
		t.Run(row.why, func(t *testing.T) {
			var api smithy.APIError
			if err := row.call(); !errors.As(err, &api) || api.ErrorCode() != row.code || api.ErrorMessage() != row.message {
				t.Errorf("error %v, want %s: %s", err, row.code, row.message)
			}
		})
	}
}

func TestQueryPages(t *testing.T) {
	_, c := client(t)
	create(t, c, "table")
	for i := range 50 { // numbers that strings and floats would put in another order
		_, err := c.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("table"), Item: item{
			"pk": str("p"), "sk": num(fmt.Sprint(i)), "a": num(fmt.Sprintf("92233720368547758%02d", 99-i/2)), "g": str("g"), "x": num(fmt.Sprint(i % 3))}})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, row := range []struct {
		why   string
		in    dynamodb.QueryInput
		first string
		count int
	}{
		{"the table", dynamodb.QueryInput{KeyConditionExpression: aws.String("pk = :p")}, "0", 50},
		{"backward", dynamodb.QueryInput{KeyConditionExpression: aws.String("pk = :p"), ScanIndexForward: aws.Bool(false)}, "49", 50},
		{"a range", dynamodb.QueryInput{KeyConditionExpression: aws.String("pk = :p AND sk BETWEEN :lo AND :hi"), ExpressionAttributeValues: item{":lo": num("9"), ":hi": num("20")}}, "9", 12},
		{"a range backward", dynamodb.QueryInput{KeyConditionExpression: aws.String("pk = :p AND sk BETWEEN :lo AND :hi"), ExpressionAttributeValues: item{":lo": num("9"), ":hi": num("20")}, ScanIndexForward: aws.Bool(false)}, "20", 12},
		{"a local index with equal keys", dynamodb.QueryInput{IndexName: aws.String("byA"), KeyConditionExpression: aws.String("pk = :p")}, "48", 50},
		{"a global index", dynamodb.QueryInput{IndexName: aws.String("byG"), KeyConditionExpression: aws.String("g = :p"), ExpressionAttributeValues: item{":p": str("g")}}, "0", 50},
		{"a filter", dynamodb.QueryInput{KeyConditionExpression: aws.String("pk = :p"), FilterExpression: aws.String("x = :x"), ExpressionAttributeValues: item{":x": num("1")}}, "1", 17},
	} {
		for _, limit := range []int32{0, 1, 7, 50} {
			t.Run(fmt.Sprintf("%s/limit %d", row.why, limit), func(t *testing.T) {
				in := row.in
				in.TableName = aws.String("table")
				in.ExpressionAttributeValues = item{":p": str("p")}
				for k, v := range row.in.ExpressionAttributeValues {
					in.ExpressionAttributeValues[k] = v
				}
				if limit > 0 {
					in.Limit = &limit
				}
				var got []string
				for pages := dynamodb.NewQueryPaginator(c, &in); pages.HasMorePages(); {
					out, err := pages.NextPage(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					if limit > 0 && out.ScannedCount > limit {
						t.Errorf("a page of %d", out.ScannedCount)
					}
					for _, i := range out.Items {
						got = append(got, i["sk"].(*types.AttributeValueMemberN).Value)
					}
				}
				seen := map[string]bool{}
				for _, sk := range got {
					seen[sk] = true
				}
				if len(got) != row.count || len(seen) != row.count || got[0] != row.first {
					t.Errorf("%d items, %d distinct, first %v, want %d from %s", len(got), len(seen), got[:1], row.count, row.first)
				}
			})
		}
	}
}

func TestTransaction(t *testing.T) {
	_, c := client(t)
	create(t, c, "one")
	create(t, c, "two")
	put := func(table, sk string, condition *string) types.TransactWriteItem {
		return types.TransactWriteItem{Put: &types.Put{TableName: &table, Item: item{"pk": str("p"), "sk": num(sk)}, ConditionExpression: condition,
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}}
	}
	absent := aws.String("attribute_not_exists(pk)")
	token := aws.String("token")
	both := &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{put("one", "1", absent), put("two", "1", absent)}, ClientRequestToken: token}
	for range 3 { // a retry is not done again: its conditions would fail
		if _, err := c.TransactWriteItems(t.Context(), both); err != nil {
			t.Fatal(err)
		}
	}
	var mismatch *types.IdempotentParameterMismatchException
	_, err := c.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{put("one", "9", nil)}, ClientRequestToken: token})
	if !errors.As(err, &mismatch) {
		t.Errorf("error %v, want a mismatch", err)
	}
	_, err = c.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{put("one", "2", absent), put("two", "1", absent)}})
	var canceled *types.TransactionCanceledException
	if !errors.As(err, &canceled) {
		t.Fatalf("error %v, want a cancellation", err)
	}
	var codes []string
	for _, r := range canceled.CancellationReasons {
		codes = append(codes, aws.ToString(r.Code))
	}
	if diff := cmp.Diff([]string{"None", "ConditionalCheckFailed"}, codes); diff != "" || len(canceled.CancellationReasons[1].Item) != 2 {
		t.Errorf("reasons %v (item %v): %s", codes, canceled.CancellationReasons[1].Item, diff)
	}
	got, err := c.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String("one"), Key: item{"pk": str("p"), "sk": num("2")}})
	if err != nil || got.Item != nil {
		t.Errorf("half of a canceled transaction: %v, %v", got.Item, err)
	}
}

// TestRacingWriters shows that updates are atomic and that the stream chains them.
func TestRacingWriters(t *testing.T) {
	e, c := client(t)
	create(t, c, "table")
	key := item{"pk": str("p"), "sk": num("1")}
	var wg sync.WaitGroup
	won := make(chan int, 32)
	for i := range 64 {
		wg.Go(func() {
			_, err := c.UpdateItem(context.Background(), &dynamodb.UpdateItemInput{TableName: aws.String("table"), Key: key,
				UpdateExpression: aws.String("ADD n :one"), ExpressionAttributeValues: item{":one": num("1")}})
			if err != nil {
				t.Error(err)
			}
			if i >= 32 {
				return
			}
			_, err = c.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: aws.String("table"), Item: item{"pk": str("q"), "sk": num("1"), "i": num(fmt.Sprint(i))},
				ConditionExpression: aws.String("attribute_not_exists(pk)")})
			if err == nil {
				won <- i
			}
		})
	}
	wg.Wait()
	if len(won) != 1 {
		t.Errorf("%d conditional puts won, want 1", len(won))
	}
	shards, err := e.StreamShards("table")
	if err != nil {
		t.Fatal(err)
	}
	records, _, err := e.StreamRecords("table", shards[0].ID, "", 1000)
	if err != nil || len(records) != 65 {
		t.Fatalf("%d records, %v, want 65", len(records), err)
	}
	last := map[string]string{}
	for _, r := range records {
		pk, n := r.Change.Keys["pk"].String(), ""
		if v, ok := r.Change.OldImage["n"]; ok {
			n = v.Number()
		}
		if n != last[pk] {
			t.Fatalf("the old image has %q behind %q", n, last[pk])
		}
		if v, ok := r.Change.NewImage["n"]; ok {
			last[pk] = v.Number()
		}
	}
	if last["p"] != "64" {
		t.Errorf("n = %s, want 64", last["p"])
	}
}

// TestExpiry shows that expired items go, and that the stream says who deleted them.
func TestExpiry(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	e, c := client(t, func(o *Options) { o.Clock = func() time.Time { return now } })
	create(t, c, "table")
	_, err := c.UpdateTimeToLive(t.Context(), &dynamodb.UpdateTimeToLiveInput{TableName: aws.String("table"),
		TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String("x"), Enabled: aws.Bool(true)}})
	if err != nil {
		t.Fatal(err)
	}
	for sk, x := range map[string]types.AttributeValue{
		"1": num("1700000000"), "2": num("1700000001"), "3": str("1"), "4": num("1400000000"), // now, later, no number, too long ago
		"5": num("1542320000"), "6": num("1542320000.5"), "7": num("1700000000.5"), // five years ago, not quite, not yet
	} {
		if _, err := c.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("table"), Item: item{"pk": str("p"), "sk": num(sk), "x": x}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	out, err := c.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String("table")})
	if err != nil || out.Count != 5 {
		t.Fatalf("%d items, %v, want 5", out.Count, err)
	}
	shards, _ := e.StreamShards("table")
	records, _, _ := e.StreamRecords("table", shards[0].ID, "", 100)
	last := records[len(records)-1]
	if last.EventName != "REMOVE" || last.UserIdentity == nil || last.UserIdentity.Type != "Service" {
		t.Errorf("the last record is %s by %v", last.EventName, last.UserIdentity)
	}
}
