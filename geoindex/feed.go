package geoindex

import (
	"context"
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
)

// FeedItem is a point of a feed.
type FeedItem struct {
	Point
	Time     int64  // the value of Options.TimeAttribute
	Distance Meters // from the centre; 0 from ByOwner
}

// Position returns where the item stands in its feed.
func (f FeedItem) Position() Position { return Position{f.Time, f.Key} }

// Position is a place in a feed. Feeds are ordered by time, the newest first, and by key
// where times are equal: a position stays valid whatever is written or deleted.
type Position struct {
	Time int64
	Key  Key
}

// before reports whether p comes first: newer, or the same time and a lower key.
func (p Position) before(o Position) bool {
	return p.Time > o.Time || p.Time == o.Time && compareKeys(p.Key, o.Key) < 0
}

// String returns the time, a full stop and the key.
func (p Position) String() string { return fmt.Sprintf("%d.%s", p.Time, p.Key) }

// ParsePosition reads what [Position.String] returns. Other text is an [ErrInvalid].
func ParsePosition(s string) (Position, error) {
	number, rest, _ := strings.Cut(s, ".")
	at, err := strconv.ParseInt(number, 10, 64)
	if err != nil || strconv.FormatInt(at, 10) != number {
		return Position{}, fmt.Errorf("%w: position %q has no time", ErrInvalid, s)
	}
	k, err := ParseKey(rest)
	return Position{at, k}, err
}

// FeedOptions configure Newest and ByOwner.
type FeedOptions struct {
	// Limit is how many items are yielded at most, and for how many reading is planned; 0
	// means all, planned for 20 at a time.
	Limit int
	// After continues behind a position, such as that of the last item of a page. The
	// zero Position means the beginning.
	After Position
	// Filter must hold for an item to be yielded. DynamoDB applies it after reading. It
	// may not name the attributes of owner and time.
	Filter expression.ConditionBuilder
	// Projection names the attributes to return, as document paths. The layout's own and
	// the time are returned in any case. Default: all.
	Projection []string
	// Stats is set to what the feed has cost so far whenever an item is yielded, and to
	// all of it at the end.
	Stats *Stats
}

// maxFeedCells bounds the cells of one Newest, each of which is a partition to query.
const maxFeedCells = 128

// Newest yields the points within radius of center, the newest first, without reading
// the whole disc: it asks each cell of Options.FeedLevel that meets the disc for its
// newest items, and merges them. The first 20 cost about as many items as lie around
// them in those cells, however many there are in the disc.
//
// Index reads are eventually consistent: an item that was written within the last second
// or so may be missing. Errors end the feed, as they do [Table.Radius], with one more
// [ErrInvalid]: a disc of more than 128 cells, or a table without a feed.
func (t *Table) Newest(ctx context.Context, center LatLng, radius Meters, optFns ...func(*FeedOptions)) iter.Seq2[FeedItem, error] {
	return func(yield func(FeedItem, error) bool) {
		partitions, err := t.feedPartitions(center, radius)
		if err != nil {
			yield(FeedItem{}, err)
			return
		}
		t.runFeed(ctx, feedIndex, partitions, optFns, func(f *FeedItem) bool {
			f.Distance = center.Distance(f.Location)
			return f.Distance <= radius
		}, yield)
	}
}

// feedPartitions are the cells of the feed that meet a disc.
func (t *Table) feedPartitions(center LatLng, radius Meters) ([]string, error) {
	if t.options.FeedLevel == 0 {
		return nil, fmt.Errorf("%w: the table has no feed; see Options.FeedLevel", ErrInvalid)
	}
	cells, err := Cover(center, radius, t.options.FeedLevel)
	if err != nil {
		return nil, err
	}
	if len(cells) > maxFeedCells {
		return nil, fmt.Errorf("%w: a feed of %d cells, not of at most %d; see Options.FeedLevel", ErrInvalid, len(cells), maxFeedCells)
	}
	tokens := make([]string, len(cells))
	for i, c := range cells {
		tokens[i] = c.Token()
	}
	return tokens, nil
}

// ByOwner yields the points of one owner, the newest first, wherever they are. See
// [Table.Newest] for what is the same.
func (t *Table) ByOwner(ctx context.Context, owner string, optFns ...func(*FeedOptions)) iter.Seq2[FeedItem, error] {
	return func(yield func(FeedItem, error) bool) {
		if t.options.OwnerAttribute == "" || owner == "" {
			yield(FeedItem{}, fmt.Errorf("%w: the table has no owners, or none was named; see Options.OwnerAttribute", ErrInvalid))
			return
		}
		t.runFeed(ctx, ownerIndex, []string{owner}, optFns, func(*FeedItem) bool { return true }, yield)
	}
}

// runFeed merges partitions of an index; match has the last word on an item.
func (t *Table) runFeed(ctx context.Context, name string, partitions []string, optFns []func(*FeedOptions), match func(*FeedItem) bool, yield func(FeedItem, error) bool) {
	var o FeedOptions
	for _, fn := range optFns {
		fn(&o)
	}
	if o.Limit < 0 {
		yield(FeedItem{}, fmt.Errorf("%w: Limit %d is negative", ErrInvalid, o.Limit))
		return
	}
	i := slices.IndexFunc(t.options.indexes(), func(x index) bool { return x.name == name })
	q, err := t.newFeedQuery(t.options.indexes()[i], o)
	if err != nil {
		yield(FeedItem{}, err)
		return
	}
	f := feed{query: q, options: o, match: match, workers: t.options.Workers, stats: o.Stats, newest: math.MinInt64}
	if f.stats == nil {
		f.stats = new(Stats)
	}
	*f.stats = Stats{}
	for _, p := range partitions {
		f.parts = append(f.parts, newFeedPart(p, o.After))
	}
	f.run(ctx, yield)
}
