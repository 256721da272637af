package askaround

import (
	"container/heap"
	"context"
	"errors"
	"math"
	"strconv"
	"strings"

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
func (in *NearbyInput) check() (after *rank, err error) {
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
	if in.Cursor != "" && len(f) == 0 {
		c, err := parseCursor(in.Cursor)
		if err != nil || c.search != in.search() {
			f.add("/cursor", "not a cursor of this search: start again without it, and keep the other parameters from page to page")
		}
		after = &c.after
	}
	return after, f.err()
}

// search identifies what the pages of one search have in common.
func (in *NearbyInput) search() string {
	bits := func(v float64) string { return strconv.FormatUint(math.Float64bits(v), 16) }
	return digest("nearby", bits(in.Center.Lat), bits(in.Center.Lng), bits(float64(in.Radius)), string(in.Order))
}

// Nearby returns one page of the open questions within the radius of the centre,
// exactly; closed and expired ones are left out. A cursor continues behind the last
// question of its page: what was asked, was closed or has expired in between neither
// repeats nor hides another question. An item that cannot be read is logged and passed
// over: it hides no other question.
//
// Errors: [ErrInvalid], [ErrUnavailable]. The whole disc is read for every page;
// memory is bounded by the limit.
func (s *Service) Nearby(ctx context.Context, in NearbyInput) (QuestionPage, error) {
	after, err := in.check()
	if err != nil {
		return QuestionPage{}, err
	}
	best := &selection{most: in.Limit + 1}
	options := func(o *geoindex.SearchOptions) {
		o.Filter = notClosed
		o.Projection = questionAttributes()
		o.ConsistentRead = true
	}
	for hit, err := range s.index.Radius(ctx, in.Center.LatLng(), in.Radius, options) {
		if errors.Is(err, geoindex.ErrCorrupt) {
			s.options.Logger.ErrorContext(ctx, "skipped a question's item", "error", err)
			continue
		}
		if err != nil {
			return QuestionPage{}, unavailable("search", err)
		}
		c := candidate{hit: hit, rank: in.rank(hit)}
		if after == nil || after.before(c.rank) {
			best.offer(c)
		}
	}
	return s.page(ctx, in, best.sorted())
}

// notClosed is no "open": an item without a state is corrupt, and is to be told, not hidden.
var notClosed = expression.Name(attrState).NotEqual(expression.Value(string(StateClosed)))

// page turns up to Limit+1 candidates into a page.
func (s *Service) page(ctx context.Context, in NearbyInput, found []candidate) (QuestionPage, error) {
	page := QuestionPage{Questions: []QuestionView{}}
	if len(found) > in.Limit {
		found = found[:in.Limit]
		page.Next = cursor{search: in.search(), after: found[in.Limit-1].rank}.String()
	}
	for _, c := range found {
		q, err := parseQuestion(c.hit.Point)
		if err != nil {
			s.options.Logger.ErrorContext(ctx, "skipped a question's item", "key", c.hit.Key.String(), "error", err)
			continue
		}
		view := q.view(in.Account)
		view.Distance = c.hit.Distance()
		page.Questions = append(page.Questions, view)
	}
	return page, nil
}

// rank is a place in an order: by major, then by id. Both orders are total, since an id
// belongs to one question.
type rank struct {
	major int64
	id    string
}

func (r rank) before(o rank) bool {
	if r.major != o.major {
		return r.major < o.major
	}
	return r.id < o.id
}

// rank returns where hit stands in in's order.
func (in *NearbyInput) rank(hit geoindex.Hit) rank {
	r := rank{id: hit.Key.String()}
	if in.Order == OrderNearest {
		// The bits of floats that are not negative sort as the floats do.
		r.major = int64(math.Float64bits(math.Abs(float64(hit.Distance()))))
	} else {
		createdAt, _ := integerOf(hit.Attributes[attrCreatedAt])
		r.major = -createdAt
	}
	return r
}

type candidate struct {
	hit  geoindex.Hit
	rank rank
}

// selection keeps the first most candidates of all that are offered: a heap with the last
// of them on top.
type selection struct {
	most int
	kept []candidate
}

func (s *selection) offer(c candidate) {
	if len(s.kept) < s.most {
		heap.Push(s, c)
	} else if c.rank.before(s.kept[0].rank) {
		s.kept[0] = c
		heap.Fix(s, 0)
	}
}

// sorted empties the selection, first to last.
func (s *selection) sorted() []candidate {
	out := make([]candidate, len(s.kept))
	for i := len(out) - 1; i >= 0; i-- {
		out[i] = heap.Pop(s).(candidate)
	}
	return out
}

func (s *selection) Len() int           { return len(s.kept) }
func (s *selection) Less(i, j int) bool { return s.kept[j].rank.before(s.kept[i].rank) }
func (s *selection) Swap(i, j int)      { s.kept[i], s.kept[j] = s.kept[j], s.kept[i] }
func (s *selection) Push(x any)         { s.kept = append(s.kept, x.(candidate)) }
func (s *selection) Pop() any {
	last := s.kept[len(s.kept)-1]
	s.kept = s.kept[:len(s.kept)-1]
	return last
}

// cursor is where a page ended.
type cursor struct {
	search string // see NearbyInput.search
	after  rank   // of the page's last question
}

// cursorVersion begins every cursor, so that another form can follow.
const cursorVersion = "1"

func (c cursor) String() string {
	return strings.Join([]string{cursorVersion, c.search, strconv.FormatInt(c.after.major, 36), c.after.id}, ".")
}

func parseCursor(s string) (cursor, error) {
	parts := strings.Split(s, ".")
	if len(parts) != 4 || parts[0] != cursorVersion || !validBase32(parts[1]) {
		return cursor{}, errors.New("not a cursor")
	}
	major, err := strconv.ParseInt(parts[2], 36, 64)
	if err != nil {
		return cursor{}, err
	}
	id, err := ParseQuestionID(parts[3])
	if err != nil {
		return cursor{}, err
	}
	return cursor{search: parts[1], after: rank{major, string(id)}}, nil
}
