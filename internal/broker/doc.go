// Package broker is an MQTT broker in process for clients that only listen:
// the program publishes, clients subscribe.
//
//	b, err := broker.New(func(o *broker.Options) { o.Authenticate = check })
//	go b.Serve(ctx, listener)          // MQTT over TCP
//	mux.Handle("/mqtt", b.WebSocket()) // MQTT over WebSocket, on the HTTP port
//	err = b.Publish(ctx, "askaround/v1/system", payload)
//
// It speaks MQTT 3.1.1 and 5. The protocol, the queues and the delivery are those of
// package internal/mqtt; who may connect and who receives what are decided here.
//
// # What is guaranteed
//
//   - A client is admitted by [Options.Authenticate] only, and is disconnected
//     when its [Session] expires.
//   - A client receives exactly the topics that it asked for and that
//     [Session.CanSubscribe] allows. Filters are exact topics: wildcards, shared
//     subscriptions and topics that begin with $ are refused.
//   - Clients publish nothing: neither messages nor wills.
//   - Messages of one publisher reach a subscriber in the order of Publish. A
//     subscription is in force before its SUBACK is sent.
//   - Nothing is lost silently. Within a connection every message of a
//     subscription is sent; a client that cannot keep up is disconnected
//     (reason 0x97 in MQTT 5), so that it knows to take a fresh snapshot.
//   - Client ids belong to their account. A second connection with the same
//     subject and client id takes over from the first (reason 0x8E); two
//     accounts that use the same id do not notice each other.
//
// # What is not
//
// There are no sessions beyond a connection: a client that asks for one is told
// that there is none (session present 0, session expiry interval 0), and after a
// reconnection subscribes again. There are no retained messages, and QoS 2 is
// reduced to 1. A message that was sent but not yet acknowledged when the
// connection broke is not sent again.
//
// A Broker is safe for concurrent use.
package broker
