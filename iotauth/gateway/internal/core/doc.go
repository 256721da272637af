// Package core is the message broker of AWS IoT: MQTT 3.1.1 and 5 over any stream,
// sessions that outlive connections, retained messages, wills, shared subscriptions and
// the limits of AWS IoT. Who a client is and what it may do is asked, not known.
//
//	b, err := core.New(core.Options{Limits: limits, Store: store})
//	err = b.Handle(ctx, conn, admit) // one connection, until it ends
//	err = b.Publish(ctx, core.Message{Topic: "a/b", Payload: payload, QoS: 1})
//
// Packets are read, validated and written by mochi-mqtt's package packets, and
// subscriptions are matched by its topic index. Its server is not used: the queue of
// messages, their order and their store are what this package is for.
package core
