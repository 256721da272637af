package conformance

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// updated is the table of the updates: its index key is i.
var updated = schema{key: "pk:S sk:N", local: []index{{"byI", "pk:S i:N", types.ProjectionTypeAll, nil}}}

// updateRow is an update expression on an item; the key is left out.
type updateRow struct {
	why    string
	before item // nil: there is no item
	expr   string
	words
	after item
	error string // of the ValidationException, instead of after
}

var updateRows = []updateRow{
	{"SET an attribute", item{"a": 1}, "SET b = :v", words{nil, item{":v": "x"}}, item{"a": 1, "b": "x"}, ""},
	{"SET makes the item", nil, "SET b = :v", words{nil, item{":v": "x"}}, item{"b": "x"}, ""},
	{"every action sees the item of before", item{"a": 1, "b": 2}, "SET a = b, b = a", words{}, item{"a": 2, "b": 1}, ""},
	{"SET in a map", item{"m": item{"x": 1}}, "SET m.y = :v, m.#d = :v", words{map[string]string{"#d": "a.b"}, item{":v": 2}}, item{"m": item{"x": 1, "y": 2, "a.b": 2}}, ""},
	{"SET an element", item{"l": list{1, 2}}, "SET l[1] = :v", words{nil, item{":v": "x"}}, item{"l": list{1, "x"}}, ""},
	{"SET far behind a list's end appends", item{"l": list{1}}, "SET l[7] = :v", words{nil, item{":v": "x"}}, item{"l": list{1, "x"}}, ""},
	{"SET in a map in a list", item{"l": list{item{"x": list{}}}}, "SET l[0].x[0] = :v", words{nil, item{":v": true}}, item{"l": list{item{"x": list{true}}}}, ""},
	{"a difference", item{"a": num("1.5")}, "SET a = a - :v", words{nil, item{":v": num("0.25")}}, item{"a": num("1.25")}, ""},
	{"list_append at the end", item{"l": list{1}}, "SET l = list_append(l, :v)", words{nil, item{":v": list{2, 3}}}, item{"l": list{1, 2, 3}}, ""},
	{"list_append at the front", item{"l": list{1}}, "SET l = list_append(:v, l)", words{nil, item{":v": list{0}}}, item{"l": list{0, 1}}, ""},
	{"list_append to what may not be there", nil, "SET l = list_append(if_not_exists(l, :e), :v)", words{nil, item{":v": list{1}, ":e": list{}}}, item{"l": list{1}}, ""},
	{"if_not_exists of what is there", item{"a": 1}, "SET a = if_not_exists(a, :v)", words{nil, item{":v": 2}}, item{"a": 1}, ""},
	{"if_not_exists of another attribute", item{"a": 1}, "SET b = if_not_exists(zz, a)", words{}, item{"a": 1, "b": 1}, ""},
	{"a counter from nothing", nil, "SET n = if_not_exists(n, :z) + :v", words{nil, item{":z": 0, ":v": 5}}, item{"n": 5}, ""},
	{"REMOVE", item{"a": 1, "b": 2}, "REMOVE a, zz", words{}, item{"b": 2}, ""},
	{"REMOVE elements by their old places", item{"l": list{0, 1, 2, 3}}, "REMOVE l[0], l[2], l[9]", words{}, item{"l": list{1, 3}}, ""},
	{"REMOVE in a map", item{"m": item{"x": 1, "y": 2}}, "REMOVE m.x, m.zz", words{}, item{"m": item{"y": 2}}, ""},
	{"ADD to a number", item{"n": 1}, "ADD n :v", words{nil, item{":v": num("-1.5")}}, item{"n": num("-0.5")}, ""},
	{"ADD to nothing", nil, "ADD n :v, s :s", words{nil, item{":v": 2, ":s": ss{"x"}}}, item{"n": 2, "s": ss{"x"}}, ""},
	{"ADD to a set", item{"s": ss{"a", "b"}}, "ADD s :s", words{nil, item{":s": ss{"b", "c"}}}, item{"s": ss{"a", "b", "c"}}, ""},
	{"ADD to a set of numbers", item{"s": ns{"1", "2"}}, "ADD s :s", words{nil, item{":s": ns{"2.0", "3"}}}, item{"s": ns{"1", "2", "3"}}, ""},
	{"ADD in a map", item{"m": item{"n": 1}}, "ADD m.n :v", words{nil, item{":v": 1}}, item{"m": item{"n": 2}}, ""},
	{"DELETE from a set", item{"s": ss{"a", "b"}}, "DELETE s :s", words{nil, item{":s": ss{"b", "z"}}}, item{"s": ss{"a"}}, ""},
	{"DELETE of all leaves no set", item{"s": bs{{1}}, "a": 1}, "DELETE s :s", words{nil, item{":s": bs{{1}}}}, item{"a": 1}, ""},
	{"DELETE from nothing", item{"a": 1}, "DELETE s :s", words{nil, item{":s": ss{"b"}}}, item{"a": 1}, ""},
	{"all four actions", item{"a": 1, "b": 2, "n": 3, "s": ss{"x", "y"}}, "DELETE s :s ADD n :v REMOVE a SET c = b", words{nil, item{":s": ss{"x"}, ":v": 1}}, item{"b": 2, "c": 2, "n": 4, "s": ss{"y"}}, ""},
	{"a reserved word by placeholder", nil, "SET #n = :v", words{map[string]string{"#n": "name"}, item{":v": 1}}, item{"name": 1}, ""},

	{"an empty expression", nil, "", words{}, nil, "Invalid UpdateExpression: The expression can not be empty;"},
	{"a reserved word", nil, "SET name = :v", words{nil, item{":v": 1}}, nil, "Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: name"},
	{"an unused value", nil, "SET a = :v", words{nil, item{":v": 1, ":w": 2}}, nil, "Value provided in ExpressionAttributeValues unused in expressions: keys: {:w}"},
	{"an unused name", nil, "SET a = :v", words{map[string]string{"#u": "x"}, item{":v": 1}}, nil, "Value provided in ExpressionAttributeNames unused in expressions: keys: {#u}"},
	{"an undefined value", nil, "SET a = :zz", words{}, nil, "Invalid UpdateExpression: An expression attribute value used in expression is not defined; attribute value: :zz"},
	{"an undefined name", nil, "SET #zz = :v", words{nil, item{":v": 1}}, nil, "Invalid UpdateExpression: An expression attribute name used in the document path is not defined; attribute name: #zz"},
	{"an action twice", nil, "SET a = :v SET b = :v", words{nil, item{":v": 1}}, nil, `Invalid UpdateExpression: The "SET" section can only be used once in an update expression;`},
	{"paths that overlap", nil, "SET a = :v, a.b = :v", words{nil, item{":v": 1}}, nil, "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a, b]"},
	{"the key", nil, "SET sk = :v", words{nil, item{":v": 1}}, nil, "One or more parameter values were invalid: Cannot update attribute sk. This attribute is part of the key"},
	{"what is not there", item{"a": 1}, "SET b = zz", words{}, nil, "The provided expression refers to an attribute that does not exist in the item"},
	{"a path into what is not there", item{"a": 1}, "SET zz.b = :v", words{nil, item{":v": 1}}, nil, "The document path provided in the update expression is invalid for update"},
	{"a path into a number", item{"a": 1}, "SET a.b = :v", words{nil, item{":v": 1}}, nil, "The document path provided in the update expression is invalid for update"},
	{"a sum with a string", item{"a": "x"}, "SET a = a + :v", words{nil, item{":v": 1}}, nil, "An operand in the update expression has an incorrect data type"},
	{"ADD of a string", nil, "ADD a :v", words{nil, item{":v": "x"}}, nil, "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ADD, operand type: STRING"},
	{"ADD of a number to a set", item{"s": ss{"x"}}, "ADD s :v", words{nil, item{":v": 1}}, nil, "An operand in the update expression has an incorrect data type"},
	{"DELETE of a number", nil, "DELETE a :v", words{nil, item{":v": 1}}, nil, "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER"},
	{"an index key of another type", nil, "SET i = :v", words{nil, item{":v": "x"}}, nil, "One or more parameter values were invalid: Type mismatch for Index Key i Expected: N Actual: S IndexName: byI"},
	{"no grammar", nil, "SET a := :v", words{nil, item{":v": 1}}, nil, "Invalid UpdateExpression: Syntax error; token: "},
	{"a sum beyond the range", item{"n": num("9" + strings.Repeat("0", 125))}, "SET n = n + n", words{}, nil, "Number overflow. Attempting to store a number with magnitude larger than supported range"},
}

func updateCases() (cases []testCase) {
	for _, row := range updateRows {
		if row.error != "" {
			row.why = "refused: " + row.why
		}
		cases = append(cases, testCase{row.why, row.run})
	}
	return cases
}

func (row updateRow) run(s *scene) {
	name, key := s.table(updated), item{"pk": "p", "sk": 1}
	whole := func(i item) item {
		if i == nil {
			return nil
		}
		out := item{"pk": "p", "sk": 1}
		for k, v := range i {
			out[k] = v
		}
		return out
	}
	if row.before != nil {
		s.put(name, whole(row.before))
	}
	_, err := s.db.UpdateItem(s.ctx, &dynamodb.UpdateItemInput{TableName: &name, Key: attributes(key), UpdateExpression: &row.expr,
		ExpressionAttributeNames: row.names, ExpressionAttributeValues: attributes(row.values)})
	if row.error != "" {
		s.invalid(row.expr, err, row.error)
		s.want("the item of before", s.get(name, key), same(whole(row.before)))
		return
	}
	s.must(err)
	s.want(row.expr, s.get(name, key), same(whole(row.after)))
}

var updateReturnCases = []testCase{
	{"the five modes", updateReturns},
	{"an update without an expression makes the item", func(s *scene) {
		name := s.table(plainTable)
		out, err := s.db.UpdateItem(s.ctx, &dynamodb.UpdateItemInput{TableName: &name, Key: attributes(item{"pk": "x"}), ReturnValues: types.ReturnValueAllNew})
		s.must(err)
		s.wantItem("ALL_NEW", out.Attributes, item{"pk": "x"})
	}},
	{"the old values of a new item are none", func(s *scene) {
		name := s.table(plainTable)
		for _, mode := range []types.ReturnValue{types.ReturnValueAllOld, types.ReturnValueUpdatedOld} {
			out, err := s.db.UpdateItem(s.ctx, &dynamodb.UpdateItemInput{TableName: &name, Key: attributes(item{"pk": string(mode)}), ReturnValues: mode,
				UpdateExpression: aws.String("SET v = :v"), ExpressionAttributeValues: attributes(item{":v": 1})})
			s.must(err)
			s.wantItem(string(mode), out.Attributes, nil)
		}
	}},
}

func updateReturns(s *scene) {
	before := item{"pk": "x", "a": 1, "b": 2, "gone": 3, "m": item{"x": 1, "y": 2}, "l": list{1, 2}}
	after := item{"pk": "x", "a": 6, "b": 2, "fresh": 5, "m": item{"x": 5, "y": 2}, "l": list{1, 5}}
	for mode, want := range map[types.ReturnValue]item{
		types.ReturnValueNone:       nil,
		types.ReturnValueAllOld:     before,
		types.ReturnValueAllNew:     after,
		types.ReturnValueUpdatedOld: {"a": 1, "gone": 3, "m": item{"x": 1}, "l": list{2}},
		types.ReturnValueUpdatedNew: {"a": 6, "fresh": 5, "m": item{"x": 5}, "l": list{5}},
	} {
		name := s.table(plainTable)
		s.put(name, before)
		out, err := s.db.UpdateItem(s.ctx, &dynamodb.UpdateItemInput{TableName: &name, Key: attributes(item{"pk": "x"}), ReturnValues: mode,
			UpdateExpression:          aws.String("SET fresh = :v, m.x = :v, l[1] = :v REMOVE gone ADD a :v"),
			ExpressionAttributeValues: attributes(item{":v": 5})})
		s.must(err)
		s.wantItem(string(mode), out.Attributes, want)
	}
}
