package expr

import (
	"strings"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

// KeyCondition is a parsed KeyConditionExpression: one or two conditions on
// top-level attributes. It is immutable.
type KeyCondition struct {
	conditions []keyCondition
}

// keyCondition is a condition on one attribute.
type keyCondition struct {
	name string
	RangeCondition
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

// ParseKeyCondition parses src. The error is a [*attr.ValidationError].
func ParseKeyCondition(src string, p *Params) (*KeyCondition, error) {
	root, err := newParser("KeyConditionExpression", src, p).condition()
	if err != nil {
		return nil, err
	}
	k := &KeyCondition{make([]keyCondition, 0, 2)}
	if err := k.add(root); err != nil {
		return nil, err
	}
	if len(k.conditions) > 2 {
		return nil, attr.Invalidf("Conditions can be of length 1 or 2 only")
	}
	return k, nil
}

// Resolve matches the conditions with the key of the table or index that is
// queried. rangeName is "" where the key has no range attribute. rng is nil where
// the expression has no condition on it. The types of the values are not checked
// against the table's attribute definitions. The error is a
// [*attr.ValidationError].
func (k *KeyCondition) Resolve(hashName, rangeName string) (hash attr.Value, rng *RangeCondition, err error) {
	if rangeName == "" && len(k.conditions) > 1 {
		return attr.Value{}, nil, errNotSupported
	}
	h := k.on(hashName)
	switch {
	case h == nil:
		return attr.Value{}, nil, errMissed(hashName)
	case h.Op != RangeEQ:
		return attr.Value{}, nil, errNotSupported
	}
	if len(k.conditions) == 1 {
		return h.Low, nil, nil
	}
	r := k.on(rangeName)
	if r == nil {
		return attr.Value{}, nil, errMissed(rangeName)
	}
	return h.Low, &r.RangeCondition, nil
}

// Attributes returns the attributes that the expression names, in order of
// appearance.
func (k *KeyCondition) Attributes() []string {
	names := make([]string, 0, 2)
	for i := range k.conditions {
		names = append(names, k.conditions[i].name)
	}
	return names
}

// on returns the condition on the attribute name, or nil.
func (k *KeyCondition) on(name string) *keyCondition {
	for i := range k.conditions {
		if k.conditions[i].name == name {
			return &k.conditions[i]
		}
	}
	return nil
}

var errNotSupported = &attr.ValidationError{Message: "Query key condition not supported"}

func errMissed(name string) error {
	return attr.Invalidf("Query condition missed key schema element: %s", name)
}

// rangeOps are the operators that a key condition may have.
var rangeOps = map[op]RangeOp{
	opEQ: RangeEQ, opLT: RangeLT, opLE: RangeLE, opGT: RangeGT, opGE: RangeGE, opBetween: RangeBetween, opBeginsWith: RangeBeginsWith,
}

// mirrored are the operators for exchanged operands.
var mirrored = map[RangeOp]RangeOp{
	RangeEQ: RangeEQ, RangeLT: RangeGT, RangeLE: RangeGE, RangeGT: RangeLT, RangeGE: RangeLE,
}

// opWords are the operators that a key condition may not have, as AWS names them.
var opWords = map[op]string{
	opOr: "OR", opNot: "NOT", opIn: "IN", opNE: "<>", opExists: "attribute_exists",
	opNotExists: "attribute_not_exists", opType: "attribute_type", opContains: "contains",
}

// add adds the conditions of c.
func (k *KeyCondition) add(c *cond) error {
	if word, ok := opWords[c.op]; ok {
		return attr.Invalidf("Invalid operator used in KeyConditionExpression: %s", word)
	}
	if c.op == opAnd {
		for _, kid := range c.kids {
			if err := k.add(kid); err != nil {
				return err
			}
		}
		return nil
	}
	at, err := keyOperand(c)
	if err != nil {
		return err
	}
	name := c.args[at].path[0].Name
	if k.on(name) != nil {
		return attr.Invalidf("KeyConditionExpressions must only contain one condition per key")
	}
	kc := keyCondition{name: name, RangeCondition: RangeCondition{Op: rangeOps[c.op]}}
	if at == 1 {
		kc.Op = mirrored[kc.Op]
	}
	kc.Low = *c.args[1-at].value
	if c.op == opBetween {
		kc.Low, kc.High = *c.args[1].value, *c.args[2].value
	}
	k.conditions = append(k.conditions, kc)
	return nil
}

// keyOperand returns which operand of c is the key attribute.
func keyOperand(c *cond) (at int, err error) {
	at = -1
	for i := range c.args {
		switch o := &c.args[i]; {
		case o.call != nil:
			return 0, attr.Invalidf("KeyConditionExpressions cannot contain nested operations")
		case o.path == nil && i == 0 && c.op == opBetween:
			return 0, attr.Invalidf("Invalid condition in KeyConditionExpression: BETWEEN operator must have the key attribute as its first operand")
		case o.path == nil && i == 0 && c.op == opBeginsWith:
			return 0, attr.Invalidf("Invalid condition in KeyConditionExpression: begins_with operator must have the key attribute as its first operand")
		case o.path == nil:
		case at >= 0:
			return 0, attr.Invalidf("Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition")
		case len(o.path) > 1:
			return 0, attr.Invalidf("KeyConditionExpressions cannot have conditions on nested attributes")
		default:
			at = i
		}
	}
	if at < 0 {
		return 0, attr.Invalidf("Invalid condition in KeyConditionExpression: No key attribute specified")
	}
	return at, nil
}

// Match reports whether v meets the condition. Any v of another type does not.
// A nil RangeCondition matches everything.
func (r *RangeCondition) Match(v attr.Value) bool {
	if r == nil {
		return true
	}
	if r.Op == RangeBeginsWith {
		return v.Type == r.Low.Type && strings.HasPrefix(v.S, r.Low.S)
	}
	c, ok := attr.Compare(v, r.Low)
	if !ok {
		return false
	}
	switch r.Op {
	case RangeEQ:
		return c == 0
	case RangeLT:
		return c < 0
	case RangeLE:
		return c <= 0
	case RangeGT:
		return c > 0
	case RangeGE:
		return c >= 0
	}
	d, ok := attr.Compare(v, r.High)
	return ok && c >= 0 && d <= 0
}

// Bounds returns the half-open interval [low, high) of those keys of the form
// prefix + [attr.AppendKey](range value) + anything that meet the condition;
// prefix is what stands in front of the range key, such as the hash key. A nil
// RangeCondition gives all keys that begin with prefix. A nil high has no end.
// The operands must be of the range key's type.
func (r *RangeCondition) Bounds(prefix []byte) (low, high []byte) {
	prefix = prefix[:len(prefix):len(prefix)]
	if r == nil {
		return prefix, attr.Successor(prefix)
	}
	if r.Op == RangeBeginsWith {
		low = attr.AppendKeyPrefix(prefix, r.Low)
		return low, attr.Successor(low)
	}
	at := attr.AppendKey(prefix, r.Low)
	switch r.Op {
	case RangeLT:
		return prefix, at
	case RangeLE:
		return prefix, attr.Successor(at)
	case RangeGT:
		return attr.Successor(at), attr.Successor(prefix)
	case RangeGE:
		return at, attr.Successor(prefix)
	case RangeBetween:
		return at, attr.Successor(attr.AppendKey(prefix, r.High))
	}
	return at, attr.Successor(at)
}
