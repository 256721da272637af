package broker_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"strings"
	"time"

	"github.com/eclipse/paho.golang/paho"

	"github.com/askaround/askaround-go/internal/broker"
)

// A client subscribes, the program publishes.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()

	b, err := broker.New(func(o *broker.Options) {
		o.Authenticate = func(_ context.Context, c broker.Connect) (broker.Session, error) {
			if c.Token != "open sesame" {
				return broker.Session{}, broker.ErrBadCredentials
			}
			return broker.Session{Subject: "ali", CanSubscribe: func(filter string) bool {
				return strings.HasPrefix(filter, "news/")
			}}, nil
		}
	})
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go b.Serve(ctx, listener)
	defer b.Shutdown(ctx)

	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	received := make(chan string)
	client := paho.NewClient(paho.ClientConfig{
		Conn: conn,
		OnPublishReceived: []func(paho.PublishReceived) (bool, error){func(p paho.PublishReceived) (bool, error) {
			received <- p.Packet.Topic + ": " + string(p.Packet.Payload)
			return true, nil
		}},
	})
	_, err = client.Connect(ctx, &paho.Connect{ClientID: "phone", CleanStart: true, KeepAlive: 30, PasswordFlag: true, Password: []byte("open sesame")})
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.Subscribe(ctx, &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: "news/today", QoS: 1}}})
	if err != nil {
		log.Fatal(err)
	}
	if err := b.Publish(ctx, "news/today", []byte("the door is open")); err != nil {
		log.Fatal(err)
	}
	fmt.Println(<-received)
	// Output: news/today: the door is open
}
