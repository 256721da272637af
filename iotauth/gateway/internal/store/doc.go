// Package store keeps on disk what the broker must not forget: persistent sessions with
// their queues, and retained messages. It is the [mqtt.Store] of a gateway that has a
// directory.
//
//	s, err := store.Open(dir)
//	b, err := mqtt.New(mqtt.Options{Store: s})
//
// # What is guaranteed
//
//   - What Wait said is on disk is there after a crash of the process or of the machine,
//     and so is everything that was told before it: what Load finds is the state after
//     some call that came no earlier.
//   - Whoever waits at the same time shares one sync.
//   - A message is kept once, however many sessions wait for it, and is dropped with the
//     last of them; also where a crash came between PutMessage and ReleaseMessage.
//   - The log is compacted; memory and disk hold what is kept, and not what was.
//   - After a failed write (a full disk) nothing more is written, and every Wait fails
//     with an error that wraps [journal.ErrFailed]. The store must be opened anew.
//
// # What is not
//
// Dequeue is not hurried to the disk: it goes with the next call that is, when it is waited
// for, or within a tenth of a second. A crash in between delivers the message again, as
// QoS 1 allows. Nor are PutMessage and Enqueue, until ReleaseMessage or Wait.
//
// # Records
//
// The journal's records are absolute, as it asks. Each begins with a byte that holds the
// version (high four bits) and what it says (low four). Numbers are unsigned LEB128,
// times are nanoseconds since 1970 in zigzag LEB128 with 0 for none, strings and bytes
// have their length before them.
//
//	1 session    client id, principal, expiry, ends, version, subscriptions, 0 or 1 and a
//	             will: delay, at, topic, message without its topic
//	2 gone       client id: the session and its queue
//	3 message    id, message
//	4 enqueue    client id, number, message id, expires, flags, group
//	5 dequeue    client id, number
//	6 retained   topic, at, message without its topic
//	7 cleared    topic: no retained message
package store
