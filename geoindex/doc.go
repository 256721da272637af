// Package geoindex keeps points on Earth in a DynamoDB table and finds those in a region:
// a disc, a rectangle, a polygon, what lies along a route, or the nearest to a place.
//
//	table, err := geoindex.New(client, "places")
//	err = table.Put(ctx, geoindex.NewPoint(at, "statue", attributes))
//	for hit, err := range table.Radius(ctx, at, 5*geoindex.Mile) {
//		...
//	}
//
// # Searching
//
// All searches are [Table.Search] for a [Region], with [SearchOptions]: filter and
// projection, order (by key, distance, newest, oldest), limit, signed cursors, a budget of
// read units, consistent reads, statistics. [Table.Radius] and [Table.Nearest] are its
// common cases; [Table.Count] counts, and sends hardly any items. Package geojson below
// this one reads regions from GeoJSON.
//
// # Layout
//
// The table itself is the index; there is a secondary one only where Options declare a
// feed or owners. Cells are those of S2
// (https://s2geometry.io), which has no seams: poles, the antimeridian and the edges of
// the cube are places like any other.
//
//	pk  S  token of the point's S2 cell of Options.Level; "#" and a number in hot cells
//	sk  B  the point's leaf cell id, 8 bytes big-endian, then the item's own id
//	l   B  latitude and longitude in degrees, each as 8 bytes of IEEE 754, big-endian
//	fc  S  token of its cell of Options.FeedLevel; only in tables with a feed
//
// Every other attribute is the caller's. A [Key] holds the leaf cell and the id, so that
// an item is addressed without its coordinates and without a second index.
// [Table.PrimaryKey], [Table.Item] and [Table.ParseItem] serve callers' own requests,
// transactions and streams.
//
// Tables of dynamodb-geo, the libraries for Java and Node.js, are a second layout:
// Options.Compat reads and writes them, with all operations but feeds, see [Compat]. The
// command geoindex migrates them.
//
// # Writing
//
// [Table.PutBatch], [Table.DeleteBatch] and [Table.GetBatch] take any number of items and
// tell what became of each. [Table.Move] changes a place in one step. [Table.PutMember] and
// its like are members of callers' own transactions. [Table.Newest] and [Table.ByOwner]
// read the indexes that Options may declare. [Table.Template] is the table for
// CloudFormation, [Table.Verify] compares one that exists.
//
// Packages below this one: moving keeps objects by their own ids, fence watches them,
// geohash has base-32 cells, pointfile reads CSV and GeoJSON. The command geoindex imports,
// exports, plans, advises, migrates and draws.
//
// # What is guaranteed
//
// A search yields every point that its region contains, by [Region]'s Contains, and no
// other, however many pages it takes to read. Each kind of region states its error, which
// is nanometres to a micrometre. Points that are written while a search runs may or may
// not be seen; a point is never yielded twice.
//
// The pages of one search, continued by its cursors, are together what one page would be,
// while points come and go: none that stays is lost or comes twice. An item whose
// attribute changes that a search is ordered by moves in that order.
//
// Expired points (see Options.TTLAttribute) are as good as deleted at the second they
// expire, for every operation but Delete, although DynamoDB deletes them days later.
//
// # What is not
//
// Without an order hits come in none. A point cannot be moved by Update: its place is part of
// its key, and [Table.Move] changes both. Distances are on a sphere: against the ellipsoid
// of WGS 84 they err by up to 0.56 % (the flattening of 1/298 makes the radius of curvature
// vary from 6,335 to 6,400 km).
//
// # Cost
//
// A search covers its region by cells, and reads each run of adjacent ones with a query of
// a partition. What is read beyond the region is dropped, but paid for. Searches learn from
// what they read how many items lie where ([Histogram]), and divide regions so that the
// read units of both, queries and superfluous items, are least: where nothing is known,
// six ranges fit closely; where hardly anything lies, one query reads all; where a
// city lies, a dozen fit tightly. A search by distance that knows nothing of its place looks
// with one query how dense it is. Plans are kept for regions that are searched again.
// [Table.Explain] tells a plan and its expected cost, [Stats] what a search has cost, and
// [Advise] which level and how many cells suit a table.
package geoindex
