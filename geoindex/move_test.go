package geoindex

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
)

// between is a client that does something once between a read and what follows it.
type between struct {
	DynamoDB
	do func()
}

func (b *between) GetItem(ctx context.Context, in *dynamodb.GetItemInput, optFns ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	out, err := b.DynamoDB.GetItem(ctx, in, optFns...)
	if do := b.do; do != nil {
		b.do = nil
		do()
	}
	return out, err
}

var manhattan = LatLng{40.7580, -73.9855}

// versioned is a point with attributes that are awkward to name.
var versioned = NewPoint(LatLng{40.6892534, -74.0466891}, "x", map[string]types.AttributeValue{
	"v": number(7), "a.b": text("a dot"), "c[0]": text("brackets"), "size": text("a reserved word"),
	"set": &types.AttributeValueMemberSS{Value: []string{"p", "q"}},
	"map": &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"n": number(1)}},
})

func withVersion(o *MoveOptions) { o.Version = "v" }

// allItems reads the whole table.
func allItems(t testing.TB, client DynamoDB, table *Table) []Point {
	t.Helper()
	out, err := client.(interface {
		Scan(context.Context, *dynamodb.ScanInput, ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error)
	}).Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(table.Name()), ConsistentRead: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	var points []Point
	for _, item := range out.Items {
		p, err := table.ParseItem(item)
		if err != nil {
			t.Fatal(err)
		}
		points = append(points, p)
	}
	return points
}

func TestMove(t *testing.T) {
	sameLeaf := versioned.Location
	sameLeaf.Lat = math.Nextafter(sameLeaf.Lat, 90)
	for _, c := range []struct {
		why  string
		to   LatLng
		opt  []func(*MoveOptions)
		want int64 // version
	}{
		{"across the river", manhattan, nil, 7},
		{"and with a version", manhattan, []func(*MoveOptions){withVersion}, 8},
		{"to another continent", LatLng{-33.8688, 151.2093}, []func(*MoveOptions){withVersion}, 8},
		{"within the leaf cell", sameLeaf, nil, 7},
		{"within the leaf cell, with a version", sameLeaf, []func(*MoveOptions){withVersion}, 8},
		{"to where it is", versioned.Location, []func(*MoveOptions){withVersion}, 7},
		{"to a pole", LatLng{90, 0}, nil, 7},
		{"with a condition that holds", manhattan, []func(*MoveOptions){withVersion, func(o *MoveOptions) {
			o.Condition = expression.Name("map.n").Equal(expression.Value(1))
		}}, 8},
	} {
		client := newEngine(t)
		table := created(t, client)
		if err := table.Put(t.Context(), versioned); err != nil {
			t.Fatal(err)
		}
		want := NewPoint(c.to, "x", merged(versioned.Attributes, map[string]types.AttributeValue{"v": number(c.want)}))
		got, err := table.Move(t.Context(), versioned.Key, c.to, c.opt...)
		if err != nil {
			t.Errorf("%s: %v", c.why, err)
			continue
		}
		if diff := cmp.Diff(want, got, attributes); diff != "" {
			t.Errorf("%s, returned: %s", c.why, diff)
		}
		if diff := cmp.Diff([]Point{want}, allItems(t, client, table), attributes); diff != "" {
			t.Errorf("%s, in the table: %s", c.why, diff)
		}
		again, err := table.Move(t.Context(), versioned.Key, c.to, c.opt...)
		if diff := cmp.Diff(want, again, attributes); diff != "" || err != nil {
			t.Errorf("%s, once more: %v, %s", c.why, err, diff)
		}
	}
}

func TestMoveRefuses(t *testing.T) {
	country := func(is string) func(*MoveOptions) {
		return func(o *MoveOptions) { o.Condition = expression.Name("a").Equal(expression.Value(is)) }
	}
	sameLeaf := versioned.Location
	sameLeaf.Lat = math.Nextafter(sameLeaf.Lat, 90)
	update := func(table *Table, with expression.UpdateBuilder) func() {
		return func() {
			if _, err := table.Update(context.Background(), versioned.Key, with); err != nil {
				panic(err)
			}
		}
	}
	set := func(name string, v any) expression.UpdateBuilder {
		return expression.Set(expression.NameNoDotSplit(name), expression.Value(v))
	}
	for _, c := range []struct {
		why     string
		to      LatLng
		opt     []func(*MoveOptions)
		between func(*Table) func()
		want    error
	}{
		{"the version was raised", manhattan, []func(*MoveOptions){withVersion},
			func(table *Table) func() { return update(table, set("v", 8)) }, ErrConflict},
		{"the version was raised, and the condition holds no more", manhattan, []func(*MoveOptions){withVersion, country("x")},
			func(table *Table) func() { return update(table, set("v", 8)) }, ErrConflict},
		{"an attribute changed", manhattan, nil,
			func(table *Table) func() { return update(table, set("a.b", "else")) }, ErrConflict},
		{"an attribute changed, within the leaf cell", sameLeaf, nil,
			func(table *Table) func() { return update(table, set("a.b", "else")) }, ErrConflict},
		{"a nested attribute changed", manhattan, nil,
			func(table *Table) func() {
				return update(table, expression.Set(expression.Name("map.n"), expression.Value(2)))
			}, ErrConflict},
		{"an attribute was removed", manhattan, nil,
			func(table *Table) func() {
				return update(table, expression.Remove(expression.NameNoDotSplit("a.b")))
			}, ErrConflict},
		{"it was deleted", manhattan, nil, func(table *Table) func() {
			return func() { _ = table.Delete(context.Background(), versioned.Key) }
		}, ErrConflict},
		{"the caller's condition", manhattan, []func(*MoveOptions){country("other")}, nil, ErrConditionFailed},
		{"the caller's condition, within the leaf cell", sameLeaf, []func(*MoveOptions){country("other")}, nil, ErrConditionFailed},
		{"another has the new key", manhattan, nil, func(table *Table) func() {
			return func() { _ = table.Put(context.Background(), NewPoint(manhattan, "x", nil)) }
		}, ErrExists},
		{"a place that is none", LatLng{91, 0}, nil, nil, ErrInvalid},
		{"a version that is no number", manhattan, []func(*MoveOptions){func(o *MoveOptions) { o.Version = "a.b" }}, nil, ErrInvalid},
		{"a version in the key", manhattan, []func(*MoveOptions){func(o *MoveOptions) { o.Version = "sk" }}, nil, ErrInvalid},
		{"a token of 37 bytes", manhattan, []func(*MoveOptions){func(o *MoveOptions) { o.Token = strings.Repeat("x", 37) }}, nil, ErrInvalid},
	} {
		client := &between{DynamoDB: newEngine(t)}
		table := created(t, client)
		if err := table.Put(t.Context(), versioned); err != nil {
			t.Fatal(err)
		}
		if c.between != nil {
			client.do = c.between(table)
		}
		_, err := table.Move(t.Context(), versioned.Key, c.to, c.opt...)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: error %v, want %v", c.why, err, c.want)
		}
		if c.want == ErrConflict && errors.Is(err, ErrConditionFailed) {
			t.Errorf("%s: error %v is a failed condition too", c.why, err)
		}
	}
}

func TestMoveOfNothing(t *testing.T) {
	clock := &hand{time.Unix(1_000, 0)}
	client := newEngine(t)
	table := created(t, client, func(o *Options) { o.TTLAttribute, o.Clock = "ttl", clock.Now })
	if _, err := table.Move(t.Context(), versioned.Key, manhattan); !errors.Is(err, ErrNotFound) {
		t.Errorf("no item: error %v, want ErrNotFound", err)
	}
	expired := NewPoint(versioned.Location, "x", map[string]types.AttributeValue{"ttl": number(999)})
	if err := table.Put(t.Context(), expired); err != nil {
		t.Fatal(err)
	}
	if _, err := table.Move(t.Context(), versioned.Key, manhattan); !errors.Is(err, ErrNotFound) {
		t.Errorf("an expired item: error %v, want ErrNotFound", err)
	}
	if _, err := table.Move(t.Context(), Key{}, manhattan); !errors.Is(err, ErrInvalid) {
		t.Errorf("no key: error %v, want ErrInvalid", err)
	}
	// Where an expired item lies in the way, it is as good as deleted.
	if err := table.Put(t.Context(), NewPoint(manhattan, "y", map[string]types.AttributeValue{"ttl": number(999)})); err != nil {
		t.Fatal(err)
	}
	if err := table.Put(t.Context(), NewPoint(versioned.Location, "y", nil)); err != nil {
		t.Fatal(err)
	}
	if _, err := table.Move(t.Context(), KeyAt(versioned.Location, "y"), manhattan); err != nil {
		t.Errorf("onto an expired item: %v", err)
	}
}

// unanswered is a client whose transactions are done, but nobody hears of it.
type unanswered struct {
	DynamoDB
	lose bool
	last *dynamodb.TransactWriteItemsInput
}

func (u *unanswered) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, optFns ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	u.last = in
	out, err := u.DynamoDB.TransactWriteItems(ctx, in, optFns...)
	if err == nil && u.lose {
		return nil, errBroken
	}
	return out, err
}

func TestMoveAgainAfterNoAnswer(t *testing.T) {
	engine := newEngine(t)
	client := &unanswered{DynamoDB: engine, lose: true}
	table := created(t, client)
	if err := table.Put(t.Context(), versioned); err != nil {
		t.Fatal(err)
	}
	token := func(o *MoveOptions) { withVersion(o); o.Token = "move-1" }
	if _, err := table.Move(t.Context(), versioned.Key, manhattan, token); !errors.Is(err, errBroken) {
		t.Fatalf("error %v, want the client's", err)
	}
	if got := aws.ToString(client.last.ClientRequestToken); got != "move-1" {
		t.Errorf("token %q", got)
	}
	client.lose = false
	got, err := table.Move(t.Context(), versioned.Key, manhattan, token)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(number(8), got.Attributes["v"], attributes); diff != "" {
		t.Errorf("version: %s", diff)
	}
	if items := allItems(t, engine, table); len(items) != 1 {
		t.Errorf("%d items, want 1", len(items))
	}
}

// TestMoveRaces: many move and update one item at once. It is there once at all times, and
// every success counts.
func TestMoveRaces(t *testing.T) {
	engine := newEngine(t)
	table := created(t, engine)
	if err := table.Put(t.Context(), NewPoint(versioned.Location, "x", map[string]types.AttributeValue{"v": number(0)})); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	at, wrote := KeyAt(versioned.Location, "x"), 0
	var working sync.WaitGroup
	for range 8 {
		working.Go(func() {
			for range 40 {
				mu.Lock()
				from := at
				mu.Unlock()
				to := LatLng{40 + rand.Float64(), -74 + rand.Float64()}
				p, err := table.Move(t.Context(), from, to, withVersion)
				switch {
				case err == nil:
					mu.Lock()
					wrote++
					at = p.Key
					mu.Unlock()
				case !errors.Is(err, ErrConflict) && !errors.Is(err, ErrNotFound):
					t.Error(err)
				}
			}
		})
	}
	working.Wait()
	items := allItems(t, engine, table)
	if len(items) != 1 || items[0].Key != at {
		t.Fatalf("%d items, want one at %s", len(items), at)
	}
	if diff := cmp.Diff(number(int64(wrote)), items[0].Attributes["v"], attributes); diff != "" || wrote == 0 {
		t.Errorf("%d moves succeeded: %s", wrote, diff)
	}
}

func TestMembers(t *testing.T) {
	client := newEngine(t)
	table := created(t, client)
	for _, p := range []Point{statue, versioned} {
		if err := table.Put(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	visit := expression.Add(expression.Name("visits"), expression.Value(1))
	fresh := NewPoint(manhattan, "new", nil)
	member := func(m types.TransactWriteItem, err error) types.TransactWriteItem {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	write := func(members ...types.TransactWriteItem) error {
		_, err := client.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{TransactItems: members})
		return err
	}
	err := write(
		member(table.PutMember(fresh, IfAbsent)),
		member(table.UpdateMember(statue.Key, visit)),
		member(table.DeleteMember(versioned.Key)),
		member(table.CheckMember(KeyAt(manhattan, "absent"), IfAbsent)),
	)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := table.Get(t.Context(), statue.Key); err != nil || cmp.Diff(number(4), got.Attributes["visits"], attributes) != "" {
		t.Errorf("updated: %v, %v", got, err)
	}
	if items := allItems(t, client, table); len(items) != 2 {
		t.Errorf("%d items, want the new and the updated one", len(items))
	}
	for why, m := range map[string]types.TransactWriteItem{
		"a put where it is":                   member(table.PutMember(fresh, IfAbsent)),
		"an update of nothing":                member(table.UpdateMember(versioned.Key, visit)),
		"a check of nothing":                  member(table.CheckMember(versioned.Key)),
		"a check that there is none":          member(table.CheckMember(fresh.Key, IfAbsent)),
		"a check of a condition":              member(table.CheckMember(fresh.Key, func(o *WriteOptions) { o.Condition = expression.Name("x").AttributeExists() })),
		"a delete on a condition of its item": member(table.DeleteMember(fresh.Key, func(o *WriteOptions) { o.Condition = expression.Name("x").AttributeExists() })),
	} {
		var failed *types.TransactionCanceledException
		if err := write(m); !errors.As(err, &failed) || code(failed.CancellationReasons[0]) != conditionFailed {
			t.Errorf("%s: error %v", why, err)
		}
	}
	for why, err := range map[string]error{
		"a put of nowhere":        second(table.PutMember(Point{})),
		"an update of the key":    second(table.UpdateMember(fresh.Key, expression.Set(expression.Name("sk"), expression.Value(1)))),
		"a delete if absent":      second(table.DeleteMember(fresh.Key, IfAbsent)),
		"a check of the zero Key": second(table.CheckMember(Key{})),
	} {
		if !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: error %v, want ErrInvalid", why, err)
		}
	}
}

func second(_ types.TransactWriteItem, err error) error { return err }
