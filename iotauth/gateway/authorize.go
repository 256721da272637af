package gateway

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/askaround/askaround-go/internal/mqtt"
	"github.com/askaround/askaround-go/iotauth"
	"github.com/askaround/askaround-go/iotauth/policy"
)

// evidence is what a client shows to a custom authorizer. It is kept while the client is
// connected, because the authorizer is asked again.
type evidence struct {
	serverName string
	sources    []iotauth.Params // headers, query, user name: as far as the client has them
	request    iotauth.Request  // without token
}

// An answer is what an authorizer said of a client that it knows.
type answer struct {
	set                           *policy.Set
	principal                     string
	refreshAfter, disconnectAfter time.Duration
}

// newEvidence takes what the carrier, and the CONNECT packet if there is one, have brought.
func newEvidence(c *carrier, connect *mqtt.Connect) (*evidence, error) {
	e := &evidence{serverName: c.serverName}
	e.request.ConnectionMetadata = &iotauth.ConnectionMetadata{ID: c.id}
	data := &iotauth.ProtocolData{}
	e.request.ProtocolData = data
	if c.tls {
		e.speaks(iotauth.ProtocolTLS)
		data.TLS = tlsData(c)
	}
	if c.request != nil {
		e.speaks(iotauth.ProtocolHTTP)
		data.HTTP = httpData(c)
		if err := e.add(iotauth.ParseHeader(c.request.Header)); err != nil {
			return nil, err
		}
		if err := e.add(iotauth.ParseQuery(c.request.URL.RawQuery)); err != nil {
			return nil, err
		}
	}
	if connect != nil {
		e.speaks(iotauth.ProtocolMQTT)
		data.MQTT = &iotauth.MQTTData{ClientID: connect.ClientID, Username: connect.Username, Password: bytes.Clone(connect.Password)}
		e.request.ConnectionMetadata.ID = connect.SessionID
		_, params, err := iotauth.ParseUsername(connect.Username)
		if err := e.add(params, err); err != nil {
			return nil, err
		}
	}
	return e, nil
}

func (e *evidence) speaks(protocol string) {
	e.request.Protocols = append(e.request.Protocols, protocol)
}

// add adds a source of credentials.
func (e *evidence) add(p iotauth.Params, err error) error {
	if err != nil {
		return refuse(mqtt.NotAuthorized, "%w", err)
	}
	e.sources = append(e.sources, p)
	return nil
}

// tlsData tells of the certificate only where the client showed one: its endpoint wants
// both (CUSTOM_AUTH_X509).
func tlsData(c *carrier) *iotauth.TLSData {
	data := &iotauth.TLSData{ServerName: c.serverName}
	if c.certificate != nil {
		data.X509CertificatePEM = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.certificate.Raw}))
		data.PrincipalID = policy.NewCertificate(c.certificate).ID
	}
	return data
}

// httpData tells a header that came several times in one line (RFC 9110, section 5.2).
func httpData(c *carrier) *iotauth.HTTPData {
	data := &iotauth.HTTPData{Headers: make(map[string]string, len(c.request.Header)+1)}
	for name, values := range c.request.Header {
		data.Headers[name] = strings.Join(values, ", ")
	}
	if c.request.Host != "" {
		data.Headers["Host"] = c.request.Host // net/http keeps it apart
	}
	if c.request.URL.RawQuery != "" {
		data.QueryString = "?" + c.request.URL.RawQuery
	}
	return data
}

// errTwoSources: headers, query and user name contradict each other. AWS does not say
// which of them counts then; to choose one would let who controls another believe that
// it does.
var errTwoSources = errors.New("the client's headers, query and user name name different authorizers or tokens")

// authorizerName is the one that the client asks for, "" for none.
func (e *evidence) authorizerName() (string, error) {
	var name string
	for _, source := range e.sources {
		switch found := source.Authorizer(); {
		case found == "" || found == name:
		case name != "":
			return "", errTwoSources
		default:
			name = found
		}
	}
	return name, nil
}

// credentials are token and signature, which come from one source, or equal from several.
func (e *evidence) credentials(tokenKey string) (iotauth.Credentials, error) {
	var out iotauth.Credentials
	if tokenKey == "" {
		return out, nil // the authorizer reads no token
	}
	for _, source := range e.sources {
		found, err := source.Credentials(tokenKey)
		switch {
		case err != nil:
			return iotauth.Credentials{}, err
		case found.Token == "" && found.Signature == "":
		case out.Token != "" && (out.Token != found.Token || out.Signature != found.Signature):
			return iotauth.Credentials{}, errTwoSources
		default:
			out = found
		}
	}
	return out, nil
}

// authorize goes through the workflow of custom authentication: it finds the authorizer,
// has it verify the signature, call the function and validate its answer. Errors are
// [*mqtt.Refusal]s: details are for the log, and hold no credentials.
func (a *admission) authorize(ctx context.Context, e *evidence) (*answer, error) {
	authorizer, err := a.findAuthorizer(ctx, e)
	if err != nil {
		return nil, err
	}
	return a.invoke(ctx, authorizer, e)
}

// invoke is authorize from the signature on.
func (a *admission) invoke(ctx context.Context, authorizer Authorizer, e *evidence) (*answer, error) {
	credentials, err := e.credentials(authorizer.TokenKey())
	if err != nil {
		return nil, refuse(mqtt.NotAuthorized, "authorizer %s: %w", authorizer.Name(), err)
	}
	response, err := authorizer.Invoke(ctx, credentials.Token, credentials.Signature, e.request)
	a.counters.countInvocation(err)
	if err != nil {
		return nil, refuse(mqtt.NotAuthorized, "authorizer %s: %s", authorizer.Name(), e.redact(err, credentials))
	}
	if !response.IsAuthenticated {
		return nil, refuse(mqtt.NotAuthorized, "authorizer %s: isAuthenticated is false", authorizer.Name())
	}
	set, err := policy.Compile(response.PolicyDocuments...)
	if err != nil {
		return nil, refuse(mqtt.NotAuthorized, "authorizer %s: policyDocuments: %w", authorizer.Name(), err)
	}
	return &answer{set: set, principal: response.PrincipalID, refreshAfter: response.RefreshAfter, disconnectAfter: response.DisconnectAfter}, nil
}

// findAuthorizer finds the authorizer that the client names, or the default one of the
// endpoint. A domain that does not allow to name one has its default used all the same.
func (a *admission) findAuthorizer(ctx context.Context, e *evidence) (Authorizer, error) {
	name, err := e.authorizerName()
	if err != nil {
		return Authorizer{}, refuse(mqtt.NotAuthorized, "%w", err)
	}
	if domain := a.domain(e.serverName); name == "" || !domain.AllowAuthorizerOverride {
		name = domain.DefaultAuthorizer
	}
	if name != "" && !iotauth.ValidAuthorizerName(name) {
		return Authorizer{}, refuse(mqtt.NotAuthorized, "the client asks for %.64q, which is no authorizer's name", name)
	}
	authorizer, err := a.registry.Authorizer(ctx, name)
	switch {
	case errors.Is(err, ErrNotFound) && name == "":
		return Authorizer{}, refuse(mqtt.NotAuthorized, "the client names no authorizer, and there is no default one")
	case errors.Is(err, ErrNotFound):
		return Authorizer{}, refuse(mqtt.NotAuthorized, "there is no authorizer %s", name)
	case err != nil:
		return Authorizer{}, refuse(mqtt.ServerUnavailable, "the registry failed: %w", err)
	case !authorizer.Active:
		return Authorizer{}, refuse(mqtt.NotAuthorized, "the authorizer %s is not ACTIVE", authorizer.Name())
	}
	return authorizer, nil
}

// redact is the text of an error without what the client must keep secret: the error may be
// that of a function which is somebody else's, and careless.
func (e *evidence) redact(err error, credentials iotauth.Credentials) string {
	secrets := []string{credentials.Token, credentials.Signature}
	if mqtt := e.request.ProtocolData.MQTT; mqtt != nil {
		secrets = append(secrets, mqtt.Username, string(mqtt.Password))
	}
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) }) // one may be within another
	text := err.Error()
	for _, secret := range secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "[secret]")
		}
	}
	return text
}
