package gateway

// Stats are figures about a gateway.
type Stats struct {
	Connections   int // open now, of whatever protocol, also before anything was said
	Sessions      int // of MQTT, connected or persistent
	Subscriptions int
	Retained      int // messages
	Queued        int // messages that wait in sessions, or for an acknowledgment

	// Metrics are counts since New, by the names of AWS IoT's metrics in CloudWatch, such
	// as "Connect.Success", "PublishIn.AuthError" and "PublishOut.Success"
	// (https://docs.aws.amazon.com/iot/latest/developerguide/metrics_dimensions.html).
	// Those named "CustomAuthorizer.…" and "Broker.…" are not AWS's.
	Metrics map[string]int64
}

// Stats returns figures of now.
func (g *Gateway) Stats() Stats {
	b := g.broker.Stats()
	s := Stats{
		Connections: g.sockets.number(), Sessions: b.Sessions, Subscriptions: b.Subscriptions, Retained: b.Retained, Queued: b.Queued,
		Metrics: map[string]int64{},
	}
	for name, n := range map[string]uint64{
		"Connect.Success":          b.Connects,
		"Connect.ClientIDThrottle": b.ConnectsThrottled,
		"PublishIn.Success":        b.PublishIn,
		"PublishIn.Throttle":       b.PublishInThrottled,
		"PublishOut.Success":       b.PublishOut,
		"Subscribe.Success":        b.Subscribes,

		"Broker.Dropped":        b.Dropped,
		"Broker.Expired":        b.Expired,
		"Broker.Panic":          b.Panics,
		"Broker.Redelivery":     b.Retries,
		"Broker.SessionExpired": b.SessionsExpired,
		"Broker.SlowClient":     b.SlowClients,
		"Broker.Takeover":       b.Takeovers,
		"Broker.Will":           b.Wills,
	} {
		s.Metrics[name] = int64(n)
	}
	s.Metrics["PublishIn.Success"] += g.published.success.Load()
	s.Metrics["PublishIn.Throttle"] += g.published.throttle.Load()
	s.Metrics["PublishIn.ClientError"] += g.published.clientError.Load()
	g.admission.counters.addTo(s.Metrics)
	refused := s.Metrics["Connect.AuthError"] + s.Metrics["Connect.ServerError"] + s.Metrics["Connect.ClientIDThrottle"]
	s.Metrics["Connect.ClientError"] = max(0, int64(b.ConnectsRefused)-refused) // the rest; counters move while they are read
	return s
}
