package askaround

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"

	"github.com/askaround/askaround-go/geoindex"
)

// Order is the order of a search's results.
type Order string

const (
	OrderNewest  Order = "newest"
	OrderNearest Order = "nearest"
)

// NearbyInput is a search.
type NearbyInput struct {
	Account AccountID       // for Mine
	Center  Location        // pointers /lat, /lng
	Radius  geoindex.Meters // 0 = DefaultRadius; up to MaxRadius; pointer /radius
	Order   Order           // "" = newest; pointer /order
	Limit   int             // 0 = DefaultLimit; up to MaxLimit; pointer /limit
	Cursor  string          // "" = first page; else a page's Next; pointer /cursor
}

// check validates in and fills in its defaults.
func (in *NearbyInput) check() error {
	var f faults
	f.location("", in.Center)
	in.Radius = f.radius("/radius", in.Radius, MaxRadius)
	switch in.Order {
	case OrderNewest, OrderNearest:
	case "":
		in.Order = OrderNewest
	default:
		f.add("/order", "unknown order %.20q: use %q or %q", in.Order, OrderNewest, OrderNearest)
	}
	switch {
	case in.Limit == 0:
		in.Limit = DefaultLimit
	case in.Limit < 0 || in.Limit > MaxLimit:
		f.add("/limit", "%d is not a number of questions: use 1 to %d", in.Limit, MaxLimit)
	}
	return f.err()
}

// order returns in's order. Both are total: questions that it does not part are in that of
// their ids.
func (in *NearbyInput) order() geoindex.Order {
	if in.Order == OrderNearest {
		return geoindex.ByDistance(in.Center.LatLng())
	}
	return geoindex.Newest(attrCreatedAt)
}

// cursorKey signs the cursors of all installations. It is no secret: a cursor is a place in
// an order that everybody may read, and whoever makes one up begins there.
var cursorKey = []byte("askaround cursor 1")

// Nearby returns one page of the open questions within the radius of the centre,
// exactly; closed and expired ones are left out. A cursor continues behind the last
// question of its page: what was asked, was closed or has expired in between neither
// repeats nor hides another question. An item that cannot be read is logged and passed
// over: it hides no other question.
//
// Errors: [ErrInvalid], [ErrUnavailable]. For the newest, the whole disc is read for every
// page, for the nearest as far as the page reaches; memory is bounded by the limit.
func (s *Service) Nearby(ctx context.Context, in NearbyInput) (QuestionPage, error) {
	if err := in.check(); err != nil {
		return QuestionPage{}, err
	}
	page := QuestionPage{Questions: []QuestionView{}}
	read, next, behind := 0, "", ""
	for hit, err := range s.index.Radius(ctx, in.Center.LatLng(), in.Radius, in.options(&next)) {
		switch {
		case errors.Is(err, geoindex.ErrCorrupt):
			s.options.Logger.ErrorContext(ctx, "skipped a question's item", "error", err)
			continue
		case errors.Is(err, geoindex.ErrCursor):
			var f faults
			f.add("/cursor", "not a cursor of this search: start again without it, and keep the other parameters from page to page")
			return QuestionPage{}, f.err()
		case err != nil:
			return QuestionPage{}, unavailable("search", err)
		}
		if read++; read > in.Limit {
			page.Next = behind // of the question before
			break
		}
		behind = next
		q, err := parseQuestion(hit.Point)
		if err != nil {
			s.options.Logger.ErrorContext(ctx, "skipped a question's item", "key", hit.Key.String(), "error", err)
			continue
		}
		view := q.view(in.Account)
		view.Distance = hit.Distance()
		page.Questions = append(page.Questions, view)
	}
	return page, nil
}

// options are those of in's search. It yields one question more than a page has, which tells
// whether there is another page, and sets next to the cursor behind each.
func (in *NearbyInput) options(next *string) func(*geoindex.SearchOptions) {
	return func(o *geoindex.SearchOptions) {
		o.Filter = notClosed
		o.Projection = questionAttributes()
		o.ConsistentRead = true
		o.Order = in.order()
		o.Limit = in.Limit + 1
		o.Cursor = in.Cursor
		o.Next = next
	}
}

// notClosed is no "open": an item without a state is corrupt, and is to be told, not hidden.
var notClosed = expression.Name(attrState).NotEqual(expression.Value(string(StateClosed)))
