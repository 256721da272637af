package expr

import "github.com/askaround/askaround-go/internal/localaws/attr"

// Path is a document path such as a.b[1]: at least one step, the first a name.
type Path []Step

// Step is one step of a [Path]: into a map by Name, or into a list by Index.
type Step struct {
	Name  string
	Index int // -1 for a name
}

// String returns the path in AWS's notation for error messages: [a, b, [1]].
func (p Path) String() string { panic("todo") }

// Get returns the value at p; ok is false where there is none.
func (p Path) Get(item attr.Item) (v attr.Value, ok bool) { panic("todo") }

// Pick returns the parts of item at paths, in the shape of item: maps hold only
// the picked attributes, lists only the picked elements, in their order. It is
// what ProjectionExpression, UPDATED_OLD and UPDATED_NEW answer. Paths where item
// has nothing are skipped. The result is not nil.
func Pick(item attr.Item, paths []Path) attr.Item { panic("todo") }
