package mqtt

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"
)

// A sighting remembers a client id for the limit of CONNECTs and the versionNumber of
// lifecycle events, also where no session is kept.
type sighting struct {
	at      time.Time
	version uint64
}

// forgetAfter is how long a client id is remembered that has no session.
const forgetAfter = time.Hour

// sights reports whether client ids need be remembered.
func (o *Options) sights() bool { return !o.NoEvents || !math.IsInf(o.Limits.ConnectRate, 1) }

// interval is the time between CONNECTs of a client id.
func (l *Limits) interval() time.Duration {
	return time.Duration(float64(time.Second) / l.ConnectRate)
}

// mayConnect reports whether a CONNECT of a client id may be considered now. Only those
// that are admitted count: nobody can lock out another.
func (b *Broker) mayConnect(clientID string) bool {
	if !b.options.sights() {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	seen := b.seen[clientID]
	return seen == nil || time.Since(seen.at) >= b.limits.interval()
}

// sight notes a CONNECT and returns its versionNumber.
func (b *Broker) sight(key string, last uint64, now time.Time) (version uint64, ok bool) {
	if !b.options.sights() {
		return last, true
	}
	seen := b.seen[key]
	switch {
	case seen == nil:
		b.forgetSightings(now)
		seen = &sighting{version: last}
		b.seen[key] = seen
	case now.Sub(seen.at) < b.limits.interval():
		return 0, false
	default:
		seen.version++
	}
	seen.at = now
	return seen.version, true
}

// forgetSightings keeps the map from growing with client ids that do not come back. It
// looks at all only when there are twice as many as it left the last time.
func (b *Broker) forgetSightings(now time.Time) {
	if len(b.seen) < b.seenEnough {
		return
	}
	for id, seen := range b.seen {
		if _, has := b.sessions[id]; !has && now.Sub(seen.at) > forgetAfter {
			delete(b.seen, id)
		}
	}
	b.seenEnough = 2*len(b.seen) + 4096
}

// attach makes c the connection of its client's session: of the one that there is, unless
// the client wants a clean start, or of a new one. Another connection of the session is
// taken over.
func (b *Broker) attach(c *conn, request *Connect, will *message) (present bool, p Position, refused *refusal) {
	now := time.Now()
	b.mu.Lock()
	old := b.sessions[c.key]
	var last uint64
	if old != nil {
		last = old.version + 1
	}
	version, ok := b.sight(c.key, last, now)
	if !ok || b.closing.Load() {
		b.mu.Unlock()
		if !ok {
			b.stats.connectsThrottled.Add(1)
			return false, 0, refuseFor(Throttled, errors.New("CONNECTs of this client id come too fast"))
		}
		return false, 0, refuseFor(ServerUnavailable, ErrClosed)
	}
	c.version = version
	var displaced *conn
	var due, kept *message
	s := old
	if old != nil {
		displaced, due, kept, p = old.displace(request.CleanStart)
		if old.gone { // which changes under b.mu
			s = nil
		}
	}
	present = s != nil
	if s == nil {
		s = &session{key: c.key, broker: b, subs: map[string]Subscription{}}
		b.sessions[c.key] = s
	}
	c.session = s
	p = max(p, s.resume(c, request, will))
	b.mu.Unlock()

	if old != nil && old != s {
		old.removeFromIndex()
	}
	b.afterDisplacing(old, displaced, due, kept)
	return present, p, nil
}

// displace takes a session from its connection, if it has one, for a new one. The session
// ends with clean, and where it was to end with its connection; p is when that is stored. It
// returns the will that is now due, with that of the connection apart: due was asked for
// before.
func (s *session) displace(clean bool) (displaced *conn, ofConn, ofSession *message, p Position) {
	s.mu.Lock()
	defer s.mu.Unlock()
	clean = clean || s.expiry == 0
	displaced = s.conn
	switch {
	case displaced != nil && (clean || s.willDelay == 0):
		ofConn = s.will
	case displaced == nil && clean:
		ofSession = s.will
	}
	if displaced != nil {
		s.leave()
	}
	if clean {
		p = s.end()
	}
	s.will, s.willAt = nil, time.Time{}
	return displaced, ofConn, ofSession, p
}

// afterDisplacing tells the world of what displace did.
func (b *Broker) afterDisplacing(old *session, displaced *conn, ofConn, ofSession *message) {
	if ofSession != nil {
		b.publishWill(old.willFrom, ofSession)
	}
	if displaced == nil {
		return
	}
	b.stats.takeovers.Add(1)
	displaced.end(endTakenOver)
	if ofConn != nil && displaced.client.MayPublish(ofConn.Topic, ofConn.Retain) {
		b.publishWill(displaced.source, ofConn)
	}
	b.announceDisconnected(displaced, &endTakenOver)
	close(displaced.left)
}

// resume gives the session its connection.
func (s *session) resume(c *conn, request *Connect, will *message) Position {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.persistent
	s.persistent, s.expiry = request.Expiry > 0, request.Expiry
	s.principal, s.version = c.source.Principal, c.version
	s.will, s.willDelay, s.willAt, s.willFrom = will, 0, time.Time{}, c.source
	if will != nil && c.protocol == 5 {
		s.willDelay = min(request.Expiry, time.Duration(c.packet.Connect.WillProperties.WillDelayInterval)*time.Second)
	}
	s.connect(c)
	if was && !s.persistent {
		return s.broker.store.DeleteSession(s.key)
	}
	return s.save()
}

// connection is the session's, or nil.
func (s *session) connection() *conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conn
}

func (s *session) queued() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.queue.len() + s.unacked
}

// saved is save with the lock.
func (s *session) saved() Position {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.save()
}

// removeFromIndex ends the subscriptions of a session that has ended.
func (s *session) removeFromIndex() {
	for spelt := range s.subs {
		f, _ := s.broker.limits.parseFilter(spelt)
		s.broker.index.unsubscribe(s, f)
	}
}

// setExpiry changes how long the session lives after c. It cannot be made persistent.
func (s *session) setExpiry(c *conn, expiry time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != c {
		return true
	}
	if s.expiry == 0 && expiry > 0 {
		return false
	}
	s.expiry = expiry
	return true
}

// leave takes a connection that ends from its session, unless another has done it, and
// does what is due then: the will, the end of the session, the lifecycle event.
func (b *Broker) leave(c *conn) {
	why, s := c.reason(), c.session
	will := s.willOf(c)
	mayWill := will != nil && c.client.MayPublish(will.Topic, will.Retain)
	b.mu.Lock()
	s.mu.Lock()
	if s.conn != c {
		s.mu.Unlock()
		b.mu.Unlock()
		return
	}
	if why.wished || why.noWill || !mayWill {
		s.will = nil
	}
	will, ended := s.depart(why, time.Now())
	if ended {
		delete(b.sessions, s.key)
	}
	s.mu.Unlock()
	b.mu.Unlock()

	if ended {
		s.removeFromIndex()
	}
	if will != nil {
		b.publishWill(c.source, will)
	}
	b.announceDisconnected(c, why)
	close(c.left)
}

// willOf is the will of c, if it is the session's connection.
func (s *session) willOf(c *conn) *message {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != c {
		return nil
	}
	return s.will
}

// depart is what happens to a session whose connection ends. It returns the will that is
// due now.
func (s *session) depart(why *ending, now time.Time) (due *message, ended bool) {
	s.leave()
	ended = s.expiry == 0 || why.noState
	if ended || s.willDelay == 0 {
		due, s.will = s.will, nil
	}
	if ended {
		s.end()
		return due, true
	}
	s.ends = now.Add(s.expiry)
	if s.will != nil {
		s.willAt = now.Add(s.willDelay)
	}
	s.alarm()
	s.save()
	return due, false
}

func (b *Broker) publishWill(from Source, will *message) {
	b.stats.wills.Add(1)
	b.accept(context.Background(), from, nil, newMessage(will.Message))
}

// due expires a session, or publishes its delayed will.
func (b *Broker) due(s *session, now time.Time) {
	b.mu.Lock()
	s.mu.Lock()
	var will *message
	from, expired := s.willFrom, false
	if s.conn == nil && !s.gone {
		expired = !now.Before(s.ends)
		if s.will != nil && (expired || !now.Before(s.willAt)) {
			will, s.will = s.will, nil
			if !expired {
				s.save()
			}
		}
		if expired {
			s.end()
			delete(b.sessions, s.key)
		} else {
			s.alarm()
		}
	}
	s.mu.Unlock()
	b.mu.Unlock()
	if expired {
		b.stats.sessionsExpired.Add(1)
		s.removeFromIndex()
	}
	if will != nil {
		b.publishWill(from, will)
	}
}

// restore takes in what the store has kept. What was sent before the process ended is not
// known: as much as can have been is sent again as such.
func (b *Broker) restore() error {
	now := time.Now()
	kept := map[MessageID]*message{}
	var bad error
	cut := map[*session]bool{} // connected when the process ended
	err := b.store.Load(StoreSink{
		Session: func(r SessionRecord) {
			s := b.restoreSession(r, now)
			b.sessions[r.ClientID] = s
			if r.Ends.IsZero() {
				cut[s] = true
			}
		},
		Message: func(id MessageID, m *Message) {
			kept[id] = &message{Message: *m, props: appendProperties(nil, m), id: id}
			b.messageID.Store(max(b.messageID.Load(), uint64(id)))
		},
		Enqueue: func(clientID string, q Queued) {
			s, m := b.sessions[clientID], kept[q.Message]
			if s == nil || m == nil {
				bad = errors.Join(bad, fmt.Errorf("mqtt: the store has message %d of %q without the one or the other", q.Message, clientID))
				return
			}
			m.expires = q.Expires
			s.restoreDelivery(m, q, cut[s])
		},
		Retained: func(topic string, m *Message, at time.Time) {
			kept := &message{Message: *m, props: appendProperties(nil, m), kept: at}
			if m.Expiry > 0 {
				kept.expires = at.Add(m.Expiry)
			}
			b.retained.messages[topic] = kept
		},
	})
	for s := range cut {
		s.save()
	}
	return errors.Join(err, bad)
}

func (b *Broker) restoreSession(r SessionRecord, now time.Time) *session {
	s := &session{
		key: r.ClientID, broker: b, persistent: true, principal: r.Principal, expiry: r.Expiry, ends: r.Ends, version: r.Version,
		subs: r.Subscriptions, willDelay: r.WillDelay, willAt: r.WillAt, willFrom: Source{ClientID: clientIDOf(r.ClientID), Principal: r.Principal},
	}
	if s.subs == nil {
		s.subs = map[string]Subscription{}
	}
	if r.Will != nil {
		s.will = &message{Message: *r.Will, props: appendProperties(nil, r.Will)}
	}
	if s.ends.IsZero() {
		s.ends = now.Add(s.expiry)
		s.willAt = now.Add(s.willDelay)
	}
	s.alarm()
	for spelt, sub := range s.subs {
		if f, ok := b.limits.parseFilter(spelt); ok {
			b.index.subscribe(s, f, sub)
		}
	}
	return s
}

// restoreDelivery puts back a message. Where the session was connected until the process
// ended it may have been sent, and even been acknowledged, behind any number of others:
// acknowledgments are not waited for.
func (s *session) restoreDelivery(m *message, q Queued, cut bool) {
	d := delivery{message: m, number: q.Number, group: q.Group, qos: 1, retain: q.Retain, dup: cut}
	if s.inflight.len() < s.broker.limits.InflightOutbound {
		s.inflight.push(d)
		s.unacked++
	} else {
		s.queue.push(d)
		s.unsent += len(m.Payload)
	}
	s.bytes += m.size()
	s.number = q.Number
}
