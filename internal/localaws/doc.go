// Package localaws is what the reference applications and tests need of AWS, in one
// process: DynamoDB with Streams and SQS, over one journal.
//
// Everything answers on the real wire protocols. Programs in the process use
// [Local.Config] and no socket, or the clients of package direct, which cost a ninth of the
// SDK's; others reach [Local.Handler] over HTTP:
//
//	aws dynamodb list-tables --endpoint-url http://127.0.0.1:8000
//
// Signatures are looked for, and verified where Options.Credentials is set: Signature
// Version 4, in the header or presigned, with AWS's refusals in each protocol.
//
// # Storage
//
// The state is in memory, in ordered trees of packed items, over an append-only log with
// group commit (package journal). Of the stores that were measured with values of 300
// bytes on two cores, synced writes per second:
//
//	append-only log, group commit   10,440 with 8 clients, 55,038 with 64
//	bbolt 1.5, batches              16,019 with 64 clients; 2,022 one by one
//	SQLite (modernc) WAL, FULL       2,999 with 8 clients
//
// The log is also the smallest: no store is a dependency, one record holds an operation
// over several tables, indexes and queues, and recovery is reading from the beginning.
// The price is that the state must fit in memory, which is right for a machine's own
// tests and demonstrations; long streams are the exception and go to temporary files.
//
// A row was first a map of attribute values. In the same program a million small items
// of six attributes took 1,272 bytes each so, 1,358 with a global index; as one string in
// the binary form of package attr they take 200 and 287.
//
// It is a stand-in for a machine without an account, not a database for production: it
// runs in one process, and a key that is known may do everything. On AWS the same client
// code talks to the services.
package localaws
