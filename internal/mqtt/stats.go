package mqtt

import "sync/atomic"

// Stats are counts since New, but for the first five, which are of now.
type Stats struct {
	Connections   int // open, also before CONNECT
	Sessions      int // connected or persistent
	Subscriptions int
	Retained      int
	Queued        int // messages that wait in sessions, or for an acknowledgment

	Connects, ConnectsRefused, ConnectsThrottled   uint64
	PublishIn, PublishInDenied, PublishInThrottled uint64
	PublishOut, PublishOutDenied                   uint64
	Subscribes, SubscribesDenied                   uint64 // of filters

	Dropped         uint64 // messages that a full queue did not take
	Expired         uint64 // messages that waited for too long
	SlowClients     uint64 // disconnected because their queue was full
	SessionsExpired uint64
	Takeovers       uint64
	Wills           uint64 // published
	Panics          uint64 // of the decoder
	Retries         uint64 // messages sent again after a reconnection
}

type counters struct {
	connects, connectsRefused, connectsThrottled   atomic.Uint64
	publishIn, publishInDenied, publishInThrottled atomic.Uint64
	publishOut, publishOutDenied                   atomic.Uint64
	subscribes, subscribesDenied                   atomic.Uint64
	dropped, expired, slow, sessionsExpired        atomic.Uint64
	takeovers, wills, panics, retries              atomic.Uint64
}

// Stats returns counts since New, and of now.
func (b *Broker) Stats() Stats {
	n := &b.stats
	s := Stats{
		Connects: n.connects.Load(), ConnectsRefused: n.connectsRefused.Load(), ConnectsThrottled: n.connectsThrottled.Load(),
		PublishIn: n.publishIn.Load(), PublishInDenied: n.publishInDenied.Load(), PublishInThrottled: n.publishInThrottled.Load(),
		PublishOut: n.publishOut.Load(), PublishOutDenied: n.publishOutDenied.Load(),
		Subscribes: n.subscribes.Load(), SubscribesDenied: n.subscribesDenied.Load(),
		Dropped: n.dropped.Load(), Expired: n.expired.Load(), SlowClients: n.slow.Load(), SessionsExpired: n.sessionsExpired.Load(),
		Takeovers: n.takeovers.Load(), Wills: n.wills.Load(), Panics: n.panics.Load(), Retries: n.retries.Load(),
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	s.Connections, s.Sessions, s.Retained = len(b.conns), len(b.sessions), b.retained.len()
	for _, session := range b.sessions {
		s.Queued += session.queued()
	}
	b.index.mu.RLock()
	defer b.index.mu.RUnlock()
	s.Subscriptions = b.index.count
	return s
}
