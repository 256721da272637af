// Package dynamodb is Amazon DynamoDB and DynamoDB Streams in the process: tables with
// local and global secondary indexes, the expression grammar, transactions and
// streams, over the real wire protocol.
//
// [Engine] is an [http.Handler] for the JSON protocol (X-Amz-Target
// DynamoDB_20120810.* and DynamoDBStreams_20120810.*). Items live in ordered trees in
// memory; a [journal.Log] makes them durable: an operation is answered when the
// record with all of its effects is on disk.
//
// An item is one immutable string (see [attr.Packed]) that its table, the indexes, the
// stream and the journal's record share. A small item of 100 bytes takes about 200 bytes
// of memory, and 85 more in each index that has it. Reads hold a table's lock while
// they collect a page of at most 1 MB; they filter, project and write it after that.
//
// Streams hold Options.StreamMemory bytes in memory, 64 MiB by default, and the rest in
// unnamed temporary files, which give their room back as records are trimmed. Where
// a record fits in neither, the write is refused with a status of 500 and changes
// nothing; where a file cannot be read, so is the read. Records in a file are trimmed
// block by block (256 KiB), when the last of the block is older than the retention.
//
// # Guarantees
//
// Every write is atomic and isolated, transactions over several tables too. Reads,
// from indexes as well, see every write that was acknowledged before, and never half
// of one. An item's stream records come in the order of its writes, and the old image
// of each is the new image of the one before. A write that changes nothing streams
// nothing.
//
// # Limits
//
// There is no PartiQL, no import or export, no global table and no backup. The
// parameters from before expressions (Expected, KeyConditions, AttributeUpdates and
// their like) are refused with a ValidationException that names the expression to use.
// Throughput is accounted, and enforced when [Options] say so. A signature is looked
// for, not verified: that is done in front of an Engine, which answers with
// [Engine.Refuse].
package dynamodb
