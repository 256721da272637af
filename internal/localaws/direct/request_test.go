package direct

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

// TestPlainRequests: what is sent most often needs no JSON, and what the engine's inputs
// cannot say has it.
func TestPlainRequests(t *testing.T) {
	a := map[string]types.AttributeValue{"a": &types.AttributeValueMemberS{Value: "a"}}
	for _, row := range []struct {
		why   string
		plain bool
		make  func(r *request) bool
	}{
		{"put", true, func(r *request) bool {
			return r.putItem(&dynamodb.PutItemInput{TableName: aws.String("t"), Item: a, ConditionExpression: aws.String("a = :a"), ExpressionAttributeValues: a,
				ExpressionAttributeNames: map[string]string{"#a": "a"}, ReturnValues: types.ReturnValueAllOld, ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld})
		}},
		{"put from before expressions", false, func(r *request) bool {
			return r.putItem(&dynamodb.PutItemInput{Expected: map[string]types.ExpectedAttributeValue{}})
		}},
		{"batch of reads", true, func(r *request) bool {
			return r.batchGet(&dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{"t": {Keys: []map[string]types.AttributeValue{a}}}})
		}},
		{"batch from before expressions", false, func(r *request) bool {
			return r.batchGet(&dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{"t": {AttributesToGet: []string{"a"}, Keys: []map[string]types.AttributeValue{a}}}})
		}},
		{"query", true, func(r *request) bool {
			return r.queryPage(&dynamodb.QueryInput{KeyConditionExpression: aws.String("a = :a"), ExpressionAttributeValues: a, ExclusiveStartKey: a, Limit: aws.Int32(1)})
		}},
		{"query from before expressions", false, func(r *request) bool {
			return r.queryPage(&dynamodb.QueryInput{KeyConditions: map[string]types.Condition{}})
		}},
		{"put of no text", false, func(r *request) bool { return r.putItem(&dynamodb.PutItemInput{TableName: aws.String("\xff")}) }},
		{"update", true, func(r *request) bool {
			return r.updateItem(&dynamodb.UpdateItemInput{Key: a, UpdateExpression: aws.String("SET a = b")})
		}},
		{"update from before expressions", false, func(r *request) bool {
			return r.updateItem(&dynamodb.UpdateItemInput{AttributeUpdates: map[string]types.AttributeValueUpdate{}})
		}},
		{"deletion", true, func(r *request) bool { return r.deleteItem(&dynamodb.DeleteItemInput{Key: a}) }},
		{"deletion with metrics", false, func(r *request) bool {
			return r.deleteItem(&dynamodb.DeleteItemInput{ReturnItemCollectionMetrics: types.ReturnItemCollectionMetricsSize})
		}},
		{"get", true, func(r *request) bool {
			return r.getItem(&dynamodb.GetItemInput{Key: a, ConsistentRead: aws.Bool(true), ProjectionExpression: aws.String("a")})
		}},
		{"get from before expressions", false, func(r *request) bool { return r.getItem(&dynamodb.GetItemInput{AttributesToGet: []string{}}) }},
		{"transaction", true, func(r *request) bool {
			return r.transactWrite(&dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
				{Put: &types.Put{Item: a}}, {Update: &types.Update{Key: a}}, {Delete: &types.Delete{Key: a}}, {ConditionCheck: &types.ConditionCheck{Key: a}}}})
		}},
		{"transaction with a token", false, func(r *request) bool {
			return r.transactWrite(&dynamodb.TransactWriteItemsInput{ClientRequestToken: aws.String("t"), TransactItems: []types.TransactWriteItem{{}}})
		}},
		{"transaction with a bad value", false, func(r *request) bool {
			return r.transactWrite(&dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{{Put: &types.Put{Item: map[string]types.AttributeValue{"a": nil}}}, {Put: &types.Put{Item: a}}}})
		}},
		{"message", true, func(*request) bool { return isPlain(&sqs.SendMessageInput{MessageBody: aws.String("x")}) }},
		{"message later", false, func(*request) bool { return isPlain(&sqs.SendMessageInput{DelaySeconds: 1}) }},
		{"message with attributes", false, func(*request) bool {
			return isPlain(&sqs.SendMessageInput{MessageAttributes: map[string]sqstypes.MessageAttributeValue{}})
		}},
	} {
		r := new(request)
		if got := row.make(r); got != row.plain {
			t.Errorf("%s: plain %v, want %v", row.why, got, row.plain)
		}
	}
}

// TestMembersOfInputs fails when an input of the SDK gets a member that package direct
// would pass over.
func TestMembersOfInputs(t *testing.T) {
	write := []string{"ConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues", "ReturnValuesOnConditionCheckFailure", "TableName"}
	asked := []string{"ConditionalOperator", "Expected", "ReturnConsumedCapacity", "ReturnItemCollectionMetrics", "ReturnValues"}
	for _, row := range []struct {
		in    any
		known []string
	}{
		{dynamodb.PutItemInput{}, slices.Concat(write, asked, []string{"Item"})},
		{dynamodb.UpdateItemInput{}, slices.Concat(write, asked, []string{"AttributeUpdates", "Key", "UpdateExpression"})},
		{dynamodb.DeleteItemInput{}, slices.Concat(write, asked, []string{"Key"})},
		{dynamodb.GetItemInput{}, []string{"AttributesToGet", "ConsistentRead", "ExpressionAttributeNames", "Key", "ProjectionExpression", "ReturnConsumedCapacity", "TableName"}},
		{dynamodb.BatchGetItemInput{}, []string{"RequestItems", "ReturnConsumedCapacity"}},
		{types.KeysAndAttributes{}, []string{"AttributesToGet", "ConsistentRead", "ExpressionAttributeNames", "Keys", "ProjectionExpression"}},
		{dynamodb.QueryInput{}, []string{"AttributesToGet", "ConditionalOperator", "ConsistentRead", "ExclusiveStartKey", "ExpressionAttributeNames", "ExpressionAttributeValues", "FilterExpression", "IndexName",
			"KeyConditionExpression", "KeyConditions", "Limit", "ProjectionExpression", "QueryFilter", "ReturnConsumedCapacity", "ScanIndexForward", "Select", "TableName"}},
		{dynamodb.TransactWriteItemsInput{}, []string{"ClientRequestToken", "ReturnConsumedCapacity", "ReturnItemCollectionMetrics", "TransactItems"}},
		{types.TransactWriteItem{}, []string{"ConditionCheck", "Delete", "Put", "Update"}},
		{types.Put{}, append([]string{"Item"}, write...)},
		{types.Update{}, append([]string{"Key", "UpdateExpression"}, write...)},
		{types.Delete{}, append([]string{"Key"}, write...)},
		{types.ConditionCheck{}, append([]string{"Key"}, write...)},
		{sqs.SendMessageInput{}, []string{"DelaySeconds", "MessageAttributes", "MessageBody", "MessageDeduplicationId", "MessageGroupId", "MessageSystemAttributes", "QueueUrl"}},
	} {
		var members []string
		for _, f := range reflect.VisibleFields(reflect.TypeOf(row.in)) {
			if f.IsExported() {
				members = append(members, f.Name)
			}
		}
		slices.Sort(members)
		slices.Sort(row.known)
		if diff := cmp.Diff(row.known, members); diff != "" {
			t.Errorf("%T (-known +SDK):\n%s", row.in, diff)
		}
	}
}

// TestValuesAsFromJSON holds the values that are made to those that the engine decodes
// from the JSON of the same item.
func TestValuesAsFromJSON(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	var s values
	made := 0
	for range 3000 {
		in := randomItem(r, 0)
		w := takeWriter()
		(&dynamodb.PutItemInput{Item: in}).Serialize(w)
		body := w.Bytes()
		want, wantErr := attr.DecodeItem(body[len(`{"Item":`) : len(body)-1])
		w.giveBack()
		got, fine := s.item(in, 0)
		if fine && (wantErr != nil || !attr.EqualItems(want, got)) {
			t.Fatalf("seed %d: (-JSON +values)\n%s\nerror %v", seed, cmp.Diff(want, got, cmp.AllowUnexported(attr.Number{})), wantErr)
		}
		if fine {
			made++
		}
		s.release()
		for _, item := range s.items {
			if len(item) > 0 {
				t.Fatal("an item that was released holds values")
			}
		}
	}
	if made < 300 || len(s.items) > maxItems {
		t.Errorf("seed %d: %d of 3,000 items were made; %d are kept", seed, made, len(s.items))
	}
}

// TestNotMade: values that the engine would refuse, or read otherwise than they are, are
// not made, wherever they stand.
func TestNotMade(t *testing.T) {
	one := &types.AttributeValueMemberN{Value: "1"}
	for why, bad := range map[string]types.AttributeValue{
		"nothing":                   nil,
		"a type that is not known":  &types.UnknownUnionMember{Tag: "X"},
		"text that is none":         &types.AttributeValueMemberS{Value: "a\xff"},
		"a number that is none":     &types.AttributeValueMemberN{Value: "x"},
		"a number of 39 digits":     &types.AttributeValueMemberN{Value: "123456789012345678901234567890123456789"},
		"bytes that are not there":  &types.AttributeValueMemberB{},
		"null that is false":        &types.AttributeValueMemberNULL{},
		"a map that is not there":   &types.AttributeValueMemberM{},
		"a list that is not there":  &types.AttributeValueMemberL{},
		"an empty name":             &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"": one}},
		"a name that is no text":    &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"\xff": one}},
		"an empty set":              &types.AttributeValueMemberSS{Value: []string{}},
		"a member twice":            &types.AttributeValueMemberSS{Value: []string{"a", "b", "a"}},
		"a number twice":            &types.AttributeValueMemberNS{Value: []string{"1", "1.0"}},
		"bytes twice":               &types.AttributeValueMemberBS{Value: [][]byte{{1}, {1}}},
		"a member that is no text":  &types.AttributeValueMemberSS{Value: []string{"a", "\xff"}},
		"a member that is nothing":  &types.AttributeValueMemberBS{Value: [][]byte{nil}},
		"a member that is no digit": &types.AttributeValueMemberNS{Value: []string{"x"}},
	} {
		for where, v := range map[string]types.AttributeValue{
			"by itself": bad,
			"in a map":  &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"a": one, "b": bad}},
			"in a list": &types.AttributeValueMemberL{Value: []types.AttributeValue{one, bad}},
		} {
			if item, fine := new(values).item(map[string]types.AttributeValue{"v": v}, 0); fine {
				t.Errorf("%s, %s: %v", why, where, item)
			}
		}
	}
}
