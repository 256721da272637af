package cost

// A Profile is the price list of one date, for us-east-1.
type Profile struct {
	Name string
	Date string // YYYY-MM-DD from which it held, or on which it was read

	REST, HTTP Tariff // API Gateway, by request
	IoT        IoT
	DynamoDB   DynamoDB
}

// IoT is what AWS IoT Core charges for, each by itself.
type IoT struct {
	ConnectionMinutes Tariff // metered by the minute
	Messages          Tariff // in steps of MessageStep
	Rules, Actions    Tariff // in steps of RuleStep
	Operations        Tariff // of Device Shadow and Registry, in steps of OperationStep

	MessageStep, RuleStep, OperationStep int64 // bytes

	// Free is what a month's first units cost nothing, in an account's first year.
	Free FreeTier
}

// FreeTier is units of one month.
type FreeTier struct {
	ConnectionMinutes, Messages, Rules, Actions, Operations int64
}

// DynamoDB is the price of capacity on demand.
type DynamoDB struct {
	WriteUnits Tariff // of 1 KB
	ReadUnits  Tariff // of 4 KB, strongly consistent
}

// thousandth of a dollar.
const mill = Dollar / 1000

// iot2018 is the model by component that took effect on 2018-01-01: "New Pricing Model
// (20-40% Reduction)". The post gives the first and the last price of messages; the tier
// between them is the price list's.
var iot2018 = IoT{
	ConnectionMinutes: flat(80 * mill),
	Messages:          Tariff{{1_000 * million, Dollar}, {4_000 * million, 800 * mill}, {0, 700 * mill}},
	Rules:             flat(150 * mill),
	Actions:           flat(150 * mill),
	Operations:        flat(1250 * mill),
	MessageStep:       5 * KB, RuleStep: 5 * KB, OperationStep: KB,
	Free: FreeTier{ConnectionMinutes: 2_250_000, Messages: 500_000, Rules: 250_000, Actions: 250_000, Operations: 225_000},
}

// Profiles, oldest first.
var (
	// MessagesOnly is AWS IoT until the end of 2017: $5 for a million blocks of 512
	// bytes, and nothing else. An update of a shadow is a message.
	MessagesOnly = Profile{
		Name: "AWS IoT by message", Date: "2015-12-18",
		IoT: IoT{Messages: flat(5 * Dollar), Operations: flat(5 * Dollar), MessageStep: 512, OperationStep: 512},
	}
	// IoT2018 is the model by component.
	IoT2018 = Profile{Name: "AWS IoT by component", Date: "2018-01-01", IoT: iot2018}
	// Blog2020 has the prices that the posts of 2020 calculate with.
	Blog2020 = Profile{
		Name: "as the posts calculate", Date: "2020-06-30",
		REST: flat(3500 * mill), HTTP: flat(Dollar), IoT: iot2018,
		DynamoDB: DynamoDB{WriteUnits: flat(1250 * mill), ReadUnits: flat(250 * mill)},
	}
	// List2025 is the price list with its volume tiers, and with the prices on demand
	// that DynamoDB has had since November 2024.
	List2025 = Profile{
		Name: "price list with volume tiers", Date: "2025-01-01",
		REST: Tariff{{333 * million, 3500 * mill}, {667 * million, 2800 * mill}, {19_000 * million, 2380 * mill}, {0, 1510 * mill}},
		HTTP: Tariff{{300 * million, Dollar}, {0, 900 * mill}},
		IoT:  iot2018,
		DynamoDB: DynamoDB{
			WriteUnits: flat(625 * mill), ReadUnits: flat(125 * mill),
		},
	}
)

// Profiles returns all profiles, oldest first.
func Profiles() []Profile { return []Profile{MessagesOnly, IoT2018, Blog2020, List2025} }
