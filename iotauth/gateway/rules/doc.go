// Package rules is AWS IoT's rules engine in process: topic rules in the JSON of the API
// (CreateTopicRule) select from the messages of a broker, by the SQL of package iotsql, and
// put the result into DynamoDB, SQS, a function or another topic.
//
//	engine, err := rules.New(func(o *rules.Options) {
//		o.DynamoDB, o.SQS = db, queues // clients of aws-sdk-go-v2
//		o.Functions = map[string]rules.Function{"alert": {Handle: alert}}
//		o.Publish = func(ctx context.Context, m rules.Message) error { return gateway.Publish(ctx, m) }
//	})
//	err = engine.PutRule("hot", json.RawMessage(`{
//		"sql": "SELECT temp, topic(2) AS device FROM 'devices/+/data' WHERE temp > 50",
//		"awsIotSqlVersion": "2016-03-23",
//		"actions": [{"lambda": {"functionArn": "arn:aws:lambda:us-east-1:123456789012:function:alert"}}]
//	}`))
//	// engine.Tap is the broker's tap
//
// # Actions
//
// dynamoDB and dynamoDBv2 (PutItem), sqs (not to FIFO queues, as on AWS), lambda
// (asynchronous, as on AWS) and republish, with the headers of MQTT 5; each may be the
// errorAction too. Other actions of the API are refused by their name, with
// [ErrUnsupported]. Fields take substitution templates, ${expression}, but for qos,
// useBase64, the key types and roleArn, which must be there, as the API wants it, and is not
// looked at: the clients have credentials of their own.
//
// # What happens to a message
//
// [Engine.Tap] finds the enabled rules whose FROM matches the topic in an index and queues
// the message for each; it never waits, and it is all that the broker's publishing has to
// do. "a/#" does not match "a", and wildcards at the first level match no topic that begins
// with $, as on AWS. A message to $aws/rules/{rule}/{topic} (Basic Ingest) goes to that rule,
// whatever its FROM is.
//
// For each rule, messages of one publisher (client id) are evaluated and their actions done
// one after the other, in the order in which Tap was called; those that came without a
// client id, by HTTPS or from the gateway, count as of one publisher. Nothing is guaranteed
// between rules or between publishers, nor across PutRule of a rule: messages that are
// queued go on with the rule as it was. Actions of a rule are done in order; one that fails
// does not keep the next from being done. Functions run beside each other, in no order.
//
// A message waits in memory. It is lost to the rules where the process dies, and where too
// many wait, which is counted as RuleMessageThrottled and logged: more than
// Options.QueuedMessages for its rule, or Options.QueuedBytes in all.
//
// # Failure
//
// DynamoDB and SQS are tried again by their clients (aws-sdk-go-v2's default: three times).
// A function, in process or behind an endpoint, is tried three times, with growing pauses.
// Republishing is not tried again. An action that took longer than Options.ActionTimeout has
// failed. As on AWS, what a function in process returns comes too late to be the action's
// failure: it is counted and logged.
//
// When actions of a rule have failed for a message, its errorAction gets one message about
// them, with ruleName, topic, cloudwatchTraceId, clientId, base64OriginalPayload and
// failures (failedAction, failedResource, errorMessage). A statement that cannot be evaluated
// is counted and logged; it is no action's failure.
//
// # Loops
//
// A message that rules republish can match rules again. A chain ends after 16 of these
// steps, and one original message causes no more than 1,000 republished ones; what is
// beyond is published, and no rule sees it. It is counted as RepublishLoop. This needs
// Options.Publish to hand its context to Tap, as the gateway's does.
package rules
