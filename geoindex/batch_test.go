package geoindex

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
)

// store is a DynamoDB that answers batches only, and as badly as it is told to.
type store struct {
	DynamoDB // nil: other operations panic
	table    *Table
	answer   func(asked) (take int, err error) // how many items to process

	mu       sync.Mutex
	items    map[string]map[string]types.AttributeValue
	writes   map[string]int // how often each item was written
	requests int
	firsts   map[string]int // requests by their first item
	running  int
	most     int // requests running at once
}

// asked is a request for size items: the n-th of all, and the again-th, from 1, that begins
// with its first item.
type asked struct{ n, again, size int }

func newStore(t testing.TB) (*store, *Table) {
	s := &store{items: map[string]map[string]types.AttributeValue{}, writes: map[string]int{}, firsts: map[string]int{}}
	s.answer = func(a asked) (int, error) { return a.size, nil }
	s.table = newTable(t, s)
	return s, s.table
}

// begin counts a request and asks how it should go.
func (s *store) begin(first string, size, limit int) (int, error) {
	s.mu.Lock()
	s.requests++
	s.firsts[first]++
	s.running++
	s.most = max(s.most, s.running)
	request := asked{s.requests, s.firsts[first], size}
	s.mu.Unlock()
	time.Sleep(time.Millisecond) // of a bubble's clock: others begin meanwhile
	defer func() {
		s.mu.Lock()
		s.running--
		s.mu.Unlock()
	}()
	if size < 1 || size > limit {
		return 0, apiError{"ValidationException"}
	}
	return s.answer(request)
}

func (s *store) BatchWriteItem(ctx context.Context, in *dynamodb.BatchWriteItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error) {
	requests := in.RequestItems[s.table.name]
	take, err := s.begin(primary(requests[0]), len(requests), 25)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := map[string]bool{}
	for i, w := range requests {
		key := primary(w)
		if seen[key] {
			return nil, apiError{"ValidationException"} // as DynamoDB has it
		}
		if seen[key] = true; i >= take {
			continue
		}
		s.writes[key]++
		if delete(s.items, key); w.PutRequest != nil {
			s.items[key] = w.PutRequest.Item
		}
	}
	out := &dynamodb.BatchWriteItemOutput{}
	if take < len(requests) {
		out.UnprocessedItems = map[string][]types.WriteRequest{s.table.name: requests[take:]}
	}
	return out, nil
}

func (s *store) BatchGetItem(_ context.Context, in *dynamodb.BatchGetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	request := in.RequestItems[s.table.name]
	take, err := s.begin(string(sk(request.Keys[0])), len(request.Keys), 100)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &dynamodb.BatchGetItemOutput{Responses: map[string][]map[string]types.AttributeValue{}}
	for _, key := range request.Keys[:take] {
		if item := s.items[string(sk(key))]; item != nil {
			out.Responses[s.table.name] = append(out.Responses[s.table.name], maps.Clone(item))
		}
	}
	if take < len(request.Keys) {
		out.UnprocessedKeys = map[string]types.KeysAndAttributes{s.table.name: {Keys: request.Keys[take:]}}
	}
	return out, nil
}

func primary(w types.WriteRequest) string {
	if w.PutRequest != nil {
		return string(sk(w.PutRequest.Item))
	}
	return string(sk(w.DeleteRequest.Key))
}

type apiError struct{ code string }

func (e apiError) Error() string     { return e.code }
func (e apiError) ErrorCode() string { return e.code }

var (
	errThrottled = apiError{"ProvisionedThroughputExceededException"}
	errBroken    = errors.New("connection reset")
)

func manyPoints(n int) []Point {
	points := make([]Point, n)
	for i := range points {
		points[i] = NewPoint(LatLng{float64(i%180) - 89.5, float64(i % 359)}.wrapped(), fmt.Sprintf("p%d", i), nil)
	}
	return points
}

func (p LatLng) wrapped() LatLng {
	if p.Lng > 180 {
		p.Lng -= 360
	}
	return p
}

func keys(points []Point) []Key {
	out := make([]Key, len(points))
	for i, p := range points {
		out[i] = p.Key
	}
	return out
}

// leaveParts does any part of a request, and something of one that comes back once more: a
// batch gives up what nothing is done of, however often it asks.
func leaveParts(a asked) (int, error) {
	if a.again > 2 {
		return 1 + rand.IntN(a.size), nil
	}
	return rand.IntN(a.size + 1), nil
}

// TestBatchUnderThrottling: whatever is left unprocessed or refused, each item is written
// in the end, once, by few requests at a time.
func TestBatchUnderThrottling(t *testing.T) {
	for why, answer := range map[string]func(asked) (int, error){
		"all goes well":      func(a asked) (int, error) { return a.size, nil },
		"parts are left":     leaveParts,
		"one item at a time": func(asked) (int, error) { return 1, nil },
		"every second request is refused whole": func(a asked) (int, error) {
			if a.n%2 == 0 && a.again < 10 {
				return 0, errThrottled
			}
			return a.size, nil
		},
		"three of four leave all": func(a asked) (int, error) {
			if a.again%4 != 0 {
				return 0, nil
			}
			return a.size, nil
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, table := newStore(t)
			s.answer = answer
			points := manyPoints(1_003)
			var told []Key
			got, err := table.PutBatch(t.Context(), slices.Values(points), func(o *BatchOptions) {
				o.Workers = 3
				o.Progress = func(done []Key) { told = append(told, done...) }
			})
			if err != nil || got.Done != len(points) {
				t.Fatalf("%s: %+v, %v", why, got, err)
			}
			for k, n := range s.writes {
				if n != 1 {
					t.Errorf("%s: %x was written %d times", why, k, n)
				}
			}
			sameKeys(t, why+", told", told, keys(points))
			if len(s.items) != len(points) || s.most > 3 || got.Requests != s.requests {
				t.Errorf("%s: %d items, %d requests at once, %d of %d requests told", why, len(s.items), s.most, got.Requests, s.requests)
			}
			found, err := table.GetBatch(t.Context(), append(keys(points), KeyAt(LatLng{1, 1}, "absent"), points[0].Key))
			if err != nil || len(found) != len(points) {
				t.Errorf("%s: read %d, %v", why, len(found), err)
			}
			if _, err := table.DeleteBatch(t.Context(), slices.Values(keys(points))); err != nil || len(s.items) != 0 {
				t.Errorf("%s: delete left %d, %v", why, len(s.items), err)
			}
		})
	}
}

func sameKeys(t testing.TB, why string, got, want []Key) {
	t.Helper()
	got, want = slices.SortedFunc(slices.Values(got), compareKeys), slices.SortedFunc(slices.Values(want), compareKeys)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: %s", why, diff)
	}
}

// TestBatchEndsEarly: whatever ends a batch, each point that it took is in exactly one of
// the three: done and in the table; left and not in the table; or unknown.
func TestBatchEndsEarly(t *testing.T) {
	for _, c := range []struct {
		why    string
		answer func(a asked) (int, error)
		cancel time.Duration
		want   error
		left   bool // some are known not to be written
	}{
		{"DynamoDB goes on refusing", func(a asked) (int, error) {
			if a.n > 10 {
				return 0, nil
			}
			return a.size / 2, nil
		}, 0, ErrThrottled, true},
		{"and refuses with an error", func(a asked) (int, error) {
			if a.n > 10 {
				return 0, errThrottled
			}
			return a.size, nil
		}, 0, ErrThrottled, true},
		{"the 7th request breaks", func(a asked) (int, error) {
			if a.n == 7 {
				return 0, errBroken
			}
			return a.size, nil
		}, 0, errBroken, false},
		{"the table is gone", func(a asked) (int, error) {
			if a.n > 7 {
				return 0, apiError{"ResourceNotFoundException"}
			}
			return a.size, nil
		}, 0, ErrNoTable, true},
		{"cancelled while it waits", func(a asked) (int, error) { return min(a.n%2, a.size), nil }, 200 * time.Millisecond, context.Canceled, true},
		{"cancelled while it sends", func(a asked) (int, error) { return a.size, nil }, 5 * time.Millisecond, context.Canceled, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, table := newStore(t)
			s.answer = c.answer
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if c.cancel > 0 {
				time.AfterFunc(c.cancel, cancel)
			}
			var taken, done []Key
			got, err := table.PutBatch(ctx, taking(manyPoints(2_000), &taken), func(o *BatchOptions) {
				o.Workers = 4
				o.Progress = func(keys []Key) { done = append(done, keys...) }
			})
			var failed *BatchError
			if !errors.Is(err, c.want) || !errors.As(err, &failed) || got.Done != len(done) {
				t.Fatalf("%s: error %v, want %v; %d done, %d told", c.why, err, c.want, got.Done, len(done))
			}
			sameKeys(t, c.why, slices.Concat(done, failed.Left, failed.Unknown), taken)
			for _, k := range done {
				if s.writes[string(k.sortKey())] != 1 {
					t.Errorf("%s: done, but written %d times", c.why, s.writes[string(k.sortKey())])
				}
			}
			for _, k := range failed.Left {
				if s.writes[string(k.sortKey())] != 0 {
					t.Errorf("%s: left, but written", c.why)
				}
			}
			if c.left && len(failed.Left) == 0 {
				t.Errorf("%s: nothing left", c.why)
			}
			if len(taken) == 2_000 {
				t.Errorf("%s: took all points", c.why)
			}
		})
	}
}

// taking records what is taken.
func taking(points []Point, taken *[]Key) iter.Seq[Point] {
	return func(yield func(Point) bool) {
		for _, p := range points {
			*taken = append(*taken, p.Key)
			if !yield(p) {
				return
			}
		}
	}
}

// TestBatchStopsAtABadPoint: what comes before is written, throttled or not.
func TestBatchStopsAtABadPoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, table := newStore(t)
		s.answer = func(a asked) (int, error) { return (a.size + 1) / 2, nil }
		points := manyPoints(60)
		points[40].Location.Lat = 91
		got, err := table.PutBatch(t.Context(), slices.Values(points))
		var failed *BatchError
		if !errors.Is(err, ErrInvalid) || !errors.As(err, &failed) || got.Done != 40 || len(s.items) != 40 {
			t.Fatalf("%+v, %d items, error %v", got, len(s.items), err)
		}
		sameKeys(t, "left", failed.Left, keys(points[40:41]))
		if !strings.Contains(err.Error(), points[40].Key.String()) {
			t.Errorf("error %q does not name the point", err)
		}
	})
}

// TestBatchKeepsOrder: of points with the same key the last one stays, and no request
// has a key twice.
func TestBatchKeepsOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, table := newStore(t)
		s.answer = leaveParts
		last := map[Key]int64{}
		var points []Point
		for i := range int64(1_000) {
			p := NewPoint(LatLng{1, 1}, fmt.Sprint(rand.IntN(200)), map[string]types.AttributeValue{"n": number(i)})
			points = append(points, p)
			last[p.Key] = i
		}
		if got, err := table.PutBatch(t.Context(), slices.Values(points)); err != nil || got.Done != 1_000 {
			t.Fatalf("%+v, %v", got, err)
		}
		found, err := table.GetBatch(t.Context(), keys(points))
		if err != nil || len(found) != len(last) {
			t.Fatalf("%d found, %v", len(found), err)
		}
		for k, n := range last {
			if diff := cmp.Diff(number(n), found[k].Attributes["n"], attributes); diff != "" {
				t.Errorf("%s: %s", k, diff)
			}
		}
	})
}

// TestBatchOfAnEngine runs against a DynamoDB that speaks the protocol.
func TestBatchOfAnEngine(t *testing.T) {
	clock := &hand{time.Unix(1_000, 0)}
	table := created(t, newEngine(t), func(o *Options) { o.TTLAttribute, o.Clock = "ttl", clock.Now })
	points := manyPoints(333)
	points[7].Attributes = map[string]types.AttributeValue{"ttl": number(999)}
	points[8].Attributes = map[string]types.AttributeValue{"ttl": number(1_001), "x": text("y")}
	got, err := table.PutBatch(t.Context(), slices.Values(points))
	if err != nil || got.Done != 333 || got.Requests != 14 || got.Units != 333 {
		t.Fatalf("put: %+v, %v", got, err)
	}
	found, err := table.GetBatch(t.Context(), keys(points), func(o *GetOptions) { o.ConsistentRead, o.Projection = true, []string{"x"} })
	if err != nil || len(found) != 332 {
		t.Fatalf("get: %d, %v", len(found), err)
	}
	if _, ok := found[points[7].Key]; ok {
		t.Error("an expired item was read")
	}
	if diff := cmp.Diff(points[8], found[points[8].Key], attributes); diff != "" {
		t.Errorf("projected, with the time of expiry: %s", diff)
	}
	if got, err := table.DeleteBatch(t.Context(), slices.Values(keys(points)[:300])); err != nil || got.Done != 300 {
		t.Fatalf("delete: %+v, %v", got, err)
	}
	if found, err := table.GetBatch(t.Context(), keys(points)); err != nil || len(found) != 33 {
		t.Errorf("after delete: %d, %v", len(found), err)
	}
}

func TestBatchRefuses(t *testing.T) {
	_, table := newStore(t)
	for why, fn := range map[string]func(*BatchOptions){
		"less than no workers": func(o *BatchOptions) { o.Workers = -1 },
		"65 workers":           func(o *BatchOptions) { o.Workers = 65 },
		"1,001 attempts":       func(o *BatchOptions) { o.Attempts = 1_001 },
	} {
		if _, err := table.PutBatch(t.Context(), slices.Values(manyPoints(1)), fn); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: error %v, want ErrInvalid", why, err)
		}
	}
	if _, err := table.DeleteBatch(t.Context(), slices.Values([]Key{{}})); !errors.Is(err, ErrInvalid) {
		t.Errorf("a key that is none: error %v, want ErrInvalid", err)
	}
	if _, err := table.GetBatch(t.Context(), []Key{{}}); !errors.Is(err, ErrInvalid) {
		t.Errorf("a key that is none: error %v, want ErrInvalid", err)
	}
}

// TestBatchPanics: a sequence that panics leaves no goroutine behind.
func TestBatchPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, table := newStore(t)
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_, _ = table.PutBatch(t.Context(), func(yield func(Point) bool) {
			for _, p := range manyPoints(30) {
				yield(p)
			}
			panic("a sequence's own")
		})
	})
}
