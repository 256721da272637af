package expr

import (
	"slices"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

// operand is a value in an expression: exactly one of path, value and call is
// set.
type operand struct {
	path  Path
	value *attr.Value // of Type 0 where the placeholder is not defined
	call  *call
	paren bool // stands in parentheses of its own
}

// call is a function with its arguments, or a sum or difference in an update.
type call struct {
	fn   fn
	name string
	pos  int // where the name stands in the source
	args []operand
}

// fn is a function or, in an update, + or -.
type fn uint8

const (
	fnUnknown fn = iota
	fnSize
	fnExists
	fnNotExists
	fnType
	fnBeginsWith
	fnContains
	fnIfNotExists
	fnListAppend
	fnPlus
	fnMinus
)

// functions are the functions by name, with the number of their operands.
var functions = map[string]struct {
	fn       fn
	operands int
	update   bool // allowed in updates and not in conditions
}{
	"size":                 {fnSize, 1, false},
	"attribute_exists":     {fnExists, 1, false},
	"attribute_not_exists": {fnNotExists, 1, false},
	"attribute_type":       {fnType, 2, false},
	"begins_with":          {fnBeginsWith, 2, false},
	"contains":             {fnContains, 2, false},
	"if_not_exists":        {fnIfNotExists, 2, true},
	"list_append":          {fnListAppend, 2, true},
}

// typ returns the type that the operand has whatever the item, or 0.
func (o *operand) typ() attr.Type {
	switch {
	case o.value != nil:
		return o.value.Type
	case o.call != nil && o.call.fn == fnSize:
		return attr.TypeN
	}
	return 0
}

// operandExpr reads an operand, which may stand in parentheses.
func (p *parser) operandExpr() (operand, error) {
	if p.tok.kind != kindOpen {
		return p.plainOperand()
	}
	p.next()
	o, err := p.operandExpr()
	if err != nil {
		return operand{}, err
	}
	again := o.paren
	o.paren = true
	return o, p.closeParenthesis(again)
}

// plainOperand reads an operand without parentheses around it.
func (p *parser) plainOperand() (operand, error) {
	switch p.tok.kind {
	case kindValue:
		return p.placeholder(), nil
	case kindName, kindAlias:
	default:
		return operand{}, p.syntaxError()
	}
	name := p.tok
	p.next()
	if name.kind == kindName && p.tok.kind == kindOpen {
		return p.call(name)
	}
	path, err := p.pathFrom(name)
	if p.operandPaths == nil && !p.update {
		p.operandPaths = make([]Path, 0, roomSize)
	}
	p.operandPaths = append(p.operandPaths, path)
	return operand{path: path}, err
}

// call reads the arguments of the function name.
func (p *parser) call(name token) (operand, error) {
	c := &call{name: p.src[name.start:name.end], pos: name.start}
	f, ok := functions[c.name]
	c.fn = f.fn
	switch {
	case !ok:
		p.failWord(c.pos, "Invalid function name; function: %s", c.name)
	case f.update != p.update && p.update:
		p.failWord(c.pos, "The function is not allowed in an update expression; function: %s", c.name)
	case f.update != p.update:
		p.failWord(c.pos, "The function is not allowed in a condition expression; function: %s", c.name)
	}
	p.operator()
	var err error
	if c.args, err = p.operandList(); err != nil {
		return operand{}, err
	}
	if ok {
		p.checkCall(c, f.operands)
	}
	return operand{call: c}, nil
}

// operandList reads "(", operands and ")".
func (p *parser) operandList() ([]operand, error) {
	if err := p.expect(kindOpen); err != nil {
		return nil, err
	}
	var few [4]operand
	list := few[:0]
	for {
		o, err := p.operandExpr()
		if err != nil {
			return nil, err
		}
		p.checkNested(o)
		list = append(list, o)
		if p.tok.kind != kindComma {
			return p.operands.keep(list...), p.expect(kindClose)
		}
		p.next()
	}
}

// checkNested refuses a call that may not be an operand: only size and
// if_not_exists may.
func (p *parser) checkNested(o operand) {
	if c := o.call; c != nil && c.fn != fnSize && c.fn != fnIfNotExists {
		p.misused(c)
	}
}

func (p *parser) misused(c *call) {
	p.failWord(c.pos, "The function is not allowed to be used this way in an expression; function: %s", c.name)
}

// checkCall checks the operands of a function that takes n of them.
func (p *parser) checkCall(c *call, n int) {
	if len(c.args) != n {
		p.fail(rankOperand, "Incorrect number of operands for operator or function; operator or function: %s, number of operands: %d", c.name, len(c.args))
		return
	}
	if c.fn != fnListAppend {
		p.checkDistinct(c.name, c.args)
	}
	first := &c.args[0]
	switch c.fn {
	case fnExists, fnNotExists, fnIfNotExists:
		if first.path == nil {
			p.fail(rankOperand, "Operator or function requires a document path; operator or function: %s", c.name)
		}
	case fnSize:
		p.checkTypes(c.name, c.args, attr.TypeS, attr.TypeB, attr.TypeSS, attr.TypeNS, attr.TypeBS, attr.TypeM, attr.TypeL)
	case fnBeginsWith:
		p.checkTypes(c.name, c.args, attr.TypeS, attr.TypeB)
	case fnListAppend:
		p.checkTypes(c.name, c.args, attr.TypeL)
	case fnType:
		p.checkTypeName(&c.args[1])
	}
}

// checkTypes refuses an operand that, whatever the item, is of none of the types.
func (p *parser) checkTypes(name string, args []operand, types ...attr.Type) {
	for i := range args {
		if t := args[i].typ(); t != 0 && !slices.Contains(types, t) {
			p.failType(name, t.String())
		}
	}
}

func (p *parser) failType(name, typ string) {
	p.fail(rankOperand, "Incorrect operand type for operator or function; operator or function: %s, operand type: %s", name, typ)
}

// checkTypeName checks the second operand of attribute_type. Its two lists of
// types are in AWS's order.
func (p *parser) checkTypeName(o *operand) {
	switch t := o.typ(); {
	case o.value == nil && t == 0:
		p.failType("attribute_type", "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}")
	case t != attr.TypeS:
		p.failType("attribute_type", t.String())
	default:
		if _, ok := attr.ParseType(o.value.S); !ok {
			p.fail(rankOperand, "Invalid attribute type name found; type: %s, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}", o.value.S)
		}
	}
}

// checkDistinct refuses a path as first operand that is another operand as well.
func (p *parser) checkDistinct(operator string, args []operand) {
	if args[0].path == nil {
		return
	}
	for i := range args[1:] {
		if slices.Equal(args[0].path, args[1+i].path) {
			p.fail(rankOperand, "The first operand must be distinct from the remaining operands for this operator or function; operator: %s, first operand: %s", operator, args[0].path)
		}
	}
}
