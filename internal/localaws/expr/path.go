package expr

import (
	"slices"
	"strconv"
	"strings"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

// Path is a document path such as a.b[1]: at least one step, the first a name.
type Path []Step

// Step is one step of a [Path]: into a map by Name, or into a list by Index.
type Step struct {
	Name  string
	Index int // -1 for a name
}

func nameStep(name string) Step { return Step{Name: name, Index: -1} }

// isName reports whether the step is into a map.
func (s Step) isName() bool { return s.Index < 0 }

// String returns the path in AWS's notation for error messages: [a, b, [1]].
func (p Path) String() string {
	var b strings.Builder
	b.WriteByte('[')
	for i, s := range p {
		if i > 0 {
			b.WriteString(", ")
		}
		if s.isName() {
			b.WriteString(s.Name)
		} else {
			b.WriteString("[" + strconv.Itoa(s.Index) + "]")
		}
	}
	b.WriteByte(']')
	return b.String()
}

// Get returns the value at p; ok is false where there is none.
func (p Path) Get(item attr.Item) (v attr.Value, ok bool) {
	v, ok = item[p[0].Name]
	for _, s := range p[1:] {
		if !ok {
			break
		}
		v, ok = s.into(v)
	}
	return v, ok
}

// into returns what v, a map or list, has at the step.
func (s Step) into(v attr.Value) (attr.Value, bool) {
	if s.isName() {
		e, ok := v.M[s.Name] // no other type has an M
		return e, ok
	}
	if s.Index >= len(v.L) {
		return attr.Value{}, false
	}
	return v.L[s.Index], true
}

// heads returns the first names of paths, sorted, without duplicates.
func heads(paths []Path) []string {
	names := make([]string, 0, len(paths))
	for _, p := range paths {
		names = append(names, p[0].Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// checkOverlap returns an error in AWS's words where one of paths is equal to,
// or lies within, another, or where two of them need the same value to be both a
// map and a list.
func checkOverlap(paths []Path) string {
	conflict := ""
	for i, b := range paths {
		for _, a := range paths[:i] {
			common := 0
			for common < min(len(a), len(b)) && a[common] == b[common] {
				common++
			}
			switch {
			case common == min(len(a), len(b)):
				return "Two document paths overlap" + twoPaths(a, b)
			case a[common].isName() != b[common].isName() && conflict == "":
				conflict = "Two document paths conflict" + twoPaths(a, b)
			}
		}
	}
	return conflict
}

func twoPaths(a, b Path) string {
	return " with each other; must remove or rewrite one of these paths; path one: " + a.String() + ", path two: " + b.String()
}
