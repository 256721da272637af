// Package watch keeps a live view of the open questions around a position that moves.
//
//	w, err := watch.New(remote.New(client), watch.NewMQTT(cfg), func(o *watch.Options) {
//		o.OnChange = func(c watch.Change) { ... }
//	})
//	w.Move(askaround.Location{Lat: 40.7128, Lng: -74.0060})
//	err = w.Run(ctx)
//
// # How it loses nothing
//
// The watcher subscribes to the topics of all cells that meet its disc, and only then reads
// a snapshot, so that every question is in the one or comes by the other; of two
// accounts of a question the one of the higher version counts. After each reconnection, when
// the position has moved, and every few minutes it does so again, and what the
// snapshot no longer has is gone. A message about a question that should have been in the
// last snapshot and was not is believed only when the next one has it: it may be an
// old one that was sent again.
//
// What is shown is filtered exactly, by distance, state and time of expiry.
//
// # How it moves
//
// The snapshot reaches further than the radius by a slack, and is renewed when the position
// has moved by more than that. A cell is subscribed as soon as the disc touches it, and
// kept until the disc is a slack away. So a position that trembles by less than half
// the slack changes each subscription once at most, and so does a walk.
//
// A disc of five miles meets 4 to 14 cells, 7.5 in the mean, and 36 % of what they carry
// lies within it. One SUBSCRIBE carries 8 filters, so that it takes one or two; see
// [askaround.LiveTopics].
//
// # What is guaranteed
//
// At rest, when connected and with nothing on its way, the view is what the server has. A
// question is added once before it is removed, and its versions only grow. While there is
// no connection the view stays as it was, less what expires.
package watch
