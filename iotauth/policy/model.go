package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp/syntax"
	"strings"
)

// A Model says which topics there are and who may use them. [Derive] makes policies of it.
// As JSON, which [ReadModel] reads:
//
//	{
//	  "roles": [{"name": "robot", "identity": "thing", "variable": "${iot:Connection.Thing.ThingName}", "attached": true}],
//	  "parameters": {"robot": {"pattern": "^[A-Za-z0-9_-]{1,128}$", "identity": "thing"}},
//	  "channels": [{
//	    "name": "action", "address": "robots/{robot}/action",
//	    "publish": [{"role": "operator", "topics": "all"}],
//	    "receive": [{"role": "robot", "topics": "own"}]
//	  }]
//	}
type Model struct {
	Roles      []Role               `json:"roles"`
	Parameters map[string]Parameter `json:"parameters"`
	Channels   []Channel            `json:"channels"`
}

// A Role is a kind of client.
type Role struct {
	Name string `json:"name"`
	// Identity is the kind of name that its clients have, such as "thing"; parameters with
	// the same Identity may hold it. Empty where clients of the role are all alike.
	Identity string `json:"identity,omitempty"`
	// Variable is how the identity stands in a resource: a policy variable, or text that
	// whoever hands out the policy puts the identity in place of.
	Variable string `json:"variable,omitempty"`
	// Client is the pattern of client IDs. Empty means Variable, or the role's name and
	// "-*" where there is none.
	Client string `json:"client,omitempty"`
	// Attached demands that the certificate is attached to the thing.
	Attached bool `json:"attached,omitempty"`
}

// A Parameter is a level that varies.
type Parameter struct {
	Pattern  string `json:"pattern"`            // regular expression (RE2) of its values: no slash, "+" or "#"
	Identity string `json:"identity,omitempty"` // the kind of name that it is, as in [Role]
}

// A Channel is a class of topics.
type Channel struct {
	Name    string  `json:"name"`
	Address string  `json:"address"` // levels, a parameter in braces: "robots/{robot}/action"
	Retain  bool    `json:"retain,omitempty"`
	Publish []Grant `json:"publish,omitempty"`
	Receive []Grant `json:"receive,omitempty"`
}

// A Grant lets a role use a channel.
type Grant struct {
	Role   string `json:"role"`
	Topics Topics `json:"topics"`
}

// Topics says which of a channel's topics are granted.
type Topics string

// Topics. In a channel without parameters all mean the same.
const (
	Own  Topics = "own"  // those whose identity parameters are the client's; other parameters are free
	Each Topics = "each" // all, but each by its name: no "+" in a filter
	All  Topics = "all"  // all, filters with "+" for a parameter included
)

// ErrModel is a model that contradicts itself.
var ErrModel = errors.New("policy: bad topic model")

// ReadModel reads a model and checks it. Errors: [ErrModel], and those of encoding/json.
func ReadModel(text []byte) (*Model, error) {
	m := new(Model)
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(m); err != nil {
		return nil, fmt.Errorf("policy: read topic model: %w", err)
	}
	return m, m.Validate()
}

// Validate reports every contradiction, as [ErrModel] joined.
func (m *Model) Validate() error {
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("%w: %s", ErrModel, fmt.Sprintf(format, args...)))
	}
	roles := map[string]bool{}
	for _, r := range m.Roles {
		if r.Name == "" || roles[r.Name] {
			fault("role %q is unnamed or stands twice", r.Name)
		}
		roles[r.Name] = true
		if (r.Identity == "") != (r.Variable == "") {
			fault("role %q needs both identity and variable, or none", r.Name)
		}
	}
	for name, p := range m.Parameters {
		if _, _, err := p.lengths(); err != nil {
			fault("parameter %q: %v", name, err)
		}
	}
	for _, c := range m.Channels {
		m.validateChannel(c, roles, fault)
	}
	return join(faults)
}

func (m *Model) validateChannel(c Channel, roles map[string]bool, fault func(string, ...any)) {
	if c.Address == "" {
		fault("channel %q has no address", c.Name)
	}
	for _, l := range c.levels() {
		if _, ok := m.Parameters[l.parameter]; l.parameter != "" && !ok {
			fault("channel %q: parameter %q is unknown", c.Name, l.parameter)
		}
		if l.parameter == "" && strings.ContainsAny(l.text, "{}+#") {
			fault("channel %q: level %q is neither text nor a parameter", c.Name, l.text)
		}
	}
	for _, g := range append(c.Publish[:len(c.Publish):len(c.Publish)], c.Receive...) {
		if !roles[g.Role] {
			fault("channel %q: role %q is unknown", c.Name, g.Role)
		}
		if g.Topics != Own && g.Topics != Each && g.Topics != All {
			fault("channel %q: topics %q: want own, each or all", c.Name, g.Topics)
		}
	}
}

// role finds a role by name.
func (m *Model) role(name string) (*Role, error) {
	for i := range m.Roles {
		if m.Roles[i].Name == name {
			return &m.Roles[i], nil
		}
	}
	return nil, fmt.Errorf("%w: there is no role %q", ErrModel, name)
}

// client is the pattern of client IDs.
func (r *Role) client() string {
	switch {
	case r.Client != "":
		return r.Client
	case r.Variable != "":
		return r.Variable
	}
	return Literal(r.Name) + "-*"
}

// A level is one level of an address.
type level struct {
	text      string // "" for a parameter
	parameter string
}

func (c *Channel) levels() []level {
	parts := strings.Split(c.Address, "/")
	out := make([]level, len(parts))
	for i, p := range parts {
		if name, ok := strings.CutPrefix(p, "{"); ok && strings.HasSuffix(name, "}") {
			out[i].parameter = strings.TrimSuffix(name, "}")
		} else {
			out[i].text = p
		}
	}
	return out
}

// grant is what a role may do, nil for nothing.
func grant(list []Grant, role string) *Grant {
	for i := range list {
		if list[i].Role == role {
			return &list[i]
		}
	}
	return nil
}

// lengths are the fewest and the most characters of a value; most is -1 without bound.
func (p Parameter) lengths() (fewest, most int, err error) {
	re, err := syntax.Parse(p.Pattern, syntax.Perl)
	if err != nil {
		return 0, 0, err
	}
	if !anchored(re) {
		return 0, 0, fmt.Errorf("%q must begin with ^ and end with $", p.Pattern)
	}
	fewest, most = lengths(re)
	return fewest, most, nil
}

func anchored(re *syntax.Regexp) bool {
	return re.Op == syntax.OpConcat && len(re.Sub) >= 2 &&
		re.Sub[0].Op == syntax.OpBeginText && re.Sub[len(re.Sub)-1].Op == syntax.OpEndText
}

// lengths computes how many characters an expression matches.
func lengths(re *syntax.Regexp) (fewest, most int) {
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune), len(re.Rune)
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return 1, 1
	case syntax.OpStar:
		return 0, -1
	case syntax.OpPlus:
		fewest, _ = lengths(re.Sub[0])
		return fewest, -1
	case syntax.OpQuest:
		_, most = lengths(re.Sub[0])
		return 0, most
	case syntax.OpRepeat:
		fewest, most = lengths(re.Sub[0])
		if re.Max < 0 || most < 0 {
			return fewest * re.Min, -1
		}
		return fewest * re.Min, most * re.Max
	case syntax.OpCapture:
		return lengths(re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			f, m := lengths(sub)
			fewest += f
			if most >= 0 && m >= 0 {
				most += m
			} else {
				most = -1
			}
		}
		return fewest, most
	case syntax.OpAlternate:
		fewest, most = lengths(re.Sub[0])
		for _, sub := range re.Sub[1:] {
			f, m := lengths(sub)
			fewest = min(fewest, f)
			if m < 0 || most < 0 {
				most = -1
			} else {
				most = max(most, m)
			}
		}
		return fewest, most
	}
	return 0, 0 // anchors
}
