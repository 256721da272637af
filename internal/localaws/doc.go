// Package localaws is what the reference applications and tests need of AWS, in one
// process: DynamoDB with Streams and SQS, over one journal.
//
// Everything answers on the real wire protocols. Programs in the process use
// [Local.Config] and no socket; others reach [Local.Handler] over HTTP:
//
//	aws dynamodb list-tables --endpoint-url http://127.0.0.1:8000
//
// Signatures are looked for, and verified where Options.Credentials is set: Signature
// Version 4, in the header or presigned, with AWS's refusals in each protocol.
//
// It is a stand-in for a machine without an account, not a database for production: it
// runs in one process, and a key that is known may do everything. On AWS the same client
// code talks to the services.
package localaws
