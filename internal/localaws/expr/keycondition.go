package expr

import "github.com/askaround/askaround-go/internal/localaws/attr"

// KeyCondition is a parsed KeyConditionExpression: one or two conditions on
// top-level attributes. It is immutable.
type KeyCondition struct{}

// ParseKeyCondition parses src. The error is a [*attr.ValidationError].
func ParseKeyCondition(src string, p *Params) (*KeyCondition, error) { panic("todo") }

// Resolve matches the conditions with the key of the table or index that is
// queried. rangeName is "" where the key has no range attribute. rng is nil where
// the expression has no condition on it. The types of the values are not checked
// against the table's attribute definitions.
func (k *KeyCondition) Resolve(hashName, rangeName string) (hash attr.Value, rng *RangeCondition, err error) {
	panic("todo")
}

// RangeOp is the operator of a [RangeCondition].
type RangeOp uint8

// The operators that a range key allows.
const (
	RangeEQ RangeOp = iota + 1
	RangeLT
	RangeLE
	RangeGT
	RangeGE
	RangeBetween
	RangeBeginsWith
)

// RangeCondition is the condition on the range key.
type RangeCondition struct {
	Op   RangeOp
	Low  attr.Value // the operand; the lower bound of RangeBetween
	High attr.Value // the upper bound of RangeBetween, inclusive
}

// Match reports whether v meets the condition. Any v of another type does not.
// A nil RangeCondition matches everything.
func (r *RangeCondition) Match(v attr.Value) bool { panic("todo") }

// Bounds returns the half-open interval [low, high) of those keys of the form
// prefix + [attr.AppendKey](range value) + anything that meet the condition;
// prefix is what stands in front of the range key, such as the hash key. A nil
// RangeCondition gives all keys that begin with prefix. A nil high has no end.
func (r *RangeCondition) Bounds(prefix []byte) (low, high []byte) { panic("todo") }
