package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/askaround/askaround-go/internal/mqtt"
	"github.com/askaround/askaround-go/iotauth/policy"
)

// admission decides who a client is and what it may do, and keeps that true for as long as
// the client is connected.
type admission struct {
	registry Registry
	options  Options
	counters counters
	sets     setCache
	refusals gate // what of refused clients goes to the log

	stopWatch func()
	work      sync.WaitGroup // goroutines of timers and of the reloader

	mu        sync.Mutex
	closed    bool
	live      map[string]map[*client]struct{} // by certificate id; "" are those without
	stale     map[*client]struct{}            // to be bound anew
	reloading bool                            // a reloader is at work
	retry     *time.Timer                     // starts a reloader for what the registry failed to answer
}

// newAdmission watches the registry until close.
func newAdmission(registry Registry, o Options) *admission {
	a := &admission{
		registry: registry,
		options:  o,
		refusals: gate{burst: 100, every: 100 * time.Millisecond},
		live:     map[string]map[*client]struct{}{},
		stale:    map[*client]struct{}{},
	}
	a.stopWatch = registry.Watch(a.changed)
	return a
}

// close ends what admission does on its own. It is called when no client is connected any
// more, and waits.
func (a *admission) close() {
	a.stopWatch()
	a.mu.Lock()
	a.closed = true
	if a.retry != nil {
		a.retry.Stop()
	}
	a.mu.Unlock()
	a.work.Wait()
}

// begin counts a goroutine in, unless admission is closed. What it does ends with
// a.work.Done.
func (a *admission) begin() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return false
	}
	a.work.Add(1)
	return true
}

// admit decides about the CONNECT packet that comes over c.
func (g *Gateway) admit(c *carrier) mqtt.Admit { return g.admission.admit(c) }

func (a *admission) admit(c *carrier) mqtt.Admit {
	return func(ctx context.Context, connect *mqtt.Connect) (mqtt.Client, error) {
		p := newClient(a, c, connect)
		if err := a.enter(ctx, p, c, connect); err != nil {
			p.Closed()
			a.refused(ctx, &p.subject, err)
			return nil, err
		}
		return p, nil
	}
}

// enter finds out what the client may do. Its errors are [*mqtt.Refusal]s.
func (a *admission) enter(ctx context.Context, p *client, c *carrier, connect *mqtt.Connect) error {
	a.add(p) // before the registry is asked, so that no change after that is missed
	var answer *answer
	switch {
	case c.kind.custom():
		if _, err := a.lookUp(ctx, &p.subject); err != nil { // first, so that the authorizer sees good certificates only
			return err
		}
		evidence, err := newEvidence(c, connect)
		if err != nil {
			return err
		}
		if answer, err = a.authorize(ctx, evidence); err != nil {
			return err
		}
		p.evidence = evidence
		p.is(answer.principal, answer.set)
	case c.key != nil:
		set, err := a.keySet(c.key)
		if err != nil {
			return err
		}
		p.is(c.key.Principal, set)
	default:
		p.is(p.certificateID, nil)
	}
	if err := p.rebind(ctx); err != nil {
		return err
	}
	if bound := p.bound.Load(); !bound.Connect().Allowed() {
		return refuse(mqtt.NotAuthorized, "%v", bound.Explain(policy.Connect, p.connection.ClientID))
	}
	if answer != nil {
		p.schedule(answer)
	}
	return nil
}

// keySet is what an access key's policies say. They are evaluated as AWS IoT's are.
func (a *admission) keySet(key *Key) (*policy.Set, error) {
	set, err := a.sets.compile(key.Policies, nil)
	if err != nil {
		return nil, refuse(mqtt.NotAuthorized, "a policy of the access key cannot be used: %w", err)
	}
	return set, nil
}

// A subject is who wants to do something, as policies see it.
type subject struct {
	kind          carrierKind
	session       string            // a UUID of the connection
	remote        string            // "host:port"
	connection    policy.Connection // without the thing, which the registry tells
	certificateID string            // "" without a certificate
	validity      [2]time.Time      // of the certificate
}

// newSubject knows what there is to know without asking anybody. connect is nil for HTTP.
func newSubject(o *Options, c *carrier, connect *mqtt.Connect) subject {
	s := subject{kind: c.kind, session: c.id, remote: c.remote.String(), connection: policy.Connection{
		Region:     o.Region,
		Account:    o.Account,
		Protocol:   policy.HTTPS,
		SourceIP:   c.remote.Addr().Unmap(),
		DomainName: c.serverName,
		Now:        o.Now,
	}}
	if !c.tls {
		s.connection.Extra = policy.Context{policy.KeySecureTransport: {"false"}}
	}
	if connect != nil {
		s.session = connect.SessionID
		s.connection.Protocol, s.connection.ClientID = policy.MQTT, connect.ClientID
		s.connection.ConnectAttributes, s.connection.LastWillTopic = connectAttributes(connect)
	}
	if c.certificate != nil {
		id := sha256.Sum256(c.certificate.Raw)
		s.certificateID = hex.EncodeToString(id[:])
		s.connection.Certificate = policy.NewCertificate(c.certificate)
		s.validity = [2]time.Time{c.certificate.NotBefore, c.certificate.NotAfter}
	}
	return s
}

// connectAttributes are the attributes of a CONNECT packet and the topic of its will. A
// session is persistent when one is taken up, and when one is left behind.
func connectAttributes(connect *mqtt.Connect) (attributes []string, will string) {
	if !connect.CleanStart || connect.Expiry > 0 {
		attributes = append(attributes, "PersistentConnect")
	}
	if connect.Will != nil {
		attributes, will = append(attributes, "LastWill"), connect.Will.Topic
	}
	return attributes, will
}

// lookUp asks the registry about the certificate of a subject that has one, and refuses
// those that may not connect.
func (a *admission) lookUp(ctx context.Context, s *subject) (Principal, error) {
	if a.domain(s.connection.DomainName).CertificateAndAuthorizer && (s.certificateID == "" || !s.kind.custom()) {
		return Principal{}, refuse(mqtt.NotAuthorized, "%s wants a certificate and an authorizer", s.connection.DomainName)
	}
	if s.certificateID == "" {
		return Principal{}, nil
	}
	if now := a.options.Now(); now.Before(s.validity[0]) || now.After(s.validity[1]) {
		return Principal{}, refuse(mqtt.NotAuthorized, "the certificate is valid from %v to %v only", s.validity[0].UTC(), s.validity[1].UTC())
	}
	p, err := a.registry.Principal(ctx, s.certificateID, s.connection.ClientID)
	switch {
	case errors.Is(err, ErrNotFound):
		return Principal{}, refuse(mqtt.NotAuthorized, "the certificate %s is not registered", s.certificateID)
	case err != nil:
		return Principal{}, refuse(mqtt.ServerUnavailable, "the registry failed: %w", err)
	case !p.Active:
		return Principal{}, refuse(mqtt.NotAuthorized, "the certificate %s is registered, but not ACTIVE", s.certificateID)
	}
	return p, nil
}

// domain is what was configured for a server name.
func (a *admission) domain(serverName string) Domain {
	if domain, ok := a.options.Domains[strings.ToLower(serverName)]; ok {
		return domain
	}
	return Domain{AllowAuthorizerOverride: true}
}

// rules returns the union of all policies that hold for a subject now, and its connection
// with its thing: own are those of an authorizer's answer or of an access key, nil for
// none; the others are those of the certificate and of its thing's groups.
func (a *admission) rules(ctx context.Context, s *subject, own *policy.Set) (*policy.Set, policy.Connection, error) {
	registered, err := a.lookUp(ctx, s)
	if err != nil {
		return nil, policy.Connection{}, err
	}
	connection := s.connection
	connection.Thing = registered.Thing
	set := own
	switch {
	case own == nil:
		set, err = a.sets.compile(registered.Policies, registered.GroupPolicies)
	case s.certificateID != "":
		set, err = join(own, registered.Policies, registered.GroupPolicies)
	}
	if err != nil {
		return nil, policy.Connection{}, refuse(mqtt.NotAuthorized, "a policy of the certificate %s cannot be used: %w", s.certificateID, err)
	}
	return set, connection, nil
}

// refuse makes a refusal, which the client is told, of an explanation, which it is not.
func refuse(reason mqtt.Reason, format string, args ...any) *mqtt.Refusal {
	return &mqtt.Refusal{Reason: reason, Err: fmt.Errorf("gateway: "+format, args...)}
}
