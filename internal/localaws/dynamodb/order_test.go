package dynamodb

import (
	"strings"
	"testing"
)

// indexedTable is a table (pk, sk) with a global index of keys alone on g, a local one on
// l, and a stream.
func indexedTable(name string) string {
	return `{"TableName":"` + name + `","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],
"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"S"},{"AttributeName":"g","AttributeType":"S"},{"AttributeName":"l","AttributeType":"S"}],
"GlobalSecondaryIndexes":[{"IndexName":"byG","KeySchema":[{"AttributeName":"g","KeyType":"HASH"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}],
"LocalSecondaryIndexes":[{"IndexName":"byL","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"l","KeyType":"RANGE"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}],
"StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_IMAGE"}}`
}

// TestOrderOfErrors holds requests with one or more faults to the fault that AWS tells.
func TestOrderOfErrors(t *testing.T) {
	e := rawEngine(t)
	must(t, e, "CreateTable", indexedTable("table"))
	const (
		key      = `"TableName":"table","Key":{"pk":{"S":"p"},"sk":{"S":"s"}}`
		putP     = `"TableName":"table","Item":{"pk":{"S":"p"},"sk":{"S":"s"}}`
		mixed    = "ValidationException: Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {%s} Expression parameters: {%s}"
		schema   = "ValidationException: The provided key element does not match the schema"
		noTable  = "ResourceNotFoundException: Requested resource not found"
		emptyKey = "ValidationException: One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: pk"
	)
	large := strings.Repeat("x", 400<<10)
	mix := func(old, new string) string {
		return strings.NewReplacer("{%s} E", "{"+old+"} E", "{%s}", "{"+new+"}").Replace(mixed)
	}
	runRaw(t, e, []rawRow{
		// What may not stand together is told before what the engine does not have.
		{"Expected beside a condition", "PutItem", `{` + putP + `,"Expected":{},"ConditionExpression":"a = b"}`, mix("Expected", "ConditionExpression")},
		{"AttributeUpdates beside an update", "UpdateItem", `{` + key + `,"AttributeUpdates":{},"UpdateExpression":"SET a = b"}`, mix("AttributeUpdates", "UpdateExpression")},
		{"ScanFilter beside a filter", "Scan", `{"TableName":"table","ScanFilter":{},"FilterExpression":"a = b"}`, mix("ScanFilter", "FilterExpression")},
		{"AttributesToGet beside a projection", "GetItem", `{` + key + `,"AttributesToGet":["a"],"ProjectionExpression":"a"}`, mix("AttributesToGet", "ProjectionExpression")},
		{"a legacy parameter alone", "Scan", `{"TableName":"table","ScanFilter":{}}`, "ValidationException: The legacy parameter ScanFilter is not supported here: use FilterExpression"},
		{"values for no condition", "PutItem", `{` + putP + `,"ExpressionAttributeValues":{":v":{"S":"x"}}}`, "ValidationException: ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null"},
		{"values for no update", "UpdateItem", `{` + key + `,"ExpressionAttributeValues":{":v":{"S":"x"}}}`, "ValidationException: ExpressionAttributeValues can only be specified when using expressions: UpdateExpression and ConditionExpression are null"},
		{"values for no query", "Query", `{"TableName":"table","ProjectionExpression":"a","ExpressionAttributeValues":{":v":{"S":"x"}}}`, "ValidationException: ExpressionAttributeValues can only be specified when using expressions: FilterExpression and KeyConditionExpression are null"},
		{"names for no expression", "GetItem", `{` + key + `,"ExpressionAttributeNames":{"#a":"a"}}`, "ValidationException: ExpressionAttributeNames can only be specified when using expressions"},

		{"values of ReturnValues that are for updates", "DeleteItem", `{` + key + `,"ReturnValues":"ALL_NEW"}`, "ValidationException: ReturnValues can only be ALL_OLD or NONE"},
		{"the size before the table", "PutItem", `{"TableName":"none","Item":{"pk":{"S":"` + large + `"}}}`, "ValidationException: Item size has exceeded the maximum allowed size"},
		{"the syntax before the table", "GetItem", `{"TableName":"none","Key":{},"ProjectionExpression":"a b"}`, `ValidationException: Invalid ProjectionExpression: Syntax error; token: "b", near: "a b"`},
		{"the table before the key", "GetItem", `{"TableName":"none","Key":{}}`, noTable},
		{"a table of another account", "GetItem", `{"TableName":"arn:aws:dynamodb:us-east-1:123456789012:table/table","Key":{}}`, noTable},
		{"a table by its ARN", "GetItem", `{"TableName":"arn:aws:dynamodb:us-east-1:000000000000:table/table","Key":{}}`, schema},

		{"no key condition", "Query", `{"TableName":"table"}`, "ValidationException: Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."},
		{"a projection of a count", "Scan", `{"TableName":"table","Select":"COUNT","ProjectionExpression":"a"}`, "ValidationException: Cannot specify the ProjectionExpression when choosing to get only the Count"},
		{"a projection of all", "Scan", `{"TableName":"table","Select":"ALL_ATTRIBUTES","ProjectionExpression":"a"}`, "ValidationException: Cannot specify the ProjectionExpression when choosing to get ALL_ATTRIBUTES"},
		{"what an index projects, without an index", "Scan", `{"TableName":"table","Select":"ALL_PROJECTED_ATTRIBUTES"}`, "ValidationException: ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"},
		{"specific attributes that are none", "Scan", `{"TableName":"table","Select":"SPECIFIC_ATTRIBUTES"}`, "ValidationException: Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"},
		{"more than a global index has", "Scan", `{"TableName":"table","IndexName":"byG","ProjectionExpression":"x"}`, parameter + "Global secondary index byG does not project [x]"},
		{"segment without segments", "Scan", `{"TableName":"table","Segment":0}`, "ValidationException: The TotalSegments parameter is required but was not present in the request when Segment parameter is present"},

		{"an empty batch of writes", "BatchWriteItem", `{"RequestItems":{}}`, "ValidationException: The requestItems parameter is required for BatchWriteItem"},
		{"an empty batch of reads", "BatchGetItem", `{"RequestItems":{}}`, "ValidationException: The requestItems parameter is required for BatchGetItem"},
		{"an item twice in a batch", "BatchWriteItem", `{"RequestItems":{"table":[{"PutRequest":{"Item":{"pk":{"S":"p"},"sk":{"S":"s"}}}}],"arn:aws:dynamodb:us-east-1:000000000000:table/table":[{"DeleteRequest":{"Key":{"pk":{"S":"p"},"sk":{"S":"s"}}}}]}}`, "ValidationException: Provided list of item keys contains duplicates"},
		{"too many in all tables", "BatchGetItem", `{"RequestItems":{"table":{"Keys":[` + strings.Repeat(`{},`, 59) + `{}]},"other":{"Keys":[` + strings.Repeat(`{},`, 59) + `{}]}}}`, "ValidationException: Too many items requested for the BatchGetItem call"},
		{"neither put nor delete", "BatchWriteItem", `{"RequestItems":{"table":[{}]}}`, "ValidationException: Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"},

		{"an item twice in a transaction", "TransactWriteItems", `{"TransactItems":[{"Put":{` + putP + `}},{"Delete":{` + key + `}}]}`, "ValidationException: Transaction request cannot include multiple operations on one item"},
		{"an item twice, by name and ARN", "TransactGetItems", `{"TransactItems":[{"Get":{` + key + `}},{"Get":{"TableName":"arn:aws:dynamodb:us-east-1:000000000000:table/table","Key":{"sk":{"S":"s"},"pk":{"S":"p"}}}}]}`, "ValidationException: Transaction request cannot include multiple operations on one item"},
		{"two actions in one", "TransactWriteItems", `{"TransactItems":[{"Put":{` + putP + `},"Delete":{` + key + `}}]}`, "ValidationException: TransactItems can only contain one of Check, Put, Update or Delete"},
		{"no action", "TransactWriteItems", `{"TransactItems":[{}]}`, "ValidationException: Invalid Request: TransactWriteRequest should contain Delete or Put or Update request"},
		{"a large put fails all of it", "TransactWriteItems", `{"TransactItems":[{"Put":{"TableName":"table","Item":{"pk":{"S":"p"},"sk":{"S":"s"},"x":{"S":"` + large + `"}}}}]}`, "ValidationException: Item size has exceeded the maximum allowed size"},
		{"an empty key fails all of it", "TransactWriteItems", `{"TransactItems":[{"Put":{"TableName":"table","Item":{"pk":{"S":""},"sk":{"S":"s"}}}}]}`, emptyKey},
		{"a table that is not there fails all of it", "TransactWriteItems", `{"TransactItems":[{"Put":{` + putP + `,"ConditionExpression":"attribute_exists(pk)"}},{"Put":{"TableName":"none","Item":{}}}]}`, noTable},

		{"an unknown expression at a table", "UpdateTable", `{"TableName":"table"}`, "ValidationException: At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required"},
		{"a table that is not there, by its name", "DescribeTable", `{"TableName":"none"}`, noTable + ": Table: none not found"},
		{"a table that is not there, by its ARN", "DeleteTable", `{"TableName":"arn:aws:dynamodb:us-east-1:000000000000:table/none"}`, noTable + ": Table: none not found"},
		{"expiry of no table", "UpdateTimeToLive", `{"TableName":"none","TimeToLiveSpecification":{"AttributeName":"x","Enabled":true}}`, noTable + ": Table: none not found"},
		{"backups of no table", "DescribeContinuousBackups", `{"TableName":"none"}`, "TableNotFoundException: Table not found: none"},
	})
}

// TestReasons shows the reasons of canceled transactions, one for each item.
func TestReasons(t *testing.T) {
	e := rawEngine(t)
	must(t, e, "CreateTable", indexedTable("table"))
	must(t, e, "PutItem", `{"TableName":"table","Item":{"pk":{"S":"p"},"sk":{"S":"s"}}}`)
	for _, row := range []struct{ why, operation, body, reasons string }{
		{"items that do not fit the schema", "TransactWriteItems", `{"TransactItems":[{"Put":{"TableName":"table","Item":{"pk":{"S":"p"}}}},{"Delete":{"TableName":"table","Key":{"pk":{"S":"p"},"sk":{"S":"s"}}}},{"Put":{"TableName":"table","Item":{"pk":{"S":"p"},"sk":{"S":"t"},"g":{"N":"1"}}}}]}`,
			"ValidationError: One or more parameter values were invalid: Missing the key sk in the item; None: ; ValidationError: One or more parameter values were invalid: Type mismatch for Index Key g Expected: S Actual: N IndexName: byG"},
		{"a key of a read", "TransactGetItems", `{"TransactItems":[{"Get":{"TableName":"table","Key":{}}},{"Get":{"TableName":"table","Key":{"pk":{"S":"p"},"sk":{"S":"s"}}}}]}`,
			"ValidationError: The provided key element does not match the schema; None: "},
		{"a condition, with the item", "TransactWriteItems", `{"TransactItems":[{"ConditionCheck":{"TableName":"table","Key":{"pk":{"S":"p"},"sk":{"S":"s"}},"ConditionExpression":"attribute_not_exists(pk)","ReturnValuesOnConditionCheckFailure":"ALL_OLD"}}]}`,
			"ConditionalCheckFailed: The conditional request failed"},
		{"an update of the key", "TransactWriteItems", `{"TransactItems":[{"Update":{"TableName":"table","Key":{"pk":{"S":"p"},"sk":{"S":"s"}},"UpdateExpression":"SET sk = pk"}}]}`,
			"ValidationError: One or more parameter values were invalid: Cannot update attribute sk. This attribute is part of the key"},
	} {
		t.Run(row.why, func(t *testing.T) {
			_, answer := post(t, e, row.operation, row.body)
			var got []string
			reasons, _ := answer["CancellationReasons"].([]any)
			for _, r := range reasons {
				code, _ := at(r, "Code").(string)
				message, _ := at(r, "Message").(string)
				got = append(got, code+": "+message)
				if code == "ConditionalCheckFailed" && at(r, "Item", "pk", "S") != "p" {
					t.Errorf("the item is missing: %v", r)
				}
			}
			if text := strings.Join(got, "; "); text != row.reasons {
				t.Errorf("reasons %s\nwant    %s", text, row.reasons)
			}
		})
	}
}
