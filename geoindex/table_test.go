package geoindex

import (
	"errors"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

// attributes compares attribute values.
var attributes = cmpopts.IgnoreUnexported(types.AttributeValueMemberS{}, types.AttributeValueMemberN{}, types.AttributeValueMemberB{},
	types.AttributeValueMemberM{}, types.AttributeValueMemberL{}, types.AttributeValueMemberBOOL{}, types.AttributeValueMemberSS{})

func TestNewRefuses(t *testing.T) {
	for name, fn := range map[string]func(*Options){
		"a level that is too coarse":         func(o *Options) { o.Level = 3 },
		"a level that is too fine":           func(o *Options) { o.Level = 7 },
		"a covering of three cells":          func(o *Options) { o.MaxCells = 3 },
		"less than no workers":               func(o *Options) { o.Workers = -1 },
		"a time of expiry in the key":        func(o *Options) { o.TTLAttribute = "sk" },
		"a time of expiry in the location":   func(o *Options) { o.TTLAttribute = "l" },
		"a time of expiry inside of another": func(o *Options) { o.TTLAttribute = "meta.ttl" },
	} {
		if _, err := New(&fake{}, "t", fn); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: error %v, want ErrInvalid", name, err)
		}
	}
	if _, err := New(nil, "t"); !errors.Is(err, ErrInvalid) {
		t.Errorf("no client: error %v, want ErrInvalid", err)
	}
	if _, err := New(&fake{}, ""); !errors.Is(err, ErrInvalid) {
		t.Errorf("no name: error %v, want ErrInvalid", err)
	}
	if _, err := New(&fake{}, "t", func(o *Options) { *o = Options{} }); err != nil {
		t.Errorf("zero options: error %v, want the defaults", err)
	}
}

func TestCreate(t *testing.T) {
	client := newEngine(t)
	table := newTable(t, client, func(o *Options) { o.TTLAttribute = "ttl" })
	if err := table.Put(t.Context(), NewPoint(LatLng{1, 2}, "x", nil)); !errors.Is(err, ErrNoTable) {
		t.Errorf("put before create: error %v, want ErrNoTable", err)
	}
	for _, err := range table.Radius(t.Context(), LatLng{1, 2}, 1) {
		if !errors.Is(err, ErrNoTable) {
			t.Errorf("search before create: error %v, want ErrNoTable", err)
		}
	}
	if err := table.Create(t.Context(), func(o *CreateOptions) { o.ReadUnits = 5 }); !errors.Is(err, ErrInvalid) {
		t.Errorf("read units alone: error %v, want ErrInvalid", err)
	}
	if err := table.Create(t.Context(), func(o *CreateOptions) { o.Stream = types.StreamViewTypeNewImage }); err != nil {
		t.Fatal(err)
	}
	if err := table.Create(t.Context()); !errors.Is(err, ErrExists) {
		t.Errorf("second create: error %v, want ErrExists", err)
	}
	got, err := client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String(table.Name())})
	if err != nil {
		t.Fatal(err)
	}
	d := got.Table
	if d.TableStatus != types.TableStatusActive || d.BillingModeSummary == nil || d.BillingModeSummary.BillingMode != types.BillingModePayPerRequest ||
		len(d.LocalSecondaryIndexes) != 0 || d.StreamSpecification == nil || d.StreamSpecification.StreamViewType != types.StreamViewTypeNewImage {
		t.Errorf("status %v, billing %+v, stream %+v, %d local indexes", d.TableStatus, d.BillingModeSummary, d.StreamSpecification, len(d.LocalSecondaryIndexes))
	}
	ttl, err := client.DescribeTimeToLive(t.Context(), &dynamodb.DescribeTimeToLiveInput{TableName: aws.String(table.Name())})
	if err != nil {
		t.Fatal(err)
	}
	if aws.ToString(ttl.TimeToLiveDescription.AttributeName) != "ttl" {
		t.Errorf("expiry %+v", ttl.TimeToLiveDescription)
	}
}

func TestCreateProvisioned(t *testing.T) {
	client := newEngine(t)
	table := newTable(t, client)
	err := table.Create(t.Context(), func(o *CreateOptions) {
		o.ReadUnits, o.WriteUnits, o.Tags = 7, 3, map[string]string{"team": "maps"}
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String(table.Name())})
	if err != nil {
		t.Fatal(err)
	}
	if p := got.Table.ProvisionedThroughput; p == nil || aws.ToInt64(p.ReadCapacityUnits) != 7 || aws.ToInt64(p.WriteCapacityUnits) != 3 {
		t.Errorf("throughput %+v, want 7 and 3", p)
	}
}

// statue is the sample of the library's first description.
var statue = NewPoint(LatLng{40.6892534, -74.0466891}, "location-id-1234", map[string]types.AttributeValue{
	"country":         text("USA"),
	"state":           text("New York"),
	"pointOfInterest": text("Statue of Liberty"),
	"visits":          number(3),
	"nested":          &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"l": text("not the location")}},
})

func TestPutAndGet(t *testing.T) {
	table := created(t, newEngine(t))
	points := []Point{
		statue,
		NewPoint(LatLng{math.Nextafter(51.5, 52), math.Nextafter(-0.12, 0)}, "last bits of the location", map[string]types.AttributeValue{}),
		NewPoint(LatLng{90, 123.456}, "the pole", map[string]types.AttributeValue{"x": number(1)}),
		NewPoint(LatLng{0, -180}, "the antimeridian", map[string]types.AttributeValue{}),
		NewPoint(LatLng{1, 1}, strings.Repeat("x", MaxID), map[string]types.AttributeValue{}),
		NewPoint(LatLng{1, 1}, "\x00\xff", map[string]types.AttributeValue{"bytes": text("any id")}),
	}
	for _, p := range points {
		if err := table.Put(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range points {
		k, err := ParseKey(want.Key.String())
		if err != nil {
			t.Fatal(err)
		}
		got, err := table.Get(t.Context(), k, func(o *GetOptions) { o.ConsistentRead = true })
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, attributes); diff != "" {
			t.Errorf("%s: %s", want.Key.ID, diff)
		}
	}
	if _, err := table.Get(t.Context(), KeyAt(statue.Location, "other")); !errors.Is(err, ErrNotFound) {
		t.Errorf("another id: error %v, want ErrNotFound", err)
	}
	got, err := table.Get(t.Context(), statue.Key, func(o *GetOptions) { o.Projection = []string{"country", "nested.l", "sk"} })
	if err != nil {
		t.Fatal(err)
	}
	want := Point{Key: statue.Key, Location: statue.Location, Attributes: map[string]types.AttributeValue{
		"country": statue.Attributes["country"], "nested": statue.Attributes["nested"]}}
	if diff := cmp.Diff(want, got, attributes); diff != "" {
		t.Errorf("projection: %s", diff)
	}
}

func TestPutRefuses(t *testing.T) {
	table := newTable(t, &fake{}) // a request would panic
	at := LatLng{48, 16}
	for name, p := range map[string]Point{
		"no location":               {Key: KeyAt(at, "x")},
		"a location out of range":   NewPoint(LatLng{91, 0}, "x", nil),
		"a location of no number":   {Key: KeyAt(at, "x"), Location: LatLng{math.NaN(), 0}},
		"no id":                     NewPoint(at, "", nil),
		"an id of 1,017 bytes":      NewPoint(at, strings.Repeat("x", MaxID+1), nil),
		"a cell that is no leaf":    {Key: Key{CellAt(at).Parent(29), "x"}, Location: at},
		"a location a metre away":   {Key: KeyAt(at, "x"), Location: LatLng{48.00001, 16}},
		"an attribute called sk":    NewPoint(at, "x", map[string]types.AttributeValue{"sk": text("")}),
		"an attribute called l":     NewPoint(at, "x", map[string]types.AttributeValue{"l": text("")}),
		"a key of the zero CellID":  {Key: Key{0, "x"}, Location: at},
		"a location two cells away": {Key: Key{CellID(CellAt(at).s2().Next().Next()), "x"}, Location: at},
	} {
		if err := table.Put(t.Context(), p); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: error %v, want ErrInvalid", name, err)
		}
	}
}

func TestConditions(t *testing.T) {
	table := created(t, newEngine(t))
	country := func(is string) func(*WriteOptions) {
		return func(o *WriteOptions) { o.Condition = expression.Name("country").Equal(expression.Value(is)) }
	}
	visit := expression.Add(expression.Name("visits"), expression.Value(1))

	if err := table.Put(t.Context(), statue, IfAbsent); err != nil {
		t.Fatal(err)
	}
	if err := table.Put(t.Context(), statue, IfAbsent); !errors.Is(err, ErrExists) || !errors.Is(err, ErrConditionFailed) {
		t.Errorf("second put if absent: error %v, want ErrExists and ErrConditionFailed", err)
	}
	if err := table.Put(t.Context(), statue, country("France")); !errors.Is(err, ErrConditionFailed) || errors.Is(err, ErrExists) {
		t.Errorf("put where the condition fails: error %v, want ErrConditionFailed alone", err)
	}
	if err := table.Put(t.Context(), statue, country("USA")); err != nil {
		t.Errorf("put where the condition holds: %v", err)
	}
	if err := table.Put(t.Context(), statue, country("USA"), IfAbsent); !errors.Is(err, ErrExists) {
		t.Errorf("put if absent and a condition that holds: error %v, want ErrExists", err)
	}

	_, err := table.Update(t.Context(), statue.Key, visit, country("France"))
	var failed *types.ConditionalCheckFailedException
	if !errors.Is(err, ErrConditionFailed) || !errors.As(err, &failed) {
		t.Fatalf("update where the condition fails: error %v, want ErrConditionFailed", err)
	}
	if old, err := table.ParseItem(failed.Item); err != nil || !cmp.Equal(old, statue, attributes) {
		t.Errorf("the item as it was: %+v, %v", old, err)
	}
	got, err := table.Update(t.Context(), statue.Key, visit, country("USA"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(number(4), got.Attributes["visits"], attributes); diff != "" || got.Key != statue.Key || got.Location != statue.Location {
		t.Errorf("updated point %+v: %s", got, diff)
	}
	absent := KeyAt(LatLng{1, 1}, "x")
	for name, optFns := range map[string][]func(*WriteOptions){"plain": nil, "with a condition": {country("USA")}} {
		if _, err := table.Update(t.Context(), absent, visit, optFns...); !errors.Is(err, ErrNotFound) || errors.Is(err, ErrConditionFailed) {
			t.Errorf("update of nothing, %s: error %v, want ErrNotFound alone", name, err)
		}
	}
	if _, err := table.Get(t.Context(), absent); !errors.Is(err, ErrNotFound) {
		t.Errorf("the update of nothing made something: %v", err)
	}

	if err := table.Delete(t.Context(), statue.Key, country("France")); !errors.Is(err, ErrConditionFailed) {
		t.Errorf("delete where the condition fails: error %v, want ErrConditionFailed", err)
	}
	for range 2 {
		if err := table.Delete(t.Context(), statue.Key); err != nil {
			t.Errorf("delete: %v", err)
		}
	}
	if _, err := table.Get(t.Context(), statue.Key); !errors.Is(err, ErrNotFound) {
		t.Errorf("get after delete: error %v, want ErrNotFound", err)
	}
}

// TestUpdateKeepsTheLayout refuses what would take a point out of its cell.
func TestUpdateKeepsTheLayout(t *testing.T) {
	table := created(t, newEngine(t))
	if err := table.Put(t.Context(), statue); err != nil {
		t.Fatal(err)
	}
	name, value := expression.Name, expression.Value
	many := func() (u expression.UpdateBuilder) { // so that #1 is the beginning of #10
		for _, n := range strings.Split("a b c d e f g h i j k m n", " ") {
			u = u.Set(name(n), value(1))
		}
		return u
	}
	for why, row := range map[string]struct {
		update  expression.UpdateBuilder
		refused bool
	}{
		"the location is set":          {expression.Set(name("l"), value([]byte("x"))), true},
		"the location is removed":      {expression.Remove(name("l")), true},
		"the location is the 14th":     {many().Set(name("l"), value(1)), true},
		"the sort key is set":          {expression.Set(name("sk"), value([]byte("x"))), true},
		"something inside of it":       {expression.Set(name("l.x"), value(1)), true},
		"another attribute's inner l":  {expression.Set(name("nested.l"), value("free")), false},
		"thirteen others":              {many(), false},
		"a value that looks like both": {expression.Set(name("country"), value("#0 l sk")), false},
	} {
		_, err := table.Update(t.Context(), statue.Key, row.update)
		if errors.Is(err, ErrInvalid) != row.refused || !row.refused && err != nil {
			t.Errorf("%s: error %v, refused should be %v", why, err, row.refused)
		}
	}
	got, err := table.Get(t.Context(), statue.Key)
	if err != nil || got.Location != statue.Location {
		t.Errorf("%v is at %v, %v", statue.Key, got.Location, err)
	}
}

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
	for i := range 400 {
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
	if found < 2_000 {
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
