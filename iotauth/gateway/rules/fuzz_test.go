package rules

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"
)

// FuzzRule: whatever is put is refused or is a rule, which is told so that it can be put
// again, and does its actions for any message without a panic.
func FuzzRule(f *testing.F) {
	for _, rule := range []json.RawMessage{
		payload("SELECT *, topic(2) AS d FROM 'a/+' WHERE b > 1", republishTo("x/${b}")),
		payload("SELECT VALUE a FROM '#'", `{"lambda": {"functionArn": "${f}"}}`, `{"dynamoDBv2": {"putItem": {"tableName": "t"}, `+role+`}}`),
		withErrorAction(payload("SELECT * FROM 'a/b'", `{"sqs": {"queueUrl": "q/${b}", "useBase64": true, `+role+`}}`), republishTo("$$aws/x")),
		json.RawMessage(`{"sql": "SELECT 1 AS a", "actions": [{"republish": {"topic": "t", "roleArn": "r", "headers": {"userProperties": [{"key": "k", "value": "${1/0}"}]}}}]}`),
		json.RawMessage(`{"sql": null, "actions": [null]}`),
	} {
		f.Add([]byte(rule), []byte(`{"b": 2, "f": "f"}`))
	}
	services := openServices(f)
	f.Fuzz(func(t *testing.T, rule, message []byte) {
		e, err := New(services.use, func(o *Options) {
			o.Publish = func(context.Context, Message) error { return nil }
			o.Functions = map[string]Function{"f": {Handle: func(context.Context, json.RawMessage) error { return nil }}}
		})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close(context.Background())
		if e.PutRule("r", rule) != nil {
			return
		}
		told, err := e.Rule("r")
		if err != nil {
			t.Fatal(err)
		}
		if err := e.PutRule("r", told); err != nil {
			t.Fatalf("%s is told as %s: %v", rule, told, err)
		}
		if again, _ := e.Rule("r"); !bytes.Equal(again, told) {
			t.Fatalf("%s is told as %s, and then as %s", rule, told, again)
		}
		tap(e, "c", "$aws/rules/r/a/b", string(message))
		tap(e, "c", "a/b", string(message))
	})
}
