package gateway

import (
	"context"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/askaround/askaround-go/internal/mqtt"
	"github.com/askaround/askaround-go/iotauth/policy"
)

// A client is what a connection may do. Every packet is decided by a policy.Bound, which is
// replaced when the registry or the authorizer says something else.
type client struct {
	admission *admission
	subject
	disconnect func(mqtt.Reason)
	begun      time.Time
	ended      context.CancelFunc // ends what is asked for the client
	alive      context.Context    // until then; timers have no other to go by
	denials    gate               // of the log
	bound      atomic.Pointer[policy.Bound]
	evidence   *evidence // nil without an authorizer

	mu        sync.Mutex
	principal string
	own       *policy.Set // of the authorizer's answer, or the access key
	closed    bool
	refresh   *time.Timer // asks the authorizer again; nil without
	end       *time.Timer // ends the connection; nil without
	ends      time.Time   // when end does

	binding sync.Mutex // one bind at a time, so that the newest counts
	rules   rules      // what bound was made of
}

// rules are what a policy.Bound is made of.
type rules struct {
	set   *policy.Set
	thing *policy.Thing
}

// same reports whether binding gives the same again: a change of one policy has all clients
// asked about, and few concerned.
func (r rules) same(other rules) bool {
	a, b := r.thing, other.thing
	if r.set != other.set || a == nil || b == nil || a == b {
		return r.set == other.set && a == b
	}
	return a.Name == b.Name && a.TypeName == b.TypeName && a.Attached == b.Attached && a.Exclusive == b.Exclusive && maps.Equal(a.Attributes, b.Attributes)
}

func newClient(a *admission, c *carrier, connect *mqtt.Connect) *client {
	p := &client{
		admission:  a,
		subject:    newSubject(&a.options, c, connect),
		disconnect: connect.Disconnect,
		begun:      time.Now(),
		denials:    gate{burst: 5, every: 10 * time.Second},
	}
	p.alive, p.ended = context.WithCancel(context.Background())
	return p
}

// is says who the client is, and which policies it brings along.
func (p *client) is(principal string, own *policy.Set) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.principal, p.own = principal, own
}

// Account is mqtt.Client's: there is one.
func (p *client) Account() string { return "" }

// Principal is mqtt.Client's. It stays the same for as long as the connection lasts.
func (p *client) Principal() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.principal
}

// MayPublish is mqtt.Client's. A retained message needs iot:RetainPublish as well.
func (p *client) MayPublish(topic string, retain bool) bool {
	b := p.bound.Load()
	if !b.Publish(topic).Allowed() {
		p.admission.counters.publishInAuthError.Add(1)
		p.explain(b, policy.Publish, topic)
		return false
	}
	if retain && !b.RetainPublish(topic).Allowed() {
		p.admission.counters.publishRetainedAuthError.Add(1)
		p.explain(b, policy.RetainPublish, topic)
		return false
	}
	return true
}

// MaySubscribe is mqtt.Client's.
func (p *client) MaySubscribe(filter string) bool {
	b := p.bound.Load()
	if b.Subscribe(filter).Allowed() {
		return true
	}
	p.admission.counters.subscribeAuthError.Add(1)
	p.explain(b, policy.Subscribe, filter)
	return false
}

// MayReceive is mqtt.Client's.
func (p *client) MayReceive(topic, group string) bool {
	b := p.bound.Load()
	if group == "" && b.Receive(topic).Allowed() || group != "" && b.ReceiveShared(group, topic).Allowed() {
		return true
	}
	p.admission.counters.publishOutAuthError.Add(1)
	if group != "" && b.Receive("$share/"+group+"/"+topic) == policy.ExplicitDeny {
		topic = "$share/" + group + "/" + topic // it is this form that is denied
	}
	p.explain(b, policy.Receive, topic)
	return false
}

// Closed is mqtt.Client's.
func (p *client) Closed() {
	p.admission.remove(p)
	p.ended()
	p.mu.Lock()
	p.closed = true
	for _, timer := range []*time.Timer{p.refresh, p.end} {
		if timer != nil {
			timer.Stop()
		}
	}
	p.mu.Unlock()
	if n := p.denials.rest(); n > 0 {
		p.admission.log(p.alive, &p.subject, "denials were not logged", slog.Int("count", n))
	}
}

// explain logs why something was denied, unless the log has enough of this client.
func (p *client) explain(b *policy.Bound, action policy.Action, name string) {
	if skipped, ok := p.denials.pass(); ok {
		p.admission.log(p.alive, &p.subject, "denied", slog.String("principal", p.Principal()), slog.String("reason", b.Explain(action, name).String()), slog.Int("not_logged", skipped))
	}
}

// rebind asks the registry again and replaces what decides about the client's packets.
// Errors are [*mqtt.Refusal]s; then nothing has changed.
func (p *client) rebind(ctx context.Context) error {
	p.binding.Lock()
	defer p.binding.Unlock()
	p.mu.Lock()
	own := p.own
	p.mu.Unlock()
	set, connection, err := p.admission.rules(ctx, &p.subject, own)
	if err != nil {
		return err
	}
	if now := (rules{set, connection.Thing}); !now.same(p.rules) {
		p.rules = now
		p.bound.Store(set.Bind(connection))
	}
	return nil
}
