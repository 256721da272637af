package geoindex

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
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
