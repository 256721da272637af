// Command load measures a running Ask Around Me, in its own process and over real
// sockets: how long a POST takes, and how long an answer takes to reach a subscriber.
//
//	go run ./examples/askaround/internal/load -rate 100 -for 10s
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/eclipse/paho.golang/paho"

	"github.com/askaround/askaround-go/api/askaround"
	domain "github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/askaround/topic"
	"github.com/askaround/askaround-go/examples/askaround/app"
)

func main() {
	rate := flag.Int("rate", 100, "answers a second")
	length := flag.Duration("for", 10*time.Second, "how long")
	dir := flag.String("data", "", "`directory` of the data; empty keeps it in memory")
	flag.Parse()
	if err := run(context.Background(), *rate, *length, *dir); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, rate int, length time.Duration, dir string) error {
	a, err := app.Open(ctx, app.Config{Dir: dir})
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- a.Run(running) }()
	err = measure(ctx, a, rate, length)
	stop()
	if endErr := <-ended; err == nil {
		err = endErr
	}
	return err
}

func client(a *app.App, user string) (*askaround.ClientWithResponses, string, error) {
	token, err := a.Token(user)
	if err != nil {
		return nil, "", err
	}
	c, err := askaround.NewClientWithResponses(a.URL(), askaround.WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+token)
		return nil
	}))
	return c, token, err
}

// measure gives each answer by a user of its own, so that the number of answers in a
// summary tells which of them it contains.
func measure(ctx context.Context, a *app.App, rate int, length time.Duration) error {
	author, token, err := client(a, "author")
	if err != nil {
		return err
	}
	asked, err := author.AskQuestionWithResponse(ctx, &askaround.AskQuestionParams{IdempotencyKey: rand.Text()}, askaround.NewQuestion{Text: "How fast is it?", Kind: "star", Location: askaround.LatLng{Lat: 51.5, Lng: -0.1}})
	if err != nil || asked.JSON202 == nil {
		return fmt.Errorf("ask: %w, %v", err, asked)
	}
	for !a.Idle() {
		time.Sleep(time.Millisecond)
	}
	n := int(length.Seconds() * float64(rate))
	live, err := author.GetLiveWithResponse(ctx, &askaround.GetLiveParams{Lat: 51.5, Lng: -0.1})
	if err != nil || live.JSON200 == nil {
		return fmt.Errorf("live: %w, %v", err, live)
	}
	seen, err := subscribe(ctx, a, token, live.JSON200.Topics.Account, asked.JSON202.Question, n)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	var posts []time.Duration
	accepted := make([]time.Time, 0, n) // in the order of acceptance
	var wg sync.WaitGroup
	tick := time.NewTicker(time.Second / time.Duration(rate))
	defer tick.Stop()
	for i := range n {
		<-tick.C
		wg.Go(func() {
			c, _, err := client(a, fmt.Sprintf("user %d", i))
			if err != nil {
				return
			}
			stars := float64(i%11) / 2
			began := time.Now()
			out, err := c.PutAnswerWithResponse(ctx, asked.JSON202.Question, &askaround.PutAnswerParams{}, askaround.AnswerValue{Stars: &stars})
			if err == nil && out.JSON202 != nil {
				mu.Lock()
				posts = append(posts, time.Since(began))
				accepted = append(accepted, began)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	reached, err := seen(len(accepted))
	if err != nil {
		return err
	}
	slices.SortFunc(accepted, time.Time.Compare)
	delays := make([]time.Duration, len(accepted))
	for i, began := range accepted {
		delays[i] = reached[i].Sub(began)
	}
	fmt.Printf("%d answers at %d/s\n", len(accepted), rate)
	report("POST answered", posts)
	report("POST begun until the subscriber has the summary", delays)
	return nil
}

// subscribe returns a function that waits for n answers in the summary, and tells when
// the subscriber, whose own topic account is, first had each of 1 to n.
func subscribe(ctx context.Context, a *app.App, token, account, question string, most int) (func(n int) ([]time.Time, error), error) {
	name, err := topic.NewQuestion(question)
	if err != nil {
		return nil, err
	}
	me, err := topic.Parse(account)
	own, ok := me.(topic.Account)
	if !ok {
		return nil, fmt.Errorf("%q is no account's topic: %w", account, err)
	}
	socket, err := net.Dial("tcp", a.MQTTAddr())
	if err != nil {
		return nil, err
	}
	arrived := make(chan int64, most+1)
	times := make([]time.Time, 0, most)
	c := paho.NewClient(paho.ClientConfig{Conn: socket, OnPublishReceived: []func(paho.PublishReceived) (bool, error){func(p paho.PublishReceived) (bool, error) {
		var m domain.SummaryMessage
		if json.Unmarshal(p.Packet.Payload, &m) == nil && m.Type == domain.TypeSummary {
			for now := time.Now(); int64(len(times)) < m.Answers; {
				times = append(times, now)
			}
			arrived <- m.Answers
		}
		return true, nil
	}}})
	if _, err := c.Connect(ctx, &paho.Connect{ClientID: topic.RoleUser.ClientID(own.ID(), "load"), CleanStart: true, KeepAlive: 30, PasswordFlag: true, Password: []byte(token), UsernameFlag: true, Username: "load"}); err != nil {
		return nil, err
	}
	if _, err := c.Subscribe(ctx, &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: name.String(), QoS: 1}}}); err != nil {
		return nil, err
	}
	return func(n int) ([]time.Time, error) {
		timeout := time.After(30 * time.Second)
		for {
			select {
			case answers := <-arrived:
				if answers >= int64(n) {
					return times, c.Disconnect(&paho.Disconnect{})
				}
			case <-timeout:
				return nil, fmt.Errorf("%d of %d answers arrived within 30 s", len(times), n)
			}
		}
	}, nil
}

func report(what string, d []time.Duration) {
	slices.Sort(d)
	at := func(p float64) time.Duration { return d[int(p*float64(len(d)-1))].Round(10 * time.Microsecond) }
	fmt.Printf("  %-50s p50 %v, p99 %v, most %v\n", what, at(0.5), at(0.99), at(1))
}
