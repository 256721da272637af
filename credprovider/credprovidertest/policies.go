package credprovidertest

import (
	"crypto/x509"
	"fmt"
	"net/netip"
	"strings"

	"github.com/askaround/askaround-go/iotauth/policy"
)

// compile makes one set of policy documents.
func compile(documents []string) (*policy.Set, error) {
	parsed := make([]*policy.Document, len(documents))
	for i, text := range documents {
		var err error
		if parsed[i], err = policy.Parse([]byte(text)); err != nil {
			return nil, fmt.Errorf("%w: policy %d: %w", ErrInvalid, i+1, err)
		}
	}
	set, err := policy.Compile(parsed...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return set, nil
}

// mayAssume evaluates iot:AssumeRoleWithCertificate. The variables of the thing have
// values where the device named it.
func (e *Endpoint) mayAssume(policies *policy.Set, alias string, leaf *x509.Certificate, thing *Thing, peer string) bool {
	c := policy.Connection{
		Region: e.options.Region, Account: e.options.AccountID, Protocol: policy.MQTT, // what has variables of the thing
		Certificate: policy.NewCertificate(leaf), Now: e.options.Clock,
	}
	if address, err := netip.ParseAddrPort(peer); err == nil {
		c.SourceIP = address.Addr()
	}
	if thing != nil {
		c.Thing = &policy.Thing{Name: thing.Name, TypeName: thing.TypeName, Attributes: thing.Attributes, Attached: true, Exclusive: true}
	}
	return policies.Evaluate(c.Request(policy.AssumeRoleWithCertificate, alias)).Allowed()
}

// Authorize evaluates the access policies of a session's role: whether the session with
// accessKeyID may do action ("dynamodb:PutItem") with a resource (an ARN). context holds
// further condition keys, such as dynamodb:LeadingKeys, and may be nil; those of the
// session and the time are known. A key that was never handed out, a session that has
// expired and a role that was deleted may do nothing.
func (e *Endpoint) Authorize(accessKeyID, action, resource string, context map[string][]string) bool {
	s, ok := e.Session(accessKeyID)
	if !ok || !e.now().Before(s.Expires) {
		return false
	}
	e.registry.mu.RLock()
	role, ok := e.roles[s.RoleARN]
	e.registry.mu.RUnlock()
	if !ok {
		return false
	}
	keys := (&policy.Connection{Now: e.options.Clock}).Context()
	for key, values := range context {
		if !strings.HasPrefix(strings.ToLower(key), "credentials-iot:") { // nobody outside says who a session is
			keys[key] = values
		}
	}
	for key, value := range map[string]string{
		"credentials-iot:ThingName": s.ThingName, "credentials-iot:ThingTypeName": s.ThingTypeName, "credentials-iot:AwsCertificateId": s.CertificateID,
	} {
		if value != "" {
			keys[key] = []string{value}
		}
	}
	return role.access.Evaluate(policy.Request{Action: policy.Action(action), Resource: resource, Context: keys}).Allowed()
}
