// Package sqs is Amazon SQS in this process: standard queues behind the AWS JSON 1.0
// protocol, durable through a journal, and a direct face for event source mappings.
//
//	log, err := journal.Open(dir)
//	engine, err := sqs.New(log)
//	log.Register(sqs.Kind, engine)
//	err = log.Replay(map[journal.Kind]func([]byte) error{sqs.Kind: engine.Replay})
//	http.Handle("/", engine)
//
// # What is promised
//
// Names, limits, checksums, error shapes and the life of a message are those of AWS
// (API version 2012-11-05), so that the typed errors of the AWS SDKs come out. An
// answer is given when its effects are on disk. Messages, receive counts and visibility
// survive a restart.
//
// Messages are handed out in the order in which they became visible, so that one that
// failed queues up behind the others. Receivers that wait are served in the order of their
// arrival, by timers and hand-over, never by polling. AWS promises neither order.
//
// A message that was received as often as its queue's RedrivePolicy allows moves to the
// dead-letter queue when it would be received once more. It keeps its id, the time it
// was sent, and its receive count; the dead-letter queue counts its own receives anew
// against its own policy. Without its target it is delivered again.
//
// # What differs
//
//   - FIFO queues, permissions and message move tasks are refused with
//     UnsupportedOperation.
//   - Policy and the KMS attributes are kept and shown; nobody is refused by them, and
//     a signature is verified in front of an
//     Engine, which answers with [Engine.Refuse]. MessageGroupId is kept and shown; it does not make
//     a standard queue fair.
//   - Counts are exact, effects are immediate, and a deleted queue's name is free at
//     once (AWS: after 60 seconds).
//   - Of a queue URL only the path counts, whatever its host.
//
// An Engine is safe for concurrent use.
package sqs
