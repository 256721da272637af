package broker

// CheckTopic is checkTopic, for tests.
func CheckTopic(topic string) error { return checkTopic(topic) }

// EncodePublish returns a PUBLISH packet and what publishSize says of it.
func EncodePublish(topic string, payload []byte, qos, protocol byte, id uint16) ([]byte, int) {
	m := &message{topic: topic, payload: payload}
	return appendPublish(nil, m, qos, protocol, id), publishSize(m, qos, protocol)
}
