// Package asyncapi reads the AsyncAPI 3 document that declares every MQTT topic, checks it
// against the limits of MQTT and AWS IoT Core, and gives generators a small typed model.
//
// Beside the standard fields the document carries extensions:
//
//	x-roles (root)          who talks: name -> description, identity (account, thing or none)
//	x-roles (operation)     who may: role -> topics (own, each, all), filters, subscribes
//	x-pattern, x-max-length the values of a parameter; see [Pattern]
//	x-identity              the parameter names an account or a thing; "own" compares with it
//	x-max-payload (channel) the largest payload in bytes
//	x-rule (channel)        the name of the IoT rule that reads the channel
//
// The standard's own rules are left to its own parser.
package asyncapi

import (
	"fmt"
	"strings"
)

// A Model is a document without fault. Lists are in the document's order.
type Model struct {
	Title, Version string
	Roles          []*Role
	Parameters     []*Parameter
	Channels       []*Channel
}

// A Role is a kind of client.
type Role struct {
	Name, Description string
	Identity          string // what its connections are named by: "account", "thing" or ""
	Place             Place
}

// A Channel is one class of topics.
type Channel struct {
	Name        string // lower camel case, unique: "robotAction"
	Description string // one sentence or more, plain text
	Address     string // "askaround/v1/robot/{robot}/action"
	Segments    []Segment
	Messages    []Message
	MaxPayload  int        // bytes, 1 to 131,072
	Send        *Operation // who may publish; never nil
	Receive     *Operation // who may subscribe; never nil
	Rule        string     // the IoT rule that reads it, "" for none
	Place       Place
}

// A Place is where something is declared; generators report faults there.
type Place struct {
	File    string
	Line    int
	Pointer string // JSON pointer
}

// Fault is an error at p.
func (p Place) Fault(format string, args ...any) error {
	return &Error{p, fmt.Sprintf(format, args...)}
}

// A Segment is one level of a topic: fixed text, or a parameter.
type Segment struct {
	Literal   string // "" for a parameter
	Parameter *Parameter
}

// A Parameter is a level that varies.
type Parameter struct {
	Name, Description string
	Pattern           Pattern
	MaxLength         int    // bytes; what Pattern allows at most
	Identity          string // "account" or "thing" when it names one, else ""
	Example           string
}

// A Message is what a channel carries.
type Message struct {
	Name   string // "summary"
	Schema string // reference of its payload: "./askaround/openapi.yaml#/components/schemas/SummaryMessage"
}

// An Operation says how a channel is used in one direction, and by whom.
type Operation struct {
	QoS    int  // 0 or 1
	Retain bool // only of Send
	Grants []Grant
}

// A Grant lets a role use a channel.
type Grant struct {
	Role       *Role
	Scope      Scope
	Filters    int // of a receiver: how many filters it holds at most, at least 1
	Subscribes int // of a receiver: in how many SUBSCRIBE packets they go, at least 1
}

// A Scope says which topics of a channel a grant covers.
type Scope string

// Scopes. In a channel without parameters all are the same.
const (
	Own  Scope = "own"  // those whose identity parameter is the client's; other parameters are free
	Each Scope = "each" // all, but named one by one: no wildcard in a filter
	All  Scope = "all"  // all, wildcards included
)

// Parameters returns the channel's parameters in the order of its levels.
func (c *Channel) Parameters() []*Parameter {
	var list []*Parameter
	for _, s := range c.Segments {
		if s.Parameter != nil {
			list = append(list, s.Parameter)
		}
	}
	return list
}

// MaxBytes is the length of the channel's longest topic.
func (c *Channel) MaxBytes() int {
	n := len(c.Segments) - 1
	for _, s := range c.Segments {
		if s.Parameter != nil {
			n += s.Parameter.MaxLength
		} else {
			n += len(s.Literal)
		}
	}
	return n
}

// Filter is the filter that matches all topics of the channel: "a/+/b".
func (c *Channel) Filter() string {
	return c.Format(func(*Parameter) string { return "+" })
}

// Format is the address with every parameter replaced by what value returns for it.
func (c *Channel) Format(value func(*Parameter) string) string {
	levels := make([]string, len(c.Segments))
	for i, s := range c.Segments {
		levels[i] = s.Literal
		if s.Parameter != nil {
			levels[i] = value(s.Parameter)
		}
	}
	return strings.Join(levels, "/")
}

// Match reports whether name is a topic of the channel, and the values of its parameters.
func (c *Channel) Match(name string) (values map[*Parameter]string, ok bool) {
	levels := strings.Split(name, "/")
	if len(levels) != len(c.Segments) {
		return nil, false
	}
	values = map[*Parameter]string{}
	for i, s := range c.Segments {
		switch {
		case s.Parameter == nil && levels[i] != s.Literal,
			s.Parameter != nil && !s.Parameter.Pattern.Match(levels[i]):
			return nil, false
		case s.Parameter != nil:
			values[s.Parameter] = levels[i]
		}
	}
	return values, true
}

// Grant returns what o lets role do, nil for nothing.
func (o *Operation) Grant(role *Role) *Grant {
	for i := range o.Grants {
		if o.Grants[i].Role == role {
			return &o.Grants[i]
		}
	}
	return nil
}
