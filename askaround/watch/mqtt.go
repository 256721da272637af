package watch

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/eclipse/paho.golang/autopaho"
	"github.com/eclipse/paho.golang/paho"
)

// ErrRefused reports that the broker did not grant a subscription.
var ErrRefused = errors.New("watch: subscription refused")

// MQTT is a [Broker] that speaks MQTT 5, by autopaho.
type MQTT struct {
	config autopaho.ClientConfig

	mu         sync.Mutex
	connection *autopaho.ConnectionManager // of the Run under way
}

// NewMQTT returns a Broker from a configuration of autopaho: it needs ServerUrls, and
// whatever proves the account. Sessions are not kept from one connection to the next,
// since a snapshot brings what a kept session would. Without a ReconnectBackoff it is
// 250 ms, doubling up to 30 s, at random.
func NewMQTT(config autopaho.ClientConfig) *MQTT {
	config.CleanStartOnInitialConnection = true
	config.SessionExpiryInterval = 0
	if config.ReconnectBackoff == nil {
		config.ReconnectBackoff = func(attempt int) time.Duration {
			if attempt == 0 {
				return 0
			}
			most := min(maxBackoff, 250*time.Millisecond<<min(attempt, 10))
			return most/2 + rand.N(most/2)
		}
	}
	return &MQTT{config: config}
}

// Run implements [Broker].
func (m *MQTT) Run(ctx context.Context, h Handler) error {
	config := m.config
	up, down := config.OnConnectionUp, config.OnConnectionDown
	config.OnConnectionUp = func(c *autopaho.ConnectionManager, ack *paho.Connack) {
		if up != nil {
			up(c, ack)
		}
		h.Up()
	}
	config.OnConnectionDown = func() bool {
		h.Down()
		return down == nil || down()
	}
	config.OnPublishReceived = append(slices.Clone(config.OnPublishReceived), func(p paho.PublishReceived) (bool, error) {
		h.Message(p.Packet.Topic, p.Packet.Payload)
		return true, nil
	})
	connection, err := autopaho.NewConnection(ctx, config)
	if err != nil {
		return fmt.Errorf("watch: %w", err)
	}
	m.mu.Lock()
	m.connection = connection
	m.mu.Unlock()
	<-connection.Done()
	return nil
}

// errNotRunning is of a Subscribe outside of Run.
var errNotRunning = errors.New("watch: not connected")

func (m *MQTT) current() (*autopaho.ConnectionManager, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.connection == nil {
		return nil, errNotRunning
	}
	return m.connection, nil
}

// Subscribe implements [Broker], at QoS 1.
func (m *MQTT) Subscribe(ctx context.Context, filters []string) error {
	c, err := m.current()
	if err != nil {
		return err
	}
	s := &paho.Subscribe{}
	for _, f := range filters {
		s.Subscriptions = append(s.Subscriptions, paho.SubscribeOptions{Topic: f, QoS: 1})
	}
	ack, err := c.Subscribe(ctx, s)
	if ack != nil {
		for i, reason := range ack.Reasons {
			if reason >= 0x80 && i < len(filters) {
				return fmt.Errorf("%w: %s: reason 0x%02x", ErrRefused, filters[i], reason)
			}
		}
	}
	return err
}

// Unsubscribe implements [Broker].
func (m *MQTT) Unsubscribe(ctx context.Context, filters []string) error {
	c, err := m.current()
	if err != nil {
		return err
	}
	_, err = c.Unsubscribe(ctx, &paho.Unsubscribe{Topics: filters})
	return err
}
