// Package localaws is what the reference applications and tests need of AWS, in one
// process: DynamoDB with Streams and SQS, over one journal.
//
// Everything answers on the real wire protocols. Programs in the process use
// [Local.Config] and no socket; others reach [Local.Handler] over HTTP:
//
//	aws dynamodb list-tables --endpoint-url http://127.0.0.1:8000
//
// It is a stand-in for a machine without an account, not a database for production: it
// checks no signatures and runs in one process. On AWS the same client code talks to
// the services.
package localaws
