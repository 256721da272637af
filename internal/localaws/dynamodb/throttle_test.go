package dynamodb

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// throttled is an engine that enforces throughput, with a table of 2 read and 3 write
// units and an index on x of 1 and 1, and the clock that it goes by.
func throttled(t *testing.T) (*Engine, *time.Time) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	e := rawEngine(t, func(o *Options) {
		o.EnforceThroughput = true
		o.Clock = func() time.Time { return now }
	})
	must(t, e, "CreateTable", `{"TableName":"table","ProvisionedThroughput":{"ReadCapacityUnits":2,"WriteCapacityUnits":3},
"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"x","AttributeType":"S"}],"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],
"GlobalSecondaryIndexes":[{"IndexName":"byX","KeySchema":[{"AttributeName":"x","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"},"ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1}}]}`)
	return e, &now
}

const exceeded = "ProvisionedThroughputExceededException: "

func TestThrottle(t *testing.T) {
	e, now := throttled(t)
	put := func(pk, more string) rawRow {
		return rawRow{"", "PutItem", `{"TableName":"table","Item":{"pk":{"S":"` + pk + `"}` + more + `}}`, ""}
	}
	refused := func(why string, row rawRow, words string) {
		t.Helper()
		row.why, row.fault = why, exceeded+words
		runRaw(t, e, []rawRow{row})
	}
	for i := range 3 { // the units of one second
		must(t, e, "PutItem", put(fmt.Sprint(i), "").body)
	}
	refused("the second is used up", put("a", ""), tableExceeded)
	if n := at(must(t, e, "Scan", `{"TableName":"table"}`), "Count"); n != 3. {
		t.Errorf("%v items: a refused one was written", n)
	}

	*now = now.Add(10 * time.Second) // the burst saves 30
	must(t, e, "PutItem", put("large", `,"y":{"S":"`+strings.Repeat("y", 34<<10)+`"}`).body)
	refused("a large item left a debt", put("a", ""), tableExceeded)
	*now = now.Add(time.Second)
	refused("which one second does not pay", put("a", ""), tableExceeded)
	*now = now.Add(time.Hour)
	for range 900 { // 300 seconds of 3
		must(t, e, "DeleteItem", `{"TableName":"table","Key":{"pk":{"S":"none"}}}`)
	}
	refused("the burst is bounded", put("a", ""), tableExceeded)

	*now = now.Add(time.Second)
	must(t, e, "UpdateTable", `{"TableName":"table","ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1000}}`)
	*now = now.Add(time.Second)
	for i := range 300 { // the index has a bucket of its own, which an hour has filled
		must(t, e, "PutItem", put(fmt.Sprint("x", i), `,"x":{"S":"x"}`).body)
	}
	refused("the index is used up", put("a", `,"x":{"S":"x"}`), indexExceeded)
	must(t, e, "PutItem", put("b", "").body) // which is not in the index
}

func TestThrottledReads(t *testing.T) {
	e, now := throttled(t)
	must(t, e, "PutItem", `{"TableName":"table","Item":{"pk":{"S":"p"},"x":{"S":"x"}}}`)
	get := `{"TableName":"table","ConsistentRead":true,"Key":{"pk":{"S":"p"}}}`
	must(t, e, "GetItem", get)
	must(t, e, "GetItem", get)
	runRaw(t, e, []rawRow{
		{"an item", "GetItem", get, exceeded + tableExceeded},
		{"a page", "Scan", `{"TableName":"table"}`, exceeded + tableExceeded},
		{"a batch of which nothing can be read", "BatchGetItem", `{"RequestItems":{"table":{"Keys":[{"pk":{"S":"p"}}]}}}`, exceeded + tableExceeded},
	})
	query := `{"TableName":"table","IndexName":"byX","KeyConditionExpression":"x = :x","ExpressionAttributeValues":{":x":{"S":"x"}}}`
	must(t, e, "Query", query) // from the index alone, half a unit
	must(t, e, "Query", query)
	runRaw(t, e, []rawRow{{"an index", "Query", query, exceeded + indexExceeded}})

	*now = now.Add(time.Second)
	answer := must(t, e, "BatchGetItem", `{"RequestItems":{"table":{"ConsistentRead":true,"Keys":[{"pk":{"S":"p"}},{"pk":{"S":"q"}},{"pk":{"S":"r"}}]}}}`)
	if got := len(at(answer, "UnprocessedKeys", "table", "Keys").([]any)); got != 1 || at(answer, "UnprocessedKeys", "table", "ConsistentRead") != true {
		t.Errorf("unprocessed %v", answer["UnprocessedKeys"])
	}
}

func TestThrottledBatchAndTransaction(t *testing.T) {
	e, now := throttled(t)
	var requests []string
	for i := range 5 {
		requests = append(requests, fmt.Sprintf(`{"PutRequest":{"Item":{"pk":{"S":"%d"}}}}`, i))
	}
	batch := `{"RequestItems":{"table":[` + strings.Join(requests, ",") + `]}}`
	answer := must(t, e, "BatchWriteItem", batch)
	if left, _ := at(answer, "UnprocessedItems", "table").([]any); len(left) != 2 || at(left, 0, "PutRequest", "Item", "pk", "S") != "3" {
		t.Errorf("unprocessed %v, want items 3 and 4", left)
	}
	runRaw(t, e, []rawRow{{"nothing can be written", "BatchWriteItem", batch, exceeded + tableExceeded}})

	must(t, e, "CreateTable", simpleTable("demand", onDemand))
	transaction := `{"TransactItems":[{"Put":{"TableName":"demand","Item":{"pk":{"S":"t"}}}},{"Put":{"TableName":"table","Item":{"pk":{"S":"t"}}}}]}`
	_, answer = post(t, e, "TransactWriteItems", transaction)
	if at(answer, "CancellationReasons", 0, "Code") != "None" || at(answer, "CancellationReasons", 1, "Code") != "ProvisionedThroughputExceeded" || at(answer, "CancellationReasons", 1, "Message") != tableExceeded {
		t.Errorf("answer %v", answer)
	}
	if n := at(must(t, e, "Scan", `{"TableName":"demand"}`), "Count"); n != 0. {
		t.Errorf("%v items of a canceled transaction", n)
	}
	*now = now.Add(time.Second)
	must(t, e, "TransactWriteItems", transaction)
}

// TestNotEnforced shows the default.
func TestNotEnforced(t *testing.T) {
	e := rawEngine(t)
	must(t, e, "CreateTable", simpleTable("table", provisioned))
	for range 100 {
		must(t, e, "DeleteItem", `{"TableName":"table","Key":{"pk":{"S":"none"}}}`)
	}
}

// TestFailedConditionCosts shows that a condition that fails is paid for.
func TestFailedConditionCosts(t *testing.T) {
	e, _ := throttled(t)
	put := `{"TableName":"table","Item":{"pk":{"S":"p"}},"ConditionExpression":"attribute_exists(pk)"}`
	for range 3 {
		runRaw(t, e, []rawRow{{"the condition", "PutItem", put, "ConditionalCheckFailedException: The conditional request failed"}})
	}
	runRaw(t, e, []rawRow{{"the throughput", "PutItem", put, exceeded + tableExceeded}})
}
