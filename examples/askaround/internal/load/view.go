package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/eclipse/paho.golang/paho"

	"github.com/askaround/askaround-go/api/askaround"
	domain "github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/askaround/topic"
	"github.com/askaround/askaround-go/examples/askaround/app"
)

// A view is what somebody sees of a question's answers, in one of the ways to learn of them.
type view struct {
	name string
	// follow feeds the view until ctx ends.
	follow func(ctx context.Context, v *view) error

	mu    sync.Mutex
	times []time.Time   // when it first had 1, 2, … answers
	grown chan struct{} // holds one when times has grown
}

func newView(name string, follow func(context.Context, *view) error) *view {
	return &view{name: name, follow: follow, grown: make(chan struct{}, 1)}
}

// saw notes that the question has so many answers now.
func (v *view) saw(answers int64) {
	now := time.Now()
	v.mu.Lock()
	defer v.mu.Unlock()
	for int64(len(v.times)) < answers {
		v.times = append(v.times, now)
	}
	select {
	case v.grown <- struct{}{}:
	default:
	}
}

// until waits until the view had n answers, and returns when it first had each number.
func (v *view) until(ctx context.Context, n int) ([]time.Time, error) {
	for {
		v.mu.Lock()
		times := v.times
		v.mu.Unlock()
		if len(times) >= n {
			return times[:n], nil
		}
		select {
		case <-v.grown:
		case <-ctx.Done():
			return nil, fmt.Errorf("%s showed %d of %d answers: %w", v.name, len(times), n, context.Cause(ctx))
		}
	}
}

// pushedByMQTT is told on the question's topic.
func pushedByMQTT(a *app.App, token, account, question string) func(context.Context, *view) error {
	return func(ctx context.Context, v *view) error {
		name, err := topic.NewQuestion(question)
		if err != nil {
			return err
		}
		me, err := topic.Parse(account)
		own, ok := me.(topic.Account)
		if !ok {
			return fmt.Errorf("%q is no account's topic: %w", account, err)
		}
		socket, err := net.Dial("tcp", a.MQTTAddr())
		if err != nil {
			return err
		}
		c := paho.NewClient(paho.ClientConfig{Conn: socket, OnPublishReceived: []func(paho.PublishReceived) (bool, error){func(p paho.PublishReceived) (bool, error) {
			var m domain.SummaryMessage
			if json.Unmarshal(p.Packet.Payload, &m) == nil && m.Type == domain.TypeSummary {
				v.saw(m.Answers)
			}
			return true, nil
		}}})
		if _, err := c.Connect(ctx, &paho.Connect{ClientID: topic.RoleUser.ClientID(own.ID(), "load"), CleanStart: true, KeepAlive: 30,
			PasswordFlag: true, Password: []byte(token), UsernameFlag: true, Username: "load"}); err != nil {
			return err
		}
		if _, err := c.Subscribe(ctx, &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: name.String(), QoS: 1}}}); err != nil {
			return err
		}
		<-ctx.Done()
		return c.Disconnect(&paho.Disconnect{})
	}
}

// pushedByEvents is told by server-sent events.
func pushedByEvents(c *askaround.Client, question string) func(context.Context, *view) error {
	return func(ctx context.Context, v *view) error {
		for event, err := range c.Events(ctx, askaround.StreamEventsParams{Questions: &[]askaround.QuestionID{question}}) {
			if err != nil {
				return err
			}
			var m domain.SummaryMessage
			if json.Unmarshal(event.Data, &m) == nil && m.Type == domain.TypeSummary {
				v.saw(m.Answers)
			}
		}
		return nil
	}
}

// polled asks for the question again and again.
func polled(c *askaround.Client, question string, every time.Duration) func(context.Context, *view) error {
	return func(ctx context.Context, v *view) error {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			q, err := c.GetQuestion(ctx, question)
			if err != nil {
				return err
			}
			v.saw(q.Summary.Answers)
			select {
			case <-tick.C:
			case <-ctx.Done():
				return nil
			}
		}
	}
}
