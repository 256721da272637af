package expr

import "github.com/askaround/askaround-go/internal/localaws/attr"

// Projection is a parsed ProjectionExpression. It is immutable and safe for
// concurrent use.
type Projection struct {
	paths []Path
}

// ParseProjection parses src. The error is a [*attr.ValidationError].
func ParseProjection(src string, p *Params) (*Projection, error) { panic("todo") }

// Apply returns the projected parts of item.
func (p *Projection) Apply(item attr.Item) attr.Item { return Pick(item, p.paths) }

// Attributes returns the top-level attributes that the projection names, sorted.
func (p *Projection) Attributes() []string { panic("todo") }

// Paths returns the projected paths in order of appearance.
func (p *Projection) Paths() []Path { panic("todo") }
