package registry

import (
	"github.com/google/uuid"

	"github.com/askaround/askaround-go/iotauth"
	"github.com/askaround/askaround-go/iotauth/policy"
)

// authorizerOperations are those of custom authorizers.
var authorizerOperations = []operation{
	{"CreateAuthorizer", "POST", "/authorizer/{authorizerName}", (*call).createAuthorizer},
	{"DescribeAuthorizer", "GET", "/authorizer/{authorizerName}", (*call).describeAuthorizer},
	{"UpdateAuthorizer", "PUT", "/authorizer/{authorizerName}", (*call).updateAuthorizer},
	{"DeleteAuthorizer", "DELETE", "/authorizer/{authorizerName}", (*call).deleteAuthorizer},
	{"ListAuthorizers", "GET", "/authorizers", (*call).listAuthorizers},
	{"TestInvokeAuthorizer", "POST", "/authorizer/{authorizerName}/test", (*call).testInvokeAuthorizer},
	{"SetDefaultAuthorizer", "POST", "/default-authorizer", (*call).setDefaultAuthorizer},
	{"DescribeDefaultAuthorizer", "GET", "/default-authorizer", (*call).describeDefaultAuthorizer},
	{"ClearDefaultAuthorizer", "DELETE", "/default-authorizer", (*call).clearDefaultAuthorizer},
}

// authorizerInput is what creates or updates an authorizer.
type authorizerInput struct {
	unsupported
	AuthorizerFunctionARN  string            `json:"authorizerFunctionArn"`
	TokenKeyName           string            `json:"tokenKeyName"`
	TokenSigningPublicKeys map[string]string `json:"tokenSigningPublicKeys"`
	Status                 Status            `json:"status"`
	SigningDisabled        bool              `json:"signingDisabled"`
	EnableCachingForHTTP   *bool             `json:"enableCachingForHttp"`
}

func (c *call) createAuthorizer() (any, error) {
	var in authorizerInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	a, err := c.registry.CreateAuthorizer(c.ctx(), Authorizer{
		Name: c.labels["authorizerName"], FunctionARN: in.AuthorizerFunctionARN, TokenKeyName: in.TokenKeyName,
		TokenSigningPublicKeys: in.TokenSigningPublicKeys, Status: in.Status, SigningDisabled: in.SigningDisabled,
		EnableCachingForHTTP: in.EnableCachingForHTTP != nil && *in.EnableCachingForHTTP,
	})
	return authorizerNameAndARN(a), err
}

func authorizerNameAndARN(a Authorizer) any {
	return fields{"authorizerName": a.Name, "authorizerArn": a.ARN}
}

func (c *call) updateAuthorizer() (any, error) {
	var in authorizerInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	a, err := c.registry.UpdateAuthorizer(c.ctx(), c.labels["authorizerName"], AuthorizerUpdate{
		FunctionARN: in.AuthorizerFunctionARN, TokenKeyName: in.TokenKeyName, TokenSigningPublicKeys: in.TokenSigningPublicKeys,
		Status: in.Status, EnableCachingForHTTP: in.EnableCachingForHTTP,
	})
	return authorizerNameAndARN(a), err
}

func (c *call) deleteAuthorizer() (any, error) {
	return fields{}, c.registry.DeleteAuthorizer(c.ctx(), c.labels["authorizerName"])
}

// described is the answer with a whole authorizer.
func described(a Authorizer, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	out := fields{
		"authorizerName": a.Name, "authorizerArn": a.ARN, "authorizerFunctionArn": a.FunctionARN, "status": a.Status,
		"creationDate": timestamp(a.Created), "lastModifiedDate": timestamp(a.Modified),
		"signingDisabled": a.SigningDisabled, "enableCachingForHttp": a.EnableCachingForHTTP,
	}.set("tokenKeyName", a.TokenKeyName)
	if len(a.TokenSigningPublicKeys) > 0 {
		out["tokenSigningPublicKeys"] = a.TokenSigningPublicKeys
	}
	return fields{"authorizerDescription": out}, nil
}

func (c *call) describeAuthorizer() (any, error) {
	return described(c.registry.DescribeAuthorizer(c.labels["authorizerName"]))
}

func (c *call) listAuthorizers() (any, error) {
	authorizers, next, err := c.registry.ListAuthorizers(Status(c.query("status")), c.dated())
	return fields{"authorizers": each(authorizers, authorizerNameAndARN)}.set("nextMarker", next), err
}

func (c *call) setDefaultAuthorizer() (any, error) {
	var in struct {
		AuthorizerName string `json:"authorizerName"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	a, err := c.registry.SetDefaultAuthorizer(c.ctx(), in.AuthorizerName)
	return authorizerNameAndARN(a), err
}

func (c *call) describeDefaultAuthorizer() (any, error) {
	return described(c.registry.DescribeDefaultAuthorizer())
}

func (c *call) clearDefaultAuthorizer() (any, error) {
	return fields{}, c.registry.ClearDefaultAuthorizer(c.ctx())
}

// trialInput is what a client would send, in TestInvokeAuthorizer.
type trialInput struct {
	Token          string `json:"token"`
	TokenSignature string `json:"tokenSignature"`
	HTTPContext    *struct {
		Headers     map[string]string `json:"headers"`
		QueryString string            `json:"queryString"`
	} `json:"httpContext"`
	MQTTContext *struct {
		Username string `json:"username"`
		Password []byte `json:"password"`
		ClientID string `json:"clientId"`
	} `json:"mqttContext"`
	TLSContext *struct {
		ServerName string `json:"serverName"`
	} `json:"tlsContext"`
}

// request is the event for the function.
func (in trialInput) request() iotauth.Request {
	r := iotauth.Request{ProtocolData: &iotauth.ProtocolData{}, ConnectionMetadata: &iotauth.ConnectionMetadata{ID: uuid.NewString()}}
	if t := in.TLSContext; t != nil {
		r.Protocols = append(r.Protocols, iotauth.ProtocolTLS)
		r.ProtocolData.TLS = &iotauth.TLSData{ServerName: t.ServerName}
	}
	if h := in.HTTPContext; h != nil {
		r.Protocols = append(r.Protocols, iotauth.ProtocolHTTP)
		r.ProtocolData.HTTP = &iotauth.HTTPData{Headers: h.Headers, QueryString: h.QueryString}
	}
	if m := in.MQTTContext; m != nil {
		r.Protocols = append(r.Protocols, iotauth.ProtocolMQTT)
		r.ProtocolData.MQTT = &iotauth.MQTTData{Username: m.Username, Password: m.Password, ClientID: m.ClientID}
	}
	return r
}

func (c *call) testInvokeAuthorizer() (any, error) {
	var in trialInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	response, err := c.registry.TestInvokeAuthorizer(c.ctx(), c.labels["authorizerName"], in.Token, in.TokenSignature, in.request())
	if err != nil {
		return nil, err
	}
	out := fields{
		"isAuthenticated":          response.IsAuthenticated,
		"policyDocuments":          each(response.PolicyDocuments, func(d *policy.Document) any { return d.String() }),
		"refreshAfterInSeconds":    int(response.RefreshAfter.Seconds()),
		"disconnectAfterInSeconds": int(response.DisconnectAfter.Seconds()),
	}
	return out.set("principalId", response.PrincipalID), nil
}
