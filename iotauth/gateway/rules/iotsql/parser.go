package iotsql

import (
	"fmt"
	"strings"
)

// maxNesting bounds how deep expressions nest in a statement.
const maxNesting = 100

// MaxSQL bounds a statement, in bytes: that of a whole rule (developer guide,
// "AWS IoT Core endpoints and quotas").
const MaxSQL = 256 << 10

// A parser reads expressions by how tightly their operators bind (Pratt). Its methods
// panic with a *SyntaxError, which Parse recovers.
type parser struct {
	lexer
	version Version
	now     token // not yet read past
	after   token // the one that follows
	depth   int
	vars    map[string]int // by name, their place in the order of SET
}

func newParser(src string, version Version) *parser {
	p := &parser{lexer: lexer{src: src}, version: version, vars: map[string]int{}}
	p.rewind(0)
	return p
}

// rewind goes on reading at a place in the source.
func (p *parser) rewind(at int) {
	p.pos = at
	p.now = p.lexer.next()
	p.after = p.lexer.next()
}

// guard turns a syntax error's panic into an error.
func guard(err *error) {
	switch r := recover().(type) {
	case nil:
	case *SyntaxError:
		*err = r
	default:
		panic(r)
	}
}

func (p *parser) fail(at token, format string, args ...any) {
	panic(&SyntaxError{Source: p.src, Offset: at.start, Reason: fmt.Sprintf(format, args...)})
}

func (p *parser) unsupported(at token, format string, args ...any) {
	panic(&SyntaxError{Source: p.src, Offset: at.start, Reason: fmt.Sprintf(format, args...), Err: ErrUnsupported})
}

// unexpected fails at the token that is next.
func (p *parser) unexpected(wanted string) {
	switch t := p.now; t.kind {
	case tokenBad:
		p.fail(t, "%s", t.text)
	case tokenEnd:
		p.fail(t, "the end, where %s is expected", wanted)
	default:
		p.fail(t, "%q, where %s is expected", p.src[t.start:t.end], wanted)
	}
}

// advance returns the token that was next.
func (p *parser) advance() token {
	t := p.now
	p.now, p.after = p.after, p.lexer.next()
	return t
}

// take reads past the sign or keyword, if it is next.
func (p *parser) take(text string) bool {
	if !p.now.is(text) {
		return false
	}
	p.advance()
	return true
}

func (p *parser) expect(text string) {
	if !p.take(text) {
		p.unexpected(text)
	}
}

// needs fails where the version has no such thing.
func (p *parser) needs(at token, since Version, what string) {
	if p.version < since {
		p.fail(at, "%s needs awsIotSqlVersion %s; this is %s", what, since, p.version)
	}
}

// reserved are the words that are no names of attributes, in upper case.
var reserved = map[string]bool{
	"SELECT": true, "FROM": true, "WHERE": true, "AS": true, "AND": true, "OR": true, "NOT": true, "IN": true, "CASE": true,
	"WHEN": true, "THEN": true, "ELSE": true, "END": true, "NULL": true, "TRUE": true, "FALSE": true,
}

// expression reads an expression whose operators bind at least as tightly as least.
func (p *parser) expression(least int) node {
	if p.depth++; p.depth > maxNesting {
		p.fail(p.now, "the expression nests deeper than %d", maxNesting)
	}
	left := p.prefix()
	for {
		next, ok := p.infix(left, least)
		if !ok {
			p.depth--
			return left
		}
		left = next
	}
}

// infix reads an operator and its right side, if it binds tightly enough.
func (p *parser) infix(left node, least int) (node, bool) {
	switch {
	case p.now.is("."):
		p.advance()
		if p.now.kind != tokenName {
			p.unexpected("the name of a member; one that is no plain name is read by get(…, 'name')")
		}
		return field{left, p.advance().text}, true
	case p.now.is("["):
		p.advance()
		at := p.expression(bindNone)
		p.expect("]")
		return index{left, at}, true
	case least <= bindCompare && (p.now.is("IN") || p.now.is("NOT") && p.after.is("IN")):
		return p.in(left), true
	}
	for op, text := range operators {
		if p.now.is(text) {
			bind := operator(op).bind()
			if bind < least {
				return nil, false
			}
			p.advance()
			return binary{operator(op), left, p.expression(bind + 1)}, true
		}
	}
	return nil, false
}

func (p *parser) in(left node) node {
	negate := p.take("NOT")
	p.expect("IN")
	if !p.now.is("(") || p.after.is("SELECT") {
		return in{left: left, array: p.expression(bindAdd), negate: negate}
	}
	p.advance()
	return in{left: left, list: p.list(")"), negate: negate}
}

// list reads expressions between commas, and the sign that ends them.
func (p *parser) list(end string) []node {
	list := []node{}
	for !p.take(end) {
		if len(list) > 0 {
			p.expect(",")
		}
		list = append(list, p.expression(bindNone))
	}
	return list
}

// prefix reads what an expression begins with.
func (p *parser) prefix() node {
	t := p.now
	switch t.kind {
	case tokenString:
		p.advance()
		return literal{str(t.text)}
	case tokenNumber:
		p.advance()
		return literal{p.number(t, t.text)}
	case tokenVariable:
		p.advance()
		at, ok := p.vars[t.text]
		if !ok {
			p.fail(t, "there is no variable @%s before this: SET @%s = … makes one", t.text, t.text)
		}
		return variable{t.text, at}
	case tokenName:
		return p.word()
	}
	switch {
	case p.take("("):
		return p.parentheses()
	case p.take("-"):
		return p.minus()
	case p.take("["):
		p.needs(t, V2016, "the literal of an array")
		return arrayLiteral{p.list("]")}
	case p.take("{"):
		p.needs(t, V2016, "the literal of an object")
		return p.objectLiteral()
	}
	if t.is("*") {
		p.fail(t, "* stands alone in SELECT, or as an argument of a function")
	}
	p.unexpected("an expression")
	return nil
}

// number is a literal in JSON's notation.
func (p *parser) number(t token, text string) Value {
	v, ok := numberFromString(strings.ReplaceAll(text, "+", ""), p.version)
	if !ok {
		p.fail(t, "%q is no number", text)
	}
	return v
}

func (p *parser) minus() node {
	t := p.now
	if t.kind == tokenNumber && !p.after.is(".") && !p.after.is("[") {
		p.advance()
		return literal{p.number(t, "-"+t.text)}
	}
	return minus{p.expression(bindPostfix)}
}

func (p *parser) parentheses() node {
	if p.now.is("SELECT") {
		p.needs(p.now, V2016, "a nested query")
		p.advance()
		q := p.query(true)
		p.expect(")")
		return subquery{q}
	}
	n := p.expression(bindNone)
	p.expect(")")
	return n
}

func (p *parser) objectLiteral() node {
	var o objectLiteral
	for !p.take("}") {
		if len(o.keys) > 0 {
			p.expect(",")
		}
		if p.now.kind != tokenString {
			p.unexpected("a key in quotes")
		}
		o.keys = append(o.keys, p.advance().text)
		p.expect(":")
		o.values = append(o.values, p.expression(bindNone))
	}
	return o
}

// word reads what begins with a name.
func (p *parser) word() node {
	t := p.now
	switch upper := strings.ToUpper(t.text); {
	case upper == "NOT":
		p.advance()
		return not{p.expression(bindNot)}
	case upper == "CASE":
		p.advance()
		return p.caseOf()
	case upper == "TRUE", upper == "FALSE":
		p.advance()
		return literal{boolean(upper == "TRUE")}
	case upper == "NULL":
		p.advance()
		return literal{null}
	case reserved[upper]:
		p.unexpected("an expression")
	case p.after.is("("):
		return p.call()
	}
	p.advance()
	return name{t.text}
}

func (p *parser) caseOf() node {
	if p.now.is("WHEN") {
		p.fail(p.now, "CASE is followed by the value that WHEN is compared with")
	}
	c := caseOf{of: p.expression(bindNone)}
	for p.take("WHEN") {
		w := when{value: p.expression(bindNone)}
		p.expect("THEN")
		w.result = p.expression(bindNone)
		c.whens = append(c.whens, w)
	}
	if c.whens == nil {
		p.unexpected("WHEN")
	}
	if p.take("ELSE") {
		c.alternative = p.expression(bindNone)
	}
	p.expect("END")
	return c
}
