package geoindex

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
)

// TestExpiry hides what has expired from every operation, at the second it expires.
func TestExpiry(t *testing.T) {
	midnight := time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC)
	clock := &hand{midnight.Add(-time.Second)}
	table := created(t, newEngine(t), func(o *Options) { o.TTLAttribute, o.Clock = "ttl", clock.Now })
	at := LatLng{42.3145186, -71.1103666}
	for id, ttl := range map[string]types.AttributeValue{
		"at midnight": number(midnight.Unix()), "a second later": number(midnight.Unix() + 1), "as text": text("1"), "half": &types.AttributeValueMemberN{Value: "1672531200.5"},
	} {
		if err := table.Put(t.Context(), NewPoint(at, id, map[string]types.AttributeValue{"ttl": ttl})); err != nil {
			t.Fatal(err)
		}
	}
	if err := table.Put(t.Context(), NewPoint(at, "never", nil)); err != nil {
		t.Fatal(err)
	}
	key := KeyAt(at, "at midnight")
	update := expression.Set(expression.Name("x"), expression.Value(1))
	again := NewPoint(at, "at midnight", map[string]types.AttributeValue{"ttl": number(midnight.Unix() + 3600)})

	if got, want := ids(t, table, at, 0), []string{"a second later", "as text", "at midnight", "half", "never"}; !slices.Equal(got, want) {
		t.Errorf("a second before midnight: %v, want %v", got, want)
	}
	if _, err := table.Update(t.Context(), key, update); err != nil {
		t.Errorf("update before expiry: %v", err)
	}
	if err := table.Put(t.Context(), again, IfAbsent); !errors.Is(err, ErrExists) {
		t.Errorf("put if absent before expiry: error %v, want ErrExists", err)
	}

	clock.now = midnight
	if got, want := ids(t, table, at, 0), []string{"a second later", "as text", "half", "never"}; !slices.Equal(got, want) {
		t.Errorf("at midnight: %v, want %v", got, want)
	}
	for name, optFn := range map[string]func(*GetOptions){
		"whole": func(*GetOptions) {}, "projected": func(o *GetOptions) { o.Projection = []string{"x"} },
	} {
		if _, err := table.Get(t.Context(), key, optFn); !errors.Is(err, ErrNotFound) {
			t.Errorf("get after expiry, %s: error %v, want ErrNotFound", name, err)
		}
	}
	if _, err := table.Update(t.Context(), key, update); !errors.Is(err, ErrNotFound) {
		t.Errorf("update after expiry: error %v, want ErrNotFound", err)
	}
	if err := table.Put(t.Context(), again, IfAbsent); err != nil {
		t.Errorf("put if absent after expiry: %v", err)
	}
	if _, err := table.Get(t.Context(), key); err != nil {
		t.Errorf("get after it was put again: %v", err)
	}
}

func TestSearchOptions(t *testing.T) {
	client := newEngine(t)
	table := created(t, client, func(o *Options) { o.TTLAttribute = "ttl" })
	at := LatLng{42.3145186, -71.1103666}
	var points []Point
	for i := range 40 {
		points = append(points, NewPoint(LatLng{at.Lat + float64(i)*1e-4, at.Lng}, "p"+strconv.Itoa(i), map[string]types.AttributeValue{
			"even": &types.AttributeValueMemberBOOL{Value: i%2 == 0}, "n": number(int64(i)), "ttl": number(1 << 40),
			"meta": &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"a": text("a"), "b": text(strings.Repeat("b", 500))}},
		}))
	}
	fill(t, client, table, points)
	search := func(t *testing.T, optFn func(*SearchOptions)) (hits []Hit, stats Stats) {
		for hit, err := range table.Radius(t.Context(), at, 1e5, optFn, func(o *SearchOptions) { o.Stats = &stats }) {
			if err != nil {
				t.Fatal(err)
			}
			hits = append(hits, hit)
		}
		return hits, stats
	}
	all, cost := search(t, func(*SearchOptions) {})
	if len(all) != 40 || cost.Items != 40 || cost.ItemsRead != 40 || cost.Queries < 1 || cost.ReadUnits < 2.5 { // 40 × 0.6 KB are 24 KB
		t.Errorf("plain: %d hits, %+v", len(all), cost)
	}
	for _, hit := range all {
		if want := at.Distance(hit.Location); hit.Distance() != want {
			t.Errorf("%s: distance %v, want %v", hit.Key.ID, hit.Distance(), want)
		}
	}
	t.Run("ConsistentRead", func(t *testing.T) {
		_, stats := search(t, func(o *SearchOptions) { o.ConsistentRead = true })
		if stats.ReadUnits != 2*cost.ReadUnits || stats.Queries != cost.Queries {
			t.Errorf("%+v, want twice the read units of %+v", stats, cost)
		}
	})
	t.Run("Filter", func(t *testing.T) {
		hits, stats := search(t, func(o *SearchOptions) { o.Filter = expression.Name("even").Equal(expression.Value(true)) })
		if len(hits) != 20 || stats.Items != 20 || stats.ItemsRead != 40 {
			t.Errorf("%d hits, %+v; want 20 of 40", len(hits), stats)
		}
	})
	t.Run("Projection", func(t *testing.T) {
		hits, _ := search(t, func(o *SearchOptions) {
			o.Filter = expression.Name("n").LessThan(expression.Value(3))
			o.Projection = []string{"n", "meta.a", "l"}
		})
		if len(hits) != 3 {
			t.Fatalf("%d hits, want 3", len(hits))
		}
		for _, hit := range hits {
			i, err := strconv.Atoi(strings.TrimPrefix(hit.Key.ID, "p"))
			if err != nil || hit.Location != points[i].Location || hit.Key != points[i].Key {
				t.Errorf("key %v, location %v, %v", hit.Key, hit.Location, err)
			}
			want := map[string]types.AttributeValue{"n": number(int64(i)), "meta": &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"a": text("a")}}}
			if diff := cmp.Diff(want, hit.Attributes, attributes); diff != "" {
				t.Errorf("attributes: %s", diff)
			}
		}
	})
	t.Run("a filter over the key", func(t *testing.T) {
		for _, err := range table.Radius(t.Context(), at, 1, func(o *SearchOptions) { o.Filter = expression.Name("sk").AttributeExists() }) {
			if !errors.Is(err, ErrInvalid) {
				t.Errorf("error %v, want ErrInvalid", err)
			}
		}
	})
}

// TestRadiusOnEngine is the oracle test over the wire protocol, in pages of any size.
func TestRadiusOnEngine(t *testing.T) {
	client := newEngine(t)
	r := seeded(t)
	points := randomPoints(r, 1_500)
	all := newOracle(points)
	table := created(t, client)
	fill(t, client, table, points)
	found := 0
	searches := scaled(130, 400)
	for i := range searches {
		center := randomPlace(r)
		radius := randomRadius(r, center, points)
		if radius > 3e5 && i%100 != 0 {
			continue // hundreds or thousands of queries
		}
		table.client = paged{client, int32(1 + r.IntN(60))}
		want, _ := all.within(center, radius)
		got := ids(t, table, center, radius)
		found += len(got)
		if !slices.Equal(got, want) {
			t.Fatalf("center %v, radius %v: missed %v, extra %v", center, float64(radius), difference(want, got), difference(got, want))
		}
	}
	if found < 5*searches {
		t.Errorf("%d points found: the test looks at little", found)
	}
}

// refusing answers every request with an error of DynamoDB's protocol.
type refusing struct {
	code     string
	requests atomic.Int64
}

func (r *refusing) RoundTrip(req *http.Request) (*http.Response, error) {
	r.requests.Add(1)
	_, _ = io.Copy(io.Discard, req.Body)
	return &http.Response{
		StatusCode: http.StatusBadRequest,
		Header:     http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
		Body:       io.NopCloser(strings.NewReader(`{"__type":"com.amazonaws.dynamodb.v20120810#` + r.code + `","message":"slow down"}`)),
		Request:    req,
	}, nil
}

// TestThrottled holds every operation to ErrThrottled, once the client has given up.
func TestThrottled(t *testing.T) {
	for _, code := range []string{"ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"} {
		wire := &refusing{code: code}
		table := newTable(t, dynamodb.New(dynamodb.Options{
			Region: "us-east-1", HTTPClient: &http.Client{Transport: wire},
			Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""),
			Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
				o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			}),
		}))
		for name, op := range map[string]func() error{
			"put":    func() error { return table.Put(t.Context(), statue) },
			"get":    func() error { _, err := table.Get(t.Context(), statue.Key); return err },
			"delete": func() error { return table.Delete(t.Context(), statue.Key) },
			"update": func() error {
				_, err := table.Update(t.Context(), statue.Key, expression.Set(expression.Name("x"), expression.Value(1)))
				return err
			},
			"radius": func() (last error) {
				for _, err := range table.Radius(t.Context(), statue.Location, 0) {
					last = err
				}
				return last
			},
		} {
			wire.requests.Store(0)
			if err := op(); !errors.Is(err, ErrThrottled) {
				t.Errorf("%s, %s: error %v, want ErrThrottled", name, code, err)
			}
			if n := wire.requests.Load(); n < 3 {
				t.Errorf("%s, %s: %d requests, the client's retries are missing", name, code, n)
			}
		}
	}
}
