// Package sigv4 verifies requests that are signed with AWS Signature Version 4, in the
// Authorization header or presigned in the query:
//
//	verifier, err := sigv4.New(keys.Retrieve, []string{"dynamodb"}, func(o *sigv4.Options) {
//		o.Regions = []string{"us-east-1"}
//	})
//	identity, err := verifier.Verify(request)
//
// It knows no service: a service renders an [*Error] in its own protocol. It imports the
// standard library only.
//
// # What is promised
//
// A request that Verify accepts was signed with the secret of its access key id, for one
// of the services and regions, within the window of time; its method, path, query,
// signed headers and body are those that were signed. The body is read into memory up to
// Options.MaxBody, after everything else but the signature was found in order, and stands
// in the request again. The Host header and every X-Amz-* header must be signed
// (X-Amz-Security-Token is compared with the provider's instead). Signatures and tokens are
// compared in constant time. Errors and logs carry no secret.
//
// Checks come in the order of AWS, and refusals in its words, as DynamoDB was observed to
// give them. A mismatch does not say what would have matched.
//
// # What is not
//
// Chunk-signed bodies (STREAMING-*) and Signature Version 4A are not verified, thus
// refused. A replay within the window of time is accepted, as on AWS. A plus sign in a
// query counts as a space; the AWS SDKs send neither.
//
// The specification is "Create a signed AWS API request" in the IAM User Guide:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
//
// A Verifier is safe for concurrent use.
package sigv4
