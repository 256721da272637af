package broker

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/askaround/askaround-go/internal/mqtt"
)

// admit asks Authenticate. Its errors are [*mqtt.Refusal]s.
func (b *Broker) admit(ctx context.Context, c *mqtt.Connect) (mqtt.Client, error) {
	granted, err := b.authenticate(ctx, c)
	if err != nil {
		b.options.Logger.Info("mqtt client refused", "connect", c, "error", err)
		return nil, err
	}
	b.options.Logger.Debug("mqtt client connected", "connect", c)
	l := &listener{Session: granted}
	if !granted.Expires.IsZero() {
		l.expiry = time.AfterFunc(time.Until(granted.Expires), func() { c.Disconnect(mqtt.MaximumConnectTime) })
	}
	return l, nil
}

func (b *Broker) authenticate(ctx context.Context, c *mqtt.Connect) (Session, error) {
	if c.Will != nil {
		return refuse(mqtt.NotAuthorized, errors.New("a will message is a publication"))
	}
	granted, err := b.ask(ctx, Connect{
		ClientID:   c.ClientID,
		Username:   c.Username,
		Password:   c.Password,
		Token:      bearerToken(c.Username, string(c.Password), b.options.TokenParameter),
		RemoteAddr: c.RemoteAddr,
		Protocol:   c.Protocol,
	})
	switch {
	case errors.Is(err, ErrBadCredentials):
		return refuse(mqtt.BadCredentials, err)
	case errors.Is(err, ErrUnavailable) || ctx.Err() != nil:
		return refuse(mqtt.ServerUnavailable, errors.Join(err, ctx.Err()))
	case err != nil:
		return refuse(mqtt.NotAuthorized, err)
	case !granted.Expires.IsZero() && !granted.Expires.After(time.Now()):
		return refuse(mqtt.BadCredentials, errors.New("session expired before it began"))
	case granted.Subject == "":
		return refuse(mqtt.NotAuthorized, errors.New("no subject"))
	}
	return granted, nil
}

// ask calls Authenticate. A panic there must not end the process for everybody.
func (b *Broker) ask(ctx context.Context, c Connect) (_ Session, err error) {
	defer func() {
		if p := recover(); p != nil {
			b.options.Logger.Error("Authenticate panicked", "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("%w: Authenticate panicked: %v", ErrUnavailable, p)
		}
	}()
	return b.options.Authenticate(ctx, c)
}

func refuse(reason mqtt.Reason, err error) (Session, error) {
	return Session{}, &mqtt.Refusal{Reason: reason, Err: err}
}

// listener is what an admitted client may do: listen.
type listener struct {
	Session
	expiry *time.Timer // nil where there is none
}

func (l *listener) Account() string              { return l.Subject }
func (l *listener) Principal() string            { return l.Subject }
func (*listener) MayPublish(string, bool) bool   { return false }
func (*listener) MayReceive(string, string) bool { return true } // what it has subscribed to

func (l *listener) MaySubscribe(filter string) bool {
	return l.CanSubscribe != nil && l.CanSubscribe(filter)
}

func (l *listener) Closed() {
	if l.expiry != nil {
		l.expiry.Stop()
	}
}
