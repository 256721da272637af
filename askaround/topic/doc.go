// Package topic is the MQTT topic model of Ask Around Me.
//
// A topic is a typed value that cannot be wrong: [Geo], [Question], [Account] and
// [System] come from constructors that validate, or from [Parse].
//
//	askaround/v1/geo/{cell}          new questions in one S2 cell of level 10 (R076)
//	askaround/v1/question/{question} summaries and heat of one question        (R075)
//	askaround/v1/account/{account}   outcomes for all devices of one account   (R074)
//	askaround/v1/system              notices for everybody                     (R077)
//
// [ParseFilter] reads what a client may put into SUBSCRIBE, shared subscriptions
// included; [Filter.Match] and [Match] decide as section 4.7 of MQTT 5 says: "+" is
// one level, "#" is the level before it and all below, and neither matches a
// topic that begins with "$". Matching allocates nothing.
//
// The package imports the standard library only. Topics and filters are immutable and
// safe for concurrent use.
//
// MQTT 5: https://docs.oasis-open.org/mqtt/mqtt/v5.0/mqtt-v5.0.html#_Toc3901241
package topic
