package expr

import (
	"slices"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

// Projection is a parsed ProjectionExpression. It is immutable and safe for
// concurrent use.
type Projection struct {
	paths []Path
	tree  trie[struct{}]
}

// ParseProjection parses src. The error is a [*attr.ValidationError].
func ParseProjection(src string, p *Params) (*Projection, error) {
	ps := newParser("ProjectionExpression", src, p)
	if err := ps.start(); err != nil {
		return nil, err
	}
	var paths []Path
	for {
		path, err := ps.path()
		if err != nil {
			return nil, err
		}
		paths = append(paths, path)
		if ps.tok.kind != kindComma {
			break
		}
		ps.next()
	}
	if err := ps.end(); err != nil {
		return nil, err
	}
	if msg := checkOverlap(paths); msg != "" {
		return nil, ps.invalid(msg)
	}
	return &Projection{paths: paths, tree: pickTree(paths)}, nil
}

// Apply returns the projected parts of item, as [Pick] does.
func (p *Projection) Apply(item attr.Item) attr.Item { return pickItem(item, &p.tree) }

// Attributes returns the top-level attributes that the projection names, sorted.
func (p *Projection) Attributes() []string { return heads(p.paths) }

// Flat reports whether the projection is of whole top-level attributes: those of
// [Projection.Attributes].
func (p *Projection) Flat() bool {
	return !slices.ContainsFunc(p.paths, func(path Path) bool { return len(path) > 1 })
}

// Paths returns the projected paths in order of appearance.
func (p *Projection) Paths() []Path { return p.paths }

// Pick returns the parts of item at paths, in the shape of item: maps hold only
// the picked attributes, lists only the picked elements, in their order. It is
// what ProjectionExpression, UPDATED_OLD and UPDATED_NEW answer. Paths where item
// has nothing are skipped. The result is not nil. The paths must not overlap.
func Pick(item attr.Item, paths []Path) attr.Item {
	tree := pickTree(paths)
	return pickItem(item, &tree)
}

func pickTree(paths []Path) (tree trie[struct{}]) {
	for _, p := range paths {
		tree.add(p, &struct{}{})
	}
	return tree
}

func pickItem(item attr.Item, tree *trie[struct{}]) attr.Item {
	picked := make(attr.Item, len(tree.children))
	for i := range tree.children {
		c := &tree.children[i]
		if v, ok := item[c.step.Name]; ok {
			if v, ok = pickValue(v, c); ok {
				picked[c.step.Name] = v
			}
		}
	}
	return picked
}

// pickValue returns the parts of v below tree; ok is false where v has none.
func pickValue(v attr.Value, tree *trie[struct{}]) (attr.Value, bool) {
	switch {
	case tree.leaf != nil:
		return v, true
	case tree.inList():
		var list []attr.Value
		for i := range tree.children {
			c := &tree.children[i]
			if e, ok := c.step.into(v); ok {
				if e, ok = pickValue(e, c); ok {
					list = append(list, e)
				}
			}
		}
		return attr.List(list...), len(list) > 0
	}
	m := pickItem(v.M, tree)
	return attr.Map(m), len(m) > 0
}
