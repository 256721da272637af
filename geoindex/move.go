package geoindex

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// MoveOptions configure Move.
type MoveOptions struct {
	// Condition must hold on the item as it is for the move to be done; otherwise the
	// error is an [ErrConditionFailed].
	Condition expression.ConditionBuilder
	// Version names a number attribute that every writer of the item raises by one; Move
	// does too. With it, a move notices every change that came between its reading and its
	// writing. Default: Move compares all attributes that it read, which notices every
	// change but a new attribute, and allows for about 140 attributes.
	Version string
	// Token is the transaction's ClientRequestToken, 1 to 36 bytes. Within ten minutes
	// DynamoDB does the same move with the same token once, also where a retry overtakes
	// a first attempt or another move that led back. Default: one of the client's own
	// for each call.
	Token string
}

// Move changes the place of an item, and with it its key, in one step: no reader finds
// the item twice, or not at all, for longer than an eventually consistent read lags
// behind, and no failure leaves two items or none. Its attributes are kept. It returns
// the item at its new place.
//
// Where the new place lies in the same leaf cell, or has the same hash key of [Compat],
// the item is updated; everywhere else
// a transaction deletes and puts it, for twice the write units of two writes. To move
// often, keep the items by their own ids, as package moving does.
//
// Moving an item to where it is already succeeds without a write: a move that may or may
// not have been done can be done again, with the key that the item had before.
//
// Errors: [ErrNotFound]; [ErrConflict] where the item changed meanwhile or another
// transaction has it: nothing was changed, try again; [ErrExists] where another item has
// the new key, which takes two of the same id; [ErrConditionFailed]; and those of Put.
func (t *Table) Move(ctx context.Context, from Key, to LatLng, optFns ...func(*MoveOptions)) (Point, error) {
	var o MoveOptions
	for _, fn := range optFns {
		fn(&o)
	}
	if err := o.validate(t.layout.reserved); err != nil {
		return Point{}, err
	}
	if err := errors.Join(t.layout.check(from), to.Validate()); err != nil {
		return Point{}, err
	}
	item, err := t.getItem(ctx, from)
	if errors.Is(err, ErrNotFound) {
		return t.moved(ctx, KeyAt(to, from.ID), to, err)
	}
	if err != nil {
		return Point{}, err
	}
	m, err := t.newMove(item, to, o)
	if err != nil || m.old.Location == to {
		return m.old, err
	}
	if t.layout.slot(m.new.Key) == t.layout.slot(m.old.Key) {
		return m.new, m.inPlace(ctx)
	}
	return m.new, m.transact(ctx)
}

func (o *MoveOptions) validate(reserved func(name string) bool) error {
	if len(o.Token) > 36 { // "TransactWriteItems"
		return fmt.Errorf("%w: token of %d bytes, not of up to 36", ErrInvalid, len(o.Token))
	}
	if reserved(o.Version) {
		return fmt.Errorf("%w: version attribute %s is the layout's own", ErrInvalid, o.Version)
	}
	return nil
}

// getItem reads an item, consistently and whole.
func (t *Table) getItem(ctx context.Context, k Key) (map[string]types.AttributeValue, error) {
	consistent := true
	out, err := t.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &t.name, Key: t.PrimaryKey(k), ConsistentRead: &consistent})
	if err != nil {
		return nil, fmt.Errorf("geoindex: get %s: %w", k, classify(err))
	}
	if out.Item == nil || t.expired(out.Item) {
		return nil, fmt.Errorf("%w: %s", ErrNotFound, k)
	}
	return out.Item, nil
}

// moved returns the item that is at its new place already, or absent.
func (t *Table) moved(ctx context.Context, k Key, at LatLng, absent error) (Point, error) {
	p, err := t.Get(ctx, k, func(o *GetOptions) { o.ConsistentRead = true })
	if errors.Is(err, ErrNotFound) || err == nil && p.Location != at {
		return Point{}, absent
	}
	return p, err
}

// move is one move that takes a write.
type move struct {
	table    *Table
	old, new Point
	guard    condition // that the item is as it was read
	own      condition // the caller's
	token    *string
	read     map[string]types.AttributeValue
}

func (t *Table) newMove(item map[string]types.AttributeValue, to LatLng, o MoveOptions) (*move, error) {
	m := &move{table: t, read: item}
	var err error
	if m.old, err = t.ParseItem(item); err != nil {
		return m, err
	}
	m.new = NewPoint(to, m.old.Key.ID, maps.Clone(m.old.Attributes))
	m.guard = unchanged(item, t.PrimaryKey(m.old.Key))
	if o.Version != "" {
		if m.guard, err = raise(m.new.Attributes, o.Version); err != nil {
			return m, err
		}
	}
	if o.Condition.IsSet() {
		if m.own, err = conditionOf(o.Condition); err != nil {
			return m, err
		}
	}
	if o.Token != "" {
		m.token = &o.Token
	}
	return m, nil
}

// inPlace writes the new location, and the version where there is one: the rest of the
// item, its key among it, is the same.
func (m *move) inPlace(ctx context.Context) error {
	item, err := m.table.Item(m.new)
	if err != nil {
		return err
	}
	update := assignment(item, m.read)
	both := m.guard.and(m.own)
	_, err = m.table.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                           &m.table.name,
		Key:                                 m.table.PrimaryKey(m.old.Key),
		UpdateExpression:                    &update.text,
		ConditionExpression:                 &both.text,
		ExpressionAttributeNames:            merged(update.names, both.names),
		ExpressionAttributeValues:           merged(update.values, both.values),
		ReturnValuesOnConditionCheckFailure: allOld,
	})
	var failed *types.ConditionalCheckFailedException
	if errors.As(err, &failed) {
		return m.wrap(m.refused(failed.Item, err))
	}
	return m.wrap(classify(err))
}

// transact deletes the item at its old place and puts it at the new one.
func (m *move) transact(ctx context.Context) error {
	put, err := m.table.PutMember(m.new, IfAbsent)
	if err != nil {
		return err
	}
	both := m.guard.and(m.own)
	del := types.TransactWriteItem{Delete: &types.Delete{
		TableName:                           &m.table.name,
		Key:                                 m.table.PrimaryKey(m.old.Key),
		ConditionExpression:                 &both.text,
		ExpressionAttributeNames:            both.names,
		ExpressionAttributeValues:           both.values,
		ReturnValuesOnConditionCheckFailure: allOld,
	}}
	_, err = m.table.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{
		TransactItems:      []types.TransactWriteItem{del, put},
		ClientRequestToken: m.token,
	})
	return m.wrap(m.cancelled(err))
}

// cancelled tells why a transaction was not done. Its reasons come in the order of its
// members.
func (m *move) cancelled(err error) error {
	var failed *types.TransactionCanceledException
	if !errors.As(err, &failed) || len(failed.CancellationReasons) != 2 {
		return classify(err)
	}
	switch del, put := failed.CancellationReasons[0], failed.CancellationReasons[1]; {
	case code(del) == conditionFailed:
		return m.refused(del.Item, err)
	case code(put) == conditionFailed:
		return fmt.Errorf("%w: %w", ErrExists, err)
	case reasons[code(del)] != nil:
		return fmt.Errorf("%w: %w", reasons[code(del)], err)
	case reasons[code(put)] != nil:
		return fmt.Errorf("%w: %w", reasons[code(put)], err)
	}
	return err
}

// refused tells an item that changed from the caller's condition that failed on the item
// as it was read.
func (m *move) refused(item map[string]types.AttributeValue, err error) error {
	if m.own.text != "" && reflect.DeepEqual(item, m.read) {
		return fmt.Errorf("%w: %w", ErrConditionFailed, err)
	}
	return fmt.Errorf("%w: %w", ErrConflict, err)
}

func (m *move) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("geoindex: move %s to %v: %w", m.old.Key, m.new.Location, err)
}

// code of a cancellation reason; "None" for a member that is not to blame.
func code(r types.CancellationReason) string { return aws.ToString(r.Code) }

// conditionFailed is the reason of a member whose condition did not hold.
const conditionFailed = "ConditionalCheckFailed"

// reasons are what the other codes of members mean here ("TransactWriteItems").
var reasons = map[string]error{
	"TransactionConflict":             ErrConflict,
	"ProvisionedThroughputExceeded":   ErrThrottled,
	"ThrottlingError":                 ErrThrottled,
	"ValidationError":                 ErrInvalid,
	"ItemCollectionSizeLimitExceeded": ErrInvalid,
}
