package conformance

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	build "github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
)

// action is one of an update expression, as data: it can be written, built by the SDK,
// and applied.
type action struct {
	kind, path string // SET, REMOVE, ADD or DELETE
	form       string // of SET: value, path, plus, minus, default, append, prepend
	from       string // the path that it reads
	value      any
}

// update is the actions of one update expression. No two have paths that overlap.
type update []action

func (r random) update(sc schema) update {
	roots := []string{"n", "v", "s", "l", "m"}
	for name := range sc.typeOf() {
		if !slices.Contains(names(sc.key), name) {
			roots = append(roots, name)
		}
	}
	slices.Sort(roots) // a map has no order, a seed has one outcome
	r.Shuffle(len(roots), func(i, j int) { roots[i], roots[j] = roots[j], roots[i] })
	var u update
	for _, root := range roots[:1+r.IntN(3)] {
		u = append(u, r.action(root, sc))
	}
	return u
}

func (r random) action(root string, sc schema) action {
	from := oneOf(r, "n", "v", "l", "m.x", root)
	if kind, is := sc.typeOf()[root]; is { // an index key: its own type, most of the time
		if r.chance(30) {
			return action{kind: "REMOVE", path: root}
		}
		if !r.strict && r.chance(3) {
			return action{kind: "SET", form: "value", path: root, value: r.value(1)}
		}
		return action{kind: "SET", form: "value", path: root, value: r.key(kind)}
	}
	switch root {
	case "n":
		v := num(fmt.Sprint(r.IntN(99)))
		return oneOf(r, action{kind: "ADD", path: root, value: v}, action{kind: "SET", form: oneOf(r, "plus", "minus", "default"), path: root, from: root, value: v}, action{kind: "SET", form: "path", path: root, from: from})
	case "s":
		return action{kind: oneOf(r, "ADD", "DELETE"), path: root, value: r.set()}
	case "l":
		return oneOf(r, action{kind: "SET", form: oneOf(r, "append", "prepend"), path: root, from: root, value: r.list(1)}, action{kind: "REMOVE", path: "l[0]"},
			action{kind: "SET", form: "value", path: oneOf(r, "l[0]", "l[1]", "l[9]"), value: r.value(1)})
	case "m":
		path := oneOf(r, "m", "m.x", "m.y", "m.z", "m.x.x")
		return oneOf(r, action{kind: "REMOVE", path: path}, action{kind: "SET", form: "value", path: path, value: r.value(1)})
	}
	return oneOf(r, action{kind: "SET", form: "value", path: root, value: r.value(2)}, action{kind: "SET", form: oneOf(r, "path", "default"), path: root, from: from, value: r.value(1)}, action{kind: "REMOVE", path: root})
}

func (u update) write(p *placeholders) string {
	var parts []string
	for _, kind := range []string{"SET", "REMOVE", "ADD", "DELETE"} {
		var clauses []string
		for _, a := range u {
			if a.kind == kind {
				clauses = append(clauses, a.write(p))
			}
		}
		if clauses != nil {
			parts = append(parts, kind+" "+strings.Join(clauses, ", "))
		}
	}
	return strings.Join(parts, " ")
}

func (a action) write(p *placeholders) string {
	to := p.path(a.path)
	switch a.kind {
	case "REMOVE":
		return to
	case "ADD", "DELETE":
		return to + " " + p.value(a.value)
	}
	switch a.form {
	case "value":
		return to + " = " + p.value(a.value)
	case "path":
		return to + " = " + p.path(a.from)
	case "plus":
		return to + " = " + p.path(a.from) + " + " + p.value(a.value)
	case "minus":
		return to + " = " + p.path(a.from) + " - " + p.value(a.value)
	case "default":
		return to + " = if_not_exists(" + p.path(a.from) + ", " + p.value(a.value) + ")"
	case "append":
		return to + " = list_append(" + p.path(a.from) + ", " + p.value(a.value) + ")"
	}
	return to + " = list_append(" + p.value(a.value) + ", " + p.path(a.from) + ")"
}

func (u update) built() build.UpdateBuilder {
	var b build.UpdateBuilder
	for _, a := range u {
		name, value := build.Name(a.path), build.Value(av(a.value))
		switch a.kind {
		case "SET":
			b = b.Set(name, a.operand())
		case "REMOVE":
			b = b.Remove(name)
		case "ADD":
			b = b.Add(name, value)
		case "DELETE":
			b = b.Delete(name, value)
		}
	}
	return b
}

func (a action) operand() build.OperandBuilder {
	value := build.Value(av(a.value))
	if a.form == "value" {
		return value
	}
	from := build.Name(a.from)
	switch a.form {
	case "path":
		return from
	case "plus":
		return from.Plus(value)
	case "minus":
		return from.Minus(value)
	case "default":
		return from.IfNotExists(value)
	case "append":
		return from.ListAppend(value)
	}
	return value.ListAppend(from)
}

// errInvalid stands for a ValidationException of the model.
var errInvalid = errors.New("invalid")

// apply returns the item behind the update; every action reads the item of before.
func (u update) apply(old item) (item, error) {
	updated := clone(old).(item)
	if updated == nil {
		updated = item{}
	}
	for _, a := range u {
		if err := a.apply(old, updated); err != nil {
			return nil, err
		}
	}
	return updated, nil
}

func (a action) apply(old, updated item) error {
	switch a.kind {
	case "REMOVE":
		return change(updated, a.path, nil, true)
	case "ADD":
		return a.add(old, updated)
	case "DELETE":
		return a.takeAway(old, updated)
	}
	v, err := a.evaluate(old)
	if err != nil {
		return err
	}
	return change(updated, a.path, v, false)
}

func (a action) evaluate(old item) (any, error) {
	if a.form == "value" {
		return a.value, nil
	}
	v, there := lookup(old, a.from)
	switch {
	case a.form == "default" && !there:
		return a.value, nil
	case !there:
		return nil, errInvalid
	case a.form == "plus":
		return sum(v, a.value, 1)
	case a.form == "minus":
		return sum(v, a.value, -1)
	case a.form == "append":
		return join(v, a.value)
	case a.form == "prepend":
		return join(a.value, v)
	}
	return clone(v), nil
}

func sum(a, b any, sign int64) (any, error) {
	x, okX := a.(num)
	y, okY := b.(num)
	if !okX || !okY {
		return nil, errInvalid
	}
	total := new(big.Rat).Add(rational(x), new(big.Rat).Mul(rational(y), new(big.Rat).SetInt64(sign)))
	digits := total.FloatString(200)
	if strings.Contains(digits, ".") {
		digits = strings.TrimRight(strings.TrimRight(digits, "0"), ".")
	}
	if significant := strings.Trim(strings.ReplaceAll(strings.TrimPrefix(digits, "-"), ".", ""), "0"); len(significant) > 38 {
		return nil, errInvalid
	}
	return num(digits), nil
}

func join(a, b any) (any, error) {
	x, okX := a.(list)
	y, okY := b.(list)
	if !okX || !okY {
		return nil, errInvalid
	}
	return append(clone(x).(list), clone(y).(list)...), nil
}

// add adds to a number or to a set.
func (a action) add(old, updated item) error {
	v, there := lookup(old, a.path)
	if !there {
		return change(updated, a.path, a.value, false)
	}
	if typeName(v) != typeName(a.value) {
		return errInvalid
	}
	if _, ok := v.(num); ok {
		total, err := sum(v, a.value, 1)
		if err != nil {
			return err
		}
		return change(updated, a.path, total, false)
	}
	switch set := v.(type) {
	case ss:
		v = ss(union(set, a.value.(ss)))
	case ns:
		v = ns(union(set, a.value.(ns)))
	case bs:
		v = bs(append(without(set, a.value.(bs)), a.value.(bs)...))
	}
	return change(updated, a.path, plain(av(v)), false)
}

func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

func without(a, b bs) bs {
	return slices.DeleteFunc(slices.Clone(a), func(e []byte) bool {
		return slices.ContainsFunc(b, func(f []byte) bool { return slices.Equal(e, f) })
	})
}

// takeAway deletes from a set; one that is empty then is gone.
func (a action) takeAway(old, updated item) error {
	v, there := lookup(old, a.path)
	if !there {
		return nil
	}
	if typeName(v) != typeName(a.value) {
		return errInvalid
	}
	left := 0
	switch set := v.(type) {
	case ss:
		rest := slices.DeleteFunc(slices.Clone(set), func(e string) bool { return slices.Contains(a.value.(ss), e) })
		v, left = rest, len(rest)
	case ns:
		rest := slices.DeleteFunc(slices.Clone(set), func(e string) bool { return slices.Contains(a.value.(ns), e) })
		v, left = rest, len(rest)
	case bs:
		rest := without(set, a.value.(bs))
		v, left = rest, len(rest)
	}
	return change(updated, a.path, v, left == 0)
}

// change puts v at the path, or removes what is there. Everything before the last step
// must be there.
func change(i item, path string, v any, remove bool) error {
	all := steps(path)
	last := all[len(all)-1]
	parentPath := strings.TrimSuffix(strings.TrimSuffix(path, fmt.Sprintf("[%d]", last.index)), "."+last.name)
	if len(all) == 1 {
		if remove {
			delete(i, last.name)
		} else {
			i[last.name] = v
		}
		return nil
	}
	parent, there := lookup(i, parentPath)
	if !there {
		return errInvalid
	}
	switch in := parent.(type) {
	case item:
		if last.name == "" {
			return errInvalid
		}
		if remove {
			delete(in, last.name)
		} else {
			in[last.name] = v
		}
		return nil
	case list:
		if last.name != "" {
			return errInvalid
		}
		return change(i, parentPath, changeElement(in, last.index, v, remove), false)
	}
	return errInvalid
}

func changeElement(l list, n int, v any, remove bool) list {
	switch {
	case n >= len(l) && remove:
		return l
	case n >= len(l):
		return append(l, v)
	case remove:
		return slices.Delete(slices.Clone(l), n, n+1)
	}
	l[n] = v
	return l
}
