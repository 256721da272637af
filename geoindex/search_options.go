package geoindex

import "github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"

// SearchOptions configure a search.
type SearchOptions struct {
	// Filter must hold for a point to be yielded. DynamoDB applies it after reading:
	// it saves transport, not read units. It may not name pk and sk.
	Filter expression.ConditionBuilder
	// Projection names the attributes to return, as document paths. The layout's own are
	// returned in any case, as is the attribute of an order. Default: all.
	Projection []string
	// ConsistentRead sees every write acknowledged before the search; it costs twice
	// the read units.
	ConsistentRead bool

	// Order of the hits. Default: none, but ByKey where Cursor, Next or Budget is set.
	Order Order
	// Limit ends the search after so many hits; 0 means no limit.
	Limit int
	// Cursor continues a search of the same region and order, which Next told.
	Cursor string
	// Next is set, whenever a hit is yielded, to the cursor that continues behind it; when the
	// search has ended for whatever reason, to the one that goes on from there, or to "" where
	// all hits were yielded. One that ended at its limit may have no more all the same: it
	// has not looked.
	Next *string

	// Budget bounds the read units, 0 means no bound. A search that would exceed it
	// ends with a [*BudgetError], which has the cursor to go on with. It reads one
	// page at a time, and may exceed the budget by that page. The first page is read in
	// any case, or, by distance, the first ring: that is made for half of the budget, and
	// given up for a narrower one where it holds more than all of it.
	//
	// The newest and oldest of a region take no budget, which is an [ErrInvalid]: which hits
	// come first is known when all of the region was read, so that a part of it would yield
	// none, and its cursor would have to hold all candidates. [Table.Explain] tells what
	// such a search is expected to cost, and [Table.Newest] reads no more than it yields.
	Budget float64

	// Stats is set to what the search has cost so far whenever a hit is yielded, and to
	// all of it when the search has ended.
	Stats *Stats
}

// Stats tell what a search cost.
type Stats struct {
	Queries   int     // requests, one for each page of each range of keys
	ItemsRead int     // items that DynamoDB read, and charged for
	Items     int     // points yielded
	ReadUnits float64 // capacity units that DynamoDB reported
	Throttles int     // requests that DynamoDB refused for lack of capacity, and that were repeated
}
