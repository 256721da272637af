package expr

import "github.com/askaround/askaround-go/internal/localaws/attr"

// Update is a parsed UpdateExpression. It is immutable and safe for concurrent
// use.
type Update struct{}

// ParseUpdate parses src. The error is a [*attr.ValidationError].
func ParseUpdate(src string, p *Params) (*Update, error) { panic("todo") }

// Apply returns the item after the update, computed wholly from old, which it
// does not change; unchanged parts are shared. A nil old is an item that does not
// exist: the caller adds the key attributes to the result. touched are the paths
// that the update names, in order of appearance: with [Pick] they make
// UPDATED_OLD (from old) and UPDATED_NEW (from the result). The error is a
// [*attr.ValidationError]. Apply does not check the size or nesting of the result.
func (u *Update) Apply(old attr.Item) (result attr.Item, touched []Path, err error) { panic("todo") }

// Attributes returns the top-level attributes that the update changes, sorted.
// None of them may be a key attribute.
func (u *Update) Attributes() []string { panic("todo") }
