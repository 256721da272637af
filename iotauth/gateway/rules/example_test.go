package rules_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"

	"github.com/askaround/askaround-go/iotauth/gateway/rules"
)

// A rule calls a function for each message on a topic that meets its condition.
func Example() {
	ctx := context.Background()
	engine, err := rules.New(func(o *rules.Options) {
		o.Functions = map[string]rules.Function{"alert": {Handle: func(_ context.Context, event json.RawMessage) error {
			fmt.Printf("alert: %s\n", event)
			return nil
		}}}
	})
	if err != nil {
		log.Fatal(err)
	}
	err = engine.PutRule("hot", json.RawMessage(`{
		"sql": "SELECT temp, topic(2) AS device FROM 'devices/+/data' WHERE temp > 50",
		"awsIotSqlVersion": "2016-03-23",
		"actions": [{"lambda": {"functionArn": "arn:aws:lambda:us-east-1:123456789012:function:alert"}}]
	}`))
	if err != nil {
		log.Fatal(err)
	}
	// The broker calls Tap for each message that it has accepted.
	engine.Tap(ctx, rules.Source{ClientID: "sensor"}, &rules.Message{Topic: "devices/7/data", Payload: []byte(`{"temp": 54.98}`)})
	engine.Tap(ctx, rules.Source{ClientID: "sensor"}, &rules.Message{Topic: "devices/8/data", Payload: []byte(`{"temp": 21}`)})
	if err := engine.Close(ctx); err != nil {
		log.Fatal(err)
	}
	fmt.Println(engine.Stats().Rules["hot"].TopicMatch, "matched")
	// Output:
	// alert: {"temp":54.98,"device":"7"}
	// 2 matched
}
