package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/askaround/askaround-go/iotauth"
)

// secretVariable holds the secret of a webhook; on a command line everybody would see it.
const secretVariable = "IOTAUTH_SECRET"

// invocation is how the flags of test-invoke describe a client.
type invocation struct {
	url, keyFiles, signature   string
	timeout                    time.Duration
	serverName, query          string
	username, password, client string
	headers                    headers
}

// headers is a flag that may be given several times.
type headers map[string]string

func (h headers) String() string { return "" }

func (h headers) Set(text string) error {
	name, value, found := strings.Cut(text, ":")
	if !found || name == "" {
		return errors.New("want NAME: VALUE")
	}
	h[http.CanonicalHeaderKey(strings.TrimSpace(name))] = strings.TrimSpace(value)
	return nil
}

func (in *invocation) register(set *flag.FlagSet) {
	in.headers = headers{}
	set.StringVar(&in.url, "url", "", "`URL` of the authorizer: a webhook, or an endpoint as Lambda's. $"+secretVariable+" is sent as its bearer token")
	set.StringVar(&in.keyFiles, "key", "", "`file` of the authorizer's public key, or two with a comma between; none is an authorizer with signing disabled")
	set.StringVar(&in.signature, "signature", "", "the token's signature, base64")
	set.DurationVar(&in.timeout, "timeout", iotauth.InvokeTimeout, "how long the answer may take")
	set.StringVar(&in.serverName, "server-name", "", "server `name` of TLS")
	set.Var(in.headers, "header", "`header` of HTTP, \"NAME: VALUE\"; several are allowed")
	set.StringVar(&in.query, "query", "", "query `string` of HTTP")
	set.StringVar(&in.client, "client-id", "", "client `ID` of MQTT")
	set.StringVar(&in.username, "username", "", "user `name` of MQTT")
	set.StringVar(&in.password, "password", "", "`password` of MQTT")
}

// request is the event for the flags.
func (in *invocation) request() iotauth.Request {
	r := iotauth.Request{Protocols: []string{iotauth.ProtocolTLS}, ProtocolData: &iotauth.ProtocolData{TLS: &iotauth.TLSData{ServerName: in.serverName}}}
	if len(in.headers) > 0 || in.query != "" {
		r.Protocols = append(r.Protocols, iotauth.ProtocolHTTP)
		r.ProtocolData.HTTP = &iotauth.HTTPData{Headers: in.headers, QueryString: in.query}
	}
	if in.client != "" || in.username != "" || in.password != "" {
		r.Protocols = append(r.Protocols, iotauth.ProtocolMQTT)
		r.ProtocolData.MQTT = &iotauth.MQTTData{ClientID: in.client, Username: in.username, Password: []byte(in.password)}
	}
	return r
}

func runTestInvoke(ctx context.Context, p *program, args []string) error {
	set := p.flags("test-invoke", "[TOKEN]")
	var in invocation
	in.register(set)
	operands, err := parse(set, args, 0, 1)
	if err != nil {
		return err
	}
	if in.url == "" {
		return p.wrong(set, "-url is needed")
	}
	token := ""
	if len(operands) > 0 {
		if token, err = p.operand(operands[0]); err != nil {
			return err
		}
	}
	authorizer, err := in.authorizer(p.getenv(secretVariable))
	if err != nil {
		return err
	}
	response, err := authorizer.Invoke(ctx, token, in.signature, in.request())
	switch {
	case errors.Is(err, iotauth.ErrSignature):
		fmt.Fprintf(p.stderr, "the authorizer was not asked: %v\n", err)
		return errNo
	case err != nil:
		return err
	}
	if err := p.printResult(response); err != nil {
		return err
	}
	if !response.IsAuthenticated {
		return errNo
	}
	return nil
}

func (in *invocation) authorizer(secret string) (*iotauth.Authorizer, error) {
	remote, err := iotauth.NewRemote(in.url, func(o *iotauth.RemoteOptions) { o.Secret = secret })
	if err != nil {
		return nil, err
	}
	var v *iotauth.Verifier
	if in.keyFiles != "" {
		if v, err = readVerifier(in.keyFiles); err != nil {
			return nil, err
		}
	}
	return iotauth.NewAuthorizer("test-invoke", "token", remote, func(o *iotauth.AuthorizerOptions) {
		o.Verifier, o.Timeout = v, in.timeout
	})
}

// printResult prints the answer as "aws iot test-invoke-authorizer" does, with documents in
// strings.
func (p *program) printResult(r *iotauth.Response) error {
	result := struct {
		IsAuthenticated bool     `json:"isAuthenticated"`
		PrincipalID     string   `json:"principalId,omitempty"`
		PolicyDocuments []string `json:"policyDocuments,omitempty"`
		RefreshAfter    int64    `json:"refreshAfterInSeconds,omitempty"`
		DisconnectAfter int64    `json:"disconnectAfterInSeconds,omitempty"`
	}{r.IsAuthenticated, r.PrincipalID, nil, int64(r.RefreshAfter / time.Second), int64(r.DisconnectAfter / time.Second)}
	for _, d := range r.PolicyDocuments {
		result.PolicyDocuments = append(result.PolicyDocuments, d.String())
	}
	return p.printJSON(result)
}

func (p *program) printJSON(v any) error {
	e := json.NewEncoder(p.stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "    ")
	return e.Encode(v)
}
