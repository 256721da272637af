// Package credprovidertest is the AWS IoT credentials provider in the process: for tests
// of devices, and for applications that run without an account.
//
//	endpoint, err := credprovidertest.Start()
//	defer endpoint.Close()
//	endpoint.PutThing(credprovidertest.Thing{Name: "MyHomeThermostat", TypeName: "thermostat"})
//	device, err := endpoint.Register(credprovidertest.CertificateSpec{
//		Thing: "MyHomeThermostat", Policies: []string{policy},
//	})
//	endpoint.PutRole(credprovidertest.Role{ARN: roleARN, AccessPolicies: []string{access}})
//	endpoint.PutRoleAlias(credprovidertest.RoleAlias{Name: alias, RoleARN: roleARN})
//
// It speaks TLS with client certificates as the service does, and answers with its
// statuses, headers and words. A request is decided in the service's order: the
// certificate, the thing, the IoT policies of the certificate (by package
// iotauth/policy), the role alias, the role. What is registered may be changed at any time.
//
// The other end of the workflow is there, too. [Endpoint.Session] knows what was handed
// out, so that a service can verify signatures, and [Endpoint.Authorize] evaluates the
// access policy of the session's role with the variables credentials-iot:ThingName,
// credentials-iot:ThingTypeName and credentials-iot:AwsCertificateId.
//
// [Endpoint.Script] makes the next answers go wrong, down to the connection.
//
// Things, certificates and role aliases may be kept elsewhere ([Account]): in the registry
// of package iotauth/gateway/registry, which has the control plane as an API.
//
// What is not here: throttling by a quota, and the propagation delays of AWS. An Endpoint is safe for concurrent use.
package credprovidertest
