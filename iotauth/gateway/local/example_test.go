package local_test

import (
	"context"
	"crypto/tls"
	"fmt"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"

	"github.com/askaround/askaround-go/iotauth/gateway"
	"github.com/askaround/askaround-go/iotauth/gateway/local"
)

// A device with a certificate connects as it does to AWS, and is told what the program
// publishes.
func Example() {
	ctx := context.Background()
	account, err := local.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = account.Close(ctx) }()
	device, err := account.NewDevice(ctx, "sensor7", `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": "iot:Connect", "Resource": "arn:aws:iot:us-east-1:123456789012:client/${iot:Connection.Thing.ThingName}"},
		{"Effect": "Allow", "Action": "iot:Subscribe", "Resource": "arn:aws:iot:us-east-1:123456789012:topicfilter/sensors/sensor7/*"},
		{"Effect": "Allow", "Action": "iot:Receive", "Resource": "arn:aws:iot:us-east-1:123456789012:topic/sensors/sensor7/*"}]}`)
	if err != nil {
		fmt.Println(err)
		return
	}

	config, err := device.TLS("localhost")
	if err != nil {
		fmt.Println(err)
		return
	}
	conn, err := tls.Dial("tcp", account.MQTT, config)
	if err != nil {
		fmt.Println(err)
		return
	}
	received := make(chan string, 1)
	client := paho.NewClient(paho.ClientConfig{Conn: packets.NewThreadSafeConn(conn), OnPublishReceived: []func(paho.PublishReceived) (bool, error){
		func(p paho.PublishReceived) (bool, error) { received <- string(p.Packet.Payload); return true, nil },
	}})
	if _, err := client.Connect(ctx, &paho.Connect{ClientID: "sensor7", KeepAlive: 60, CleanStart: true}); err != nil {
		fmt.Println(err)
		return
	}
	if _, err := client.Subscribe(ctx, &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: "sensors/sensor7/+", QoS: 1}}}); err != nil {
		fmt.Println(err)
		return
	}
	if err := account.Gateway.Publish(ctx, gateway.Message{Topic: "sensors/sensor7/interval", Payload: []byte("60"), QoS: 1}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(<-received)
	// Output: 60
}
