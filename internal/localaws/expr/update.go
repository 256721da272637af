package expr

import (
	"maps"
	"slices"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

// Update is a parsed UpdateExpression. It is immutable and safe for concurrent
// use.
type Update struct {
	actions []action
	paths   []Path // of the actions
	tree    trie[action]
}

// action is one change of an update.
type action struct {
	do    kind // kindSet, kindRemove, kindAdd or kindDelete
	path  Path
	value operand // what is set, added or deleted
	index int     // among the actions
}

// AWS's words for an update that does not fit the item.
var (
	errNoAttribute = &attr.ValidationError{Message: "The provided expression refers to an attribute that does not exist in the item"}
	errOperandType = &attr.ValidationError{Message: "An operand in the update expression has an incorrect data type"}
	errNesting     = &attr.ValidationError{Message: "Nesting Levels have exceeded supported limits"}
	errPath        = &attr.ValidationError{Message: "The document path provided in the update expression is invalid for update"}
)

// Attributes returns the top-level attributes that the update changes, sorted.
// None of them may be a key attribute.
func (u *Update) Attributes() []string { return heads(u.paths) }

// Changes reports whether the update changes a top-level attribute.
func (u *Update) Changes(name string) bool {
	return slices.ContainsFunc(u.paths, func(p Path) bool { return p[0].Name == name })
}

// Apply returns the item after the update, computed wholly from old, which it
// does not change; unchanged parts are shared. For an item that does not exist
// old is its key attributes, as DynamoDB has it, and the result the new item.
// touched are the paths that the update names, in order of appearance: with
// [Pick] they make UPDATED_OLD (from the old item) and UPDATED_NEW (from the
// result). The error is a [*attr.ValidationError]. Apply refuses a result that is
// nested too deep, but does not check its size.
func (u *Update) Apply(old attr.Item) (result attr.Item, touched []Path, err error) {
	result = maps.Clone(old)
	if result == nil {
		result = make(attr.Item, len(u.tree.children))
	}
	touched, err = u.ApplyTo(result)
	if err != nil {
		return nil, nil, err
	}
	return result, touched, nil
}

// ApplyTo is Apply to an item of the caller's own, which becomes the result. It does not
// change the values in it. After an error the item is of no use.
func (u *Update) ApplyTo(item attr.Item) (touched []Path, err error) {
	var few [8]attr.Value
	a := applier{values: few[:]}
	if len(u.actions) > len(few) {
		a.values = make([]attr.Value, len(u.actions))
	}
	for i := range u.actions {
		act := &u.actions[i]
		if act.do == kindRemove {
			continue
		}
		v, err := act.value.compute(item)
		if err != nil {
			return nil, err
		}
		if len(act.path)-1+v.Depth() > attr.MaxNesting {
			return nil, errNesting
		}
		a.values[i] = v
	}
	return u.paths, a.change(item, &u.tree)
}

// applier applies the actions of an update.
type applier struct {
	values []attr.Value // of the actions, computed
}

// change makes the changes of tree in item.
func (a *applier) change(item attr.Item, tree *trie[action]) error {
	for i := range tree.children {
		c := &tree.children[i]
		v, exists := item[c.step.Name]
		v, keep, err := a.value(v, exists, c)
		if err != nil {
			return err
		}
		if keep {
			item[c.step.Name] = v
		} else if exists {
			delete(item, c.step.Name)
		}
	}
	return nil
}

// list returns old with the changes of tree. Indexes are those of old. Elements
// behind its end are appended in the order of their indexes.
func (a *applier) list(old []attr.Value, tree *trie[action]) ([]attr.Value, error) {
	list := make([]attr.Value, 0, len(old)+len(tree.children))
	from := 0
	for i := range tree.children {
		c := &tree.children[i]
		var v attr.Value
		exists := c.step.Index < len(old)
		if exists {
			list = append(list, old[from:c.step.Index]...)
			v, from = old[c.step.Index], c.step.Index+1
		} else {
			list = append(list, old[from:]...)
			from = len(old)
		}
		v, keep, err := a.value(v, exists, c)
		if err != nil {
			return nil, err
		}
		if keep {
			list = append(list, v)
		}
	}
	return append(list, old[from:]...), nil
}

// value returns what becomes of the value old with the changes of tree; keep is
// false where nothing becomes of it.
func (a *applier) value(old attr.Value, exists bool, tree *trie[action]) (v attr.Value, keep bool, err error) {
	switch {
	case tree.leaf != nil:
		return a.act(tree.leaf, old, exists)
	case tree.inList() && old.Type == attr.TypeL:
		v = attr.Value{Type: attr.TypeL}
		v.L, err = a.list(old.L, tree)
		return v, true, err
	case !tree.inList() && old.Type == attr.TypeM:
		v = attr.Map(maps.Clone(old.M))
		return v, true, a.change(v.M, tree)
	}
	return attr.Value{}, false, errPath
}

// act returns what becomes of old by one action.
func (a *applier) act(act *action, old attr.Value, exists bool) (v attr.Value, keep bool, err error) {
	v = a.values[act.index]
	switch {
	case act.do == kindRemove:
		return attr.Value{}, false, nil
	case act.do == kindSet:
		return v, true, nil
	case !exists:
		return v, act.do == kindAdd, nil
	case old.Type != v.Type:
		return attr.Value{}, false, errOperandType
	case act.do == kindDelete:
		v = attr.Difference(old, v)
		return v, v.Type != 0, nil
	case v.Type == attr.TypeN:
		v.N, err = old.N.Add(v.N)
		return v, true, err
	}
	return attr.Union(old, v), true, nil
}

// compute returns the value of an operand of an update.
func (o *operand) compute(item attr.Item) (attr.Value, error) {
	switch {
	case o.value != nil:
		return *o.value, nil
	case o.call != nil:
		return o.call.compute(item)
	}
	v, ok := o.path.Get(item)
	if !ok {
		return attr.Value{}, errNoAttribute
	}
	return v, nil
}

func (c *call) compute(item attr.Item) (attr.Value, error) {
	if c.fn == fnIfNotExists {
		// The second operand must exist even where it is not needed: so has it
		// Amazon's own engine, DynamoDB Local.
		v, err := c.args[1].compute(item)
		if err != nil {
			return attr.Value{}, err
		}
		if present, ok := c.args[0].path.Get(item); ok {
			return present, nil
		}
		return v, nil
	}
	want := attr.TypeN
	if c.fn == fnListAppend {
		want = attr.TypeL
	}
	var v [2]attr.Value
	for i := range v {
		var err error
		if v[i], err = c.args[i].compute(item); err != nil {
			return attr.Value{}, err
		}
		if v[i].Type != want {
			return attr.Value{}, errOperandType
		}
	}
	a, b := v[0], v[1]
	switch c.fn {
	case fnListAppend:
		list := make([]attr.Value, 0, len(a.L)+len(b.L))
		return attr.List(append(append(list, a.L...), b.L...)...), nil
	case fnMinus:
		b.N = b.N.Neg()
	}
	n, err := a.N.Add(b.N)
	return attr.Num(n), err
}
