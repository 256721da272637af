package policy

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// Parse reads a document. It takes what AWS IoT takes: one statement or a list, strings or
// lists, numbers and booleans as condition values. An error is a [*SyntaxError] with the
// place; where the text is JSON but no policy, every fault is in it ([errors.Join]).
func Parse(text []byte) (*Document, error) {
	root, err := scan(text)
	if err != nil {
		return nil, err
	}
	p := &reader{scanner: scanner{text: text}, pacer: pacer{text: text, at: Position{1, 1}}, doc: &Document{}}
	p.doc.source.places = map[string]Position{}
	p.document(root)
	if len(p.faults) > 0 {
		return nil, join(p.faults)
	}
	for _, r := range string(text) {
		p.doc.source.chars++
		if !unicode.IsSpace(r) {
			p.doc.source.visible++
		}
	}
	if err := p.doc.Validate(); err != nil {
		return nil, err
	}
	return p.doc, nil
}

// UnmarshalJSON is [Parse].
func (d *Document) UnmarshalJSON(text []byte) error {
	parsed, err := Parse(text)
	if err != nil {
		return err
	}
	*d = *parsed
	return nil
}

// A reader turns nodes into a document and goes on after a fault.
type reader struct {
	scanner
	pacer  pacer
	doc    *Document
	faults []error
}

func (p *reader) fault(n node, format string, args ...any) {
	p.faults = append(p.faults, p.fail(n.at, n.pointer, format, args...))
}

// mark remembers where the element at pointer is.
func (p *reader) mark(pointer string, n node) {
	p.doc.source.places[pointer] = p.pacer.place(n.at)
}

// members calls set for every member of an object, with a known name.
func (p *reader) members(n node, what string, known map[string]func(node)) {
	if n.kind != '{' {
		p.fault(n, "%s must be an object", what)
		return
	}
	p.mark(n.pointer, n)
	for i, key := range n.keys {
		set, ok := known[key.text]
		if !ok {
			p.fault(key, "%s has no element %q%s", what, key.text, suggest(key.text, known))
			continue
		}
		p.mark(n.values[i].pointer, key)
		set(n.values[i])
	}
}

// suggest offers the known name that differs in case only.
func suggest(name string, known map[string]func(node)) string {
	for k := range known {
		if strings.EqualFold(k, name) {
			return fmt.Sprintf(": it is spelt %q", k)
		}
	}
	return ""
}

func (p *reader) document(root node) {
	p.members(root, "a policy document", map[string]func(node){
		"Version":   func(n node) { p.doc.Version = p.str1(n) },
		"Id":        func(n node) { p.doc.ID = p.str1(n) },
		"Statement": p.statements,
	})
	if root.kind == '{' && p.doc.Statements == nil {
		p.fault(root, "a policy document needs Statement")
	}
}

func (p *reader) statements(n node) {
	list := []node{n}
	if n.kind == '[' {
		list = n.values
	}
	p.doc.Statements = make([]Statement, 0, len(list))
	for i, s := range list {
		s.pointer = statementPointer(i)
		p.statement(s)
	}
}

func (p *reader) statement(n node) {
	var s Statement
	for i := range n.values { // a single statement has no index in the text
		_, last, _ := cutLast(n.values[i].pointer)
		n.values[i].pointer = n.pointer + "/" + last
	}
	p.members(n, "a statement", map[string]func(node){
		"Sid":         func(n node) { s.Sid = p.str1(n) },
		"Effect":      func(n node) { s.Effect = Effect(p.str1(n)) },
		"Action":      func(n node) { s.Action = actions(p.strs(n)) },
		"NotAction":   func(n node) { s.NotAction = actions(p.strs(n)) },
		"Resource":    func(n node) { s.Resource = p.strs(n) },
		"NotResource": func(n node) { s.NotResource = p.strs(n) },
		"Condition":   func(n node) { s.Condition = p.conditions(n) },
		"Principal":   func(n node) { p.fault(n, "a policy of AWS IoT has no Principal: it applies to whom it is attached to") },
	})
	p.doc.Statements = append(p.doc.Statements, s)
}

func cutLast(pointer string) (head, last string, ok bool) {
	i := strings.LastIndexByte(pointer, '/')
	if i < 0 {
		return "", pointer, false
	}
	return pointer[:i], pointer[i+1:], true
}

func actions(list []string) []Action {
	out := make([]Action, len(list))
	for i, s := range list {
		out[i] = Action(s)
	}
	return out
}

// conditions reads {"operator": {"key": values}}.
func (p *reader) conditions(n node) []Condition {
	var list []Condition
	if n.kind != '{' {
		p.fault(n, "Condition must be an object of operators")
		return nil
	}
	for i, operator := range n.keys {
		tests := n.values[i]
		if tests.kind != '{' {
			p.fault(tests, "%s must be an object of keys", operator.text)
			continue
		}
		for j, key := range tests.keys {
			v := tests.values[j]
			v.pointer = fmt.Sprintf("%s/%d", n.pointer, len(list))
			p.mark(v.pointer, key)
			list = append(list, Condition{operator.text, key.text, p.strs(v)})
		}
	}
	return list
}

// str1 is the text of a string.
func (p *reader) str1(n node) string {
	if n.kind != '"' {
		p.fault(n, "must be a string")
	}
	return n.text
}

// strs is a string, number or boolean, or a list of them. It is never nil.
func (p *reader) strs(n node) []string {
	list := []node{n}
	if n.kind == '[' {
		list = n.values
	}
	out := make([]string, 0, len(list))
	for i, v := range list {
		if v.kind != '"' && v.kind != '0' && v.kind != 't' {
			p.fault(v, "must be a string or a list of strings")
			continue
		}
		p.mark(n.pointer+"/"+strconv.Itoa(i), v)
		out = append(out, v.text)
	}
	return out
}

// escapePointer writes a name as a token of a JSON pointer (RFC 6901).
func escapePointer(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}
