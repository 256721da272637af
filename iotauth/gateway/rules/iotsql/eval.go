package iotsql

// An env is one evaluation.
type env struct {
	message *Message
	version Version
	vars    []Value
	nested  bool  // in a nested query
	row     Value // of it
	cost    int
	err     error // ErrLimit; what is computed after it is not used
}

// spend takes n from what an evaluation may cost. It reports false when there is no more.
func (e *env) spend(n int) bool {
	if e.cost += n; e.cost > maxCost {
		e.err = ErrLimit
	}
	return e.err == nil
}

// makes allows for a string of n bytes.
func (e *env) makes(n int) bool {
	if n > MaxResult {
		e.err = ErrLimit
	}
	return e.spend(n)
}

// scope is what names are attributes of, and what * is.
func (e *env) scope() Value {
	if e.nested {
		return e.row
	}
	v, _ := e.message.json(e.version)
	return v
}

func (n literal) eval(*env) Value    { return n.value }
func (n variable) eval(e *env) Value { return e.vars[n.at] }
func (star) eval(e *env) Value       { return e.scope() }
func (n name) eval(e *env) Value     { return e.member(e.scope(), n.name) }
func (n field) eval(e *env) Value    { return e.member(n.of.eval(e), n.name) }
func (n index) eval(e *env) Value    { return e.get(n.of.eval(e), n.at.eval(e)) }

func (e *env) member(v Value, key string) Value {
	if v.kind != Object || !e.spend(1) {
		return undefined
	}
	return v.object.get(key)
}

func (n in) eval(e *env) Value {
	left := n.left.eval(e)
	list := make([]Value, 0, len(n.list))
	for _, m := range n.list {
		list = append(list, m.eval(e))
	}
	if n.array != nil {
		v := n.array.eval(e)
		if v.kind != Array {
			return undefined
		}
		list = v.items
	}
	if left.kind == Undefined {
		return undefined
	}
	for _, v := range list {
		if v.kind != Undefined && e.equal(left, v) {
			return boolean(!n.negate)
		}
	}
	return boolean(n.negate)
}

func (n caseOf) eval(e *env) Value {
	of := n.of.eval(e)
	if of.kind == Undefined {
		return undefined
	}
	for _, w := range n.whens {
		if v := w.value.eval(e); v.kind != Undefined && e.equal(of, v) {
			return w.result.eval(e)
		}
	}
	if n.alternative == nil {
		return undefined
	}
	return n.alternative.eval(e)
}

func (n call) eval(e *env) Value {
	if !e.spend(5) || len(n.args) < n.function.least || n.function.most >= 0 && len(n.args) > n.function.most {
		return undefined
	}
	if n.function.raw != nil {
		return n.function.raw(e, &n)
	}
	args := make([]Value, len(n.args))
	for i, arg := range n.args {
		args[i] = arg.eval(e)
	}
	if e.err != nil {
		return undefined
	}
	return n.function.call(e, &n, args)
}

// What is Undefined is left out of arrays and objects, as JSON has no such thing.

func (n arrayLiteral) eval(e *env) Value {
	items := make([]Value, 0, len(n.items))
	for _, m := range n.items {
		if v := m.eval(e); v.kind != Undefined {
			items = append(items, v)
		}
	}
	e.spend(8 * len(items))
	return array(items)
}

func (n objectLiteral) eval(e *env) Value {
	o := &object{}
	for i, key := range n.keys {
		o.set(key, n.values[i].eval(e))
	}
	e.spend(16 * len(o.members))
	return objectOf(o)
}

func (n subquery) eval(e *env) Value {
	from := n.query.from.eval(e)
	outer, nested := e.row, e.nested
	defer func() { e.row, e.nested = outer, nested }()
	e.nested = true
	switch from.kind {
	case Object:
		e.row = from
		return n.query.row(e)
	case Array:
		rows := []Value{}
		for _, row := range from.items {
			if e.row = row; !e.spend(8) {
				return undefined
			}
			if v := n.query.row(e); v.kind != Undefined {
				rows = append(rows, v)
			}
		}
		return array(rows)
	}
	return undefined
}

// row selects from the row; Undefined where it is not to be selected.
func (q *query) row(e *env) Value {
	if q.where != nil {
		if b, _ := truth(q.where.eval(e)); !b {
			return undefined
		}
	}
	if q.value || q.passes() {
		return q.items[0].node.eval(e)
	}
	o, ok := q.object(e)
	if !ok {
		return undefined
	}
	return objectOf(o)
}

// object makes an object of the items; false where * is none.
func (q *query) object(e *env) (*object, bool) {
	o := &object{}
	var own map[*object]bool // made by setPath
	for _, it := range q.items {
		v := it.node.eval(e)
		if it.key != nil {
			if own == nil && len(it.key) > 1 {
				own = map[*object]bool{}
			}
			e.setPath(o, own, it.key, v)
			continue
		}
		if v.kind != Object {
			return nil, false
		}
		e.spend(4 * len(v.object.members))
		for _, m := range v.object.members {
			o.set(m.Key, m.Value)
		}
	}
	return o, true
}

// setPath puts v under a path of keys. The objects on the way that are not its own are
// copied first, since values are shared.
func (e *env) setPath(o *object, own map[*object]bool, path []string, v Value) {
	if len(path) == 1 || v.kind == Undefined {
		e.spend(4)
		o.set(path[0], v)
		return
	}
	inner := o.get(path[0]).object
	if inner == nil {
		inner = &object{}
	} else if !own[inner] {
		if !e.spend(16 * len(inner.members)) {
			return
		}
		inner = inner.clone()
	}
	own[inner] = true
	e.setPath(inner, own, path[1:], v)
	o.set(path[0], objectOf(inner))
}
