// Package registry is what AWS IoT knows of an account's devices, on one machine: things,
// their types and groups, certificates, policies, custom authorizers, role aliases and
// topic rules, and the control plane that the AWS CLI and the AWS SDKs call.
//
//	reg, err := registry.Open("data/iot", func(o *registry.Options) {
//		o.Functions = registry.Functions(map[string]iotauth.Handler{functionARN: handler})
//	})
//	defer reg.Close()
//	g, err := gateway.New(reg)                     // clients are decided by what is registered
//	h, err := registry.Handler(reg)                // aws iot … --endpoint-url http://127.0.0.1:4566
//
// Whatever the control plane does, a method does: [Registry.CreateThing],
// [Registry.CreateKeysAndCertificate], [Registry.AttachThingPrincipal],
// [Registry.CreatePolicy], [Registry.AttachPolicy], [Registry.CreateAuthorizer] and so on.
// Their errors are [*Error]s in the words of AWS IoT's API.
//
// # What is guaranteed
//
//   - With a directory, a change is on disk when the method that made it returns, and a
//     crash leaves all of it or nothing. The directory is held by one Registry at a time.
//     An error that is no [*Error] is that of the context, or of the disk: the change is in
//     effect, and whether it is on disk is unknown.
//   - The device certificates are signed by an authority of the registry's own
//     ([Registry.CA]), which lasts with the directory. Its key is in the file ca.pem, that
//     only its owner can read. A device's private key is never stored.
//   - A change takes effect at once, and [Registry.Watch] tells of it: a certificate that
//     is made inactive is so for every connection.
//   - Names, sizes and counts are limited as on AWS IoT.
//   - Lists come in pages, and what is created or deleted between two pages neither hides
//     another entry nor brings one twice.
//
// Changes are kept by an append-only journal and not by one file of JSON that is written
// anew: a change of a fleet of 100,000 things then costs some hundred bytes and not some
// ten megabytes, and many at once share a sync.
//
// # What is not
//
// Jobs, shadows, fleet indexing, dynamic groups, billing groups, tags, provisioning
// templates, domain configurations and certificate transfer are not here; a request that
// asks for one of them is refused by name. Authorities are not registered: see
// [Registry.RegisterCertificate]. Amazon Cognito identities are no principals here.
//
// A Registry is safe for concurrent use.
package registry
