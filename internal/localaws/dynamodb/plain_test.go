package dynamodb

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// plainInputs are inputs of operations that between them have every kind of field.
func plainInputs() []any {
	return []any{
		new(PutItemInput), new(KeyedInput), new(QueryInput), new(scanInput), new(GetItemInput), new(BatchGetInput),
		new(batchWriteInput), new(TransactWriteInput), new(createTableInput), new(updateTableInput), new(getRecordsInput),
	}
}

// comparePlain holds what is decoded plainly to what package json makes of it, and
// reports whether the body was plain.
func comparePlain(t *testing.T, in any, body []byte) bool {
	kind := reflect.TypeOf(in).Elem()
	got, want := reflect.New(kind).Interface(), reflect.New(kind).Interface()
	given := string(body)
	if !plainOf(kind).decode(body, got) {
		return false
	}
	if err := json.Unmarshal(body, want); err != nil {
		t.Errorf("%v: %q is plain, but package json: %v", kind, given, err)
	}
	if diff := cmp.Diff(want, got, cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
		t.Errorf("%v: %q (-json +plain):\n%s", kind, given, diff)
	}
	if string(body) != given {
		t.Errorf("%v: %q became %q", kind, given, body)
	}
	return true
}

// plainRows are bodies, and whether they are plain for the operation's input.
var plainRows = []struct {
	why   string
	in    any
	body  string
	plain bool
}{
	{"a put as SDKs send it", new(PutItemInput), `{"Item":{"pk":{"S":"é\u00e9"},"n":{"N":"1"}},"TableName":"t"}`, true},
	{"white space", new(PutItemInput), " {\t\"TableName\" : \"t\" ,\r\n\"Item\": { } } ", true},
	{"no members", new(PutItemInput), `{}`, true},
	{"names and flags", new(QueryInput), `{"ExpressionAttributeNames":{"#a":"b"},"ScanIndexForward":false,"ConsistentRead":true,"Limit":10}`, true},
	{"null for raw JSON", new(PutItemInput), `{"Item":null}`, true},
	{"a list of structures", new(createTableInput), `{"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}]}`, true},
	{"an empty list", new(createTableInput), `{"KeySchema":[ ]}`, true},
	{"a list of pointers", new(TransactWriteInput), `{"TransactItems":[{"Put":{"Item":{"pk":{"S":"é"}},"TableName":"t"}}, {"Update":{}}]}`, true},
	{"a structure in a structure", new(updateTableInput), `{"StreamSpecification":{"StreamEnabled":true}}`, true},
	{"null for a list", new(createTableInput), `{"KeySchema":null}`, false},
	{"null in a list", new(createTableInput), `{"KeySchema":[null]}`, false},
	{"null for a structure", new(TransactWriteInput), `{"TransactItems":[{"Put":null}]}`, false},
	{"an object for a list", new(TransactWriteInput), `{"TransactItems":{}}`, false},
	{"a comma too many in a list", new(createTableInput), `{"KeySchema":[{},]}`, false},
	{"a list of structures that does not close", new(createTableInput), `{"KeySchema":[{}`, false},
	{"a member of a member twice", new(TransactWriteInput), `{"TransactItems":[{"Put":{},"Put":{}}]}`, false},
	{"null for a string", new(PutItemInput), `{"TableName":null}`, false},
	{"null for names", new(QueryInput), `{"ExpressionAttributeNames":null}`, false},
	{"another spelling", new(PutItemInput), `{"tablename":"t"}`, false},
	{"a member that is not known", new(PutItemInput), `{"TableName":"t","X":1}`, false},
	{"a member twice", new(PutItemInput), `{"TableName":"t","TableName":"u"}`, false},
	{"an escape", new(PutItemInput), `{"TableName":"\u0074"}`, false},
	{"a string for a number", new(QueryInput), `{"Limit":"1"}`, false},
	{"a fraction for a number", new(QueryInput), `{"Limit":1.5}`, false},
	{"an exponent", new(QueryInput), `{"Limit":1e1}`, false},
	{"a number that is too large", new(QueryInput), `{"Limit":9223372036854775808}`, false},
	{"a number for a boolean", new(QueryInput), `{"ConsistentRead":1}`, false},
	{"a word that is none", new(QueryInput), `{"ConsistentRead":tru}`, false},
	{"a zero before a number", new(QueryInput), `{"Limit":01}`, false},
	{"a comma too many", new(PutItemInput), `{"TableName":"t",}`, false},
	{"a colon too few", new(PutItemInput), `{"TableName" "t"}`, false},
	{"something behind it", new(PutItemInput), `{"TableName":"t"} x`, false},
	{"an open string", new(PutItemInput), `{"TableName":"t`, false},
	{"a control character", new(PutItemInput), "{\"Item\":{\"pk\":{\"S\":\"\n\"}}}", false},
	{"an escape that is none", new(PutItemInput), `{"Item":{"pk":{"S":"\x"}}}`, false},
	{"half an escape", new(PutItemInput), `{"Item":{"pk":{"S":"\u12`, false},
	{"a list that does not close", new(PutItemInput), `{"Item":[1,2}`, false},
	{"nothing", new(PutItemInput), ``, false},
	{"a list", new(PutItemInput), `[]`, false},
}

func TestPlain(t *testing.T) {
	for _, row := range plainRows {
		t.Run(row.why, func(t *testing.T) {
			if got := comparePlain(t, row.in, []byte(row.body)); got != row.plain {
				t.Errorf("%s: plain %v, want %v", row.body, got, row.plain)
			}
		})
	}
}

// TestPlainFields: every input has its fields known by the names that package json uses.
func TestPlainFields(t *testing.T) {
	for _, in := range plainInputs() {
		kind := reflect.TypeOf(in).Elem()
		for name := range plainOf(kind).fields {
			comparePlain(t, in, []byte(`{"`+name+`":{}}`))
			comparePlain(t, in, []byte(`{"`+name+`":"x"}`))
			comparePlain(t, in, []byte(`{"`+name+`":[]}`))
		}
	}
}

// FuzzPlain holds plain decoding to package json: never does it take what that refuses,
// or make something else of it.
func FuzzPlain(f *testing.F) {
	for _, row := range plainRows {
		f.Add(row.body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		for _, in := range plainInputs() {
			comparePlain(t, in, []byte(body))
		}
	})
}
