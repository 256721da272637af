package topic

// CellLevel is the S2 level of a geo topic's cell. A disc of five miles meets 7.5 cells of
// level 10 in the mean, and a third of what they carry lies inside it.
const CellLevel = 10

// Limits of MQTT as AWS IoT Core offers it. Source: "AWS IoT Core endpoints and
// quotas", https://docs.aws.amazon.com/general/latest/gr/iot-core.html.
const (
	// MaxBytes is the longest topic or filter, in bytes of UTF-8. The "$share/group/" of a
	// shared subscription and the "$aws/rules/name/" of Basic Ingest do not count.
	MaxBytes = 256
	// MaxSlashes is the highest number of "/" in a topic or filter, counted likewise.
	MaxSlashes = 7
	// MaxPayloadBytes is the largest PUBLISH payload: 128 KB.
	MaxPayloadBytes = 128 * 1024
	// MaxFiltersPerSubscribe is how many filters one SUBSCRIBE may carry.
	MaxFiltersPerSubscribe = 8
	// MaxSubscriptionsPerConnection is how many subscriptions one connection may hold.
	MaxSubscriptionsPerConnection = 50
)
