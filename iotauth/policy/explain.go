package policy

import (
	"fmt"
	"strings"
)

// An Explanation says how a decision came about.
type Explanation struct {
	Decision
	Request Request `json:"-"`
	Traces  []Trace `json:"traces"` // every statement of the set, in order
}

// A Miss says why a statement did not match. A request meets the checks in this order.
type Miss uint8

// Misses.
const (
	Matched       Miss = iota // it did match
	MissAction                // it speaks of other actions
	MissResource              // it speaks of other resources
	MissVariable              // it speaks of resources by a variable that has no value
	MissGroup                 // it is of a thing group, and the client ID is not the thing's name
	MissCondition             // a condition does not hold
)

var missNames = [...]string{"matches", "other action", "other resource", "no value for a variable", "thing group does not count", "condition does not hold"}

func (m Miss) String() string {
	if int(m) < len(missNames) {
		return missNames[m]
	}
	return fmt.Sprintf("Miss(%d)", uint8(m))
}

// MarshalText is [Miss.String].
func (m Miss) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// A Trace says what one statement had to do with a request.
type Trace struct {
	Ref
	Effect Effect
	Miss   Miss
	Detail string // one sentence for people: which resource came nearest, which value was found
	Near   bool   // it speaks of the action, and of a resource of the same type
}

// Explain decides a request as [Set.Evaluate] does, and says why.
func (s *Set) Explain(r Request) Explanation {
	e := Explanation{Decision: s.Evaluate(r), Request: r}
	v, action := newValues(r.Context), strings.ToLower(string(r.Action))
	for _, c := range s.statements {
		e.Traces = append(e.Traces, c.trace(action, r.Resource, v))
	}
	return e
}

func (c *statement) trace(action, resource string, v *values) Trace {
	t := Trace{Ref: c.ref, Effect: EffectAllow}
	if c.deny {
		t.Effect = EffectDeny
	}
	switch {
	case !c.covers(action):
		t.Miss, t.Detail = MissAction, "speaks of "+c.actionList()
	case !c.names(resource, v):
		t.Miss, t.Detail, t.Near = c.resourceMiss(resource, v)
	case c.group && !v.thingGroups():
		t.Miss, t.Near, t.Detail = MissGroup, true, "is of a thing group, which counts only where the client ID is the name of an attached thing"
	default:
		t.Near = true
		t.Detail = c.resourceHit(resource, v)
		if len(c.tests) > 0 {
			t.Detail += ", and its conditions hold"
		}
		for i := range c.tests {
			if !c.tests[i].holds(v) {
				t.Miss, t.Detail = MissCondition, c.tests[i].explain(v)
				break
			}
		}
	}
	return t
}

func (c *statement) actionList() string {
	list := make([]string, len(c.actions))
	for i, a := range c.actions {
		list[i] = readable(a)
	}
	if c.notAction {
		return "all actions but " + strings.Join(list, ", ")
	}
	return strings.Join(list, ", ")
}

// resourceHit names the entry that covers the resource.
func (c *statement) resourceHit(resource string, v *values) string {
	if c.notRes {
		return "covers all but " + c.texts()
	}
	for i := range c.resources {
		r := &c.resources[i]
		if pattern, _, ok := r.template.resolve(v); ok && matchPattern(pattern, resource) {
			if len(r.template.parts) > 0 {
				return fmt.Sprintf("%s is %s here, which covers it", r.text, readable(pattern))
			}
			return r.text + " covers it"
		}
	}
	return ""
}

func (c *statement) texts() string {
	list := make([]string, len(c.resources))
	for i := range c.resources {
		list[i] = c.resources[i].text
	}
	return strings.Join(list, ", ")
}

// resourceMiss finds the entry that came nearest: one that lacks a value, else the one that
// agrees with the resource for longest.
func (c *statement) resourceMiss(resource string, v *values) (miss Miss, detail string, near bool) {
	if c.notRes {
		return c.notResourceMiss(resource, v)
	}
	best := -1
	for i := range c.resources {
		r := &c.resources[i]
		pattern, missing, ok := r.template.resolve(v)
		if !ok {
			if typeOf(r.template.head) == typeOf(resource) && miss != MissVariable {
				miss, detail, near = MissVariable, fmt.Sprintf("%s: ${%s} has no value%s", r.text, missing, whyMissing(missing, v)), true
			}
			continue
		}
		if agree := agreement(pattern, resource); agree > best && miss != MissVariable {
			best = agree
			miss, detail = MissResource, nearestDetail(r.text, pattern, resource, agree)
			near = typeOf(r.text) == typeOf(resource) || typeOf(r.text) == ""
		}
	}
	if miss == Matched {
		miss, detail = MissVariable, "its resources hold variables without value"
	}
	return miss, detail, near
}

func (c *statement) notResourceMiss(resource string, v *values) (Miss, string, bool) {
	for i := range c.resources {
		r := &c.resources[i]
		pattern, missing, ok := r.template.resolve(v)
		switch {
		case !ok:
			return MissVariable, fmt.Sprintf("%s: ${%s} has no value%s, so it is unknown what is left out", r.text, missing, whyMissing(missing, v)), true
		case matchPattern(pattern, resource):
			return MissResource, r.text + " leaves it out", true
		}
	}
	return MissResource, "", false
}

// typeOf is the resource type that an ARN or a pattern for one names, "" for a pattern
// that names none.
func typeOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return ""
	}
	kind, _, _ := strings.Cut(parts[5], "/")
	return kind
}

// agreement is how many bytes of an ARN a pattern can read before it fails. It compares
// the head part by part, so that a "*" there does not hide where the names differ.
func agreement(pattern, arn string) int {
	want, got := strings.SplitN(pattern, ":", 6), strings.SplitN(arn, ":", 6)
	if len(want) < 6 || len(got) < 6 {
		return readAhead(pattern, arn)
	}
	read := 0
	for i := range 5 {
		if !matchPattern(want[i], got[i]) {
			return read
		}
		read += len(got[i]) + 1
	}
	return read + readAhead(want[5], got[5])
}

// readAhead is how many bytes of text a pattern can read before it fails.
func readAhead(pattern, text string) int {
	at, read := start(pattern), 0
	for read < len(text) {
		n := runeLen(text[read:])
		if !at.read(text[read : read+n]) {
			return read
		}
		read += n
	}
	return read
}

func nearestDetail(text, pattern, resource string, agree int) string {
	name := tailOf(resource)
	start := len(resource) - len(name)
	switch {
	case typeOf(text) != "" && typeOf(text) != typeOf(resource) && !strings.ContainsAny(typeOf(text), "*?"):
		return fmt.Sprintf("%s is a %s, the request is about a %s", text, typeOf(text), typeOf(resource))
	case agree == len(resource):
		return fmt.Sprintf("%s wants more behind %q", text, name)
	case agree > start:
		return fmt.Sprintf("%s differs from the request at %q, behind %q", text, resource[agree:], resource[start:agree])
	case agree < start && typeOf(text) == typeOf(resource):
		return fmt.Sprintf("%s is of another partition, region or account than %s", text, resource)
	}
	return fmt.Sprintf("%s is not about %q", text, name)
}

// tailOf is the name in an ARN.
func tailOf(resource string) string {
	if a, err := ParseARN(resource); err == nil {
		if _, name := a.Split(); name != "" {
			return name
		}
	}
	return resource
}

// readable shows a pattern's wildcards.
func readable(pattern string) string {
	b := []byte(pattern)
	for i, c := range b {
		switch c {
		case star:
			b[i] = '*'
		case one:
			b[i] = '?'
		}
	}
	return string(b)
}

// whyMissing adds what a key needs to have a value.
func whyMissing(name string, v *values) string {
	info, known := describeKey(foldKey(name))
	switch {
	case len(v.get(foldKey(name))) > 1:
		return ": it has several values"
	case !known:
		return ": AWS IoT has no such key"
	case len(v.get(foldKey(name))) > 0:
		return ": what it holds cannot be substituted"
	case info.scope == scopeThing:
		return ": it needs MQTT, a client ID that is the thing's name, and the certificate attached to the thing"
	case info.scope == scopeMQTT:
		return ": it exists over MQTT only"
	case info.scope == scopeCertificate:
		return ": the client's certificate has no such field that may be substituted"
	case info.scope == scopeConnect:
		return ": it exists in Connect only"
	case info.scope == scopeIAM:
		return ": it exists in IAM policies only"
	}
	return ""
}

// explain says why a test does not hold.
func (t *test) explain(v *values) string {
	name := fmt.Sprintf("%s %s", t.source.Operator, t.source.Key)
	got := v.get(t.key)
	if t.kind == kindNull {
		if len(got) == 0 {
			return name + ": the key is absent"
		}
		return name + ": the key is present"
	}
	for i := range t.wants {
		if _, missing, ok := t.wants[i].template.resolve(v); !ok {
			return fmt.Sprintf("%s: ${%s} has no value%s", name, missing, whyMissing(missing, v))
		}
	}
	if len(got) == 0 {
		return fmt.Sprintf("%s: the key has no value%s", name, whyMissing(t.source.Key, v))
	}
	return fmt.Sprintf("%s: the request has %s, the policy %s", name, quoted(got), quoted(t.source.Values))
}

func quoted(list []string) string {
	if len(list) == 0 {
		return "no value"
	}
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = fmt.Sprintf("%q", s)
	}
	return strings.Join(out, ", ")
}
