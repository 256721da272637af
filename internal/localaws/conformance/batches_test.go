package conformance

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func putRequest(i item) types.WriteRequest {
	return types.WriteRequest{PutRequest: &types.PutRequest{Item: attributes(i)}}
}

func deleteRequest(key item) types.WriteRequest {
	return types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: attributes(key)}}
}

func (s *scene) batchWrite(m map[string][]types.WriteRequest) error {
	out, err := s.db.BatchWriteItem(s.ctx, &dynamodb.BatchWriteItemInput{RequestItems: m})
	if err == nil && len(out.UnprocessedItems) > 0 {
		s.faultf("%d tables with unprocessed items", len(out.UnprocessedItems))
	}
	return err
}

var batchCases = []testCase{
	{"25 writes in two tables", batchWrites},
	{"wrong batches are refused whole", refusesBatches},
	{"100 keys of two tables, some not there", batchReads},
	{"a projection for each table", batchProjects},
	{"wrong reads are refused", refusesBatchReads},
	{"16 MB are read, the rest comes back as unprocessed", batchReadsMegabytes},
}

func batchWrites(s *scene) {
	one, two := s.table(plainTable), s.table(thread)
	s.put(one, item{"pk": "gone"}, item{"pk": "0", "old": true})
	m := map[string][]types.WriteRequest{one: {deleteRequest(item{"pk": "gone"}), deleteRequest(item{"pk": "none"})}}
	for i := range 23 {
		if i < 10 {
			m[one] = append(m[one], putRequest(item{"pk": fmt.Sprint(i)}))
		} else {
			m[two] = append(m[two], putRequest(item{"pk": "p", "sk": i, "g": "g"}))
		}
	}
	s.must(s.batchWrite(m))
	s.want("items of the first table", len(s.scan(one, nil)), 10)
	s.want("the replaced item", s.get(one, item{"pk": "0"}), same(item{"pk": "0"}))
	s.want("items in the second one's index", len(s.scan(two, aws.String("byG"))), 13)
}

func refusesBatches(s *scene) {
	name := s.table(plainTable)
	var many []types.WriteRequest
	for i := range 26 {
		many = append(many, putRequest(item{"pk": fmt.Sprint(i)}))
	}
	good := putRequest(item{"pk": "good"})
	for _, row := range []struct {
		why, code, words string
		items            map[string][]types.WriteRequest
	}{
		{"26 writes", "ValidationException", "", map[string][]types.WriteRequest{name: many}},
		{"no table", "ValidationException", "", map[string][]types.WriteRequest{}},
		{"no request", "ValidationException", "", map[string][]types.WriteRequest{name: {}}},
		{"two writes of one item", "ValidationException", "Provided list of item keys contains duplicates", map[string][]types.WriteRequest{name: {good, deleteRequest(item{"pk": "good"})}}},
		{"an item without its key", "ValidationException", "", map[string][]types.WriteRequest{name: {good, putRequest(item{"x": 1})}}},
		{"a key of another type", "ValidationException", "The provided key element does not match the schema", map[string][]types.WriteRequest{name: {good, deleteRequest(item{"pk": 1})}}},
		{"an item too large", "ValidationException", "Item size has exceeded the maximum allowed size", map[string][]types.WriteRequest{name: {good, putRequest(item{"pk": "x", "v": strings.Repeat("x", 400<<10)})}}},
		{"no such table", "ResourceNotFoundException", "Requested resource not found", map[string][]types.WriteRequest{name: {good}, "nowhere": {good}}},
	} {
		_, err := s.db.BatchWriteItem(s.ctx, &dynamodb.BatchWriteItemInput{RequestItems: row.items})
		s.refused(row.why, err, row.code, row.words)
	}
	s.want("items", len(s.scan(name, nil)), 0)
}

func batchReads(s *scene) {
	one, two := s.table(plainTable), s.table(thread)
	var want []item
	request := map[string]types.KeysAndAttributes{one: {ConsistentRead: aws.Bool(true)}, two: {}}
	for i := range 50 {
		a, b := item{"pk": fmt.Sprint(i)}, item{"pk": "p", "sk": i}
		ka, kb := request[one], request[two]
		ka.Keys, kb.Keys = append(ka.Keys, attributes(a)), append(kb.Keys, attributes(b))
		request[one], request[two] = ka, kb
		if i%2 == 0 {
			s.put(one, a)
			want = append(want, a)
		}
	}
	out, err := s.db.BatchGetItem(s.ctx, &dynamodb.BatchGetItemInput{RequestItems: request})
	s.must(err)
	s.want("items", sorted(plainItems(out.Responses[one])), sorted(want))
	found, has := out.Responses[two]
	s.want("a table without a hit is answered too", []any{has, len(found), len(out.UnprocessedKeys)}, []any{true, 0, 0})
}

func batchProjects(s *scene) {
	name := s.table(plainTable)
	s.put(name, item{"pk": "x", "v": item{"a": 1, "b": 2}, "size": 3})
	out, err := s.db.BatchGetItem(s.ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{name: {
		Keys: []map[string]types.AttributeValue{attributes(item{"pk": "x"})}, ProjectionExpression: aws.String("v.b, #s"), ExpressionAttributeNames: map[string]string{"#s": "size"}}}})
	s.must(err)
	s.wantItems("items", out.Responses[name], item{"v": item{"b": 2}, "size": 3})
}

func refusesBatchReads(s *scene) {
	name := s.table(plainTable)
	keys := func(all ...item) map[string]types.KeysAndAttributes {
		k := types.KeysAndAttributes{}
		for _, i := range all {
			k.Keys = append(k.Keys, attributes(i))
		}
		return map[string]types.KeysAndAttributes{name: k}
	}
	var many []item
	for i := range 101 {
		many = append(many, item{"pk": fmt.Sprint(i)})
	}
	for _, row := range []struct {
		why, words string
		request    map[string]types.KeysAndAttributes
	}{
		{"101 keys", "", keys(many...)},
		{"a key twice", "Provided list of item keys contains duplicates", keys(item{"pk": "x"}, item{"pk": "x"})},
		{"a key that does not fit", "The provided key element does not match the schema", keys(item{"sk": "x"})},
	} {
		_, err := s.db.BatchGetItem(s.ctx, &dynamodb.BatchGetItemInput{RequestItems: row.request})
		s.invalid(row.why, err, row.words)
	}
}

func batchReadsMegabytes(s *scene) {
	name := s.table(plainTable)
	k := types.KeysAndAttributes{}
	for i := range 50 { // of 390 KB each, 19.5 MB in all
		key := item{"pk": fmt.Sprintf("%02d", i)}
		s.put(name, item{"pk": key["pk"], "v": strings.Repeat("x", 390_000)})
		k.Keys = append(k.Keys, attributes(key))
	}
	request, seen, calls := map[string]types.KeysAndAttributes{name: k}, map[string]bool{}, 0
	for ; len(request) > 0 && calls < 5; calls++ {
		out, err := s.db.BatchGetItem(s.ctx, &dynamodb.BatchGetItemInput{RequestItems: request})
		s.must(err)
		for _, i := range out.Responses[name] {
			seen[plain(i["pk"]).(string)] = true
		}
		request = out.UnprocessedKeys
	}
	s.want("items, calls", []int{len(seen), calls}, []int{50, 2})
}
