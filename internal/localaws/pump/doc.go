// Package pump calls functions with the messages of queues and the records of streams,
// as Lambda's event source mappings do: handlers of the aws-lambda-go event types run
// the same here and there.
//
//	m, err := pump.Queue(local, queueURL, worker.ProcessQuestions)
//	err = m.Run(ctx)
//
// # Queues
//
// A batch is deleted when the handler returns; messages that it reports as failed,
// or all of them when it fails, become visible again after the queue's visibility
// timeout, and go to the dead-letter queue by its redrive policy.
//
// # Streams
//
// A shard is read in order, a parent before its children, and a batch that fails is
// tried again before anything behind it, until it succeeds, has been tried
// MaximumRetryAttempts times or is older than MaximumRecordAge. What is given up is
// described in a message to OnFailure, as Lambda does. The position of each shard is
// kept in the [localaws.Local], so that a consumer goes on after a restart; after a
// crash it may see records again.
//
// # Differences from Lambda
//
// Handlers are called within a millisecond or so, without polling. A shard has one
// batch on its way at a time (ParallelizationFactor 1). The state of a tumbling window
// does not outlive the process.
package pump
