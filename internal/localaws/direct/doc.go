// Package direct has clients of the services in the process that do without what the
// SDK's clients do for the way there: signatures, retries, endpoints, checksums, each in a
// middleware of its own. Inputs, outputs and errors are the SDK's. A put costs a twentieth of
// one over a socket, and a tenth of one by the SDK's client in the process (go test -bench Put).
//
//	db := direct.NewDynamoDB(local)
//	_, err := db.PutItem(ctx, &dynamodb.PutItemInput{…})
//
// What is done most often, reads and writes of items and the sending of messages, goes to
// the services as values. Where an input is not plain (a value that they would refuse, text
// that is not UTF-8, parameters from before expressions, a client token, metrics), and
// for all other operations, the clients speak the services' JSON protocol: both
// ways meet in front of the first check that depends on more than one value, so that every
// answer has one place where it is made. An operation keeps nothing of its input.
// Strings in outputs may be parts of a stored item, of up to 400 KB, which they keep in
// memory.
//
// They make up no client token for TransactWriteItems, since they send nothing twice, and
// leave the checks of inputs to the services. The options of a call concern the way there:
// they are ignored.
package direct
