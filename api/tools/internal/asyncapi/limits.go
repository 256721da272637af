package asyncapi

// Limits of MQTT as AWS IoT Core offers it. Source: "AWS IoT Core endpoints and quotas",
// https://docs.aws.amazon.com/general/latest/gr/iot-core.html.
const (
	MaxTopicBytes          = 256
	MaxSlashes             = 7
	MaxPayloadBytes        = 128 * 1024
	MaxFiltersPerSubscribe = 8
	MaxFilters             = 50 // of one connection
	MaxQoS                 = 1
)
