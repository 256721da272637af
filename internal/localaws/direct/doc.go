// Package direct has clients of the services in the process that do without what the
// SDK's clients do for the way there: signatures, retries, endpoints, checksums, one
// middleware for each. They speak the services' JSON protocol in the SDK's own words, so
// that inputs, outputs and errors are the SDK's, and cost a third of the processor.
//
//	db := direct.NewDynamoDB(local)
//	_, err := db.PutItem(ctx, &dynamodb.PutItemInput{…})
//
// Not done either: a client token for TransactWriteItems, since nothing is sent twice, and
// the SDK's own checks of inputs, since the engines make them. Options for one call
// concern the way there: they are ignored.
package direct
