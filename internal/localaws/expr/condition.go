package expr

import "github.com/askaround/askaround-go/internal/localaws/attr"

// Condition is a parsed ConditionExpression or FilterExpression. It is immutable
// and safe for concurrent use.
type Condition struct {
	root node
}

type node interface{}

// ParseCondition parses src. kind is the parameter's name for error messages:
// "ConditionExpression" or "FilterExpression". The error is a
// [*attr.ValidationError].
func ParseCondition(kind, src string, p *Params) (*Condition, error) { panic("todo") }

// Eval reports whether item meets the condition. A nil item is an item that does
// not exist: it has no attributes. Operands that are missing or of a wrong type
// make a comparison false; there is no run-time error.
func (c *Condition) Eval(item attr.Item) bool { panic("todo") }

// Attributes returns the top-level attributes that the condition names, sorted.
func (c *Condition) Attributes() []string { panic("todo") }

// Paths returns the document paths that the condition names, in order of
// appearance.
func (c *Condition) Paths() []Path { panic("todo") }
