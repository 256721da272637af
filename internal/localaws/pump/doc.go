// Package pump calls functions with the messages of queues and the records of streams,
// as Lambda's event source mappings do: handlers of the aws-lambda-go event types run
// the same here and there.
//
//	m, err := pump.Queue(local, queueURL, worker.ProcessQuestions)
//	err = m.Run(ctx)
//
// A handler that returns an error, panics or takes longer than its Timeout has failed.
//
// # Queues
//
// A batch is deleted when the handler returns; messages that it reports as failed, or
// all of them when it fails or reports an identifier that is none of them, become
// visible again after the queue's visibility timeout, and go to the dead-letter queue by
// its redrive policy.
//
// Of a FIFO queue a batch holds the messages of a group in order, and no other call has
// messages of the group until all of them are deleted or visible again. What the handler
// does not report as failed is deleted: as on Lambda it is for the handler to stop at the
// first failure and to report what it did not come to, too. What was not in the batch
// stays behind the message that failed.
//
// # Filters
//
// Filters hold the patterns of FilterCriteria: exact values, null, prefix, suffix,
// equals-ignore-case, anything-but, numeric, exists, $or. A pattern for the body of a
// message takes JSON or text as it is written for one or the other. They work on what
// was read for a batch, which can be smaller afterwards.
//
// # Streams
//
// A shard is read in order, a parent before its children. A batch that fails is tried
// again before anything behind it, until it succeeds, has been tried again
// MaximumRetryAttempts times or is older than MaximumRecordAge. What is given up is
// described in a message to OnFailure, as Lambda does. The position of each shard is
// kept in the [localaws.Local], so that a consumer goes on after a restart, in the middle
// of a window too; after a crash it may see records again.
//
// # Time
//
// A record or message reaches its handler within a millisecond or so, unless a pace or a
// batch window holds it back; nothing is polled. Ages and windows are read off the clock of the [localaws.Local], timers run on
// the real one: in a bubble of testing/synctest both are turned by the test.
//
// # Differences from Lambda
//
// A handler cannot be killed: one that ignores its context delays the end of Run.
// Retries wait RetryDelay and its multiples; Lambda does not say how long it waits. An
// on-failure queue that cannot be written is tried again, and holds the shard up.
// Metrics and scaling by load do not exist. A window whose state is too large
// is handed over in a call of its own, without records.
package pump
