package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"

	"github.com/askaround/askaround-go/internal/devissuer"
	"github.com/askaround/askaround-go/iotauth"
	"github.com/askaround/askaround-go/iotauth/oidcauth"
	"github.com/askaround/askaround-go/iotauth/policy"
)

// The issuer, which stands for Auth0, Cognito, Keycloak, and what its tokens are meant for.
const (
	issuerURL = "http://issuer.localhost"
	audience  = "devices"
)

// userGrants is what a user's token allows: to connect, and everything below users/{sub}.
// Whoever else is meant is not in the token, and so not in the policy.
func userGrants() []oidcauth.Grant {
	own := "users/${claim:sub}/*"
	return []oidcauth.Grant{{Policy: policy.New(
		policy.Allow(policy.Connect).On(policy.Client("${claim:sub}-*")),
		policy.Allow(policy.Publish, policy.Receive).On(policy.Topic(own)),
		policy.Allow(policy.Subscribe).On(policy.TopicFilter(own)),
	)}}
}

// openIssuer starts an issuer in the process, and returns the function that trusts it.
func (a *account) openIssuer() (iotauth.Handler, error) {
	var err error
	a.issuer, err = devissuer.New(issuerURL, func(o *devissuer.Options) { o.Audience = audience })
	if err != nil {
		return nil, err
	}
	return oidcauth.New(issuerURL, audience, userGrants(), func(o *oidcauth.Options) { o.HTTPClient = a.issuer.Client() })
}

// user is one whose device has a token of the issuer, and nothing else.
type user struct {
	name        string
	credentials iotauth.Credentials
	received    chan *paho.Publish
	client      *paho.Client
}

// connect connects a user's device by MQTT.
func (a *account) connect(ctx context.Context, d *device, name string) (*user, error) {
	token, err := a.issuer.Mint(name)
	if err != nil {
		return nil, err
	}
	u := &user{name: name, received: make(chan *paho.Publish, 16)}
	u.credentials = iotauth.Credentials{Authorizer: oidcAuthorizerName, TokenKey: oidcTokenKeyName, Token: token}
	username, err := u.credentials.Username(name)
	if err != nil {
		return nil, err
	}
	conn, err := d.mqtt(ctx)
	if err != nil {
		return nil, err
	}
	// paho writes a packet in parts, and its pings in between, where it is not told otherwise.
	u.client = paho.NewClient(paho.ClientConfig{Conn: packets.NewThreadSafeConn(conn), OnPublishReceived: []func(paho.PublishReceived) (bool, error){
		func(p paho.PublishReceived) (bool, error) { u.received <- p.Packet; return true, nil },
	}})
	_, err = u.client.Connect(ctx, &paho.Connect{ClientID: name + "-phone", Username: username, UsernameFlag: true, KeepAlive: 60, CleanStart: true})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("connect by MQTT as %s: %w", name, err), conn.Close())
	}
	return u, nil
}

// next waits for a message.
func (u *user) next(ctx context.Context) (*paho.Publish, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	select {
	case p := <-u.received:
		return p, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("no message for %s: %w", u.name, ctx.Err())
	}
}

// beUser shows what a token of the issuer opens, and what it does not.
func (a *account) beUser(ctx context.Context, d *device, tell *teller) error {
	alice, err := a.connect(ctx, d, "alice")
	if err != nil {
		return err
	}
	defer func() { _ = alice.client.Disconnect(&paho.Disconnect{}) }()
	if _, err := alice.client.Subscribe(ctx, &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: "users/alice/#", QoS: 1}}}); err != nil {
		return err
	}
	tell.step("OIDC", "alice's phone is connected by MQTT, with the issuer's token in its user name")
	got, err := d.publish(ctx, alice.credentials, "users/alice/lamp", "on")
	if err = errors.Join(err, got.expect(200)); err != nil {
		return err
	}
	message, err := alice.next(ctx)
	if err != nil {
		return err
	}
	tell.more(fmt.Sprintf("users/alice/lamp, published by HTTPS with the same token, arrives: %q", message.Payload))
	got, err = d.publish(ctx, alice.credentials, "users/bob/lamp", "on")
	if err = errors.Join(err, got.expect(403)); err != nil {
		return err
	}
	tell.more("users/bob/lamp is not hers: " + got.status)
	denied, err := alice.client.Subscribe(ctx, &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: "users/bob/#", QoS: 1}}})
	if err == nil || denied == nil {
		return fmt.Errorf("%w: alice may listen to bob", errAnswer)
	}
	tell.more(fmt.Sprintf("nor may she listen there: SUBACK 0x%X", denied.Reasons[0]))
	return nil
}
