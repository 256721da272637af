package dynamodb

import "testing"

// TestShapes holds bodies of the wrong shape to AWS's words.
func TestShapes(t *testing.T) {
	const fault = "SerializationException: "
	runRaw(t, rawEngine(t), []rawRow{
		{"no body", "Scan", ``, fault},
		{"half a body", "Scan", `{"TableName":"table"`, fault},
		{"a number for a string", "Scan", `{"TableName":1}`, fault + "NUMBER_VALUE cannot be converted to String"},
		{"a list for a string", "Scan", `{"TableName":[]}`, fault + "Unrecognized collection type class java.lang.String"},
		{"a map for a string", "Scan", `{"TableName":{}}`, fault + "Start of structure or map found where not expected"},
		{"a string for a number", "Scan", `{"Limit":"1"}`, fault + "STRING_VALUE cannot be converted to Integer"},
		{"a fraction for a number", "Scan", `{"Limit":1.5}`, fault + "DECIMAL_VALUE cannot be converted to Integer"},
		{"a boolean for a number", "CreateTable", `{"ProvisionedThroughput":{"ReadCapacityUnits":true}}`, fault + "TRUE_VALUE cannot be converted to Long"},
		{"a number for a boolean", "Scan", `{"ConsistentRead":1}`, fault + "NUMBER_VALUE cannot be converted to Boolean"},
		{"a string for a list", "CreateTable", `{"KeySchema":"x"}`, fault + "Unexpected field type"},
		{"a number for a structure", "CreateTable", `{"KeySchema":[1]}`, fault + "Unexpected value type in payload"},
		{"a list for a structure", "CreateTable", `{"KeySchema":[[]]}`, fault + "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.KeySchemaElement"},
	})
}
