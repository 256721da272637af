package moving

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/askaround/askaround-go/geoindex"
)

// Move stores the position of an object, new or known. A position that is not newer than
// the one that is stored is an [ErrLate], and changes nothing: moves may be repeated.
//
// It is one request where the Table knows the object's cell, and otherwise two at times;
// both are conditional, so that no other writer's newer position is lost.
func (t *Table) Move(ctx context.Context, p Position) error {
	if err := p.Validate(); err != nil {
		return err
	}
	own := geoindex.CellAt(p.Location).Parent(t.options.IndexLevel)
	keep := t.keepable(p.Location, own)
	if guess := t.cells.get(p.ID); guess == 0 || slices.Contains(keep, guess) {
		item, err := t.update(ctx, p, 0, keep)
		if err == nil {
			t.cells.set(p.ID, cellOf(item))
			return nil
		}
		if !misjudged(item, err, p.Version) {
			return t.failed(p, err)
		}
	}
	if _, err := t.update(ctx, p, own, nil); err != nil {
		return t.failed(p, err)
	}
	t.cells.set(p.ID, own)
	return nil
}

// keepable returns the index cells that an object at a place may keep: its own and
// those to which it is not further than the margin.
func (t *Table) keepable(at geoindex.LatLng, own geoindex.CellID) []geoindex.CellID {
	keep := []geoindex.CellID{own}
	if t.options.Margin == 0 {
		return keep
	}
	cells, err := geoindex.Cover(at, t.options.Margin, t.options.IndexLevel)
	if err != nil || len(cells) > maxKeep {
		return keep
	}
	return cells
}

// maxKeep bounds the cells of a condition: where cells are far smaller than the margin,
// hysteresis is not what keeps writes down.
const maxKeep = 50 // DynamoDB's IN takes 100 operands

// update writes a position: into the index cell, or, for cell 0, without a change of the
// key on the condition that it is one of keep. It returns the item as it was where the
// condition did not hold, and as it is where it did.
func (t *Table) update(ctx context.Context, p Position, cell geoindex.CellID, keep []geoindex.CellID) (map[string]types.AttributeValue, error) {
	set := expression.Set(expression.Name(location), expression.Value(encodeLocation(p.Location))).
		Set(expression.Name(version), expression.Value(p.Version))
	for name, v := range p.Attributes {
		set = set.Set(expression.NameNoDotSplit(name), expression.Value(v))
	}
	newer := expression.Name(version).LessThan(expression.Value(p.Version))
	var condition expression.ConditionBuilder
	if cell != 0 {
		set = set.Set(expression.Name(cellPart), expression.Value(cell.Parent(t.options.Level).Token())).
			Set(expression.Name(cellSort), expression.Value(cellBytes(cell)))
		condition = expression.Or(expression.Name(version).AttributeNotExists(), newer)
	} else {
		condition = expression.And(newer, isOneOf(keep))
	}
	e, err := expression.NewBuilder().WithUpdate(set).WithCondition(condition).Build()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", geoindex.ErrInvalid, err)
	}
	out, err := t.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                           &t.name,
		Key:                                 key(p.ID),
		UpdateExpression:                    e.Update(),
		ConditionExpression:                 e.Condition(),
		ExpressionAttributeNames:            e.Names(),
		ExpressionAttributeValues:           e.Values(),
		ReturnValues:                        types.ReturnValueAllNew,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	var failed *types.ConditionalCheckFailedException
	if errors.As(err, &failed) {
		return failed.Item, err
	}
	if err != nil {
		return nil, err
	}
	return out.Attributes, nil
}

func isOneOf(cells []geoindex.CellID) expression.ConditionBuilder {
	var values []expression.OperandBuilder
	for _, c := range cells {
		values = append(values, expression.Value(cellBytes(c)))
	}
	return expression.Name(cellSort).In(values[0], values[1:]...)
}

// misjudged reports whether a condition failed for the cell alone: the object is new, or
// was elsewhere, and its position is older.
func misjudged(item map[string]types.AttributeValue, err error, newer int64) bool {
	var failed *types.ConditionalCheckFailedException
	if !errors.As(err, &failed) {
		return false
	}
	n, ok := item[version].(*types.AttributeValueMemberN)
	if !ok {
		return true
	}
	stored, err := strconv.ParseInt(n.Value, 10, 64)
	return err == nil && stored < newer
}

func cellOf(item map[string]types.AttributeValue) geoindex.CellID {
	b, ok := item[cellSort].(*types.AttributeValueMemberB)
	if !ok || len(b.Value) != 8 {
		return 0
	}
	return geoindex.CellID(binary.BigEndian.Uint64(b.Value))
}

// failed tells a late position from what else failed, behind which the cell is unknown.
func (t *Table) failed(p Position, err error) error {
	var failed *types.ConditionalCheckFailedException
	if errors.As(err, &failed) {
		return fmt.Errorf("%w: %s of version %d: %w", ErrLate, p.ID, p.Version, err)
	}
	t.cells.set(p.ID, 0)
	return fmt.Errorf("moving: move %s: %w", p.ID, geoindex.Classify(err))
}

func key(id string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{idKey: &types.AttributeValueMemberS{Value: id}}
}

// Get returns the position of an object. One that does not exist is a
// [geoindex.ErrNotFound]. A consistent read sees every move acknowledged before it.
func (t *Table) Get(ctx context.Context, id string, consistent bool) (Position, error) {
	out, err := t.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &t.name, Key: key(id), ConsistentRead: &consistent})
	if err != nil {
		return Position{}, fmt.Errorf("moving: get %s: %w", id, geoindex.Classify(err))
	}
	if out.Item == nil {
		return Position{}, fmt.Errorf("%w: %s", geoindex.ErrNotFound, id)
	}
	return ParseItem(out.Item)
}

// Delete removes an object. Deleting what does not exist succeeds.
func (t *Table) Delete(ctx context.Context, id string) error {
	t.cells.set(id, 0)
	_, err := t.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: aws.String(t.name), Key: key(id)})
	if err != nil {
		return fmt.Errorf("moving: delete %s: %w", id, geoindex.Classify(err))
	}
	return nil
}
