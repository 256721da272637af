package expr_test

import (
	"errors"
	"maps"
	"math/big"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	build "github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/askaround/askaround-go/internal/localaws/attr"
	"github.com/askaround/askaround-go/internal/localaws/expr"
)

// The oracle of updates: the AWS SDK builds a random expression; a model changes
// the item step by step, in a tree that keeps removed elements in their places
// until the end.

// node is a value of the model: a map, a list or a leaf.
type node struct {
	leaf     types.AttributeValue
	fields   map[string]*node
	elements map[int]*node // sparse: an index stays what it was before the update
	end      int           // elements before the update
}

func newNode(v types.AttributeValue) *node {
	n := &node{}
	switch v := v.(type) {
	case *types.AttributeValueMemberM:
		n.fields = map[string]*node{}
		for name, e := range v.Value {
			n.fields[name] = newNode(e)
		}
	case *types.AttributeValueMemberL:
		n.elements = map[int]*node{}
		n.end = len(v.Value)
		for i, e := range v.Value {
			n.elements[i] = newNode(e)
		}
	default:
		n.leaf = v
	}
	return n
}

func (n *node) value() types.AttributeValue {
	switch {
	case n.fields != nil:
		m := &types.AttributeValueMemberM{Value: document{}}
		for name, e := range n.fields {
			m.Value[name] = e.value()
		}
		return m
	case n.elements != nil:
		l := &types.AttributeValueMemberL{Value: []types.AttributeValue{}}
		for _, i := range slices.Sorted(maps.Keys(n.elements)) {
			l.Value = append(l.Value, n.elements[i].value())
		}
		return l
	}
	return n.leaf
}

var errModel = errors.New("the update does not fit the item")

// change replaces what is at path by what f makes of it; nil is nothing.
func (n *node) change(path []string, f func(*node) (*node, error)) error {
	if i, isIndex := strings.CutPrefix(path[0], "["); isIndex {
		if n.elements == nil {
			return errModel
		}
		index := int(i[0] - '0')
		return changeIn(n.elements, index, path, f)
	}
	if n.fields == nil {
		return errModel
	}
	return changeIn(n.fields, path[0], path, f)
}

func changeIn[K comparable](children map[K]*node, key K, path []string, f func(*node) (*node, error)) error {
	old := children[key]
	if len(path) > 1 {
		if old == nil {
			return errModel
		}
		return old.change(path[1:], f)
	}
	changed, err := f(old)
	switch {
	case err != nil:
		return err
	case changed == nil:
		delete(children, key)
	default:
		children[key] = changed
	}
	return nil
}

func steps(path string) []string {
	return strings.Split(strings.ReplaceAll(path, "[", ".["), ".")
}

// updatePaths are targets of which no two overlap in one update: at most one of
// each group is taken.
var updatePaths = [][]string{
	{"a", "a.x"}, {"b"}, {"c"}, {"new"}, {"m.x"}, {"m.y"}, {"m.new"}, {"l[0]", "l[0].x"}, {"l[1]", "l[1].x"}, {"l[2]"}, {"l[5]"}, {"l[4]"}, {"nope.x"}, {"m.l[0]"}, {"m.l[1]"}, {"m.l[9]"},
}

// result is what an operand of SET gives for an item.
type result func(document) (types.AttributeValue, error)

func randomOperand(r *rand.Rand) (build.OperandBuilder, result) {
	switch r.IntN(5) {
	case 0:
		v := randomAWS(r, 2)
		return build.Value(v), func(document) (types.AttributeValue, error) { return v, nil }
	case 1:
		return plain(pathTerm(randomPath(r)))
	case 2:
		p, v := randomPath(r), randomAWS(r, 2)
		return build.IfNotExists(build.Name(p), build.Value(v)), func(d document) (types.AttributeValue, error) {
			if old := lookup(d, p); old != nil {
				return old, nil
			}
			return v, nil
		}
	case 3:
		v := &types.AttributeValueMemberL{Value: []types.AttributeValue{randomAWS(r, 1)}}
		left, get := plain(pathTerm([]string{"l", "m.l", "a", "nope"}[r.IntN(4)]))
		return build.ListAppend(left, build.Value(v)), func(d document) (types.AttributeValue, error) {
			old, err := get(d)
			if l, ok := old.(*types.AttributeValueMemberL); err == nil && ok {
				return &types.AttributeValueMemberL{Value: append(slices.Clone(l.Value), v.Value...)}, nil
			}
			return nil, errModel
		}
	}
	left, x := plain(pathTerm(randomPath(r)))
	n := &types.AttributeValueMemberN{Value: []string{"1", "-2", "0.5"}[r.IntN(3)]}
	sum := func(factor int64) result {
		return func(d document) (types.AttributeValue, error) {
			v, err := x(d)
			old, ok := v.(*types.AttributeValueMemberN)
			if err != nil || !ok {
				return nil, errModel
			}
			addend := new(big.Rat).Mul(rational(n.Value), big.NewRat(factor, 1))
			return &types.AttributeValueMemberN{Value: addend.Add(addend, rational(old.Value)).FloatString(3)}, nil
		}
	}
	if r.IntN(2) == 0 {
		return build.Plus(left, build.Value(n)), sum(1)
	}
	return build.Minus(left, build.Value(n)), sum(-1)
}

func plain(t term) (build.OperandBuilder, result) {
	return t.build, func(d document) (types.AttributeValue, error) {
		if v := t.get(d); v != nil {
			return v, nil
		}
		return nil, errModel
	}
}

// step is one action of an update in the model.
type step struct {
	path []string
	// prepare computes the action from the item as it was.
	prepare func(document) (func(*node) (*node, error), error)
}

// randomUpdate returns an update and the actions that it means.
func randomUpdate(r *rand.Rand) (u build.UpdateBuilder, model []step) {
	for _, i := range r.Perm(len(updatePaths))[:1+r.IntN(4)] {
		path := updatePaths[i][r.IntN(len(updatePaths[i]))]
		s := step{path: steps(path)}
		switch r.IntN(5) {
		case 0:
			u = u.Remove(build.Name(path))
			s.prepare = constant(func(*node) (*node, error) { return nil, nil })
		case 1:
			v := randomAddend(r, r.IntN(2) == 0)
			u = u.Add(build.Name(path), build.Value(v))
			s.prepare = constant(func(old *node) (*node, error) { return modelAdd(old, v) })
		case 2:
			v := randomAddend(r, false)
			u = u.Delete(build.Name(path), build.Value(v))
			s.prepare = constant(func(old *node) (*node, error) { return modelDelete(old, v) })
		default:
			o, get := randomOperand(r)
			u = u.Set(build.Name(path), o)
			s.prepare = func(d document) (func(*node) (*node, error), error) {
				v, err := get(d)
				return func(*node) (*node, error) { return newNode(v), nil }, err
			}
		}
		model = append(model, s)
	}
	return u, model
}

func constant(f func(*node) (*node, error)) func(document) (func(*node) (*node, error), error) {
	return func(document) (func(*node) (*node, error), error) { return f, nil }
}

func randomAddend(r *rand.Rand, number bool) types.AttributeValue {
	if number {
		return &types.AttributeValueMemberN{Value: "2"}
	}
	return &types.AttributeValueMemberSS{Value: [][]string{{"a"}, {"a", "aa"}, {"b", "a", "zz"}}[r.IntN(3)]}
}

func modelAdd(old *node, v types.AttributeValue) (*node, error) {
	if old == nil {
		return newNode(v), nil
	}
	switch v := v.(type) {
	case *types.AttributeValueMemberN:
		if n, ok := old.leaf.(*types.AttributeValueMemberN); ok {
			sum := new(big.Rat).Add(rational(n.Value), rational(v.Value))
			return newNode(&types.AttributeValueMemberN{Value: sum.FloatString(3)}), nil
		}
	case *types.AttributeValueMemberSS:
		if set, ok := old.leaf.(*types.AttributeValueMemberSS); ok {
			return newNode(&types.AttributeValueMemberSS{Value: append(slices.Clone(set.Value), v.Value...)}), nil
		}
	}
	return nil, errModel
}

func modelDelete(old *node, v types.AttributeValue) (*node, error) {
	if old == nil {
		return nil, nil
	}
	set, ok := old.leaf.(*types.AttributeValueMemberSS)
	if !ok {
		return nil, errModel
	}
	var left []string
	for _, member := range set.Value {
		if !slices.Contains(v.(*types.AttributeValueMemberSS).Value, member) {
			left = append(left, member)
		}
	}
	if left == nil {
		return nil, nil
	}
	return newNode(&types.AttributeValueMemberSS{Value: left}), nil
}

// apply runs the model.
func apply(d document, model []step) (document, error) {
	root := newNode(&types.AttributeValueMemberM{Value: d})
	changes := make([]func(*node) (*node, error), len(model))
	for i, s := range model {
		var err error
		if changes[i], err = s.prepare(d); err != nil {
			return nil, err
		}
	}
	for i, s := range model {
		if err := root.change(s.path, changes[i]); err != nil {
			return nil, err
		}
	}
	return root.value().(*types.AttributeValueMemberM).Value, nil
}

// TestUpdatesAgainstOracle compares updates with the model: the same item, or an
// error from both.
func TestUpdatesAgainstOracle(t *testing.T) {
	r := newRand(t)
	applied := 0
	n := 2_000
	if os.Getenv("ASKAROUND_SLOW") == "1" {
		n = 8_000
	}
	for range n {
		builder, model := randomUpdate(r)
		built, err := build.NewBuilder().WithUpdate(builder).Build()
		if err != nil {
			t.Fatal(err)
		}
		src := *built.Update()
		u, err := expr.ParseUpdate(src, mustParams(t, built.Names(), fromAWSMap(t, built.Values())))
		if err != nil {
			t.Fatalf("%s with %v: %v", src, built.Names(), err)
		}
		for range 3 {
			d := randomDocument(r)
			item := attr.Item(fromAWSMap(t, d))
			before := text(item)
			got, _, err := u.Apply(item)
			want, wantErr := apply(d, model)
			if (err != nil) != (wantErr != nil) {
				t.Fatalf("%s\nnames %v\nitem  %s\ngot error %v, model %v", src, built.Names(), before, err, wantErr)
			}
			if text(item) != before {
				t.Fatalf("%s changed the old item from %s to %s", src, before, text(item))
			}
			if err != nil {
				continue
			}
			applied++
			if wanted := attr.Item(fromAWSMap(t, want)); !attr.EqualItems(got, wanted) {
				t.Fatalf("%s\nnames %v\nvalues %s\nitem %s\ngot  %s\nwant %s", src, built.Names(), text(attr.Item(fromAWSMap(t, built.Values()))), before, text(got), text(wanted))
			}
		}
	}
	if applied < n/2 {
		t.Errorf("only %d of %d updates fitted: the test does not test", applied, 3*n)
	}
}
