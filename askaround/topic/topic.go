package topic

//go:generate go run -C ../../api/tools ./cmd/topics ../asyncapi.yaml ../..

// A Topic is a value of one of the generated types, such as [Geo].
type Topic interface {
	// String is the topic's name as PUBLISH carries it.
	String() string
	// Filter is the filter that matches this topic and nothing else.
	Filter() Filter
	// Channel is the class that the topic belongs to.
	Channel() Channel

	identity() string // the client that the topic names, "" for none
}
