// Package direct has clients of the services in the process that do without what the
// SDK's clients do for the way there: signatures, retries, endpoints, checksums, each in a
// middleware of its own. They speak the services' JSON protocol; inputs, outputs and
// errors are the SDK's. A put costs a ninth (go test -bench Put).
//
//	db := direct.NewDynamoDB(local)
//	_, err := db.PutItem(ctx, &dynamodb.PutItemInput{…})
//
// They make up no client token for TransactWriteItems, since they send nothing twice, and
// leave the checks of inputs to the services. The options of a call concern the way there:
// they are ignored.
package direct
