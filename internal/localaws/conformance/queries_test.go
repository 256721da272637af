package conformance

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// library has 20 items in partition p and some in q. By sk: 0 to 19; a falls as sk
// rises; b is a word; every third item is in the sparse index byG.
func library() (items []item) {
	for i := range 20 {
		row := item{"pk": "p", "sk": i, "a": 19 - i, "b": fmt.Sprintf("w%02d", i), "x": i % 4, "y": "why", "z": "zed"}
		if i%3 == 0 {
			row["g"] = "g"
		}
		items = append(items, row)
	}
	return append(items, item{"pk": "q", "sk": 0, "a": 1, "b": "w00", "g": "g"}, item{"pk": "q", "sk": num("1.5")})
}

// queryRow is a query of the library and the sk of what it finds, in order.
type queryRow struct {
	why, index, key string
	values          item
	filter          string
	backward        bool
	want            string
}

var queryRows = []queryRow{
	{"a partition", "", "pk = :p", nil, "", false, "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19"},
	{"backward", "", "pk = :p", nil, "", true, "19 18 17 16 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1 0"},
	{"another partition", "", "pk = :p", item{":p": "q"}, "", false, "0 1.5"},
	{"no such partition", "", "pk = :p", item{":p": "z"}, "", false, ""},
	{"equal", "", "pk = :p AND sk = :v", item{":v": num("3.0")}, "", false, "3"},
	{"less", "", "pk = :p AND sk < :v", item{":v": 3}, "", false, "0 1 2"},
	{"at most, backward", "", "pk = :p AND sk <= :v", item{":v": 3}, "", true, "3 2 1 0"},
	{"greater", "", "pk = :p AND sk > :v", item{":v": 16}, "", false, "17 18 19"},
	{"at least", "", "sk >= :v AND pk = :p", item{":v": 16}, "", false, "16 17 18 19"},
	{"between, backward", "", "pk = :p AND sk BETWEEN :v AND :w", item{":v": 8, ":w": 11}, "", true, "11 10 9 8"},
	{"between two items", "", "pk = :p AND sk BETWEEN :v AND :w", item{":v": num("8.1"), ":w": num("8.9")}, "", false, ""},
	{"parentheses", "", "(pk = :p) AND (sk > :v)", item{":v": 18}, "", false, "19"},
	{"a local index", "byA", "pk = :p AND a >= :v", item{":v": 14}, "", false, "5 4 3 2 1 0"},
	{"a local index, backward", "byA", "pk = :p AND a >= :v", item{":v": 14}, "", true, "0 1 2 3 4 5"},
	{"a local index on strings", "byB", "pk = :p AND begins_with(b, :v)", item{":v": "w1"}, "", false, "10 11 12 13 14 15 16 17 18 19"},
	{"a prefix, backward", "byB", "pk = :p AND begins_with(b, :v)", item{":v": "w0"}, "", true, "9 8 7 6 5 4 3 2 1 0"},
	{"strings between", "byB", "pk = :p AND b BETWEEN :v AND :w", item{":v": "w18", ":w": "x"}, "", false, "18 19"},
	{"a sparse global index", "byG", "g = :g AND sk > :v", item{":g": "g", ":v": 0}, "", false, "3 6 9 12 15 18"},
	{"a filter", "", "pk = :p", item{":x": 3}, "x = :x", false, "3 7 11 15 19"},
	{"a filter that nothing passes", "", "pk = :p", item{":x": 9}, "x = :x", false, ""},
	{"a filter on a global index", "byG", "g = :g", item{":g": "g", ":x": 0}, "x = :x AND pk = :p", false, "0 12"},
}

func (row queryRow) input(table string, limit int32) *dynamodb.QueryInput {
	values := item{}
	for k, v := range row.values {
		values[k] = v
	}
	if _, set := values[":p"]; !set && strings.Contains(row.key+row.filter, ":p") {
		values[":p"] = "p"
	}
	in := &dynamodb.QueryInput{TableName: &table, KeyConditionExpression: &row.key, ExpressionAttributeValues: attributes(values), ScanIndexForward: aws.Bool(!row.backward)}
	if row.index != "" {
		in.IndexName = &row.index
	}
	if row.filter != "" {
		in.FilterExpression = &row.filter
	}
	if limit > 0 {
		in.Limit = &limit
	}
	return in
}

// queryCases read every row in one page and in pages of several limits.
func queryCases() (cases []testCase) {
	for _, row := range queryRows {
		cases = append(cases, testCase{row.why, func(s *scene) {
			name := s.table(thread)
			s.put(name, library()...)
			for _, limit := range []int32{0, 1, 2, 3, 7, 20} {
				row.read(s, name, limit)
			}
		}})
	}
	return cases
}

func (row queryRow) read(s *scene, table string, limit int32) {
	var got []string
	in := row.input(table, limit)
	for more := true; more; more = len(in.ExclusiveStartKey) > 0 {
		out, err := s.db.Query(s.ctx, in)
		s.must(err)
		s.want("Count", int(out.Count), len(out.Items))
		if limit > 0 && (out.ScannedCount > limit || out.LastEvaluatedKey != nil && out.ScannedCount != limit) {
			s.faultf("limit %d: a page that read %d and goes on: %v", limit, out.ScannedCount, out.LastEvaluatedKey != nil)
		}
		for _, i := range out.Items {
			got = append(got, string(plain(i["sk"]).(num)))
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
	s.want(fmt.Sprintf("sk, limit %d", limit), strings.Join(got, " "), row.want)
}

var queryRuleCases = []testCase{
	{"a page that ends with its limit has a LastEvaluatedKey, even at the end", exactLimit},
	{"the key of an index page has the table's key too", indexKeys3},
	{"a page may start at a key that is not there", startsAnywhere},
	{"counting without items", counts},
	{"a limit counts before the filter", limitBeforeFilter},
	{"what each index holds, and what Select takes", selects},
	{"a page ends at 1 MB", pagesOfAMegabyte},
}

func (s *scene) query(in *dynamodb.QueryInput) *dynamodb.QueryOutput {
	out, err := s.db.Query(s.ctx, in)
	s.must(err)
	return out
}

func (s *scene) library() string {
	name := s.table(thread)
	s.put(name, library()...)
	return name
}

func exactLimit(s *scene) {
	name := s.library()
	in := queryRow{key: "pk = :p"}.input(name, 20)
	out := s.query(in)
	s.wantItem("LastEvaluatedKey", out.LastEvaluatedKey, item{"pk": "p", "sk": 19})
	in.ExclusiveStartKey = out.LastEvaluatedKey
	out = s.query(in)
	s.want("items behind it", len(out.Items), 0)
	s.wantItem("LastEvaluatedKey behind it", out.LastEvaluatedKey, nil)
	s.wantItem("limit 21", s.query(queryRow{key: "pk = :p"}.input(name, 21)).LastEvaluatedKey, nil)
}

func indexKeys3(s *scene) {
	name := s.library()
	s.wantItem("byA", s.query(queryRow{key: "pk = :p", index: "byA"}.input(name, 1)).LastEvaluatedKey, item{"pk": "p", "sk": 19, "a": 0})
	s.wantItem("byG", s.query(queryRow{key: "g = :g", index: "byG", values: item{":g": "g"}, backward: true}.input(name, 1)).LastEvaluatedKey, item{"pk": "p", "sk": 18, "g": "g"})
}

func startsAnywhere(s *scene) {
	name := s.library()
	in := queryRow{key: "pk = :p"}.input(name, 2)
	in.ExclusiveStartKey = attributes(item{"pk": "p", "sk": num("4.5")})
	s.want("forward", skOf(s.query(in)), "5 6")
	in.ScanIndexForward = aws.Bool(false)
	s.want("backward", skOf(s.query(in)), "4 3")
}

func skOf(out *dynamodb.QueryOutput) string {
	var all []string
	for _, i := range out.Items {
		all = append(all, string(plain(i["sk"]).(num)))
	}
	return strings.Join(all, " ")
}

func counts(s *scene) {
	in := queryRow{key: "pk = :p", filter: "x = :x", values: item{":x": 1}}.input(s.library(), 0)
	in.Select = types.SelectCount
	out := s.query(in)
	s.want("count", out.Count, int32(5))
	s.want("scanned", out.ScannedCount, int32(20))
	s.want("items", len(out.Items), 0)
}

func limitBeforeFilter(s *scene) {
	out := s.query(queryRow{key: "pk = :p", filter: "x = :x", values: item{":x": 3}}.input(s.library(), 5))
	s.want("sk", skOf(out), "3")
	s.want("scanned", out.ScannedCount, int32(5))
	s.wantItem("LastEvaluatedKey", out.LastEvaluatedKey, item{"pk": "p", "sk": 4})
}

// selects reads item 0 of the library through every index, with all kinds of Select.
func selects(s *scene) {
	name := s.table(thread)
	whole := item{"pk": "p", "sk": 0, "a": 1, "b": "w", "g": "g", "h": "h", "x": 1, "y": 2, "z": 3}
	s.put(name, whole)
	local, byG, byH := "pk = :p", "g = :g", "h = :h"
	for _, row := range []struct {
		why, index, key, projection string
		choice                      types.Select
		want                        item
	}{
		{"KEYS_ONLY", "byA", local, "", "", item{"pk": "p", "sk": 0, "a": 1}},
		{"INCLUDE", "byB", local, "", "", item{"pk": "p", "sk": 0, "b": "w", "x": 1}},
		{"ALL", "byG", byG, "", "", whole},
		{"INCLUDE, global", "byH", byH, "", "", item{"pk": "p", "sk": 0, "h": "h", "x": 1, "y": 2}},
		{"what is projected", "byA", local, "", types.SelectAllProjectedAttributes, item{"pk": "p", "sk": 0, "a": 1}},
		{"a local index fetches the whole item", "byA", local, "", types.SelectAllAttributes, whole},
		{"a local index fetches what is asked for", "byA", local, "a, z", "", item{"a": 1, "z": 3}},
		{"a global index gives what it holds", "byH", byH, "y, h", types.SelectSpecificAttributes, item{"y": 2, "h": "h"}},
		{"the table", "", local, "", types.SelectAllAttributes, whole},
	} {
		in := queryRow{index: row.index, key: row.key}.input(name, 0)
		in.ExpressionAttributeValues = attributes(pick(item{":p": "p", ":g": "g", ":h": "h"}, []string{row.key[len(row.key)-2:]}))
		in.Select = row.choice
		if row.projection != "" {
			in.ProjectionExpression = &row.projection
		}
		s.wantItems(row.why, s.query(in).Items, row.want)
	}
}

func pagesOfAMegabyte(s *scene) {
	name := s.table(thread)
	for i := range 8 { // of 200 KB each
		s.put(name, item{"pk": "p", "sk": i, "g": "g", "x": strings.Repeat("x", 200_000)})
	}
	for _, index := range []string{"", "byG"} {
		row := queryRow{index: index, key: "pk = :p"}
		if index != "" {
			row = queryRow{index: index, key: "g = :g", values: item{":g": "g"}}
		}
		in := row.input(name, 0)
		out := s.query(in)
		first := skOf(out) // AWS does not say whether the item that crosses the bound is in
		s.want("the first page of "+index, first == "0 1 2 3 4" || first == "0 1 2 3 4 5", true)
		in.ExclusiveStartKey = out.LastEvaluatedKey
		out = s.query(in)
		s.want("both pages", first+" "+skOf(out), "0 1 2 3 4 5 6 7")
		s.wantItem("the end", out.LastEvaluatedKey, nil)
	}
}

// refusal is a query that is refused with a ValidationException.
type refusal struct {
	why    string
	row    queryRow
	change func(*dynamodb.QueryInput) // nil changes nothing
	words  string
}

func badKey(index, key string, values item) queryRow {
	return queryRow{index: index, key: key, values: values}
}

var (
	partition = queryRow{key: "pk = :p"}
	ofH       = queryRow{index: "byH", key: "h = :h", values: item{":h": "h"}}
)

func startingAt(start item) func(*dynamodb.QueryInput) {
	return func(in *dynamodb.QueryInput) { in.ExclusiveStartKey = attributes(start) }
}

var refusals = []refusal{
	{"no hash key", badKey("", "sk = :v", item{":v": 1}), nil, "Query condition missed key schema element: pk"},
	{"a range of hash keys", badKey("", "pk > :v", item{":v": "p"}), nil, "Query key condition not supported"},
	{"an attribute that is no key", badKey("", "pk = :v AND x = :w", item{":v": "p", ":w": 1}), nil, "Query condition missed key schema element: sk"},
	{"a key of another type", badKey("", "pk = :v", item{":v": 1}), nil, "One or more parameter values were invalid: Condition parameter type does not match schema type"},
	{"an empty key", badKey("", "pk = :v", item{":v": ""}), nil, "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: pk"},
	{"OR", badKey("", "pk = :v OR pk = :w", item{":v": "p", ":w": "q"}), nil, "Invalid operator used in KeyConditionExpression: OR"},
	{"<>", badKey("", "pk = :v AND sk <> :w", item{":v": "p", ":w": 1}), nil, "Invalid operator used in KeyConditionExpression: <>"},
	{"contains", badKey("", "pk = :v AND contains(sk, :w)", item{":v": "p", ":w": 1}), nil, "Invalid operator used in KeyConditionExpression: contains"},
	{"two conditions on a key", badKey("", "pk = :v AND sk > :w AND sk < :x", item{":v": "p", ":w": 1, ":x": 3}), nil, ""},
	{"no such index", badKey("none", "pk = :v", item{":v": "p"}), nil, "The table does not have the specified index: none"},
	{"the table's key on an index", badKey("byG", "pk = :v", item{":v": "p"}), nil, "Query condition missed key schema element: g"},
	{"a filter on the key", partition, func(in *dynamodb.QueryInput) { in.FilterExpression = aws.String("sk > :p") },
		"Filter Expression can only contain non-primary key attributes: Primary key attribute: sk"},
	{"a limit of nothing", partition, func(in *dynamodb.QueryInput) { in.Limit = aws.Int32(0) },
		"Value at 'Limit' failed to satisfy constraint: Member must have value greater than or equal to 1"},
	{"no key condition", partition, func(in *dynamodb.QueryInput) { in.KeyConditionExpression, in.ExpressionAttributeValues = nil, nil },
		"Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."},
	{"SPECIFIC_ATTRIBUTES without a choice", partition, func(in *dynamodb.QueryInput) { in.Select = types.SelectSpecificAttributes }, ""},
	{"COUNT with a projection", partition, func(in *dynamodb.QueryInput) { in.Select, in.ProjectionExpression = types.SelectCount, aws.String("x") },
		"Cannot specify the ProjectionExpression when choosing to get "},
	{"what is projected, of a table", partition, func(in *dynamodb.QueryInput) { in.Select = types.SelectAllProjectedAttributes },
		"ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"},
	{"a consistent read of a global index", ofH, func(in *dynamodb.QueryInput) { in.ConsistentRead = aws.Bool(true) },
		"Consistent reads are not supported on global secondary indexes"},
	{"what a global index does not hold", ofH, func(in *dynamodb.QueryInput) { in.ProjectionExpression = aws.String("z") },
		"One or more parameter values were invalid: Global secondary index byH does not project [z]"},
	{"all attributes of a global index", ofH, func(in *dynamodb.QueryInput) { in.Select = types.SelectAllAttributes },
		"One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global secondary index byH because its projection type is not ALL"},
	{"a start without the sort key", partition, startingAt(item{"pk": "p"}), "The provided starting key is "},
	{"a start of another type", partition, startingAt(item{"pk": "p", "sk": "1"}), "The provided starting key is "},
	{"a start in another partition", partition, startingAt(item{"pk": "q", "sk": 0}), "The provided starting key is "},
	{"a start in the table for an index", badKey("byA", "pk = :p", nil), startingAt(item{"pk": "p", "sk": 0}), "The provided starting key is "},
}

func refusedQueryCases() (cases []testCase) {
	for _, r := range refusals {
		cases = append(cases, testCase{r.why, func(s *scene) {
			name := s.table(thread)
			s.put(name, item{"pk": "p", "sk": 0, "a": 1})
			in := r.row.input(name, 0)
			if r.change != nil {
				r.change(in)
			}
			_, err := s.db.Query(s.ctx, in)
			s.invalid(r.why, err, r.words)
		}})
	}
	return cases
}
