// Package topic is the MQTT topic model: of Ask Around Me, of robots, and of devices.
//
// A topic is a typed value that cannot be wrong. Its types are generated from
// api/asyncapi.yaml, where docs/topics.md lists them; [Geo], [Question], [Account],
// [System], [RobotAction], [DeviceCommand] and the others come from constructors that
// validate, or from [Parse].
//
//	question, err := topic.NewQuestion(id)  // askaround/v1/question/{question}
//	err = publish(question.String(), question.Channel().QoS(), payload)
//
// [ParseFilter] reads what a client may put into SUBSCRIBE, shared subscriptions
// included; [Filter.Match] and [Match] decide as section 4.7 of MQTT 5 says: "+" is
// one level, "#" is the level before it and all below, and neither matches a
// topic that begins with "$". Matching allocates nothing. An [Index] finds which of many
// filters match a topic, a [Router] calls their handlers.
//
// The package imports the standard library only. Topics and filters are immutable and
// safe for concurrent use.
//
// MQTT 5: https://docs.oasis-open.org/mqtt/mqtt/v5.0/mqtt-v5.0.html#_Toc3901241
package topic
