// Package sqs is Amazon SQS in this process: standard and FIFO queues behind the AWS
// JSON 1.0 protocol and the AWS query protocol, durable through a journal, and a direct
// face for event source mappings.
//
//	log, err := journal.Open(dir)
//	engine, err := sqs.New(log)
//	log.Register(sqs.Kind, engine)
//	err = log.Replay(map[journal.Kind]func([]byte) error{sqs.Kind: engine.Replay})
//	http.Handle("/", engine)
//
// # What is promised
//
// Every operation of API version 2012-11-05 is there. Names, limits, checksums, error
// shapes and the life of a message are those of AWS, so that the typed errors of the AWS
// SDKs come out; clients from before November 2023 get XML. An answer is given when its
// effects are on disk. Messages, receive counts, visibility, deduplication ids, receive
// request attempts and move tasks survive a restart.
//
// Messages of a standard queue are handed out in the order in which they became visible,
// so that one that failed queues up behind the others. Receivers that wait are served in
// the order of their arrival, by timers and hand-over, never by polling. AWS promises
// neither order.
//
// # FIFO queues
//
// A group's messages come in the order of their SequenceNumbers, several in one call, and
// none while one of them is in flight. A call takes as many as it can of the group whose
// first message has been visible longest. Within five minutes a deduplication id is
// accepted again without effect, also when its message is deleted, and a receive request
// attempt id gets the same messages and handles again. A receipt handle ends with the
// visibility timeout. A delay of the queue holds for the messages that wait already.
//
// # Dead-letter queues
//
// A message that was received as often as its queue's RedrivePolicy allows moves to the
// dead-letter queue when it would be received once more. It keeps its id, the time it
// was sent, and its receive count; the dead-letter queue counts its own receives anew
// against its own policy. Without its target it is delivered again. In a FIFO queue the
// time is that of the move, the SequenceNumber a new one, and the deduplication id the
// message id.
//
// A move task moves what can be received when it starts, the oldest first, as new
// messages. With MaxNumberOfMessagesPerSecond it takes its time by the engine's clock;
// without, up to 1,000 messages have moved when StartMessageMoveTask returns, and as many
// more every 10 ms.
//
// # What differs
//
//   - Policy and the KMS attributes are kept and shown; nobody is refused by them, and
//     a signature is verified in front of an Engine, which answers with [Engine.Refuse].
//     MessageGroupId does not make a standard queue fair.
//   - Counts are exact, effects are immediate, and a deleted queue's name is free at
//     once (AWS: after 60 seconds). No request is throttled, FifoThroughputLimit is kept
//     and shown.
//   - Of a FIFO queue every group is looked at (AWS: those of the first 120,000 messages).
//   - Of a queue URL only the path counts, whatever its host.
//   - A move task is never seen as CANCELLING: it stops at once.
//
// An Engine is safe for concurrent use.
package sqs
