package dynamodb

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// TestConstraints holds violated constraints of members to AWS's words: all of them in
// one answer, before anything else is looked at.
func TestConstraints(t *testing.T) {
	const (
		null     = "failed to satisfy constraint: Member must not be null"
		capacity = "at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]"
		returned = "at 'returnValues' failed to satisfy constraint: Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]"
		metrics  = "at 'returnItemCollectionMetrics' failed to satisfy constraint: Member must satisfy enum value set: [SIZE, NONE]"
		pattern  = "failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
	)
	long := strings.Repeat("x", 256)
	e := rawEngine(t)
	must(t, e, "CreateTable", simpleTable("table", onDemand))
	runRaw(t, e, []rawRow{
		{"nothing", "PutItem", `{}`, violations2 + "Value null at 'tableName' " + null + "; Value null at 'item' " + null},
		{"JSON null is nothing", "PutItem", `{"TableName":"table","Item":null}`, violation + "Value null at 'item' " + null},
		{"an empty name is not nothing", "PutItem", `{"TableName":"","Item":{}}`, violation + "Value '' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"a long name", "GetItem", `{"TableName":"` + long + `","Key":{}}`, violation + "Value '" + long + "' at 'tableName' failed to satisfy constraint: Member must have length less than or equal to 255"},
		{"a name of other characters", "DeleteItem", `{"TableName":"a!","Key":{}}`, violation + "Value 'a!' at 'tableName' " + pattern},
		{"enumerations together", "PutItem", `{"TableName":"table","Item":{},"ReturnValues":"X","ReturnConsumedCapacity":"Y","ReturnItemCollectionMetrics":"Z"}`,
			violations3 + "Value 'Y' " + capacity + "; Value 'X' " + returned + "; Value 'Z' " + metrics},
		{"the key is missing and an enumeration wrong", "UpdateItem", `{"TableName":"table","ReturnValues":"X"}`, violations2 + "Value 'X' " + returned + "; Value null at 'key' " + null},
		{"a limit of Query, without its value", "Query", `{"TableName":"table","Limit":0}`, violation + "Value at 'Limit' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		{"a limit of Scan, with its value", "Scan", `{"TableName":"table","Limit":0}`, violation + "Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		{"an index by two rules", "Scan", `{"TableName":"table","IndexName":"a!"}`,
			violations2 + "Value 'a!' at 'indexName' " + pattern + "; Value 'a!' at 'indexName' failed to satisfy constraint: Member must have length greater than or equal to 3"},
		{"a negative segment", "Scan", `{"TableName":"table","Segment":-1,"TotalSegments":1}`, violation + "Value '-1' at 'segment' failed to satisfy constraint: Member must have value greater than or equal to 0"},
		{"more segments than there can be", "Scan", `{"TableName":"table","Segment":0,"TotalSegments":1000001}`, violation + "Value '1000001' at 'totalSegments' failed to satisfy constraint: Member must have value less than or equal to 1000000"},
		{"the name of a new table by itself", "CreateTable", `{"KeySchema":[]}`, "ValidationException: The parameter 'TableName' is required but was not present in the request"},
		{"a short name of a new table", "CreateTable", simpleTable("ab", onDemand), violation + "Value 'ab' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 3"},
		{"members of lists have a number", "CreateTable", `{"TableName":"new","AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"X"}],"KeySchema":[{"AttributeName":"pk","KeyType":"Y"}]}`,
			violations2 + "Value 'X' at 'attributeDefinitions.1.member.attributeType' failed to satisfy constraint: Member must satisfy enum value set: [B, N, S]; " +
				"Value 'Y' at 'keySchema.1.member.keyType' failed to satisfy constraint: Member must satisfy enum value set: [HASH, RANGE]"},
		{"a list is shown as Java shows it", "CreateTable", `{"TableName":"new","AttributeDefinitions":[],"KeySchema":[{"AttributeName":"a","KeyType":"HASH"},{"AttributeName":"b","KeyType":"RANGE"},{"AttributeName":"c","KeyType":"RANGE"}]}`,
			violation + "Value '[KeySchemaElement(attributeName=a, keyType=HASH), KeySchemaElement(attributeName=b, keyType=RANGE), KeySchemaElement(attributeName=c, keyType=RANGE)]' at 'keySchema' failed to satisfy constraint: Member must have length less than or equal to 2"},
		{"structures in structures", "CreateTable", simpleTable("new", `,"ProvisionedThroughput":{"ReadCapacityUnits":0,"WriteCapacityUnits":-1}`),
			violations2 + "Value '-1' at 'provisionedThroughput.writeCapacityUnits' failed to satisfy constraint: Member must have value greater than or equal to 1; " +
				"Value '0' at 'provisionedThroughput.readCapacityUnits' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		{"a projection of nothing", "CreateTable", simpleTable("new", `,"GlobalSecondaryIndexes":[{"IndexName":"index","KeySchema":[],"Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":[]}}]`),
			violations2 + "Value '[]' at 'globalSecondaryIndexes.1.member.keySchema' failed to satisfy constraint: Member must have length greater than or equal to 1; " +
				"Value '[]' at 'globalSecondaryIndexes.1.member.projection.nonKeyAttributes' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"no index in an update of one", "UpdateTable", `{"TableName":"table","GlobalSecondaryIndexUpdates":[{"Update":{}}]}`,
			violations2 + "Value null at 'globalSecondaryIndexUpdates.1.member.update.indexName' " + null + "; Value null at 'globalSecondaryIndexUpdates.1.member.update.provisionedThroughput' " + null},
		{"a page of too many tables", "ListTables", `{"Limit":101}`, violation + "Value '101' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 100"},
		{"a start that is no name", "ListTables", `{"ExclusiveStartTableName":"a!"}`,
			violations2 + "Value 'a!' at 'exclusiveStartTableName' " + pattern + "; Value 'a!' at 'exclusiveStartTableName' failed to satisfy constraint: Member must have length greater than or equal to 3"},
		{"an action lacks its expression", "TransactWriteItems", `{"TransactItems":[{"Update":{"TableName":"table","Key":{}}}]}`, violation + "Value null at 'transactItems.1.member.update.updateExpression' " + null},
		{"a check lacks its condition", "TransactWriteItems", `{"TransactItems":[{"ConditionCheck":{"TableName":"table","Key":{}}}]}`, violation + "Value null at 'transactItems.1.member.conditionCheck.conditionExpression' " + null},
		{"no actions", "TransactWriteItems", `{"TransactItems":[]}`, violation + "Value '[]' at 'transactItems' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"a long token", "TransactWriteItems", `{"ClientRequestToken":"` + long[:37] + `","TransactItems":[{}]}`, violation + "Value '" + long[:37] + "' at 'clientRequestToken' failed to satisfy constraint: Member must have length less than or equal to 36"},
		{"an action of a read is missing", "TransactGetItems", `{"TransactItems":[{}]}`, violation + "Value null at 'transactItems.1.member.get' " + null},
		{"a request for a table is empty", "BatchWriteItem", `{"RequestItems":{"table":[]}}`,
			violation + "Value '{table=[]}' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 25, Member must have length greater than or equal to 1]"},
		{"a put of nothing", "BatchWriteItem", `{"RequestItems":{"table":[{"PutRequest":{}}]}}`, violation + "Value null at 'requestItems.table.member.1.member.putRequest.item' " + null},
		{"no keys", "BatchGetItem", `{"RequestItems":{"table":{"Keys":[]}}}`, violation + "Value at 'RequestItems.table.member.Keys' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"too many keys", "BatchGetItem", `{"RequestItems":{"table":{"Keys":[` + strings.Repeat(`{},`, 100) + `{}]}}}`, violation + "Value at 'RequestItems.table.member.Keys' failed to satisfy constraint: Member must have length less than or equal to 100"},
		{"an attribute for expiry without a name", "UpdateTimeToLive", `{"TableName":"table","TimeToLiveSpecification":{"AttributeName":"","Enabled":true}}`,
			violation + "Value '' at 'timeToLiveSpecification.attributeName' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{"a kind of iterator", streamsTarget + "GetShardIterator", `{"StreamArn":"` + long + `","ShardId":"` + long[:30] + `","ShardIteratorType":"X"}`,
			violation + "Value 'X' at 'shardIteratorType' failed to satisfy constraint: Member must satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, AT_SEQUENCE_NUMBER, TRIM_HORIZON]"},
	})
}

// TestManyViolations shows that an answer lists ten at most.
func TestManyViolations(t *testing.T) {
	var names []string
	for range 15 {
		names = append(names, `{"AttributeName":"a","AttributeType":"X"}`)
	}
	_, answer := post(t, rawEngine(t), "CreateTable", `{"TableName":"table","KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],"AttributeDefinitions":[`+strings.Join(names, ",")+`]}`)
	message, _ := answer["message"].(string)
	if !strings.HasPrefix(message, "10 validation errors detected: ") || strings.Count(message, "; ") != 9 {
		t.Errorf("message %q", message)
	}
}

// TestTooManyInBatch shows the form of an answer that repeats a whole request.
func TestTooManyInBatch(t *testing.T) {
	requests := strings.Repeat(`{"DeleteRequest":{"Key":{"pk":{"S":"a"}}}},`, 25) + `{"DeleteRequest":{"Key":{"pk":{"S":"a"}}}}`
	_, answer := post(t, rawEngine(t), "BatchWriteItem", `{"RequestItems":{"table":[`+requests+`]}}`)
	message, _ := answer["message"].(string)
	const begin = `1 validation error detected: Value '{table=[WriteRequest(putRequest=null, deleteRequest=DeleteRequest(key={"pk":{"S":"a"}})), `
	const end = `]}' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 25, Member must have length greater than or equal to 1]`
	if !strings.HasPrefix(message, begin) || !strings.HasSuffix(message, end) {
		t.Errorf("message %q", message)
	}
}

// TestEveryInputHasAShape reads the tags of all inputs, which panics for a wrong one, and
// refuses an empty request where a member is required.
func TestEveryInputHasAShape(t *testing.T) {
	for _, in := range []any{
		new(BatchGetInput), new(batchWriteInput), new(createTableInput), new(KeyedInput), new(PutItemInput), new(GetItemInput), new(QueryInput),
		new(scanInput), new(transactGetInput), new(TransactWriteInput), new(tableInput), new(updateTableInput), new(updateTTLInput), new(tagInput),
		new(untagInput), new(describeStreamInput), new(shardIteratorInput), new(getRecordsInput),
	} {
		if err := shapeOf(reflect.TypeOf(in).Elem(), "").check(in); err == nil {
			t.Errorf("%T: nothing is required", in)
		}
	}
	for _, in := range []any{new(listTablesInput), new(listStreamsInput), new(listTagsInput), new(empty)} {
		if err := shapeOf(reflect.TypeOf(in).Elem(), "").check(in); err != nil {
			t.Errorf("%T: %v", in, err)
		}
	}
}

func TestUnknownConstraint(t *testing.T) {
	type input struct {
		Member string `api:"requierd"`
	}
	defer func() {
		if recover() == nil {
			t.Error("a mistake in a tag was not noticed")
		}
	}()
	_ = shapeOf(reflect.TypeFor[input](), "")
}

func FuzzConstraints(f *testing.F) {
	f.Add(`{"TableName":"table","KeySchema":[{"AttributeName":"a"}],"Tags":[{}],"ProvisionedThroughput":{}}`)
	f.Add(`{"RequestItems":{"a!":{"Keys":[{}]}},"TransactItems":[{"Put":null},{"Get":{}}]}`)
	f.Fuzz(func(t *testing.T, body string) {
		for _, in := range []any{new(createTableInput), new(updateTableInput), new(BatchGetInput), new(batchWriteInput), new(TransactWriteInput), new(transactGetInput), new(QueryInput)} {
			if json.Unmarshal([]byte(body), in) == nil {
				_ = shapeOf(reflect.TypeOf(in).Elem(), "").check(in)
				_ = javaText(reflect.ValueOf(in))
			}
		}
	})
}
