package iotsql

import (
	"fmt"
	"strings"
)

// maxTemplate bounds the text of a template, in bytes.
const maxTemplate = 8 << 10

// A Template is a text with substitutions, ${expression}. It is immutable and safe for
// concurrent use.
type Template struct {
	parts []part
}

// A part is a text, or an expression where node is not nil.
type part struct {
	text string
	node node
}

// ParseTemplate reads a template of a rule with the given statement, whose version and
// variables it has; its aliases it has not. The error is a [*SyntaxError].
func ParseTemplate(text string, s *Statement) (t *Template, err error) {
	defer guard(&err)
	p := newParser(text, s.version)
	if len(text) > maxTemplate {
		p.fail(token{}, "the template has more than %d bytes", maxTemplate)
	}
	for i, set := range s.sets {
		p.vars[set.name] = i
	}
	t = &Template{}
	for at := 0; at < len(text); {
		open := strings.Index(text[at:], "${")
		if open < 0 {
			open = len(text) - at
		}
		if open > 0 {
			t.parts = append(t.parts, part{text: text[at : at+open]})
		}
		if at += open; at == len(text) {
			break
		}
		p.rewind(at + len("${"))
		n := p.expression(bindNone)
		end := p.now.end
		if !p.now.is("}") {
			p.unexpected("}")
		}
		t.parts = append(t.parts, part{node: n})
		at = end
	}
	return t, nil
}

// Literal returns the text of a template without substitutions; false where it has some.
func (t *Template) Literal() (string, bool) {
	if len(t.parts) == 0 {
		return "", true
	}
	return t.parts[0].text, len(t.parts) == 1 && t.parts[0].node == nil
}

// String returns the template in one spelling: parsing it gives an equal one.
func (t *Template) String() string {
	var b []byte
	for _, p := range t.parts {
		if p.node == nil {
			b = append(b, p.text...)
			continue
		}
		b = append(p.node.append(append(b, "${"...), bindNone), '}')
	}
	return string(b)
}

// Expand evaluates the template for the message of a result. What is Undefined or Null
// becomes an empty string. Errors: [ErrLimit].
func (t *Template) Expand(r *Result) (string, error) {
	e := env{message: r.message, version: r.version, vars: r.vars}
	var b strings.Builder
	for _, p := range t.parts {
		text := p.text
		if p.node != nil {
			text, _ = e.text(p.node.eval(&e))
		}
		if !e.makes(b.Len() + len(text)) {
			return "", fmt.Errorf("%w: the template %.100s", ErrLimit, t)
		}
		b.WriteString(text)
	}
	return b.String(), nil
}
