package iotsql

// readsAttributes reports whether an attribute of the payload stands anywhere in s.
func (s *Statement) readsAttributes() bool {
	for _, set := range s.sets {
		if reads(set.node) {
			return true
		}
	}
	for _, it := range s.query.items {
		if reads(it.node) {
			return true
		}
	}
	return s.query.where != nil && reads(s.query.where)
}

func reads(n node) bool {
	if _, ok := n.(name); ok {
		return true
	}
	for _, part := range parts(n) {
		if reads(part) {
			return true
		}
	}
	return false
}

// parts returns the expressions that n is made of and that see what n sees: of a nested
// query only what it selects from.
func parts(n node) []node {
	switch n := n.(type) {
	case field:
		return []node{n.of}
	case index:
		return []node{n.of, n.at}
	case not:
		return []node{n.of}
	case minus:
		return []node{n.of}
	case binary:
		return []node{n.left, n.right}
	case in:
		list := append([]node{n.left}, n.list...)
		if n.array != nil {
			list = append(list, n.array)
		}
		return list
	case caseOf:
		list := []node{n.of}
		for _, w := range n.whens {
			list = append(list, w.value, w.result)
		}
		if n.alternative != nil {
			list = append(list, n.alternative)
		}
		return list
	case call:
		return n.args
	case castTo:
		return []node{n.of}
	case arrayLiteral:
		return n.items
	case objectLiteral:
		return n.values
	case subquery:
		return []node{n.query.from}
	}
	return nil
}
