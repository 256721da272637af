// Package journal is an append-only log on disk: what is waited for is there after a
// crash, and the log stays as small as the state it describes.
//
// The owners of state (tables, queues) share one [Log]. Each has a [Kind], applies an
// operation in memory and calls [Log.Append] under its own lock with one record holding
// all effects of the operation, releases the lock, calls [Log.Wait] and only then
// answers its client. [Log.Replay] hands the records back, in order, at the next start.
//
//	log, err := journal.Open(dir)
//	...
//	log.Register(kind, store)
//	err = log.Replay(map[journal.Kind]func([]byte) error{kind: store.Replay})
//
// # What is guaranteed
//
//   - When Wait returns nil the record, and every record appended before it, was
//     written and synced. One goroutine writes; whoever appends during a sync shares
//     the next.
//   - The records that Replay finds are a prefix of those appended; a batch (what
//     shared a sync) is found whole or not at all.
//   - After a failed write or sync nothing more is written and every Wait fails with
//     [ErrFailed]: whether a record that was not acknowledged is there at the next
//     start is unknown, which is what its client was told.
//   - A batch that a crash cut short is dropped and reported through Options.Logger.
//     Any other damage is a [*CorruptError]: nothing is repaired by guessing. Rot in
//     exactly the last batch cannot be told from a crash.
//
// # Compaction, and what it asks of records
//
// Past a size the log begins a new segment, asks each [Source] for its present state,
// and writes that to a snapshot beside it; then it drops what is older. Writers go on
// meanwhile, so a snapshot is fuzzy: it may already contain the effects of records that
// stand in the new segment and will be replayed after it. Therefore a record must be
// absolute: it says what is true afterwards ("item k is v", "message 7 is deleted"),
// not what to do ("add 1"), and replaying a run of records over any state that some of
// them already reached must end in the state after the last. Effects with an identity
// (a stream record's sequence number) are ignored when they are already present.
//
// A snapshot counts only when everything appended until its end is synced, so that an
// operation over several tables is never recovered by half.
//
// # Files
//
// The directory holds "lock", segments "log-<16 hex>" and at most one snapshot
// "snapshot-<16 hex>", which replaces all segments with smaller numbers. Both kinds
// begin with a header of 32 bytes (magic, version, number, first batch, CRC-32C),
// followed by records: CRC-32C of the rest, length, batch, kind, flags, body; integers
// are little-endian. A snapshot ends with a record of kind 0.
package journal
