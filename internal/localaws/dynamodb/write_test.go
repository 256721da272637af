package dynamodb

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestUpdateOfNothing shows that an update of an item that does not exist sees its key,
// and that a condition does not.
func TestUpdateOfNothing(t *testing.T) {
	e := rawEngine(t)
	must(t, e, "CreateTable", simpleTable("table", onDemand))
	for _, row := range []struct{ why, pk, update, want string }{
		{"a copy of the key", "a", `"SET x = pk"`, "a"},
		{"a key is there", "b", `"SET x = if_not_exists(pk, :v)","ExpressionAttributeValues":{":v":{"S":"v"}}`, "b"},
		{"nothing else is", "c", `"SET x = if_not_exists(y, :v)","ExpressionAttributeValues":{":v":{"S":"v"}}`, "v"},
	} {
		answer := must(t, e, "UpdateItem", `{"TableName":"table","Key":{"pk":{"S":"`+row.pk+`"}},"ReturnValues":"ALL_NEW","UpdateExpression":`+row.update+`}`)
		want := map[string]any{"pk": map[string]any{"S": row.pk}, "x": map[string]any{"S": row.want}}
		if diff := cmp.Diff(want, answer["Attributes"]); diff != "" {
			t.Errorf("%s: %s", row.why, diff)
		}
	}
	runRaw(t, e, []rawRow{{"a condition sees no item", "UpdateItem", `{"TableName":"table","Key":{"pk":{"S":"d"}},"UpdateExpression":"SET x = pk","ConditionExpression":"attribute_exists(pk)"}`,
		"ConditionalCheckFailedException: The conditional request failed"}})
	must(t, e, "UpdateItem", `{"TableName":"table","Key":{"pk":{"S":"e"}}}`) // without an expression: the key alone
	if got := at(must(t, e, "GetItem", `{"TableName":"table","Key":{"pk":{"S":"e"}}}`), "Item"); got == nil {
		t.Error("an update without an expression made no item")
	}
}

// TestTransactionCapacity holds what a transaction costs: twice at the table, once in
// indexes; and what its repetition costs: the reads.
func TestTransactionCapacity(t *testing.T) {
	e := rawEngine(t)
	must(t, e, "CreateTable", indexedTable("table"))
	body := `{"ReturnConsumedCapacity":"INDEXES","ReturnItemCollectionMetrics":"SIZE","ClientRequestToken":"token","TransactItems":[
{"Put":{"TableName":"table","Item":{"pk":{"S":"p"},"sk":{"S":"1"},"g":{"S":"g"},"l":{"S":"l"}}}},{"Put":{"TableName":"table","Item":{"pk":{"S":"p"},"sk":{"S":"2"}}}}]}`
	write := func(n float64) map[string]any {
		return map[string]any{"CapacityUnits": n, "WriteCapacityUnits": n}
	}
	want := map[string]any{"TableName": "table", "CapacityUnits": 6., "WriteCapacityUnits": 6., "Table": write(4),
		"GlobalSecondaryIndexes": map[string]any{"byG": write(1)}, "LocalSecondaryIndexes": map[string]any{"byL": write(1)}}
	first := must(t, e, "TransactWriteItems", body)
	if diff := cmp.Diff([]any{want}, first["ConsumedCapacity"]); diff != "" {
		t.Error(diff)
	}
	metrics := map[string]any{"table": []any{map[string]any{"ItemCollectionKey": map[string]any{"pk": map[string]any{"S": "p"}}, "SizeEstimateRangeGB": []any{0., 1.}}}}
	if diff := cmp.Diff(metrics, first["ItemCollectionMetrics"]); diff != "" { // one collection, once
		t.Error(diff)
	}
	want = map[string]any{"TableName": "table", "CapacityUnits": 4., "ReadCapacityUnits": 4., "Table": map[string]any{"CapacityUnits": 4., "ReadCapacityUnits": 4.}}
	if diff := cmp.Diff([]any{want}, must(t, e, "TransactWriteItems", body)["ConsumedCapacity"]); diff != "" {
		t.Error(diff)
	}
}

// TestProjectionOfNothing shows what is left of an item of which nothing is projected.
func TestProjectionOfNothing(t *testing.T) {
	e := rawEngine(t)
	must(t, e, "CreateTable", simpleTable("table", onDemand))
	must(t, e, "PutItem", `{"TableName":"table","Item":{"pk":{"S":"p"}}}`)
	const get = `"TableName":"table","Key":{"pk":{"S":"p"}},"ProjectionExpression":"x"`
	if item, ok := must(t, e, "GetItem", `{`+get+`}`)["Item"]; !ok || len(item.(map[string]any)) != 0 {
		t.Errorf("GetItem: %v, want an empty item", item)
	}
	if response := at(must(t, e, "TransactGetItems", `{"TransactItems":[{"Get":{`+get+`}}]}`), "Responses", 0); len(response.(map[string]any)) != 0 {
		t.Errorf("TransactGetItems: %v, want no item", response)
	}
}

// TestTransactionSize holds transactions to 4 MB, of what is written and what is read.
func TestTransactionSize(t *testing.T) {
	e := rawEngine(t)
	must(t, e, "CreateTable", simpleTable("table", onDemand))
	var puts, gets []string
	for i := range 11 {
		put := fmt.Sprintf(`"TableName":"table","Item":{"pk":{"S":"%02d"},"x":{"S":"%s"}}`, i, strings.Repeat("x", 390_000))
		must(t, e, "PutItem", `{`+put+`}`)
		puts = append(puts, `{"Put":{`+put+`}}`)
		gets = append(gets, fmt.Sprintf(`{"Get":{"TableName":"table","Key":{"pk":{"S":"%02d"}}}}`, i))
	}
	const fault = "ValidationException: Transaction payload size cannot exceed 4MB. Payload Size: 4290055"
	for _, row := range []struct {
		operation string
		items     []string
	}{{"TransactWriteItems", puts}, {"TransactGetItems", gets}} {
		must(t, e, row.operation, `{"TransactItems":[`+strings.Join(row.items[1:], ",")+`]}`)
		runRaw(t, e, []rawRow{{"4.1 MB", row.operation, `{"TransactItems":[` + strings.Join(row.items, ",") + `]}`, fault}})
	}
}
