package conformance

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func txPut(table string, i item, condition string) types.TransactWriteItem {
	p := &types.Put{TableName: &table, Item: attributes(i)}
	if condition != "" {
		p.ConditionExpression = &condition
	}
	return types.TransactWriteItem{Put: p}
}

func txUpdate(table string, key item, expr string, values item) types.TransactWriteItem {
	return types.TransactWriteItem{Update: &types.Update{TableName: &table, Key: attributes(key), UpdateExpression: &expr, ExpressionAttributeValues: attributes(values)}}
}

func txDelete(table string, key item) types.TransactWriteItem {
	return types.TransactWriteItem{Delete: &types.Delete{TableName: &table, Key: attributes(key)}}
}

func txCheck(table string, key item, condition string) types.TransactWriteItem {
	return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: &table, Key: attributes(key), ConditionExpression: &condition}}
}

func (s *scene) transact(items ...types.TransactWriteItem) error {
	_, err := s.db.TransactWriteItems(s.ctx, &dynamodb.TransactWriteItemsInput{TransactItems: items})
	return err
}

// canceled checks the codes of a cancellation, "None" for the items without fault.
func (s *scene) canceled(what string, err error, codes ...string) *types.TransactionCanceledException {
	var c *types.TransactionCanceledException
	if !errors.As(err, &c) {
		s.faultf("%s: %v, want a cancellation", what, err)
		return &types.TransactionCanceledException{}
	}
	var got []string
	for _, r := range c.CancellationReasons {
		got = append(got, aws.ToString(r.Code))
	}
	s.want(what, got, codes)
	s.want(what+": message", c.ErrorMessage(), "Transaction cancelled, please refer cancellation reasons for specific reasons ["+strings.Join(codes, ", ")+"]")
	return c
}

var transactionCases = []testCase{
	{"all four actions over two tables", transacts},
	{"one condition that fails cancels all", cancels},
	{"the reason has the item when asked", cancelReturnsItem},
	{"what is wrong with an item is a reason", cancelsForValidation},
	{"a client token makes a retry do nothing", tokens},
	{"100 actions, not 101", hundredActions},
	{"a transaction reads its items in order", transactReads},
	{"wrong reads are refused", refusesTransactReads},
}

func transacts(s *scene) {
	one, two := s.table(plainTable), s.table(thread)
	s.put(one, item{"pk": "old"}, item{"pk": "check"})
	s.put(two, item{"pk": "p", "sk": 1, "n": 1})
	s.must(s.transact(txPut(one, item{"pk": "new"}, "attribute_not_exists(pk)"), txDelete(one, item{"pk": "old"}), txCheck(one, item{"pk": "check"}, "attribute_exists(pk)"),
		txUpdate(two, item{"pk": "p", "sk": 1}, "ADD n :v SET g = :g", item{":v": 2, ":g": "g"}), txUpdate(two, item{"pk": "p", "sk": 2}, "SET n = :v", item{":v": 2})))
	s.want("the first table", s.scan(one, nil), sorted([]item{{"pk": "new"}, {"pk": "check"}}))
	s.want("the second", s.scan(two, nil), sorted(sameItems([]item{{"pk": "p", "sk": 1, "n": 3, "g": "g"}, {"pk": "p", "sk": 2, "n": 2}})))
	s.want("its index", len(s.scan(two, aws.String("byG"))), 1)
}

func cancels(s *scene) {
	one, two := s.table(plainTable), s.table(plainTable)
	s.put(two, item{"pk": "there"})
	err := s.transact(txPut(one, item{"pk": "new"}, ""), txCheck(two, item{"pk": "none"}, "attribute_exists(pk)"), txPut(two, item{"pk": "there", "v": 2}, "attribute_not_exists(pk)"))
	c := s.canceled("reasons", err, "None", "ConditionalCheckFailed", "ConditionalCheckFailed")
	for i, r := range c.CancellationReasons {
		s.want(fmt.Sprintf("message %d", i), strings.TrimSuffix(aws.ToString(r.Message), "."), []string{"", "The conditional request failed", "The conditional request failed"}[i])
	}
	s.want("the first table", len(s.scan(one, nil)), 0)
	s.want("the second", s.scan(two, nil), []item{{"pk": "there"}})
}

func cancelReturnsItem(s *scene) {
	name := s.table(plainTable)
	s.put(name, item{"pk": "x", "v": 1})
	check := txCheck(name, item{"pk": "x"}, "attribute_not_exists(pk)")
	check.ConditionCheck.ReturnValuesOnConditionCheckFailure = types.ReturnValuesOnConditionCheckFailureAllOld
	c := s.canceled("reasons", s.transact(check, txPut(name, item{"pk": "y"}, "attribute_exists(pk)")), "ConditionalCheckFailed", "ConditionalCheckFailed")
	if len(c.CancellationReasons) == 2 {
		s.wantItem("asked for", c.CancellationReasons[0].Item, item{"pk": "x", "v": 1})
		s.want("not asked for", len(c.CancellationReasons[1].Item), 0)
	}
}

func cancelsForValidation(s *scene) {
	name := s.table(thread)
	s.put(name, item{"pk": "p", "sk": 1, "n": "no number"})
	c := s.canceled("a sum with a string", s.transact(txPut(name, item{"pk": "p", "sk": 2}, ""), txUpdate(name, item{"pk": "p", "sk": 1}, "SET n = n + :v", item{":v": 1})), "None", "ValidationError")
	if len(c.CancellationReasons) == 2 && s.ours() {
		s.want("message", aws.ToString(c.CancellationReasons[1].Message), "An operand in the update expression has an incorrect data type")
	}
	s.canceled("an index key of another type", s.transact(txPut(name, item{"pk": "p", "sk": 2, "a": "x"}, ""), txPut(name, item{"pk": "p", "sk": 3}, "")), "ValidationError", "None")
	s.want("items", len(s.scan(name, nil)), 1)
}

func tokens(s *scene) {
	name := s.table(plainTable)
	send := func(token string, v int) error {
		_, err := s.db.TransactWriteItems(s.ctx, &dynamodb.TransactWriteItemsInput{ClientRequestToken: &token, TransactItems: []types.TransactWriteItem{
			txUpdate(name, item{"pk": "x"}, "ADD n :v SET a = :a, b = :b, c = :c", item{":v": v, ":a": item{"k": 1, "l": 2, "m": 3}, ":b": 2, ":c": 3})}})
		return err
	}
	for range 5 { // the SDK writes maps in another order each time
		s.must(send(s.prefix, 1))
	}
	s.want("n", s.get(name, item{"pk": "x"})["n"], any(num("1")))
	s.refused("the token with another request", send(s.prefix, 2), "IdempotentParameterMismatchException", "")
	s.must(send(s.prefix+"2", 2))
	s.want("n with another token", s.get(name, item{"pk": "x"})["n"], any(num("3")))
	s.invalid("a token of 37 letters", send(strings.Repeat("t", 37), 1), "failed to satisfy constraint: Member must have length less than or equal to 36")
}

func hundredActions(s *scene) {
	name := s.table(plainTable)
	var all []types.TransactWriteItem
	for i := range 101 {
		all = append(all, txPut(name, item{"pk": fmt.Sprint(i)}, ""))
	}
	s.must(s.transact(all[:100]...))
	s.want("items", len(s.scan(name, nil)), 100)
	s.invalid("101", s.transact(all...), "Member must have length less than or equal to 100")
}

// badTransactions are refused whole.
var badTransactions = []struct {
	why, code, words string
	items            func(table string) []types.TransactWriteItem
}{
	{"two actions in one item", "ValidationException", "TransactItems can only contain one of Check, Put, Update or Delete", func(table string) []types.TransactWriteItem {
		both := txPut(table, item{"pk": "x"}, "")
		both.Delete = txDelete(table, item{"pk": "y"}).Delete
		return []types.TransactWriteItem{both}
	}},
	{"no action", "ValidationException", "", func(string) []types.TransactWriteItem { return []types.TransactWriteItem{{}} }},
	{"two actions on one item", "ValidationException", "Transaction request cannot include multiple operations on one item", func(table string) []types.TransactWriteItem {
		return []types.TransactWriteItem{txPut(table, item{"pk": "x"}, ""), txPut(table, item{"pk": "y"}, ""), txDelete(table, item{"pk": "x"})}
	}},
	{"a wrong expression", "ValidationException", "Invalid UpdateExpression: Syntax error", func(table string) []types.TransactWriteItem {
		return []types.TransactWriteItem{txUpdate(table, item{"pk": "x"}, "SET", nil)}
	}},
	{"no such table", "ResourceNotFoundException", "Requested resource not found", func(table string) []types.TransactWriteItem {
		return []types.TransactWriteItem{txPut(table, item{"pk": "x"}, ""), txPut("nowhere", item{"pk": "x"}, "")}
	}},
	{"more than 4 MB", "ValidationException", "", func(table string) (large []types.TransactWriteItem) {
		for i := range 11 { // of 390 KB each, 4.29 MB in all
			large = append(large, txPut(table, item{"pk": fmt.Sprint(i), "v": strings.Repeat("x", 390_000)}, ""))
		}
		return large
	}},
}

func badTransactionCases() (cases []testCase) {
	for _, row := range badTransactions {
		cases = append(cases, testCase{row.why, func(s *scene) {
			name := s.table(plainTable)
			s.refused(row.why, s.transact(row.items(name)...), row.code, row.words)
			s.want("items", len(s.scan(name, nil)), 0)
		}})
	}
	return cases
}

func txGet(table string, key item, projection string) types.TransactGetItem {
	g := &types.Get{TableName: &table, Key: attributes(key)}
	if projection != "" {
		g.ProjectionExpression = &projection
	}
	return types.TransactGetItem{Get: g}
}

func transactReads(s *scene) {
	one, two := s.table(plainTable), s.table(thread)
	s.put(one, item{"pk": "x", "v": item{"a": 1, "b": 2}})
	s.put(two, item{"pk": "p", "sk": 1})
	out, err := s.db.TransactGetItems(s.ctx, &dynamodb.TransactGetItemsInput{TransactItems: []types.TransactGetItem{
		txGet(two, item{"pk": "p", "sk": 1}, ""), txGet(one, item{"pk": "none"}, ""), txGet(one, item{"pk": "x"}, "v.b")}})
	s.must(err)
	var got []item
	for _, r := range out.Responses {
		got = append(got, plainItem(r.Item))
	}
	s.want("responses", got, []item{same(item{"pk": "p", "sk": 1}), nil, same(item{"v": item{"b": 2}})})
}

func refusesTransactReads(s *scene) {
	name := s.table(plainTable)
	get := func(items ...types.TransactGetItem) error {
		_, err := s.db.TransactGetItems(s.ctx, &dynamodb.TransactGetItemsInput{TransactItems: items})
		return err
	}
	var many []types.TransactGetItem
	for i := range 101 {
		many = append(many, txGet(name, item{"pk": fmt.Sprint(i)}, ""))
	}
	s.invalid("101 items", get(many...), "")
	s.invalid("an item twice", get(txGet(name, item{"pk": "x"}, ""), txGet(name, item{"pk": "x"}, "")), "Transaction request cannot include multiple operations on one item")
	s.refused("no such table", get(txGet("nowhere", item{"pk": "x"}, "")), "ResourceNotFoundException", "Requested resource not found")
}
