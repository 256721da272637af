// Package moving keeps things that move (vehicles, couriers, people) in a DynamoDB table:
// by their own ids, and in an index by where they are.
//
//	table, err := moving.New(client, "fleet")
//	err = table.Move(ctx, moving.Position{ID: "bus-7", Location: at, Version: sentAt.UnixMilli()})
//	for hit, err := range table.Search(ctx, at, 500) {
//		...
//	}
//
// # Layout
//
//	id  S  the object's own id: the table's key, so that it is read without coordinates
//	c   S  token of its cell of Options.Level: the index's partition
//	k   B  id of its cell of Options.IndexLevel, 8 bytes big-endian: the index's sort key
//	l   B  exact latitude and longitude, each as 8 bytes of IEEE 754, big-endian
//	v   N  version of the position
//
// # Moves
//
// A move is one conditional update. Positions carry a version, for instance the time when
// the device measured it: one that is not newer than what is stored is late, and dropped
// with [ErrLate], so that positions may be sent again and in any order.
//
// An object keeps its index cell until it is more than Options.Margin away from it. One
// that stands on a border, or whose receiver wavers, does not change its key with every
// position: a change of key costs the index two writes instead of one ("Global secondary
// indexes: write capacity").
//
// The Table remembers the cells of objects it has lately moved. Where it does not know, or
// another process has moved the object, a move may take a second request.
//
// # Searches
//
// [Table.Search] is exact on what the index shows: every object whose indexed location is
// within the radius, and no other. Indexes are eventually consistent, mostly by less than
// a second: an object may be found at its last location but one, or, while it changes
// its cell, at both or at none of them; Search yields each object once. [Table.Get] with
// a consistent read is not behind.
package moving
