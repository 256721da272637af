// Package gateway is the AWS IoT device gateway in process: unmodified clients of AWS IoT
// connect to it by MQTT, by MQTT over WebSocket and by HTTPS, with certificates, through
// custom authorizers, and with signed requests.
//
//	reg, err := registry.Open("")                       // things, certificates, policies, authorizers
//	g, err := gateway.New(reg, func(o *gateway.Options) { o.Logger = logger })
//	go g.Serve(ctx, tcp8883, gateway.Port8883)          // MQTT with X.509
//	go g.Serve(ctx, tcp443, gateway.Port443)            // everything else, by SNI and ALPN
//	err = g.Publish(ctx, gateway.Message{Topic: "sensors/7/t", Payload: payload})
//
// # What a listener serves
//
//	door       ALPN                what                              who
//	Port8883   not looked at       MQTT                              certificate
//	Port443    x-amzn-mqtt-ca      MQTT                              certificate
//	Port443    mqtt                MQTT                              custom authorizer
//	Port443    x-amzn-http-ca      POST /topics/{topic}              certificate
//	Port443    none or http/1.1    POST /topics/{topic}              custom authorizer, SigV4
//	                               WebSocket at /mqtt                custom authorizer, SigV4
//	                               DELETE /connections/{clientId}    SigV4
//	Port8443   not looked at       POST /topics/{topic}              certificate
//	Plain      no TLS              MQTT                              custom authorizer
//	                               HTTP as on Port443                custom authorizer, SigV4
//
// TLS is 1.2 or 1.3, and the client must name the endpoint in it (SNI), or a domain of
// Options.Domains, where it can be that clients need a certificate and an authorizer both.
// Any certificate may come, whoever signed it: the registry knows which count.
// [Gateway.Handler] serves what there is over HTTP behind another server.
//
// # What is guaranteed
//
// Every CONNECT, PUBLISH and SUBSCRIBE is decided by AWS IoT policies (package
// iotauth/policy), and so is every delivery (iot:Receive). A change in the registry
// reaches live connections. Messages of QoS 1 that were acknowledged are delivered at
// least once, in order for each publisher and subscriber, for as long as the session
// lives; with Options.Dir they survive the death of the process.
//
// A refusal is plain to the client and explained in the log: the policy statement that
// decided, or the one that nearly did.
//
// # What is not
//
// QoS 2, MQTT 5 enhanced authentication, server redirection and subscription identifiers
// are refused, as AWS IoT does. Shadows and jobs are not served, nor are retained messages
// over HTTPS. Over HTTPS, a topic or a message that can never be is 400 before anybody is
// asked who sends it; AWS does not document the order.
//
// A Gateway is safe for concurrent use.
package gateway
