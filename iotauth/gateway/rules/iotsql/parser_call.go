package iotsql

import "strings"

// call reads a function's name and arguments.
func (p *parser) call() node {
	t := p.advance()
	p.expect("(")
	name := strings.ToLower(t.text)
	if name == "cast" {
		return p.cast()
	}
	f, ok := functions[name]
	if why, has := elsewhere[name]; has {
		p.unsupported(t, "%s() is not supported here: %s", name, why)
	} else if !ok {
		p.fail(t, "AWS IoT SQL has no function %s()", t.text)
	}
	p.needs(t, f.since, f.name+"()")
	c := call{name: t.text, function: f, args: []node{}}
	for !p.take(")") {
		if len(c.args) > 0 {
			p.expect(",")
		}
		if p.take("*") {
			c.args = append(c.args, star{})
			continue
		}
		c.args = append(c.args, p.expression(bindNone))
	}
	if f.prepare != nil {
		prepared, err := f.prepare(c.args)
		if err != nil {
			p.fail(t, "%s(): %v", f.name, err)
		}
		c.prepared = prepared
	}
	return c
}

// casts are the words after AS in cast(value AS type), in lower case.
var casts = map[string]struct {
	to     Kind
	double bool
	since  Version
}{
	"string": {to: String}, "nvarchar": {to: String}, "text": {to: String}, "ntext": {to: String}, "varchar": {to: String},
	"int": {to: Int}, "integer": {to: Int}, "double": {to: Decimal, double: true},
	"decimal": {to: Decimal, since: V2016}, "bool": {to: Boolean, since: V2016}, "boolean": {to: Boolean, since: V2016},
}

func (p *parser) cast() node {
	of := p.expression(bindNone)
	p.expect("AS")
	t := p.now
	to, ok := casts[strings.ToLower(t.text)]
	if t.kind != tokenName || !ok {
		p.unexpected("a type: String, Int, Decimal, Double or Boolean")
	}
	p.needs(t, to.since, "cast to "+t.text)
	p.advance()
	p.expect(")")
	return castTo{of: of, name: t.text, to: to.to, double: to.double}
}
