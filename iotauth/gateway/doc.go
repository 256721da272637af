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
//	                               GET /retainedMessage              SigV4
//	                               GET /retainedMessage/{topic}      SigV4
//	Port8443   not looked at       POST /topics/{topic}              certificate
//	Plain      no TLS              MQTT                              custom authorizer
//	                               HTTP as on Port443                custom authorizer, SigV4
//
// TLS is 1.2 or 1.3, and the client must name the endpoint in it (SNI), or a domain of
// Options.Domains, where it can be that clients need a certificate and an authorizer both.
// Any certificate may come, whoever signed it: the registry knows which count.
// [Gateway.Handler] serves what there is over HTTP behind another server.
//
// # Custom authorizers
//
// An authorizer is found by the name in the request, or is the default one of the domain or
// of the registry; one that is not ACTIVE is never invoked. Name, token and signature may
// stand in headers, in the query and in the MQTT user name; token and signature together.
// Where two of them contradict each other the client is refused: AWS does not say which
// counts. The answer holds for its RefreshAfter; then the authorizer is looked up and asked
// again about the same CONNECT, and whatever fails ends the connection. That ends in any
// case DisconnectAfter its CONNECT; a refresh may shorten that, not extend it. An answer
// without iot:Connect refuses a CONNECT; in a refresh it does not matter any more.
//
// Over HTTPS the authorizer is asked for each request, unless it allows caching: then its
// answer holds on the same connection for requests that show the same (every header and
// parameter that is not about the message), until RefreshAfter.
//
// # Changes
//
// Policies, things and certificates that change in the registry count from the next packet
// on. A certificate that is no longer ACTIVE, or gone, ends its connections. An authorizer
// that is no longer ACTIVE ends those that it let in at their next refresh. Whether a will
// may be published is asked when it is due. Access keys are looked up when a client comes.
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
// are refused, as AWS IoT does. Shadows and jobs are not served. Over HTTPS, a message that
// can never be is 400 before anybody is asked who sends it; AWS does not document the order.
//
// After a failed write to Options.Dir, such as on a full disk, nothing that had to be kept is
// acknowledged any more: persistent sessions are refused and what they should get fails,
// until the gateway is opened anew. The rest goes on.
//
// A Gateway is safe for concurrent use.
package gateway
