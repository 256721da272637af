package direct

import (
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/schemas"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"
	"github.com/google/go-cmp/cmp"
)

// TestNothingIsRefused looks through the schemas of all inputs for what a writer refuses.
func TestNothingIsRefused(t *testing.T) {
	refused := map[smithy.ShapeType]bool{
		smithy.ShapeTypeTimestamp: true, smithy.ShapeTypeFloat: true, smithy.ShapeTypeDouble: true,
		smithy.ShapeTypeBigDecimal: true, smithy.ShapeTypeBigInteger: true, smithy.ShapeTypeDocument: true,
	}
	seen := map[*smithy.Schema]bool{}
	var look func(path string, s *smithy.Schema)
	look = func(path string, s *smithy.Schema) {
		if refused[s.Type()] {
			t.Errorf("%s is of type %d", path, s.Type())
		}
		if seen[s] {
			return
		}
		seen[s] = true
		for name, member := range s.Members() {
			if strings.Count(path, ".") < 20 { // attribute values contain others
				look(path+"."+name, member)
			}
		}
	}
	for _, op := range []operation{
		createTable, describeTable, describeTimeToLive, updateTimeToLive, putItem, getItem, updateItem, deleteItem,
		batchWriteItem, batchGetItem, query, scan, transactWriteItems,
		createQueue, getQueueUrl, getQueueAttributes, sendMessage, changeMessageVisibility,
	} {
		look(op.ID().Name, op.Input)
	}
	if len(seen) < 100 {
		t.Errorf("only %d schemas were looked at", len(seen))
	}
}

// TestWriter writes random inputs and reads what the SDK's own serializer makes of them:
// the same, but for the order of maps and the spelling of escapes.
func TestWriter(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	theirs := awsjson.New10(schemas.DynamoDB_20120810)
	for range 2000 {
		in := randomInput(r)
		w := takeWriter()
		in.Serialize(w)
		request := &smithyhttp.Request{Request: &http.Request{URL: &url.URL{}, Header: http.Header{}}}
		if err := theirs.SerializeRequest(t.Context(), updateItem.OperationSchema, in, request); err != nil {
			t.Fatal(err)
		}
		want, err := io.ReadAll(request.GetStream())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(decoded(t, want), decoded(t, w.Bytes())); diff != "" {
			t.Fatalf("seed %d: (-SDK +direct):\n%s", seed, diff)
		}
		if target := request.Header.Get("X-Amz-Target"); target != updateItem.target {
			t.Fatalf("target %q, want %q", updateItem.target, target)
		}
		w.giveBack()
	}
}

func decoded(t *testing.T, body []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%q: %v", body, err)
	}
	return v
}

func randomInput(r *rand.Rand) smithy.Serializable {
	values := randomItem(r, 0)
	if r.IntN(4) > 0 {
		return &dynamodb.UpdateItemInput{Key: randomItem(r, 3), ExpressionAttributeValues: values,
			ExpressionAttributeNames: map[string]string{randomText(r): randomText(r)}, ReturnValues: types.ReturnValueAllNew}
	}
	name, limit, forward := randomText(r), int32(r.IntN(100)), r.IntN(2) == 0
	return &dynamodb.QueryInput{TableName: &name, Limit: &limit, ScanIndexForward: &forward, ExclusiveStartKey: values,
		AttributesToGet: []string{randomText(r), ""}}
}

func randomItem(r *rand.Rand, depth int) map[string]types.AttributeValue {
	item := map[string]types.AttributeValue{}
	for range r.IntN(5) {
		item[randomText(r)] = randomValue(r, depth)
	}
	return item
}

func randomValue(r *rand.Rand, depth int) types.AttributeValue {
	kinds := 10
	if depth > 3 {
		kinds = 8
	}
	switch r.IntN(kinds) {
	case 0:
		return &types.AttributeValueMemberS{Value: randomText(r)}
	case 1:
		return &types.AttributeValueMemberN{Value: strconv.Itoa(r.Int())}
	case 2:
		return &types.AttributeValueMemberB{Value: []byte(randomText(r))}
	case 3:
		return &types.AttributeValueMemberBOOL{Value: r.IntN(2) == 0}
	case 4:
		return &types.AttributeValueMemberNULL{Value: true}
	case 5:
		return &types.AttributeValueMemberSS{Value: []string{randomText(r), randomText(r)}}
	case 6:
		return &types.AttributeValueMemberNS{Value: []string{"1", "2"}}
	case 7:
		return &types.AttributeValueMemberBS{Value: [][]byte{{0}, []byte(randomText(r))}}
	case 8:
		return &types.AttributeValueMemberM{Value: randomItem(r, depth+1)}
	}
	list := []types.AttributeValue{}
	for range r.IntN(4) {
		list = append(list, randomValue(r, depth+1))
	}
	return &types.AttributeValueMemberL{Value: list}
}

// randomText has what JSON escapes, and what it does not.
func randomText(r *rand.Rand) string {
	pieces := []string{"a", "Zz9_", `"`, `\`, "\n", "\x00", "\x1f", "\x7f", "é", "\u2028", "<&>", "😀", " ", "/"}
	var b strings.Builder
	for range r.IntN(6) {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	return b.String()
}
