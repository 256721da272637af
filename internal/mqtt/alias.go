package mqtt

// aliasSize is the length of a Topic Alias with its identifier.
const aliasSize = 3

// outboundAliases are the numbers by which a client of MQTT 5 knows topics on its
// connection, where it has said how many it takes (section 3.1.2.11.5). The first topics
// that are delivered to it get one and keep it.
type outboundAliases struct {
	most    int
	numbers map[string]uint16
}

// address is how a PUBLISH names its topic: in full; in full with the alias that stands for
// it from now on; or by that alias, without the topic.
type address struct {
	topic string
	alias uint16 // 0 is none
}

// address returns how to name a topic in the packet that is written next.
func (a *outboundAliases) address(topic string) address {
	if number, ok := a.numbers[topic]; ok {
		return address{alias: number}
	}
	if len(a.numbers) >= a.most || len(topic) <= aliasSize { // a number would not be shorter
		return address{topic: topic}
	}
	if a.numbers == nil {
		a.numbers = make(map[string]uint16, a.most)
	}
	number := uint16(len(a.numbers) + 1)
	a.numbers[topic] = number
	return address{topic, number}
}
