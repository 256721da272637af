package expr

import "github.com/askaround/askaround-go/internal/localaws/attr"

// Names are the ExpressionAttributeNames of a request: "#n" to an attribute
// name. Nil means that the request has none; an empty map is refused.
type Names map[string]string

// Values are the ExpressionAttributeValues of a request: ":v" to a value. Nil
// means that the request has none; an empty map is refused.
type Values map[string]attr.Value

// DecodeValues reads the JSON object of ExpressionAttributeValues. Errors are
// those of [attr.DecodeItem], in the words that DynamoDB uses for this parameter.
// JSON null decodes to nil.
func DecodeValues(data []byte) (Values, error) { panic("todo") }

// Params are the names and values that the expressions of one request share. It
// records which of them an expression used. It is not safe for concurrent use.
type Params struct {
	names      Names
	values     Values
	usedNames  map[string]bool
	usedValues map[string]bool
}

// NewParams checks the syntax of the placeholders. Parse every expression of the
// request with the result, then call [Params.CheckUnused].
func NewParams(names map[string]string, values map[string]attr.Value) (*Params, error) {
	panic("todo")
}

// CheckUnused returns AWS's error where a name or value is used by no expression
// parsed so far.
func (p *Params) CheckUnused() error { panic("todo") }
