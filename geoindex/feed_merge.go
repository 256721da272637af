package geoindex

import (
	"context"
	"math"
	"slices"
	"sync"
)

// feed merges partitions by time. It reads in rounds, and what a round has found is
// yielded down to the time from which on everything has been read.
//
// A round either looks one item ahead in each partition, or reads all of them back to a
// time at which, as the rate of items so far has it, enough will have been found. The
// first costs an item for each partition, and tells the rate; the second leaves little
// over. Where a partition is busier than the others, the limit of its query, which grows
// when it was not enough, keeps it from being read too far.
type feed struct {
	query   *feedQuery
	options FeedOptions
	match   func(*FeedItem) bool
	workers int
	stats   *Stats

	parts  []*feedPart
	found  []FeedItem // matching, not yet yielded, in order
	newest int64      // time of the newest item read
	read   int        // items
	hits   int        // of these, matching
}

// feedPage is how many items are planned for at a time where the caller sets no limit.
const feedPage = 20

// maxFeedLimit bounds the items of one query.
const maxFeedLimit = 1000

func (f *feed) run(ctx context.Context, yield func(FeedItem, error) bool) {
	barren := 2 // rounds in a row that found nothing; none is known at first
	for f.yieldKnown(yield) && f.unfinished() {
		// Windows without items tell nothing of how far to look.
		look := barren > 1
		low := int64(math.MinInt64)
		if !look {
			low = f.reach()
		}
		before := f.read
		if err := f.round(ctx, low, look); err != nil {
			yield(FeedItem{}, err)
			return
		}
		if barren++; look || f.read > before {
			barren = 0
		}
	}
}

// frontier is the latest time of an item that may not have been read.
func (f *feed) frontier() (at int64, ok bool) {
	at = math.MinInt64
	for _, p := range f.parts {
		if !p.done {
			at, ok = max(at, p.unread), true
		}
	}
	return at, ok
}

func (f *feed) unfinished() bool {
	_, ok := f.frontier()
	return ok
}

// yieldKnown yields what no unread item can come before, and reports whether the feed
// goes on.
func (f *feed) yieldKnown(yield func(FeedItem, error) bool) bool {
	at, unread := f.frontier()
	for len(f.found) > 0 && (!unread || f.found[0].Time > at) {
		f.stats.Items++
		next := f.found[0]
		f.found = f.found[1:]
		if !yield(next, nil) || f.stats.Items == f.options.Limit {
			return false
		}
	}
	return true
}

// want is how many matching items the next rounds should find.
func (f *feed) want() float64 {
	if f.options.Limit > 0 {
		return float64(f.options.Limit - f.stats.Items)
	}
	return float64(feedPage - f.stats.Items%feedPage)
}

// rates are what has been seen so far: items of a partition in a unit of time, and the
// share of items that match, one half until anything is known. The rate is infinite where
// all items have one time.
func (f *feed) rates() (items, matching float64) {
	var span float64 // of all partitions together
	for _, p := range f.parts {
		if !p.done {
			span += float64(f.newest) - float64(min(p.unread, f.newest))
		}
	}
	return float64(max(1, f.read-1)) / span, float64(f.hits+1) / float64(f.read+2)
}

// expected is how many matching items there may be that are not older than low: those
// that were found, and what the rates promise of what is unread.
func (f *feed) expected(low, rate, matching float64) (n float64) {
	for _, item := range f.found {
		if float64(item.Time) >= low {
			n++
		}
	}
	for _, p := range f.parts {
		if unread := float64(p.unread) - low; !p.done && unread > 0 {
			n += unread * rate * matching
		}
	}
	return n
}

// reach is the time back to which the next round reads: as far as enough is expected.
func (f *feed) reach() int64 {
	const steps = 10 // of bisection, to a thousandth
	frontier, _ := f.frontier()
	rate, matching := f.rates()
	if math.IsInf(rate, 1) {
		return frontier
	}
	enough := func(back float64) bool { return f.expected(float64(frontier)-back, rate, matching) >= f.want() }
	far := 1.0
	for !enough(far) {
		far *= 2
	}
	near := far / 2
	for range steps {
		if middle := (near + far) / 2; enough(middle) {
			far = middle
		} else {
			near = middle
		}
	}
	if low := float64(frontier) - far; low > math.MinInt64 {
		return min(frontier, int64(low))
	}
	return math.MinInt64
}

// round reads each partition of which there is something unread back to low.
func (f *feed) round(ctx context.Context, low int64, look bool) error {
	var todo []*feedPart
	rate, matching := f.rates()
	for _, p := range f.parts {
		if p.done || p.unread < low {
			continue
		}
		todo = append(todo, p)
		if look {
			p.limit = 1
		} else if n := 2 + 2*rate*(float64(p.unread)-float64(low)); n < maxFeedLimit { // not for NaN
			p.limit = max(p.limit, int(n))
		}
		if len(f.parts) == 1 { // one more tells that no other has the time of the last
			p.limit = max(p.limit, 1+int(min(maxFeedLimit, f.want()/matching)))
		}
		p.limit = min(p.limit, maxFeedLimit)
	}
	answers, err := f.readAll(ctx, todo, low)
	for _, a := range answers {
		f.take(a)
	}
	slices.SortFunc(f.found, func(a, b FeedItem) int {
		if a.Position().before(b.Position()) {
			return -1
		}
		return 1
	})
	return err
}

// feedAnswer is what one query found.
type feedAnswer struct {
	items []FeedItem
	page  page
}

func (f *feed) take(a feedAnswer) {
	f.stats.add(a.page)
	f.read += a.page.scanned
	for _, item := range a.items {
		f.newest = max(f.newest, item.Time)
		behind := f.options.After == (Position{}) || f.options.After.before(item.Position())
		if behind && f.match(&item) {
			f.hits++
			f.found = append(f.found, item)
		}
	}
}

// readAll queries partitions, several at a time, and returns the first error.
func (f *feed) readAll(ctx context.Context, todo []*feedPart, low int64) ([]feedAnswer, error) {
	answers, errs := make([]feedAnswer, len(todo)), make([]error, len(todo))
	free := make(chan struct{}, f.workers)
	var working sync.WaitGroup
	for i, p := range todo {
		free <- struct{}{}
		working.Go(func() {
			answers[i].items, answers[i].page, errs[i] = f.query.read(ctx, p, low)
			<-free
		})
	}
	working.Wait()
	for _, err := range errs {
		if err != nil {
			return answers, err
		}
	}
	return answers, nil
}
