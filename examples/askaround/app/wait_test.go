package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/eclipse/paho.golang/paho"

	"github.com/askaround/askaround-go/api/askaround"
	"github.com/askaround/askaround-go/askaround/topic"
)

// pahoPush gives the client of the API its news by MQTT, with paho: all that a program
// with an MQTT client of its own needs.
type pahoPush struct {
	address, token string
	messages       atomic.Int64
}

func (p *pahoPush) Subscribe(ctx context.Context, name string, ready func(), receive func([]byte)) error {
	account, err := topic.Parse(name)
	own, ok := account.(topic.Account)
	if !ok {
		return fmt.Errorf("%q is no account's topic: %w", name, err)
	}
	socket, err := net.Dial("tcp", p.address)
	if err != nil {
		return err
	}
	c := paho.NewClient(paho.ClientConfig{Conn: socket, OnPublishReceived: []func(paho.PublishReceived) (bool, error){
		func(m paho.PublishReceived) (bool, error) {
			p.messages.Add(1)
			receive(m.Packet.Payload)
			return true, nil
		},
	}})
	if _, err := c.Connect(ctx, &paho.Connect{ClientID: topic.RoleUser.ClientID(own.ID(), "wait"), CleanStart: true, KeepAlive: 30,
		UsernameFlag: true, Username: "wait", PasswordFlag: true, Password: []byte(p.token)}); err != nil {
		return err
	}
	if _, err := c.Subscribe(ctx, &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: name, QoS: 1}}}); err != nil {
		return err
	}
	ready()
	select {
	case <-ctx.Done():
		return c.Disconnect(&paho.Disconnect{})
	case <-c.Done():
		return errors.New("the broker ended the connection")
	}
}

// counting counts requests by the first part of their path.
type counting struct {
	mu     sync.Mutex
	counts map[string]int
}

func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	c.mu.Lock()
	c.counts[first]++
	c.mu.Unlock()
	return transport.RoundTrip(r)
}

// TestWait waits for outcomes of the real pipeline, told by server-sent events and by MQTT.
func TestWait(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the whole system")
	}
	a := start(t, Config{})
	token, err := a.Token("ann")
	if err != nil {
		t.Fatal(err)
	}
	push := &pahoPush{address: a.MQTTAddr(), token: token}
	for _, row := range []struct {
		by   string
		push askaround.Subscriber
	}{{"events", nil}, {"MQTT", push}} {
		t.Run(row.by, func(t *testing.T) {
			requests := &counting{counts: map[string]int{}}
			client, err := askaround.New(a.URL(), askaround.WithToken(token), func(o *askaround.Options) {
				o.Push, o.HTTPClient = row.push, &http.Client{Transport: requests}
			})
			if err != nil {
				t.Fatal(err)
			}
			// Who asks right after subscribing may find every outcome there already.
			for round := 0; round == 0 || round < 10 && row.push != nil && push.messages.Load() == 0; round++ {
				var wg sync.WaitGroup
				for i := range 40 {
					wg.Go(func() { waitForOne(t, client, i) })
				}
				wg.Wait()
			}
			if stream := requests.counts["events"] > 0; stream != (row.push == nil) {
				t.Errorf("requests %v", requests.counts)
			}
			t.Logf("requests %v, messages %d", requests.counts, push.messages.Load())
		})
	}
	if push.messages.Load() == 0 {
		t.Error("nothing was told by MQTT")
	}
}

// waitForOne asks a question, finds it, and answers it, which its author may not.
func waitForOne(t *testing.T, client *askaround.Client, i int) {
	asked, err := client.AskQuestion(t.Context(), askaround.NewQuestion{Text: fmt.Sprint("question ", i),
		Kind: askaround.QuestionKindStar, Location: askaround.LatLng{Lat: 51.5, Lng: -0.1}})
	if err != nil {
		t.Error(err)
		return
	}
	if _, err := asked.Wait(t.Context()); err != nil {
		t.Error(err)
		return
	}
	if q, err := client.GetQuestion(t.Context(), asked.Question); err != nil || q.Text != fmt.Sprint("question ", i) {
		t.Error(q, err)
	}
	answered, err := client.PutAnswer(t.Context(), asked.Question, askaround.Stars(5))
	if err != nil {
		t.Error(err)
		return
	}
	var failure *askaround.Failure
	if _, err := answered.Wait(t.Context()); !errors.As(err, &failure) || failure.Code != askaround.FailureCodeOwnQuestion {
		t.Errorf("an answer to one's own question: %v", err)
	}
}
