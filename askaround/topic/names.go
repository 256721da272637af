package topic

// The spelling of every topic. Nothing else in the module spells one by hand.
const (
	// Root is the first two levels of every topic: application and version.
	Root = "askaround/v1"

	geoPrefix      = Root + "/geo/"
	questionPrefix = Root + "/question/"
	accountPrefix  = Root + "/account/"
	systemName     = Root + "/system"

	// CellLevel is the S2 level of a geo topic's cell. A disc of five miles meets 7.5
	// cells of level 10 in the mean, and a third of what they carry lies inside it.
	CellLevel = 10

	cellBytes     = 6           // hex digits of an S2 token of level 10
	questionBytes = 16 + 1 + 26 // leaf cell, hyphen, suffix
	accountBytes  = 26          // 128 bits in base 32
)

// Limits of MQTT as AWS IoT Core offers it. Source: "AWS IoT Core endpoints and
// quotas", https://docs.aws.amazon.com/general/latest/gr/iot-core.html.
const (
	// MaxBytes is the longest topic or filter, in bytes of UTF-8. The "$share/group/"
	// of a shared subscription does not count.
	MaxBytes = 256
	// MaxSlashes is the highest number of "/" in a topic or filter.
	MaxSlashes = 7
	// MaxPayloadBytes is the largest PUBLISH payload: 128 KB.
	MaxPayloadBytes = 128 * 1024
	// MaxFiltersPerSubscribe is how many filters one SUBSCRIBE may carry.
	MaxFiltersPerSubscribe = 8
	// MaxSubscriptionsPerConnection is how many subscriptions one connection may hold.
	MaxSubscriptionsPerConnection = 50
)
