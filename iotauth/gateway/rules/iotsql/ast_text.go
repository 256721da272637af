package iotsql

import (
	"slices"
	"strings"
)

func parenthesised(b []byte, needed bool, body func([]byte) []byte) []byte {
	if !needed {
		return body(b)
	}
	return append(body(append(b, '(')), ')')
}

func (n literal) append(b []byte, least int) []byte {
	switch n.value.kind {
	case String:
		return appendQuoted(b, n.value.text)
	case Int, Decimal:
		text := n.value.Text()
		return parenthesised(b, text[0] == '-' && least > bindMinus, func(b []byte) []byte { return append(b, text...) })
	}
	return n.value.AppendJSON(b) // true, false, null
}

func appendQuoted(b []byte, s string) []byte {
	b = append(b, '\'')
	b = append(b, strings.ReplaceAll(s, "'", "''")...)
	return append(b, '\'')
}

func (n name) append(b []byte, _ int) []byte     { return append(b, n.name...) }
func (n variable) append(b []byte, _ int) []byte { return append(append(b, '@'), n.name...) }
func (star) append(b []byte, _ int) []byte       { return append(b, '*') }

func (n field) append(b []byte, _ int) []byte {
	return append(append(n.of.append(b, bindPostfix), '.'), n.name...)
}

func (n index) append(b []byte, _ int) []byte {
	b = append(n.of.append(b, bindPostfix), '[')
	return append(n.at.append(b, bindNone), ']')
}

func (n not) append(b []byte, least int) []byte {
	return parenthesised(b, least > bindNot, func(b []byte) []byte { return n.of.append(append(b, "NOT "...), bindNot) })
}

func (n minus) append(b []byte, least int) []byte {
	return parenthesised(b, least > bindMinus, func(b []byte) []byte { return n.of.append(append(b, '-'), bindPostfix) })
}

func (n binary) append(b []byte, least int) []byte {
	bind := n.op.bind()
	return parenthesised(b, least > bind, func(b []byte) []byte {
		b = append(n.left.append(b, bind), ' ')
		b = append(append(b, n.op.String()...), ' ')
		return n.right.append(b, bind+1)
	})
}

func (n in) append(b []byte, least int) []byte {
	return parenthesised(b, least > bindCompare, func(b []byte) []byte {
		b = n.left.append(b, bindCompare)
		if n.negate {
			b = append(b, " NOT"...)
		}
		b = append(b, " IN "...)
		if n.array != nil {
			return n.array.append(b, bindAdd)
		}
		return append(appendList(append(b, '('), n.list), ')')
	})
}

func appendList(b []byte, nodes []node) []byte {
	for i, n := range nodes {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = n.append(b, bindNone)
	}
	return b
}

func (n caseOf) append(b []byte, _ int) []byte {
	b = n.of.append(append(b, "CASE "...), bindNone)
	for _, w := range n.whens {
		b = w.value.append(append(b, " WHEN "...), bindNone)
		b = w.result.append(append(b, " THEN "...), bindNone)
	}
	if n.alternative != nil {
		b = n.alternative.append(append(b, " ELSE "...), bindNone)
	}
	return append(b, " END"...)
}

func (n call) append(b []byte, _ int) []byte {
	b = append(append(b, n.name...), '(')
	return append(appendList(b, n.args), ')')
}

func (n castTo) append(b []byte, _ int) []byte {
	b = n.of.append(append(b, "cast("...), bindNone)
	return append(append(append(b, " AS "...), n.name...), ')')
}

func (n arrayLiteral) append(b []byte, _ int) []byte {
	return append(appendList(append(b, '['), n.items), ']')
}

func (n objectLiteral) append(b []byte, _ int) []byte {
	b = append(b, '{')
	for i, key := range n.keys {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(appendQuoted(b, key), ": "...)
		b = n.values[i].append(b, bindNone)
	}
	return append(b, '}')
}

func (n subquery) append(b []byte, _ int) []byte {
	b = n.query.appendSelect(append(b, '('))
	b = n.query.from.append(append(b, " FROM "...), bindPostfix)
	return append(n.query.appendWhere(b), ')')
}

func (q *query) appendSelect(b []byte) []byte {
	b = append(b, "SELECT "...)
	if q.value {
		b = append(b, "VALUE "...)
		start := len(b)
		b = q.items[0].append(b)
		if b[start] == '-' { // which would be subtracted from an attribute named value
			b = append(slices.Insert(b, start, '('), ')')
		}
		return b
	}
	for i, it := range q.items {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = it.append(b)
	}
	return b
}

func (it item) append(b []byte) []byte {
	b = it.node.append(b, bindNone)
	if it.alias != nil {
		b = append(append(b, " AS "...), strings.Join(it.alias, ".")...)
	}
	return b
}

func (q *query) appendWhere(b []byte) []byte {
	if q.where == nil {
		return b
	}
	return q.where.append(append(b, " WHERE "...), bindNone)
}

// String returns the statement in one spelling: parsing it gives an equal statement.
func (s *Statement) String() string {
	var b []byte
	for i, set := range s.sets {
		b = append(b, [...]string{"SET @", ", @"}[min(i, 1)]...)
		b = append(append(b, set.name...), " = "...)
		b = set.node.append(b, bindNone)
	}
	if len(s.sets) > 0 {
		b = append(b, ' ')
	}
	b = s.query.appendSelect(b)
	if s.filter != "" {
		b = appendQuoted(append(b, " FROM "...), s.filter)
	}
	return string(s.query.appendWhere(b))
}
