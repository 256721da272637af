// Package fence tells when things that move enter, leave and cross areas, and when they
// come near each other, from the stream of a table of package moving.
//
//	set, err := fence.NewSet(fence.Fence{ID: "depot", Area: depot})
//	lambda.Start(fence.Handler(func() *fence.Set { return set }, publish))
//
// # What is detected
//
// Each new position of an object is compared with its last one, for each fence:
//
//	last      new       way between   detected
//	none      inside                  enter, inside
//	none      outside                 outside
//	outside   inside                  enter, inside
//	inside    inside                  inside
//	inside    outside                 exit, outside
//	outside   outside   meets         cross, outside
//	outside   outside   does not      outside
//	inside    deleted                 gone
//
// of which Fence.Detect selects. That is what Tile38 documents for its FENCE with DETECT,
// with two differences. Outside is not among what is selected by default, since every
// object is outside of nearly all fences nearly always. And a deleted object is told as gone to
// the fences in which it was, not to all.
//
// # Exactly once
//
// Streams deliver at least once, in order for each object. Events are computed from the
// two images of a record alone: the same record gives the same events, each with an
// [Event.ID] that no other transition has. A receiver that keeps the ids it has seen, by a
// conditional put for instance, sees each transition exactly once. Objects must not be
// deleted and come back with versions that they have had before.
//
// [Roam] looks at where others are at the moment: it may miss two that pass each other
// within the delay of the stream.
package fence
