// Package local is the AWS IoT part of an account on one machine: the gateway that devices
// connect to, the registry, the control plane that the AWS CLI calls, and the rules engine,
// joined.
//
//	account, err := local.Start(func(o *local.Options) { o.Dir = "data/iot" })
//	defer account.Close(ctx)
//	device, err := account.NewDevice(ctx, "sensor7", policy) // thing, certificate, key, policy
//	account.MQTT     // host:port, as port 8883 of AWS IoT
//	account.Control  // http://host:port for aws iot … --endpoint-url
//
// Every listener is on a loopback address and on a free port unless told otherwise. The
// server's certificate is signed by the account's own authority, whose certificate
// ([Account.CA]) stands where Amazon's root stands on a device.
//
// Tests use [New], which ends the account with the test; command iotgateway serves one.
// An Account is safe for concurrent use.
package local
