package gateway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/askaround/askaround-go/internal/mqtt"
	"github.com/askaround/askaround-go/iotauth/gateway/internal/store"
)

var (
	// ErrOptions: [New] or [Gateway.Serve] was given what cannot work.
	ErrOptions = errors.New("gateway: invalid options")
	// ErrMessage: a topic, a payload or a property of a message is outside the limits.
	ErrMessage = mqtt.ErrInvalid
	// ErrClosed: the gateway was shut down.
	ErrClosed = mqtt.ErrClosed
)

// A Gateway is AWS IoT's in process. Make one with [New].
type Gateway struct {
	options    Options
	limits     Limits
	admission  *admission
	broker     *mqtt.Broker
	signatures *signatures
	web        *http.Server
	sockets    sockets
	bodies     atomic.Int64 // bytes, see mostBodies
	published  publishCounts
	refusals   gate // of the log, for those who are no client yet

	accepting, serving   context.Context // end with Shutdown: at its beginning, and when all that is orderly is done
	refuseAll, interrupt context.CancelFunc
}

// New returns a Gateway whose clients are those of registry, with the sessions that
// Options.Dir has kept. It listens to nothing until [Gateway.Serve] or [Gateway.Handler] is
// used; the caller calls [Gateway.Shutdown].
//
// Errors: [ErrOptions] with every option that cannot work; that another process has
// Options.Dir, or what the file system says of it.
func New(registry Registry, optFns ...func(*Options)) (*Gateway, error) {
	var o Options
	for _, fn := range optFns {
		fn(&o)
	}
	o, err := o.withDefaults()
	if registry == nil {
		err = errors.Join(fmt.Errorf("%w: no registry", ErrOptions), err)
	}
	if err != nil {
		return nil, err
	}
	g := &Gateway{options: o, limits: o.Limits.WithDefaults(), refusals: gate{burst: 100, every: 100 * time.Millisecond}}
	if g.signatures, err = newSignatures(&o, &g.limits); err != nil {
		return nil, err
	}
	if g.broker, err = openBroker(&o); err != nil {
		return nil, err
	}
	g.accepting, g.refuseAll = context.WithCancel(context.Background())
	g.serving, g.interrupt = context.WithCancel(context.Background())
	g.sockets.most, g.sockets.open = g.limits.Connections, map[net.Conn]bool{}
	g.web = g.newWebServer()
	g.admission = newAdmission(registry, o)
	return g, nil
}

// openBroker takes what Options.Dir keeps.
func openBroker(o *Options) (*mqtt.Broker, error) {
	settings := mqtt.Options{Limits: o.Limits, Logger: o.Logger, Tap: o.Tap}
	if o.Dir != "" {
		kept, err := store.Open(o.Dir, func(s *store.Options) { s.Logger = o.Logger })
		if err != nil {
			return nil, fmt.Errorf("gateway: open %s: %w", o.Dir, err)
		}
		settings.Store = kept
	}
	b, err := mqtt.New(settings)
	if err != nil {
		err = fmt.Errorf("gateway: %w", err)
		if settings.Store != nil {
			err = errors.Join(err, settings.Store.Close())
		}
		return nil, err
	}
	return b, nil
}

// Publish sends a message to everybody who is subscribed to its topic and may receive it,
// and to Options.Tap. With QoS 1 it returns when every persistent session that must get it
// has it on disk. The payload must not be changed afterwards.
//
// Errors: [ErrMessage], [ErrClosed], and that of ctx or of the store.
func (g *Gateway) Publish(ctx context.Context, m Message) error {
	if err := g.broker.Publish(ctx, m); err != nil {
		return fmt.Errorf("gateway: publish: %w", err)
	}
	return nil
}

// DeleteConnection disconnects a client, as the API's operation does, and reports whether it
// was connected. cleanSession ends its session too; noWill keeps its will from being
// published.
func (g *Gateway) DeleteConnection(clientID string, cleanSession, noWill bool) bool {
	return g.broker.Disconnect(clientID, mqtt.AdministrativeEnd, mqtt.DisconnectOptions{CleanSession: cleanSession, NoWill: noWill})
}

// Shutdown ends the gateway in order: it stops accepting, answers requests that are under
// way, tells the MQTT clients to leave, and closes the store. What is left when ctx ends is
// cut, and the error is then that of ctx. When it returns, no goroutine of the gateway runs.
func (g *Gateway) Shutdown(ctx context.Context) error {
	g.refuseAll()
	g.sockets.close()
	err := g.web.Shutdown(ctx)
	if ended := g.broker.Shutdown(ctx); !errors.Is(ended, mqtt.ErrClosed) { // by a call before
		err = errors.Join(err, ended)
	}
	g.interrupt()
	_ = g.web.Close()
	g.sockets.cut()
	g.sockets.running.Wait()
	g.admission.close()
	if err != nil {
		return fmt.Errorf("gateway: shut down: %w", err)
	}
	return nil
}
