// Package access is IAM in front of the local DynamoDB: what a session may do is asked of
// whoever handed out its credentials.
//
//	local, err := localaws.Open(ctx, func(o *localaws.Options) { o.Credentials = sessions })
//	handler, err := access.Guard(local.Handler(), sessions,
//		func(r access.Request) (principal string, allowed bool) { ... })
//
// A request with a valid signature of a session gets through where each of its actions is
// allowed on each of its tables, and is refused as AWS refuses otherwise. Batches and
// transactions are taken apart as AWS does. Other requests go through untouched: the
// services refuse what is not signed with a key that they know.
//
// Condition keys of DynamoDB, such as dynamodb:LeadingKeys, have a value that matches
// nothing, so that a policy that relies on them denies. Streams and SQS are not
// taken apart: a session needs its action on the resource "*".
package access
