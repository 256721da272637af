package conformance

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// subject is the item that conditions are about.
var subject = item{
	"s": "hello", "n": 5, "b": []byte{1, 2, 3}, "yes": true, "nil": nil, "big": num("12345678901234567890.5"),
	"l": list{1, "x", item{"k": "v"}}, "m": item{"x": 1, "a.b": 2}, "ss": ss{"a", "b"}, "ns": ns{"1", "2"}, "bs": bs{{1}},
}

// conditionRows hold for the subject, or do not.
var conditionRows = []struct {
	expr string
	words
	holds bool
}{
	{"n = :v", words{nil, item{":v": num("5.0")}}, true},
	{"n <> :v", words{nil, item{":v": 5}}, false},
	{"n <> :v", words{nil, item{":v": "5"}}, true}, // of another type
	{"n < :v", words{nil, item{":v": 10}}, true},
	{"n >= :v", words{nil, item{":v": 10}}, false},
	{"big > :v", words{nil, item{":v": num("12345678901234567890.4")}}, true},
	{"s < :v", words{nil, item{":v": "hello!"}}, true},
	{"s < :v", words{nil, item{":v": 7}}, false}, // types have no order
	{"b > :v", words{nil, item{":v": []byte{1, 2}}}, true},
	{"zz = :v", words{nil, item{":v": 1}}, false},
	{"zz <> :v", words{nil, item{":v": 1}}, true},
	{"n BETWEEN :a AND :b", words{nil, item{":a": 5, ":b": 6}}, true},
	{"n BETWEEN :a AND :b", words{nil, item{":a": 6, ":b": 7}}, false},
	{"n IN (:a, :b, s)", words{nil, item{":a": 1, ":b": 5}}, true},
	{"n IN (:a)", words{nil, item{":a": "5"}}, false},
	{"yes = :t AND nil = :n", words{nil, item{":t": true, ":n": nil}}, true},
	{"l = :l AND m = :m", words{nil, item{":l": list{1, "x", item{"k": "v"}}, ":m": item{"a.b": 2, "x": 1}}}, true},
	{"ss = :v", words{nil, item{":v": ss{"b", "a"}}}, true},
	{"ns = :v", words{nil, item{":v": ns{"2", "1.0"}}}, true},
	{"l[2].k = :v", words{nil, item{":v": "v"}}, true},
	{"m.#d = :v", words{map[string]string{"#d": "a.b"}, item{":v": 2}}, true},
	{"l[9] = :v OR s[0] = :v OR m.x.y = :v", words{nil, item{":v": 1}}, false},
	{"attribute_exists(m.x)", words{}, true},
	{"attribute_exists(m.zz)", words{}, false},
	{"attribute_not_exists(l[3])", words{}, true},
	{"attribute_type(nil, :v)", words{nil, item{":v": "NULL"}}, true},
	{"attribute_type(ss, :v)", words{nil, item{":v": "NS"}}, false},
	{"begins_with(s, :v)", words{nil, item{":v": "hel"}}, true},
	{"begins_with(b, :v)", words{nil, item{":v": []byte{1, 2}}}, true},
	{"begins_with(n, :v)", words{nil, item{":v": "5"}}, false},
	{"contains(s, :v)", words{nil, item{":v": "ell"}}, true},
	{"contains(b, :v)", words{nil, item{":v": []byte{2}}}, true},
	{"contains(l, :v)", words{nil, item{":v": item{"k": "v"}}}, true},
	{"contains(ss, :v)", words{nil, item{":v": "b"}}, true},
	{"contains(ns, :v)", words{nil, item{":v": num("2.00")}}, true},
	{"contains(ns, :v)", words{nil, item{":v": "2"}}, false},
	{"size(s) = :v", words{nil, item{":v": 5}}, true},
	{"size(l) = size(b)", words{}, true},
	{"size(m) = :v AND size(ss) = :v", words{nil, item{":v": 2}}, true},
	{"size(n) > :v", words{nil, item{":v": 0}}, false}, // a number has none
	{"size(s) BETWEEN :a AND n", words{nil, item{":a": 1}}, true},
	{"NOT n = :v", words{nil, item{":v": 1}}, true},
	{"NOT (n = :v) AND s = :v", words{nil, item{":v": 1}}, false},
	{"n = :v OR s = :w AND zz = :w", words{nil, item{":v": 5, ":w": "hello"}}, true}, // AND binds more
	{"(n = :v OR s = :w) AND zz = :w", words{nil, item{":v": 5, ":w": "hello"}}, false},
	{"not attribute_exists(zz) and Not n in (:v)", words{nil, item{":v": 1}}, true}, // keywords in any case
	{":v = n", words{nil, item{":v": 5}}, true},
}

// conditionFaults are refused as conditions of a write and as filters.
var conditionFaults = []struct {
	why, expr string
	words
	message string // behind "Invalid ConditionExpression: "
}{
	{"an empty expression", "", words{}, "The expression can not be empty;"},
	{"half an expression", "n =", words{}, "Syntax error; token: "},
	{"a reserved word", "size = :v", words{nil, item{":v": 1}}, ""},
	{"an unknown function", "first(n)", words{}, "Invalid function name; function: first"},
	{"too few operands", "begins_with(s)", words{}, "Incorrect number of operands for operator or function; operator or function: begins_with, number of operands: 1"},
	{"an operand of a wrong type", "begins_with(s, :v)", words{nil, item{":v": 1}}, "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N"},
	{"an unknown type", "attribute_type(s, :v)", words{nil, item{":v": "STRING"}}, "Invalid attribute type name found; type: STRING, valid types: "},
	{"an undefined value", "n = :zz", words{}, "An expression attribute value used in expression is not defined; attribute value: :zz"},
	{"an undefined name", "#zz = s", words{}, "An expression attribute name used in the document path is not defined; attribute name: #zz"},
	{"bounds in the wrong order", "n BETWEEN :b AND :a", words{nil, item{":a": 1, ":b": 2}}, "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}"},
	{"an operand compared with itself", "n = n", words{}, "The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [n]"},
	{"parentheses twice", "((n = :v))", words{nil, item{":v": 1}}, "The expression has redundant parentheses;"},
	{"a function as a comparison", "attribute_exists(n) = :v", words{nil, item{":v": true}}, ""},
	{"size as a condition", "size(n)", words{}, ""},
}

func conditionCases() (cases []testCase) {
	for _, row := range conditionRows {
		cases = append(cases, testCase{row.expr + " " + text(row.values), func(s *scene) { holds(s, row.expr, row.words, row.holds) }})
	}
	for _, row := range conditionFaults {
		cases = append(cases, testCase{"refused: " + row.why, func(s *scene) {
			name := s.table(plainTable)
			_, err := s.db.PutItem(s.ctx, &dynamodb.PutItemInput{TableName: &name, Item: attributes(item{"pk": "x"}),
				ConditionExpression: &row.expr, ExpressionAttributeNames: row.names, ExpressionAttributeValues: attributes(row.values)})
			s.invalid("condition", err, "Invalid ConditionExpression: "+row.message)
			_, err = s.db.Scan(s.ctx, &dynamodb.ScanInput{TableName: &name,
				FilterExpression: &row.expr, ExpressionAttributeNames: row.names, ExpressionAttributeValues: attributes(row.values)})
			s.invalid("filter", err, "Invalid FilterExpression: "+row.message)
		}})
	}
	return cases
}

// holds runs the condition in every place that takes one.
func holds(s *scene, expr string, w words, want bool) {
	name, key := s.table(plainTable), item{"pk": "x"}
	i := item{"pk": "x"}
	for k, v := range subject {
		i[k] = v
	}
	s.put(name, i)
	values := attributes(w.values)
	out, err := s.db.Scan(s.ctx, &dynamodb.ScanInput{TableName: &name, FilterExpression: &expr, ExpressionAttributeNames: w.names, ExpressionAttributeValues: values})
	s.must(err)
	s.want("filter", out.Count == 1, want)
	_, err = s.db.PutItem(s.ctx, &dynamodb.PutItemInput{TableName: &name, Item: attributes(i), ConditionExpression: &expr, ExpressionAttributeNames: w.names, ExpressionAttributeValues: values})
	s.want("put", passed(s, err), want)
	_, err = s.db.UpdateItem(s.ctx, &dynamodb.UpdateItemInput{TableName: &name, Key: attributes(key), UpdateExpression: aws.String("REMOVE nothing"),
		ConditionExpression: &expr, ExpressionAttributeNames: w.names, ExpressionAttributeValues: values})
	s.want("update", passed(s, err), want)
	_, err = s.db.TransactWriteItems(s.ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{{ConditionCheck: &types.ConditionCheck{
		TableName: &name, Key: attributes(key), ConditionExpression: &expr, ExpressionAttributeNames: w.names, ExpressionAttributeValues: values}}}})
	var canceled *types.TransactionCanceledException
	if err != nil && !errors.As(err, &canceled) {
		s.must(err)
	}
	s.want("transaction", err == nil, want)
	_, err = s.db.DeleteItem(s.ctx, &dynamodb.DeleteItemInput{TableName: &name, Key: attributes(key), ConditionExpression: &expr, ExpressionAttributeNames: w.names, ExpressionAttributeValues: values})
	s.want("delete", passed(s, err), want)
}

// passed tells whether a condition held; another error ends the case.
func passed(s *scene, err error) bool {
	var failed *types.ConditionalCheckFailedException
	if err != nil && !errors.As(err, &failed) {
		s.must(err)
	}
	return err == nil
}

var conditionFailureCases = []testCase{
	{"a failed condition changes nothing and says so", func(s *scene) {
		name := s.table(plainTable)
		s.put(name, item{"pk": "x", "v": 1})
		_, err := s.db.PutItem(s.ctx, &dynamodb.PutItemInput{TableName: &name, Item: attributes(item{"pk": "x", "v": 2}), ConditionExpression: aws.String("attribute_not_exists(pk)")})
		s.refused("put", err, "ConditionalCheckFailedException", "The conditional request failed")
		s.want("item", s.get(name, item{"pk": "x"}), same(item{"pk": "x", "v": 1}))
	}},
	{"it returns the item when asked", failureReturnsItem},
	{"a condition on an item that is not there", func(s *scene) {
		name := s.table(plainTable)
		_, err := s.db.DeleteItem(s.ctx, &dynamodb.DeleteItemInput{TableName: &name, Key: attributes(item{"pk": "x"}), ConditionExpression: aws.String("attribute_exists(pk)"),
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld})
		var failed *types.ConditionalCheckFailedException
		s.want("failed", errors.As(err, &failed), true)
		s.want("item", len(failed.Item), 0)
	}},
}

func failureReturnsItem(s *scene) {
	name, old := s.table(plainTable), item{"pk": "x", "v": 1}
	s.put(name, old)
	key, never, mode := attributes(item{"pk": "x"}), aws.String("attribute_not_exists(pk)"), types.ReturnValuesOnConditionCheckFailureAllOld
	_, put := s.db.PutItem(s.ctx, &dynamodb.PutItemInput{TableName: &name, Item: key, ConditionExpression: never, ReturnValuesOnConditionCheckFailure: mode})
	_, update := s.db.UpdateItem(s.ctx, &dynamodb.UpdateItemInput{TableName: &name, Key: key, UpdateExpression: aws.String("REMOVE v"), ConditionExpression: never, ReturnValuesOnConditionCheckFailure: mode})
	_, remove := s.db.DeleteItem(s.ctx, &dynamodb.DeleteItemInput{TableName: &name, Key: key, ConditionExpression: never, ReturnValuesOnConditionCheckFailure: mode})
	_, without := s.db.DeleteItem(s.ctx, &dynamodb.DeleteItemInput{TableName: &name, Key: key, ConditionExpression: never})
	for _, row := range []struct {
		why  string
		err  error
		want item
	}{{"put", put, old}, {"update", update, old}, {"delete", remove, old}, {"not asked", without, nil}} {
		var failed *types.ConditionalCheckFailedException
		if !errors.As(row.err, &failed) {
			s.faultf("%s: %v", row.why, row.err)
			continue
		}
		s.wantItem(row.why, failed.Item, row.want)
	}
}
