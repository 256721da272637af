package iotsql

import (
	"slices"
	"strings"
)

// A Statement is a parsed one. It is immutable and safe for concurrent use.
type Statement struct {
	version Version
	sets    []set
	query   query
	filter  string
	reads   bool // an attribute of the payload
}

// A set is @name = node.
type set struct {
	name string
	node node
}

// maxVariable bounds a variable's name (developer guide, "SET clause").
const maxVariable = 64

// Parse reads a statement. FROM may be missing, which leaves a rule to Basic Ingest.
// The error is a [*SyntaxError]; it wraps [ErrUnsupported] for what AWS IoT has and this
// package has not.
func Parse(sql string, version Version) (s *Statement, err error) {
	defer guard(&err)
	p := newParser(sql, version)
	if len(sql) > MaxSQL {
		p.fail(token{}, "the statement has more than %d bytes", MaxSQL)
	}
	s = &Statement{version: version, sets: p.sets()}
	p.expect("SELECT")
	s.query = *p.query(false)
	if p.take("FROM") {
		s.filter = p.filter()
	}
	s.query.where = p.where()
	if p.now.kind != tokenEnd {
		p.unexpected("the end")
	}
	s.reads = s.readsAttributes()
	return s, nil
}

func (p *parser) sets() (sets []set) {
	if !p.now.is("SET") {
		return nil
	}
	p.advance()
	for len(sets) == 0 || p.take(",") {
		t := p.now
		if t.kind != tokenVariable {
			p.unexpected("a variable, @name")
		}
		if _, again := p.vars[t.text]; again {
			p.fail(t, "@%s is set twice", t.text)
		}
		if len(t.text) > maxVariable {
			p.fail(t, "the variable's name has more than %d characters", maxVariable)
		}
		p.advance()
		p.expect("=")
		sets = append(sets, set{t.text, p.expression(bindNone)})
		p.vars[t.text] = len(sets) - 1 // known only after its own expression
	}
	return sets
}

// query reads a SELECT behind its keyword; a nested one with FROM and WHERE.
func (p *parser) query(nested bool) *query {
	q := &query{value: p.isValueKeyword()}
	if q.value {
		p.advance()
	}
	for len(q.items) == 0 || p.take(",") {
		if q.value && len(q.items) == 1 {
			p.fail(p.now, "SELECT VALUE has one item")
		}
		q.items = append(q.items, p.item(q.value))
	}
	if nested {
		p.expect("FROM")
		if p.now.kind == tokenString {
			p.fail(p.now, "a nested query selects from an attribute, without quotes")
		}
		q.from = p.expression(bindPostfix)
		q.where = p.where()
	}
	return q
}

func (p *parser) where() node {
	if !p.take("WHERE") {
		return nil
	}
	return p.expression(bindNone)
}

// isValueKeyword tells the keyword VALUE from an attribute of that name: the keyword is
// followed by an operand.
func (p *parser) isValueKeyword() bool {
	if !p.now.is("VALUE") {
		return false
	}
	switch t := p.after; t.kind {
	case tokenString, tokenNumber, tokenVariable:
		return true
	case tokenName:
		switch strings.ToUpper(t.text) {
		case "FROM", "AS", "AND", "OR", "IN", "WHERE":
			return false
		case "NOT": // value NOT IN (…), or VALUE NOT x
			return !p.peekSecond().is("IN")
		}
		return true
	}
	switch {
	case p.after.is("["): // value[0] is an item of the attribute
		return p.after.spaced
	case p.after.is("*"): // value * 2 is a product
		second := p.peekSecond()
		return second.kind == tokenEnd || second.is("FROM") || second.is(",") || second.is("AS") || second.is("WHERE") || second.is(")")
	}
	return p.after.is("(") || p.after.is("{")
}

// peekSecond returns the token behind the one that follows.
func (p *parser) peekSecond() token {
	l := p.lexer
	return l.next()
}

// item reads what stands between the commas of SELECT, which of VALUE needs no name.
func (p *parser) item(value bool) item {
	t := p.now
	it := item{}
	if p.take("*") {
		it.node = star{}
	} else {
		it.node = p.expression(bindNone)
	}
	if !value && p.take("AS") {
		it.alias = p.alias()
		it.key = it.alias
		return it
	}
	if _, all := it.node.(star); all || value {
		return it
	}
	key := keyOf(it.node)
	if key == "" {
		p.fail(t, "the item needs a name: write AS and one")
	}
	it.key = []string{key}
	return it
}

// alias reads a name, or names between points, which nest.
func (p *parser) alias() (path []string) {
	for len(path) == 0 || p.take(".") {
		if p.now.kind != tokenName {
			p.unexpected("a name")
		}
		path = append(path, p.advance().text)
	}
	if len(path) > maxNesting {
		p.fail(p.now, "the name nests deeper than %d", maxNesting)
	}
	return path
}

// keyOf returns under which name an item without AS is selected: the last of an
// attribute's path, or a function's; "" where there is none.
func keyOf(n node) string {
	switch n := n.(type) {
	case name:
		return n.name
	case field:
		return n.name
	case call:
		return n.name
	case castTo:
		return "cast"
	}
	return ""
}

func (p *parser) filter() string {
	t := p.now
	if t.kind != tokenString || p.src[t.start] != '\'' {
		p.unexpected("a topic filter in single quotes")
	}
	if reason := checkFilter(t.text); reason != "" {
		p.fail(t, "the topic filter %s", reason)
	}
	p.advance()
	return t.text
}

// checkFilter returns what is wrong with a topic filter, or "".
func checkFilter(filter string) string {
	levels := strings.Split(filter, "/")
	switch {
	case filter == "":
		return "is empty"
	case strings.ContainsRune(filter, 0):
		return "has a NUL character"
	case strings.HasPrefix(filter, "$share/"):
		return "is that of a shared subscription, which a rule has not"
	case strings.HasPrefix(filter, "$aws/rules/"):
		return "is that of Basic Ingest, which a rule gets by its name"
	case slices.ContainsFunc(levels, func(l string) bool { return len(l) > 1 && strings.ContainsAny(l, "+#") }):
		return "has a wildcard that is not the whole of its level"
	case slices.Contains(levels[:len(levels)-1], "#"):
		return "has a # that is not its last level"
	}
	return ""
}

// Filter returns the topic filter of FROM; "" where there is no FROM.
func (s *Statement) Filter() string { return s.filter }

// Version returns the version that the statement was parsed for.
func (s *Statement) Version() Version { return s.version }
