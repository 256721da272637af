package mqtt_test

import (
	"context"
	"fmt"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"

	"github.com/askaround/askaround-go/internal/mqtt"
	"github.com/askaround/askaround-go/internal/mqtt/mqttest"
)

// sensor may publish its readings and hear of its settings.
type sensor struct{}

func (sensor) Account() string                      { return "" }
func (sensor) Principal() string                    { return "sensor-7" }
func (sensor) MayPublish(topic string, _ bool) bool { return topic == "readings/7" }
func (sensor) MaySubscribe(filter string) bool      { return filter == "settings/7" }
func (sensor) MayReceive(string, string) bool       { return true }
func (sensor) Closed()                              {}

func Example() {
	ctx := context.Background()
	broker, err := mqtt.New(mqtt.Options{
		NoEvents: true,
		Tap: func(_ context.Context, from mqtt.Source, m *mqtt.Message) {
			if from.ClientID != "" {
				fmt.Printf("%s says %s on %s\n", from.ClientID, m.Payload, m.Topic)
			}
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	client, server := mqttest.Pipe(64 << 10) // or any other stream
	handled := make(chan error, 1)
	go func() {
		handled <- broker.Handle(ctx, server, func(_ context.Context, c *mqtt.Connect) (mqtt.Client, error) { return sensor{}, nil })
	}()

	heard := make(chan string, 1)
	c := paho.NewClient(paho.ClientConfig{Conn: packets.NewThreadSafeConn(client), OnPublishReceived: []func(paho.PublishReceived) (bool, error){
		func(p paho.PublishReceived) (bool, error) {
			heard <- string(p.Packet.Payload)
			return true, nil
		},
	}})
	_, _ = c.Connect(ctx, &paho.Connect{ClientID: "seven", CleanStart: true, KeepAlive: 60})
	_, _ = c.Subscribe(ctx, &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: "settings/7", QoS: 1}}})
	_ = broker.Publish(ctx, mqtt.Message{Topic: "settings/7", Payload: []byte("every minute"), QoS: 1})
	fmt.Println("seven hears", <-heard)
	_, _ = c.Publish(ctx, &paho.Publish{Topic: "readings/7", Payload: []byte("21 degrees"), QoS: 1})
	_, err = c.Publish(ctx, &paho.Publish{Topic: "readings/8", Payload: []byte("22 degrees"), QoS: 1})
	fmt.Println("denied:", err != nil)
	_ = c.Disconnect(&paho.Disconnect{})
	fmt.Println(<-handled, broker.Shutdown(ctx))
	// Output:
	// seven hears every minute
	// seven says 21 degrees on readings/7
	// denied: true
	// <nil> <nil>
}
