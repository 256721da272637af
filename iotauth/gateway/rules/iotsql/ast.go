package iotsql

// A node is an expression.
type node interface {
	eval(e *env) Value
	// append appends the node as it is written, in parentheses where it binds less than least.
	append(b []byte, least int) []byte
}

// How tightly operators bind.
const (
	bindNone = iota
	bindOr
	bindAnd
	bindNot
	bindCompare
	bindAdd
	bindMultiply
	bindMinus
	bindPostfix
)

type (
	literal  struct{ value Value }
	name     struct{ name string } // an attribute of the payload, or of a nested query's row
	variable struct {
		name string
		at   int // in the order of SET
	}
	star  struct{} // the payload, or a nested query's row
	field struct {
		of   node
		name string
	}
	index struct{ of, at node }
	not   struct{ of node }
	minus struct{ of node }

	binary struct {
		op          operator
		left, right node
	}
	in struct {
		left   node
		list   []node // of (a, b); nil where array is
		array  node
		negate bool
	}
	caseOf struct {
		of          node
		whens       []when
		alternative node // nil where there is no ELSE
	}
	when struct{ value, result node }

	call struct {
		name     string // as written
		function *function
		args     []node
		prepared any // what was made of literal arguments at Parse; nil where nothing was
	}
	castTo struct {
		of   node
		name string // as written
		to   Kind
		// double: the Decimal has double precision.
		double bool
	}
	arrayLiteral  struct{ items []node }
	objectLiteral struct {
		keys   []string
		values []node
	}
	subquery struct{ query *query }
)

// A query is a SELECT, the statement's or one that is nested in it.
type query struct {
	value bool // SELECT VALUE
	items []item
	from  node // of a nested query
	where node // nil where there is none
}

// An item is what a SELECT has between commas.
type item struct {
	node  node
	alias []string // AS a.b; nil where there is none
	key   []string // under which the value stands; nil for *
}

// passes reports whether q hands on what it selects from, as it is.
func (q *query) passes() bool {
	if len(q.items) != 1 {
		return false
	}
	_, ok := q.items[0].node.(star)
	return ok && (q.value || q.items[0].key == nil)
}
