package expr

import (
	"encoding/base64"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

// term is what stands between logical operators: a condition or, until it is
// known what follows, an operand. "(a" can begin both.
type term struct {
	cond    *cond // nil for an operand
	operand operand
	paren   bool // stands in parentheses of its own
}

// condition reads a whole condition.
func (p *parser) condition() (*cond, error) {
	if err := p.start(); err != nil {
		return nil, err
	}
	t, err := p.or()
	if err != nil {
		return nil, err
	}
	c, err := p.asCondition(t)
	if err != nil {
		return nil, err
	}
	return c, p.end()
}

func (p *parser) or() (term, error)  { return p.chain(kindOr, opOr, p.and) }
func (p *parser) and() (term, error) { return p.chain(kindAnd, opAnd, p.not) }

// chain reads terms with the keyword k between them.
func (p *parser) chain(k kind, o op, next func() (term, error)) (term, error) {
	first, err := next()
	if err != nil || p.tok.kind != k {
		return first, err
	}
	var few [8]*cond
	kids := few[:0]
	for t := first; ; {
		kid, err := p.asCondition(t)
		if err != nil {
			return term{}, err
		}
		kids = append(kids, kid)
		if p.tok.kind != k {
			return term{cond: p.cond(cond{op: o, kids: p.kids.keep(kids...)})}, nil
		}
		p.operator()
		p.next()
		if t, err = next(); err != nil {
			return term{}, err
		}
	}
}

func (p *parser) not() (term, error) {
	if p.tok.kind != kindNot {
		return p.predicate()
	}
	p.operator()
	p.next()
	t, err := p.not()
	if err != nil {
		return term{}, err
	}
	kid, err := p.asCondition(t)
	return term{cond: p.cond(cond{op: opNot, kids: p.kids.keep(kid)})}, err
}

func (p *parser) cond(c cond) *cond { return &p.conds.keep(c)[0] }

// asCondition returns the condition that t is. An operand is one if it is a call
// of a function; else what follows it here is an error of syntax.
func (p *parser) asCondition(t term) (*cond, error) {
	if t.cond != nil {
		return t.cond, nil
	}
	call := t.operand.call
	if call == nil {
		return nil, p.syntaxError()
	}
	if call.fn == fnSize {
		p.misused(call)
	}
	return p.cond(cond{op: opOf[call.fn], args: call.args}), nil
}

// predicate reads a condition without logical operators, or an operand.
func (p *parser) predicate() (term, error) {
	t, err := p.primary()
	if err != nil || t.cond != nil {
		return t, err
	}
	switch p.tok.kind {
	case kindEQ, kindNE, kindLT, kindLE, kindGT, kindGE:
		return p.comparison(t.operand)
	case kindBetween:
		return p.between(t.operand)
	case kindIn:
		return p.in(t.operand)
	}
	return t, nil
}

// primary reads an operand, or anything in parentheses.
func (p *parser) primary() (term, error) {
	if p.tok.kind != kindOpen {
		o, err := p.plainOperand()
		return term{operand: o}, err
	}
	p.next()
	t, err := p.or()
	if err != nil {
		return term{}, err
	}
	again := t.paren
	t.paren = true
	return t, p.closeParenthesis(again)
}

// comparison reads the operator and what is right of it.
func (p *parser) comparison(left operand) (term, error) {
	p.checkNested(left)
	p.operator()
	name, o := p.text(), comparators[p.tok.kind]
	p.next()
	right, err := p.operandExpr()
	if err != nil {
		return term{}, err
	}
	p.checkNested(right)
	args := p.operands.keep(left, right)
	p.checkDistinct(name, args)
	if o != opEQ && o != opNE {
		p.checkTypes(name, args, attr.TypeS, attr.TypeN, attr.TypeB)
	}
	return term{cond: p.cond(cond{op: o, args: args})}, nil
}

// between reads BETWEEN and its bounds.
func (p *parser) between(o operand) (term, error) {
	p.checkNested(o)
	p.operator()
	p.next()
	low, err := p.operandExpr()
	if err != nil {
		return term{}, err
	}
	p.checkNested(low)
	if err := p.expect(kindAnd); err != nil {
		return term{}, err
	}
	high, err := p.operandExpr()
	if err != nil {
		return term{}, err
	}
	p.checkNested(high)
	args := p.operands.keep(o, low, high)
	p.checkTypes("BETWEEN", args, attr.TypeS, attr.TypeN, attr.TypeB)
	p.checkDistinct("BETWEEN", args)
	if low.value != nil && high.value != nil {
		p.checkBounds(*low.value, *high.value)
	}
	return term{cond: p.cond(cond{op: opBetween, args: args})}, nil
}

// checkBounds refuses bounds that no value lies between.
func (p *parser) checkBounds(low, high attr.Value) {
	const operands = "lower bound operand: AttributeValue: %s, upper bound operand: AttributeValue: %s"
	c, ok := attr.Compare(low, high)
	switch {
	case !ok:
		p.fail(rankOperand, "The BETWEEN operator requires same data type for lower and upper bounds; "+operands, show(low), show(high))
	case c > 0:
		p.fail(rankOperand, "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "+operands, show(low), show(high))
	}
}

// show returns a value of a key type as {S:text}.
func show(v attr.Value) string {
	s := v.S
	switch v.Type {
	case attr.TypeN:
		s = v.N.String()
	case attr.TypeB:
		s = base64.StdEncoding.EncodeToString([]byte(v.S))
	}
	return "{" + v.Type.String() + ":" + s + "}"
}

// in reads IN and its operands.
func (p *parser) in(o operand) (term, error) {
	p.checkNested(o)
	p.operator()
	p.next()
	list, err := p.operandList()
	if err != nil {
		return term{}, err
	}
	args := append([]operand{o}, list...)
	p.checkDistinct("IN", args)
	if len(list) > maxOperands {
		p.fail(rankOperand, "The IN operator is provided with too many operands; number of operands: %d", len(list))
	}
	return term{cond: p.cond(cond{op: opIn, args: args})}, nil
}
