package expr

import (
	"slices"
	"strings"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

// Condition is a parsed ConditionExpression or FilterExpression. It is immutable
// and safe for concurrent use.
type Condition struct {
	root  *cond
	paths []Path
}

// ParseCondition parses src. kind is the parameter's name for error messages:
// "ConditionExpression" or "FilterExpression". The error is a
// [*attr.ValidationError].
func ParseCondition(kind, src string, p *Params) (*Condition, error) {
	ps := newParser(kind, src, p)
	root, err := ps.condition()
	if err != nil {
		return nil, err
	}
	return &Condition{root: root, paths: ps.operandPaths}, nil
}

// Eval reports whether item meets the condition. A nil item is an item that does
// not exist: it has no attributes. Operands that are missing or of a wrong type
// make a comparison false, except for <>, which is the opposite of =; there is no
// run-time error.
func (c *Condition) Eval(item attr.Item) bool { return c.root.eval(&subject{item: item}) }

// EvalPacked is Eval of a packed item, none for the zero Packed. It decodes only the
// values that the condition compares.
func (c *Condition) EvalPacked(item attr.Packed) bool { return c.root.eval(&subject{packed: item}) }

// Attributes returns the top-level attributes that the condition names, sorted.
func (c *Condition) Attributes() []string { return heads(c.paths) }

// Paths returns the document paths that the condition names, in order of
// appearance.
func (c *Condition) Paths() []Path { return c.paths }

// op is what a node of a condition does.
type op uint8

const (
	opNone op = iota
	opAnd
	opOr
	opNot
	opEQ
	opNE
	opLT
	opLE
	opGT
	opGE
	opBetween
	opIn
	opExists
	opNotExists
	opType
	opBeginsWith
	opContains
)

var comparators = map[kind]op{
	kindEQ: opEQ, kindNE: opNE, kindLT: opLT, kindLE: opLE, kindGT: opGT, kindGE: opGE,
}

// opOf is the condition that a call is. The functions that are none are refused
// before it is evaluated.
var opOf = map[fn]op{
	fnExists: opExists, fnNotExists: opNotExists, fnType: opType, fnBeginsWith: opBeginsWith, fnContains: opContains,
}

// cond is a node of a condition: kids for AND, OR and NOT, else operands.
type cond struct {
	op   op
	kids []*cond
	args []operand
}

func (c *cond) eval(item *subject) bool {
	switch c.op {
	case opAnd:
		return !slices.ContainsFunc(c.kids, func(k *cond) bool { return !k.eval(item) })
	case opOr:
		return slices.ContainsFunc(c.kids, func(k *cond) bool { return k.eval(item) })
	case opNot:
		return !c.kids[0].eval(item)
	}
	switch c.op {
	case opExists:
		return item.has(c.args[0].path)
	case opNotExists:
		return !item.has(c.args[0].path)
	}
	v, ok := c.args[0].get(item)
	if c.op == opNE {
		return !ok || !c.equals(v, item)
	}
	return ok && c.holds(v, item)
}

// holds evaluates a condition whose first operand is v.
func (c *cond) holds(v attr.Value, item *subject) bool {
	switch c.op {
	case opEQ:
		return c.equals(v, item)
	case opBetween:
		return c.compares(1, v, item, 0, 1) && c.compares(2, v, item, -1, 0)
	case opLT:
		return c.compares(1, v, item, -1, -1)
	case opLE:
		return c.compares(1, v, item, -1, 0)
	case opGT:
		return c.compares(1, v, item, 1, 1)
	case opGE:
		return c.compares(1, v, item, 0, 1)
	case opIn:
		return slices.ContainsFunc(c.args[1:], func(o operand) bool {
			w, ok := o.get(item)
			return ok && attr.Equal(v, w)
		})
	}
	w, ok := c.args[1].get(item)
	if !ok {
		return false
	}
	switch c.op {
	case opType:
		return v.Type.String() == w.S
	case opBeginsWith:
		return v.Type == w.Type && (v.Type == attr.TypeS || v.Type == attr.TypeB) && strings.HasPrefix(v.S, w.S)
	}
	return contains(v, w)
}

// equals reports whether v is equal to the second operand.
func (c *cond) equals(v attr.Value, item *subject) bool {
	w, ok := c.args[1].get(item)
	return ok && attr.Equal(v, w)
}

// compares reports whether v compared with operand i gives low to high.
func (c *cond) compares(i int, v attr.Value, item *subject, low, high int) bool {
	w, ok := c.args[i].get(item)
	if !ok {
		return false
	}
	r, ok := attr.Compare(v, w)
	return ok && low <= r && r <= high
}

// contains reports whether v is a string with the substring w, or a set or list
// with the member w.
func contains(v, w attr.Value) bool {
	switch v.Type {
	case attr.TypeS, attr.TypeB:
		return v.Type == w.Type && strings.Contains(v.S, w.S)
	case attr.TypeL:
		return slices.ContainsFunc(v.L, func(e attr.Value) bool { return attr.Equal(e, w) })
	}
	return v.Contains(w)
}

// get returns the value of an operand of a condition; ok is false where the item
// has none.
func (o *operand) get(item *subject) (v attr.Value, ok bool) {
	switch {
	case o.value != nil:
		return *o.value, true
	case o.call == nil:
		return item.get(o.path)
	}
	if v, ok = o.call.args[0].get(item); !ok {
		return v, false
	}
	return size(v)
}

// size returns the size of v, which no N, BOOL or NULL has. That of a string is
// counted in UTF-16 code units.
func size(v attr.Value) (attr.Value, bool) {
	n := 0
	switch v.Type {
	case attr.TypeS:
		for _, r := range v.S {
			n++
			if r > 0xFFFF {
				n++
			}
		}
	case attr.TypeB:
		n = len(v.S)
	case attr.TypeM:
		n = len(v.M)
	case attr.TypeL:
		n = len(v.L)
	case attr.TypeSS, attr.TypeNS, attr.TypeBS:
		n = len(v.Set)
	default:
		return attr.Value{}, false
	}
	return attr.Int(int64(n)), true
}
