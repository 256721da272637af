package expr

import "github.com/askaround/askaround-go/internal/localaws/attr"

// ParseUpdate parses src. The error is a [*attr.ValidationError].
func ParseUpdate(src string, p *Params) (*Update, error) {
	ps := updateParser{parser: newParser("UpdateExpression", src, p)}
	ps.parser.update = true
	if err := ps.start(); err != nil {
		return nil, err
	}
	for {
		if err := ps.section(); err != nil {
			return nil, err
		}
		if ps.tok.kind == kindEOF {
			break
		}
	}
	u := &ps.result
	u.paths = make([]Path, len(u.actions))
	for i := range u.actions {
		u.paths[i] = u.actions[i].path
	}
	if msg := checkOverlap(u.paths); msg != "" {
		ps.fail(rankOverlap, "%s", msg)
	}
	if err := ps.end(); err != nil {
		return nil, err
	}
	u.tree.children = make([]trie[action], 0, len(u.actions))
	for i := range u.actions {
		u.tree.add(u.actions[i].path, &u.actions[i])
	}
	return u, nil
}

type updateParser struct {
	*parser
	result Update
	seen   [kindDelete + 1]bool // sections
}

// section reads SET, REMOVE, ADD or DELETE and its actions.
func (p *updateParser) section() error {
	do := p.tok.kind
	if do < kindSet || do > kindDelete {
		return p.syntaxError()
	}
	if p.seen[do] {
		p.fail(rankSection, `The "%s" section can only be used once in an update expression;`, sectionNames[do])
	}
	p.seen[do] = true
	for {
		p.next()
		if err := p.action(do); err != nil {
			return err
		}
		if p.tok.kind != kindComma {
			return nil
		}
	}
}

var sectionNames = map[kind]string{kindSet: "SET", kindRemove: "REMOVE", kindAdd: "ADD", kindDelete: "DELETE"}

// action reads a path and what becomes of it.
func (p *updateParser) action(do kind) (err error) {
	a := action{do: do, index: len(p.result.actions)}
	p.nameRank = rankTarget
	a.path, err = p.path()
	p.nameRank = rankOperand
	if err != nil {
		return err
	}
	switch do {
	case kindSet:
		err = p.set(&a)
	case kindAdd, kindDelete:
		err = p.addend(&a)
	}
	if p.result.actions == nil {
		p.result.actions = make([]action, 0, roomSize)
	}
	p.result.actions = append(p.result.actions, a)
	return err
}

// set reads what a path is set to.
func (p *updateParser) set(a *action) (err error) {
	if err := p.expect(kindEQ); err != nil {
		return err
	}
	a.value, err = p.setValue()
	return err
}

// setValue reads an operand, or a sum or difference of two.
func (p *updateParser) setValue() (operand, error) {
	left, err := p.setTerm()
	if err != nil || isSum(left) || p.tok.kind != kindPlus && p.tok.kind != kindMinus {
		return left, err
	}
	p.checkNested(left)
	p.operator()
	c := &call{fn: fnPlus, name: p.text(), pos: p.tok.start}
	if p.tok.kind == kindMinus {
		c.fn = fnMinus
	}
	p.next()
	right, err := p.operandExpr()
	if err != nil {
		return operand{}, err
	}
	p.checkNested(right)
	c.args = p.operands.keep(left, right)
	p.checkTypes(c.name, c.args, attr.TypeN)
	return operand{call: c}, nil
}

// setTerm reads an operand, or a setValue in parentheses.
func (p *updateParser) setTerm() (operand, error) {
	if p.tok.kind != kindOpen {
		return p.plainOperand()
	}
	p.next()
	o, err := p.setValue()
	if err != nil {
		return operand{}, err
	}
	again := o.paren
	o.paren = true
	return o, p.closeParenthesis(again)
}

func isSum(o operand) bool {
	return o.call != nil && (o.call.fn == fnPlus || o.call.fn == fnMinus)
}

// addend reads the value that is added or deleted.
func (p *updateParser) addend(a *action) error {
	if p.tok.kind != kindValue {
		return p.syntaxError()
	}
	a.value = p.placeholder()
	t := a.value.value.Type
	if t == 0 || t.IsSet() || t == attr.TypeN && a.do == kindAdd {
		return nil
	}
	name := sectionNames[a.do]
	p.fail(rankOperand, "Incorrect operand type for operator or function; operator: %s, operand type: %s, typeSet: ALLOWED_FOR_%s_OPERAND", name, typeWords[t], name)
	return nil
}

// typeWords are AWS's names of the types that ADD or DELETE refuse.
var typeWords = map[attr.Type]string{
	attr.TypeS: "STRING", attr.TypeN: "NUMBER", attr.TypeB: "BINARY", attr.TypeBOOL: "BOOLEAN",
	attr.TypeNULL: "NULL", attr.TypeL: "LIST", attr.TypeM: "MAP",
}
