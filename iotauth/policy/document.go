package policy

import "fmt"

// Versions of the policy language. In a document of the older one, and in a document that
// names none, "${...}" is plain text.
// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html.
const (
	Version    = "2012-10-17"
	oldVersion = "2008-10-17"
)

// A Document is one policy. [Parse] reads one, [New] builds one; its fields may be changed
// freely until it is compiled.
type Document struct {
	Version    string
	ID         string
	Statements []Statement

	source source // where things are in the text that Parse read
}

// A Statement allows or denies. Exactly one of Action and NotAction, and exactly one of
// Resource and NotResource, is set.
type Statement struct {
	Sid         string // optional, unique in its document
	Effect      Effect
	Action      []Action
	NotAction   []Action
	Resource    []string
	NotResource []string
	Condition   []Condition // all must hold
}

// A Condition is one test: Key against Values, any of which may match. A condition without
// values never matches, except under "ForAllValues:" when the request has none either.
type Condition struct {
	Operator string // "StringEquals", "ForAnyValue:StringLikeIfExists"
	Key      string // "iot:ClientId"; case does not matter
	Values   []string
}

// New returns a document of the current version.
func New(statements ...Statement) *Document {
	return &Document{Version: Version, Statements: statements}
}

// Allow begins a statement that allows actions. Complete it with [Statement.On].
func Allow(actions ...Action) Statement { return Statement{Effect: EffectAllow, Action: actions} }

// Deny begins a statement that denies actions. Complete it with [Statement.On].
func Deny(actions ...Action) Statement { return Statement{Effect: EffectDeny, Action: actions} }

// On returns s with resources added.
func (s Statement) On(resources ...string) Statement {
	s.Resource = append(s.Resource[:len(s.Resource):len(s.Resource)], resources...)
	return s
}

// Except returns s with resources added to those that it does not speak of (NotResource).
func (s Statement) Except(resources ...string) Statement {
	s.NotResource = append(s.NotResource[:len(s.NotResource):len(s.NotResource)], resources...)
	return s
}

// When returns s with a condition added.
func (s Statement) When(operator, key string, values ...string) Statement {
	s.Condition = append(s.Condition[:len(s.Condition):len(s.Condition)], Condition{operator, key, values})
	return s
}

// Named returns s with its Sid set.
func (s Statement) Named(sid string) Statement {
	s.Sid = sid
	return s
}

// A Position is a place in a document's text: line and column in characters, both from 1.
// The zero Position is unknown, as in a document that was built.
type Position struct{ Line, Column int }

func (p Position) String() string {
	if p == (Position{}) {
		return "-"
	}
	return fmt.Sprintf("%d:%d", p.Line, p.Column)
}

// Position is where the element at a JSON pointer began in the text that was parsed:
// "/Statement/0/Resource/1". A list of one may be a plain string in the text; its pointer
// has the index all the same, and a single statement is "/Statement/0".
func (d *Document) Position(pointer string) Position { return d.source.places[pointer] }

// source remembers the text of a parsed document.
type source struct {
	places  map[string]Position
	chars   int // characters of the text, 0 when there is none
	visible int // those that are no white space
}
