package rules

import (
	"context"
	"math/rand/v2"
	"net"
	"strings"

	"github.com/google/uuid"

	"github.com/askaround/askaround-go/iotauth/gateway/rules/iotsql"
)

// ingest is what a topic of Basic Ingest begins with; a rule's name follows.
const ingest = "$aws/rules/"

// Tap takes a message that the broker has accepted and queues it for the rules that it
// concerns. It does not wait, and keeps the payload, which is not to be changed. It is
// mqtt.Options.Tap.
func (e *Engine) Tap(ctx context.Context, from Source, m *Message) {
	var space [16]*rule
	topic, rules := m.Topic, space[:0]
	t := e.table.Load()
	if rest, ok := strings.CutPrefix(m.Topic, ingest); ok {
		var name string
		name, topic, _ = strings.Cut(rest, "/")
		r := t.byName[name]
		if r == nil {
			if n := e.notFound.Add(1); sparse(n) {
				e.options.Logger.WarnContext(ctx, "basic ingest names no enabled rule", "rule", name, "client_id", from.ClientID, "messages", n)
			}
			return
		}
		rules = append(rules, r)
	} else {
		rules = t.match(rules, topic)
	}
	if len(rules) == 0 {
		return
	}
	c, ok := nextStep(ctx)
	if !ok {
		if n := e.loops.Add(1); sparse(n) {
			e.options.Logger.WarnContext(ctx, "a chain of republished messages was cut", "topic", m.Topic, "messages", n)
		}
		return
	}
	j := &job{chain: c, publisher: from.ClientID, message: e.message(topic, from, m)}
	for _, r := range rules {
		r.counters.matched.Add(1)
		if e.enqueue(r, j) {
			continue
		}
		if n := r.counters.throttled.Add(1); sparse(n) {
			e.options.Logger.WarnContext(ctx, "a rule lost a message: too many wait", "rule", r.name, "topic", m.Topic, "client_id", from.ClientID, "messages", n)
		}
	}
}

// sparse picks the counts that are logged, one for each doubling: what clients can cause
// as often as they like must not fill the log.
func sparse(n uint64) bool { return n&(n-1) == 0 }

func (e *Engine) message(topic string, from Source, m *Message) *iotsql.Message {
	s := &iotsql.Message{
		Topic: topic, Payload: m.Payload, ClientID: from.ClientID, Principal: from.Principal,
		Account: e.options.Account, Time: e.options.Now(),
	}
	if host, _, err := net.SplitHostPort(from.RemoteAddr); err == nil {
		s.SourceIP = host
	}
	if from.ClientID != "" {
		s.TraceID = traceID()
	}
	if m.PayloadFormatUTF8 || m.ContentType != "" || m.ResponseTopic != "" || m.CorrelationData != nil || m.UserProperties != nil {
		s.Properties = &iotsql.Properties{
			PayloadFormatUTF8: m.PayloadFormatUTF8, ContentType: m.ContentType, ResponseTopic: m.ResponseTopic,
			CorrelationData: m.CorrelationData, User: m.UserProperties,
		}
	}
	return s
}

// traceID is a random UUID that nobody has to be unable to guess.
func traceID() string {
	var u uuid.UUID
	high, low := rand.Uint64(), rand.Uint64()
	for i := range 8 {
		u[i], u[8+i] = byte(high>>(8*i)), byte(low>>(8*i))
	}
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	return u.String()
}
