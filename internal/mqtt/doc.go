// Package mqtt is a broker of MQTT 3.1.1 and 5 over any stream, such as AWS IoT's:
// sessions that outlive connections, retained messages, wills, shared subscriptions and
// the limits of AWS IoT. Who a client is and what it may do is asked, not known.
//
//	b, err := mqtt.New(mqtt.Options{Limits: limits, Store: store})
//	err = b.Handle(ctx, conn, admit) // one connection, until it ends
//	err = b.Publish(ctx, mqtt.Message{Topic: "a/b", Payload: payload, QoS: 1})
//
// Packets are read and validated by mochi-mqtt's package packets. Its server is not used:
// the queue of messages, their order and their store are what this package is for.
//
// # What is guaranteed
//
//   - A PUBLISH of QoS 1 is acknowledged when the store has it for every persistent session
//     that matches. The reader does not wait for that; PUBACKs go out in order.
//   - A session gets the messages of each publisher in order, also after a reconnection and
//     after the death of the process: first what it has not acknowledged, with DUP and the
//     same packet ids, then what came since. AWS IoT lets new messages overtake stored
//     ones; here they wait behind them.
//   - A message that matches by several filters of a session comes once, with the highest
//     QoS of them. A shared subscription counts apart from the others.
//   - A client is asked for each delivery (Client.MayReceive), when the message is sent.
//   - What a client makes the broker remember is bounded. A session whose queue is full
//     loses what comes then, which is counted; a connected client is disconnected as well.
//   - Publish waits for no client. To one that is idle it writes itself, over TCP without
//     TLS, as far as the system takes it; all else is written by the connection's goroutine.
//
// # Where AWS IoT differs from MQTT, this package does what it does
//
//   - "a/#" does not match "a". Filters with wildcards, and shared ones, get no retained
//     message. Of topics that begin with $ only the reserved ones may be used.
//   - QoS 2, subscription identifiers, AUTH: a client of MQTT 5 gets a DISCONNECT with the
//     reason, one of MQTT 3.1.1 is disconnected.
//   - What is published faster than the limit is discarded and not acknowledged.
//   - What was stored for a session is sent at a limited rate after a reconnection.
//
// Where the documentation leaves it open: a PUBLISH that is refused (a policy, its topic) is
// answered by a PUBACK with the reason where there is one, MQTT 5 at QoS 1, and ends the
// connection otherwise. A SUBSCRIBE with more than 8 filters ends the connection; a filter
// beyond 50 is refused in the SUBACK. A client id is limited to one CONNECT a second among
// those that were admitted, so that nobody can lock out another. A will is authorized when
// its connection ends.
//
// Options leave out what a broker is not to have, or to do in the way of AWS IoT. Package
// internal/broker is one for clients that only listen, iotauth/gateway is AWS IoT's.
//
// # Files
//
// handle.go serves a connection: connect.go its CONNECT, publish.go and subscribe.go what
// it sends, writer.go what it gets, conn.go its end. attach.go joins connections and
// sessions, session.go holds queues, index.go finds subscriptions, commit.go waits for the
// store.
package mqtt
