// Package app is Ask Around Me in one process: the HTTP API and its page, an MQTT
// broker, DynamoDB with Streams, SQS, the event source mappings that call the
// domain's handlers, and a development issuer of tokens.
//
// [Open] makes all of it, [App.Run] serves it until its context ends, then drains and
// stops. The command in examples/askaround adds flags; tests use the package as it is.
//
// The domain reaches the services by the clients of package localaws/direct, which are the
// SDK's in all but the way there.
//
// Nothing here is needed on AWS: there the same [askaround.Service] stands behind
// the same HTTP handler, the same [askaround.Worker] methods are Lambda functions, and
// tables, queues and topics are the services themselves.
package app
