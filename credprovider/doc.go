// Package credprovider gives devices temporary AWS credentials for their X.509
// certificate. It is an [aws.CredentialsProvider] over the AWS IoT credentials provider:
//
//	identity := credprovider.FromFiles("device.pem", "device.key")
//	provider, err := credprovider.New(endpoint, "Thermostat-dynamodb-access-role-alias", identity,
//		func(o *credprovider.Options) { o.ThingName = "MyHomeThermostat" })
//	...
//	provider.Configure(&cfg) // or config.WithCredentialsProvider(provider)
//	client := dynamodb.NewFromConfig(cfg)
//
// The endpoint is the account's own, as DescribeEndpoint names it for the type
// iot:CredentialProvider. The exchange is
//
//	GET https://ENDPOINT/role-aliases/ALIAS/credentials
//	x-amzn-iot-thingname: THING
//
// over TLS with the device's certificate, and the answer
//
//	{"credentials": {"accessKeyId": "...", "secretAccessKey": "...", "sessionToken": "...",
//		"expiration": "2018-01-18T09:18:06Z"}}
//
// See https://docs.aws.amazon.com/iot/latest/developerguide/authorizing-direct-aws.html.
//
// # Refresh
//
// The rules are those that the AWS SDKs agree on. Credentials that live at most 20 minutes
// are refreshed in their last 5 minutes, below 90 minutes in their last 15, otherwise in
// their last 60: the advisory window. One request is made, and whoever asks for
// credentials meanwhile goes on with those in hand. In the last minute, and for expired
// credentials, callers wait for the refresh. A refresh that fails leaves the credentials
// as they are, and is tried again after 5 to 10 minutes. An error that somebody must mend,
// such as a policy that denies, is reported, and remembered for 1 to 5 seconds.
//
// A device needs some things otherwise, unless Options.Strict is set:
//
//   - The caller that starts a refresh in the advisory window does not wait for it.
//   - No error is reported while the credentials live. Once they have expired every error
//     is, instead of the expired credentials, and the service is asked again after about
//     2, 6, 18 seconds, and so on up to the 5 to 10 minutes: a machine that resumes before
//     its network does works a moment later.
//   - After a failure one more try is made two minutes before expiry. So an outage that is
//     shorter than two thirds of the advisory window less these two minutes is noticed by
//     nobody.
//   - Refreshes are spread, so that devices that start together do not ask together: over
//     the first third of the window, and after a start or an outage over the whole life of
//     the credentials.
//
// A refresh happens when somebody asks for credentials. A device that asks seldom and
// must never wait calls [Provider.Run] as well.
//
// The wall clock and the process's own clock are both watched, the first at least once a
// second while credentials are asked for. After a suspended machine resumes, or the clock
// was set, expired credentials are noticed within a second.
//
// # What callers see
//
// [Provider.Retrieve] costs a few nanoseconds and allocates nothing while credentials are
// at hand. Expires in its result is the time to ask again, which is earlier than the true
// expiry that [Provider.Status] tells. So a cache around the provider, as AWS's config
// package puts one, neither holds credentials to their last second nor hinders the refresh.
//
// Errors are an [*Error]: match the condition with [errors.Is] and the Err values of this
// package, read the request id and the mend from it. No secret is in an error, in a log or in
// a printed Provider.
//
// A [Provider] is safe for concurrent use.
package credprovider
