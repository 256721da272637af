package conformance

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// everything has a value of every type.
var everything = item{
	"pk": "p", "sk": 1, "s": "é\x00<>&\u2028", "empty": "", "n": num("-1.5"), "bin": []byte{0, 255}, "nob": []byte{}, "yes": true, "no": false, "nil": nil,
	"l": list{"x", 2, list{}, item{"deep": list{nil, []byte{1}}}}, "m": item{"k": item{}},
	"ss": ss{"b", "a", ""}, "ns": ns{"10", "9", "-1"}, "bs": bs{{2}, {1}},
}

var itemCases = []testCase{
	{"every type comes back as it was", func(s *scene) {
		name := s.table(thread)
		s.put(name, everything)
		s.want("item", s.get(name, item{"pk": "p", "sk": num("1.0")}), same(everything))
	}},
	{"keys of all three types", func(s *scene) {
		for kind, key := range map[string]any{"S": "x", "N": 7, "B": []byte{7, 0}} {
			name := s.table(schema{key: "pk:" + kind})
			s.put(name, item{"pk": key, "v": kind})
			s.want(kind, s.get(name, item{"pk": key}), same(item{"pk": key, "v": kind}))
		}
	}},
	{"no item is no error", func(s *scene) {
		s.want("item", s.get(s.table(plainTable), item{"pk": "none"}), item(nil))
	}},
	{"a put replaces the whole item", func(s *scene) {
		name := s.table(plainTable)
		s.put(name, item{"pk": "x", "a": 1}, item{"pk": "x", "b": 2})
		s.want("item", s.get(name, item{"pk": "x"}), same(item{"pk": "x", "b": 2}))
	}},
	{"a put returns the old item", putReturns},
	{"a delete returns the old item", deleteReturns},
	{"a projection takes what its paths name", projects},
	{"keys that do not fit are refused", refusesKeys},
	{"values that cannot be are refused", refusesValues},
	{"an item may have 400 KB, names included", limitsItem},
	{"a key has a largest length", limitsKeys},
	{"a document may be 32 deep", limitsDepth},
}

func putReturns(s *scene) {
	name := s.table(plainTable)
	put := func(v int, mode types.ReturnValue) (*dynamodb.PutItemOutput, error) {
		return s.db.PutItem(s.ctx, &dynamodb.PutItemInput{TableName: &name, Item: attributes(item{"pk": "x", "v": v}), ReturnValues: mode})
	}
	out, err := put(1, types.ReturnValueAllOld)
	s.must(err)
	s.wantItem("of a new item", out.Attributes, nil)
	out, err = put(2, types.ReturnValueAllOld)
	s.must(err)
	s.wantItem("of a replaced item", out.Attributes, item{"pk": "x", "v": 1})
	out, err = put(3, types.ReturnValueNone)
	s.must(err)
	s.wantItem("with NONE", out.Attributes, nil)
	for _, mode := range []types.ReturnValue{types.ReturnValueAllNew, types.ReturnValueUpdatedOld, types.ReturnValueUpdatedNew} {
		_, err = put(4, mode)
		s.invalid(string(mode), err, "ReturnValues can only be ALL_OLD or NONE")
	}
}

func deleteReturns(s *scene) {
	name := s.table(plainTable)
	s.put(name, item{"pk": "x", "v": 1})
	remove := func(mode types.ReturnValue) (*dynamodb.DeleteItemOutput, error) {
		return s.db.DeleteItem(s.ctx, &dynamodb.DeleteItemInput{TableName: &name, Key: attributes(item{"pk": "x"}), ReturnValues: mode})
	}
	_, err := remove(types.ReturnValueAllNew)
	s.invalid("ALL_NEW", err, "ReturnValues can only be ALL_OLD or NONE")
	out, err := remove(types.ReturnValueAllOld)
	s.must(err)
	s.wantItem("of an item", out.Attributes, item{"pk": "x", "v": 1})
	out, err = remove(types.ReturnValueAllOld)
	s.must(err)
	s.wantItem("of no item", out.Attributes, nil)
}

func projects(s *scene) {
	name := s.table(plainTable)
	s.put(name, item{"pk": "x", "a": item{"b": list{1, item{"c": 2}, 3}, "d": 4}, "e": 5, "a.b": 6, "size": 7})
	for _, row := range []struct {
		why, expr string
		names     map[string]string
		want      item
	}{
		{"attributes", "pk, e", nil, item{"pk": "x", "e": 5}},
		{"a path in a map", "a.d", nil, item{"a": item{"d": 4}}},
		{"elements of a list close up", "a.b[2], a.b[0]", nil, item{"a": item{"b": list{1, 3}}}},
		{"deep paths meet", "a.b[1].c, a.d", nil, item{"a": item{"b": list{item{"c": 2}}, "d": 4}}},
		{"a dot within a name", "#d", map[string]string{"#d": "a.b"}, item{"a.b": 6}},
		{"a reserved word by placeholder", "#s", map[string]string{"#s": "size"}, item{"size": 7}},
		{"nothing is there", "zz, a.zz, a.b[9]", nil, item{}},
	} {
		out, err := s.db.GetItem(s.ctx, &dynamodb.GetItemInput{TableName: &name, Key: attributes(item{"pk": "x"}), ProjectionExpression: &row.expr, ExpressionAttributeNames: row.names})
		s.must(err)
		got := plainItem(out.Item)
		if got == nil {
			got = item{}
		}
		s.want(row.why, got, same(row.want))
	}
}

func badProjectionCases() (cases []testCase) {
	for why, expr := range map[string]string{
		"a path within another": "a, a.b", "an element within a list": "a.b, a.b[0]", "a path twice": "e, e", "a reserved word": "size", "two dots": "a..b",
		"nothing": "", "a negative element": "a[-1]", "a value": ":v",
	} {
		cases = append(cases, testCase{why, func(s *scene) {
			name := s.table(plainTable)
			_, err := s.db.GetItem(s.ctx, &dynamodb.GetItemInput{TableName: &name, Key: attributes(item{"pk": "x"}), ProjectionExpression: &expr})
			s.invalid(expr, err, "Invalid ProjectionExpression: ")
		}})
	}
	return cases
}

func refusesKeys(s *scene) {
	name := s.table(thread)
	for _, row := range []struct {
		why   string
		key   item
		words string
	}{
		{"no sort key", item{"pk": "p"}, "The provided key element does not match the schema"},
		{"an attribute too many", item{"pk": "p", "sk": 1, "x": 1}, "The provided key element does not match the schema"},
		{"another type", item{"pk": "p", "sk": "1"}, "The provided key element does not match the schema"},
		{"an empty string", item{"pk": "", "sk": 1}, "The AttributeValue for a key attribute cannot contain an empty string value. Key: pk"},
	} {
		_, err := s.db.GetItem(s.ctx, &dynamodb.GetItemInput{TableName: &name, Key: attributes(row.key)})
		s.invalid("get: "+row.why, err, row.words)
		_, err = s.db.DeleteItem(s.ctx, &dynamodb.DeleteItemInput{TableName: &name, Key: attributes(row.key)})
		s.invalid("delete: "+row.why, err, row.words)
	}
	for _, row := range []struct {
		why   string
		item  item
		words string
	}{
		{"no sort key", item{"pk": "p"}, "One or more parameter values were invalid: Missing the key sk in the item"},
		{"another type", item{"pk": "p", "sk": "1"}, "One or more parameter values were invalid: Type mismatch for key sk expected: N actual: S"},
		{"an index key of another type", item{"pk": "p", "sk": 1, "a": "1"}, "One or more parameter values were invalid: Type mismatch for Index Key a Expected: N Actual: S IndexName: byA"},
		{"an empty index key", item{"pk": "p", "sk": 1, "g": ""}, "A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty string value. IndexName: byG, IndexKey: g"},
	} {
		_, err := s.db.PutItem(s.ctx, &dynamodb.PutItemInput{TableName: &name, Item: attributes(row.item)})
		s.invalid("put: "+row.why, err, row.words)
	}
}

func refusesValues(s *scene) {
	name := s.table(plainTable)
	for _, row := range []struct {
		why   string
		value any
	}{
		{"an empty set", ss{}},
		{"a string twice in a set", ss{"a", "a"}},
		{"a number twice in a set, in other words", ns{"1", "1.0"}},
		{"bytes twice in a set", bs{{1}, {1}}},
		{"no number", num("1.2.3")},
		{"an empty number", num("")},
	} {
		_, err := s.db.PutItem(s.ctx, &dynamodb.PutItemInput{TableName: &name, Item: attributes(item{"pk": "x", "v": row.value})})
		s.invalid(row.why, err, "")
	}
}

func limitsItem(s *scene) {
	name := s.table(plainTable)
	const full = 400 << 10
	fill := func(n int) string { return strings.Repeat("x", n-len("pk")-len("k")-len("v")) }
	s.put(name, item{"pk": "k", "v": fill(full)})
	_, err := s.db.PutItem(s.ctx, &dynamodb.PutItemInput{TableName: &name, Item: attributes(item{"pk": "k", "v": fill(full + 1)})})
	s.invalid("put", err, "Item size has exceeded the maximum allowed size")
	_, err = s.db.UpdateItem(s.ctx, &dynamodb.UpdateItemInput{TableName: &name, Key: attributes(item{"pk": "k"}),
		UpdateExpression: aws.String("SET w = :w"), ExpressionAttributeValues: attributes(item{":w": "x"})})
	s.invalid("update", err, "Item size to update has exceeded the maximum allowed size")
	s.want("the item of before", len(s.get(name, item{"pk": "k"})["v"].(string)), full-4)
}

func limitsKeys(s *scene) {
	name := s.table(schema{key: "pk:S sk:S"})
	s.put(name, item{"pk": strings.Repeat("x", 2048), "sk": strings.Repeat("y", 1024)})
	for why, i := range map[string]item{
		"a hash key of 2,049 bytes": {"pk": strings.Repeat("x", 2049), "sk": "y"},
		"a sort key of 1,025 bytes": {"pk": "x", "sk": strings.Repeat("y", 1025)},
	} {
		_, err := s.db.PutItem(s.ctx, &dynamodb.PutItemInput{TableName: &name, Item: attributes(i)})
		s.invalid(why, err, "One or more parameter values were invalid: ")
	}
}

func limitsDepth(s *scene) {
	name := s.table(plainTable)
	nest := func(depth int) (v any) {
		v = "x"
		for range depth {
			v = list{v}
		}
		return v
	}
	s.put(name, item{"pk": "x", "v": nest(31)}) // the item itself is a level
	_, err := s.db.PutItem(s.ctx, &dynamodb.PutItemInput{TableName: &name, Item: attributes(item{"pk": "x", "v": nest(32)})})
	s.invalid("33 deep", err, "Nesting Levels have exceeded supported limits")
}
