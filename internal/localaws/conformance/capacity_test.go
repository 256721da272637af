package conformance

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// units are the capacity units of a request: of the table, and of each index used.
type units map[string]float64

// capacityRow is a request on a table of schema thread that holds the items.
type capacityRow struct {
	why   string
	items []item
	call  func(*scene, string) ([]types.ConsumedCapacity, error)
	want  units // "table", the indexes by name
}

// one makes a list of the capacity that most operations return.
func one(c *types.ConsumedCapacity, err error) ([]types.ConsumedCapacity, error) {
	if c == nil {
		return nil, err
	}
	return []types.ConsumedCapacity{*c}, err
}

const indexesMode = types.ReturnConsumedCapacityIndexes

func putting(i item) func(*scene, string) ([]types.ConsumedCapacity, error) {
	return func(s *scene, name string) ([]types.ConsumedCapacity, error) {
		out, err := s.db.PutItem(s.ctx, &dynamodb.PutItemInput{TableName: &name, Item: attributes(i), ReturnConsumedCapacity: indexesMode})
		s.must(err)
		return one(out.ConsumedCapacity, err)
	}
}

func updating(expr string, values item) func(*scene, string) ([]types.ConsumedCapacity, error) {
	return func(s *scene, name string) ([]types.ConsumedCapacity, error) {
		out, err := s.db.UpdateItem(s.ctx, &dynamodb.UpdateItemInput{TableName: &name, Key: attributes(item{"pk": "p", "sk": 1}), UpdateExpression: &expr,
			ExpressionAttributeValues: attributes(values), ReturnConsumedCapacity: indexesMode})
		s.must(err)
		return one(out.ConsumedCapacity, err)
	}
}

func getting(consistent bool) func(*scene, string) ([]types.ConsumedCapacity, error) {
	return func(s *scene, name string) ([]types.ConsumedCapacity, error) {
		out, err := s.db.GetItem(s.ctx, &dynamodb.GetItemInput{TableName: &name, Key: attributes(item{"pk": "p", "sk": 1}), ConsistentRead: &consistent, ReturnConsumedCapacity: indexesMode})
		s.must(err)
		return one(out.ConsumedCapacity, err)
	}
}

func querying(row queryRow, choice types.Select, consistent bool) func(*scene, string) ([]types.ConsumedCapacity, error) {
	return func(s *scene, name string) ([]types.ConsumedCapacity, error) {
		in := row.input(name, 0)
		in.ReturnConsumedCapacity, in.Select, in.ConsistentRead = indexesMode, choice, &consistent
		return one(s.query(in).ConsumedCapacity, nil)
	}
}

// filled is item 1 with n bytes more or less.
func filled(n int) item { return item{"pk": "p", "sk": 1, "z": strings.Repeat("z", n-8)} }

var (
	small    = item{"pk": "p", "sk": 1}
	indexed  = item{"pk": "p", "sk": 1, "a": 1, "b": "b", "g": "g", "h": "h", "x": 1, "z": 1}
	inAll    = units{"table": 1, "byA": 1, "byB": 1, "byG": 1, "byH": 1}
	capacity = []capacityRow{
		{"a put of a small item", nil, putting(small), units{"table": 1}},
		{"a put of 1,024 bytes", nil, putting(filled(1024)), units{"table": 1}},
		{"a put of 1,025 bytes", nil, putting(filled(1025)), units{"table": 2}},
		{"a put over a larger item", []item{filled(3000)}, putting(small), units{"table": 3}},
		{"a put in all indexes", nil, putting(indexed), inAll},
		{"a put that changes nothing", []item{indexed}, putting(indexed), units{"table": 1}},
		{"an update of what one index projects", []item{indexed}, updating("SET y = :v", item{":v": 2}), units{"table": 1, "byG": 1, "byH": 1}},
		{"an update of what the whole projection holds", []item{indexed}, updating("SET z = :v", item{":v": 2}), units{"table": 1, "byG": 1}},
		{"an update that moves index entries", []item{indexed}, updating("SET a = :v, h = :w", item{":v": 2, ":w": "i"}), units{"table": 1, "byA": 2, "byG": 1, "byH": 2}},
		{"an update that ends an index entry", []item{indexed}, updating("REMOVE h", nil), units{"table": 1, "byG": 1, "byH": 1}},
		{"a delete", []item{indexed}, deleting, inAll},
		{"a delete of nothing", nil, deleting, units{"table": 1}},
		{"a read", []item{small}, getting(false), units{"table": 0.5}},
		{"a consistent read", []item{small}, getting(true), units{"table": 1}},
		{"a read of nothing", nil, getting(true), units{"table": 1}},
		{"a consistent read of more than 4 KB", []item{filled(4097)}, getting(true), units{"table": 2}},
		{"a query sums before it rounds", []item{filled(3000), {"pk": "p", "sk": 2, "z": strings.Repeat("z", 3000)}}, querying(queryRow{key: "pk = :p"}, "", false), units{"table": 1}},
		{"a consistent query", []item{filled(3000), {"pk": "p", "sk": 2, "z": strings.Repeat("z", 3000)}}, querying(queryRow{key: "pk = :p"}, "", true), units{"table": 2}},
		{"counting costs the same", []item{filled(5000)}, querying(queryRow{key: "pk = :p"}, types.SelectCount, true), units{"table": 2}},
		{"a query of nothing", nil, querying(queryRow{key: "pk = :p"}, "", false), units{"table": 0.5}},
		{"a query of a global index", []item{indexed}, querying(queryRow{index: "byG", key: "g = :g", values: item{":g": "g"}}, "", false), units{"byG": 0.5}},
		{"a query of a local index", []item{indexed}, querying(queryRow{index: "byA", key: "pk = :p"}, "", true), units{"byA": 1}},
		{"a local index that fetches from the table", []item{indexed, {"pk": "p", "sk": 2, "a": 1}}, querying(queryRow{index: "byA", key: "pk = :p"}, types.SelectAllAttributes, true), units{"table": 2, "byA": 1}},
		{"a scan", []item{filled(5000)}, scanning, units{"table": 1}},
		{"a batch of writes", []item{indexed}, batchWriting, units{"table": 3, "byG": 1}},
		{"a batch of reads rounds each item", []item{small}, batchGetting, units{"table": 2}},
		{"a transaction costs twice", []item{small}, transacting, units{"table": 6}},
		{"a transaction of reads costs twice", []item{small}, transactGetting, units{"table": 4}},
	}
)

func deleting(s *scene, name string) ([]types.ConsumedCapacity, error) {
	out, err := s.db.DeleteItem(s.ctx, &dynamodb.DeleteItemInput{TableName: &name, Key: attributes(item{"pk": "p", "sk": 1}), ReturnConsumedCapacity: indexesMode})
	s.must(err)
	return one(out.ConsumedCapacity, err)
}

func scanning(s *scene, name string) ([]types.ConsumedCapacity, error) {
	out, err := s.db.Scan(s.ctx, &dynamodb.ScanInput{TableName: &name, ReturnConsumedCapacity: indexesMode})
	s.must(err)
	return one(out.ConsumedCapacity, err)
}

func batchWriting(s *scene, name string) ([]types.ConsumedCapacity, error) {
	out, err := s.db.BatchWriteItem(s.ctx, &dynamodb.BatchWriteItemInput{ReturnConsumedCapacity: indexesMode, RequestItems: map[string][]types.WriteRequest{name: {
		putRequest(item{"pk": "q", "sk": 1, "g": "g"}), putRequest(item{"pk": "q", "sk": 2}), deleteRequest(item{"pk": "q", "sk": 3})}}})
	s.must(err)
	return out.ConsumedCapacity, nil
}

func batchGetting(s *scene, name string) ([]types.ConsumedCapacity, error) {
	out, err := s.db.BatchGetItem(s.ctx, &dynamodb.BatchGetItemInput{ReturnConsumedCapacity: indexesMode, RequestItems: map[string]types.KeysAndAttributes{name: {
		ConsistentRead: aws.Bool(true), Keys: []map[string]types.AttributeValue{attributes(item{"pk": "p", "sk": 1}), attributes(item{"pk": "p", "sk": 2})}}}})
	s.must(err)
	return out.ConsumedCapacity, nil
}

func transacting(s *scene, name string) ([]types.ConsumedCapacity, error) {
	out, err := s.db.TransactWriteItems(s.ctx, &dynamodb.TransactWriteItemsInput{ReturnConsumedCapacity: indexesMode, TransactItems: []types.TransactWriteItem{
		txPut(name, item{"pk": "q", "sk": 1}, ""), txCheck(name, item{"pk": "p", "sk": 1}, "attribute_exists(pk)"), txDelete(name, item{"pk": "q", "sk": 9})}})
	s.must(err)
	return out.ConsumedCapacity, nil
}

func transactGetting(s *scene, name string) ([]types.ConsumedCapacity, error) {
	out, err := s.db.TransactGetItems(s.ctx, &dynamodb.TransactGetItemsInput{ReturnConsumedCapacity: indexesMode, TransactItems: []types.TransactGetItem{
		txGet(name, item{"pk": "p", "sk": 1}, ""), txGet(name, item{"pk": "p", "sk": 2}, "")}})
	s.must(err)
	return out.ConsumedCapacity, nil
}

func capacityCases() (cases []testCase) {
	for _, row := range capacity {
		cases = append(cases, testCase{row.why, func(s *scene) {
			name := s.table(thread)
			s.put(name, row.items...)
			got, _ := row.call(s, name)
			s.want("reports", len(got), 1)
			if len(got) == 1 {
				s.want("units", used(&got[0]), row.want)
				total := 0.0
				for _, n := range row.want {
					total += n
				}
				s.want("total", aws.ToFloat64(got[0].CapacityUnits), total)
				s.want("table", aws.ToString(got[0].TableName), name)
			}
		}})
	}
	return append(cases, testCase{"TOTAL and NONE", capacityModes})
}

// used are the units of the table and of its indexes that are not nothing.
func used(c *types.ConsumedCapacity) units {
	u := units{}
	add := func(name string, c types.Capacity) {
		if n := aws.ToFloat64(c.CapacityUnits); n > 0 {
			u[name] = n
		}
	}
	if c.Table != nil {
		add("table", *c.Table)
	}
	for name, n := range c.LocalSecondaryIndexes {
		add(name, n)
	}
	for name, n := range c.GlobalSecondaryIndexes {
		add(name, n)
	}
	return u
}

func capacityModes(s *scene) {
	name := s.table(thread)
	put := func(mode types.ReturnConsumedCapacity) *types.ConsumedCapacity {
		out, err := s.db.PutItem(s.ctx, &dynamodb.PutItemInput{TableName: &name, Item: attributes(indexed), ReturnConsumedCapacity: mode})
		s.must(err)
		return out.ConsumedCapacity
	}
	if c := put(types.ReturnConsumedCapacityTotal); c == nil {
		s.faultf("TOTAL: no report")
	} else {
		s.want("TOTAL", []any{aws.ToFloat64(c.CapacityUnits), c.Table == nil}, []any{5.0, true})
	}
	s.want("NONE", put(types.ReturnConsumedCapacityNone) == nil, true)
}
