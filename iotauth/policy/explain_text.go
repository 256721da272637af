package policy

import (
	"fmt"
	"slices"
	"strings"
)

// String is one line for a log:
//
//	IMPLICIT_DENY iot:Publish topic/a/b: nothing allows it; document 1 statement 2 (own): ... differs from the request at "b"
func (e Explanation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s: ", e.Verdict, e.Request.Action, shortResource(e.Request.Resource))
	switch e.Verdict {
	case ImplicitDeny:
		b.WriteString("nothing allows it")
		near := e.nearMisses(2)
		for _, t := range near {
			fmt.Fprintf(&b, "; %s: %s", t.Ref, t.Detail)
		}
		if len(near) == 0 {
			b.WriteString("; no statement comes near: " + e.nothingNear())
		}
	default:
		verb := "allows"
		if e.Verdict == ExplicitDeny {
			verb = "denies"
		}
		i := slices.IndexFunc(e.Traces, e.decided)
		fmt.Fprintf(&b, "%s %s: %s", e.Traces[i].Ref, verb, e.Traces[i].Detail)
		if n := len(e.Statements); n > 1 {
			fmt.Fprintf(&b, " (and %d more)", n-1)
		}
	}
	if len(e.MissingContextValues) > 0 && e.Verdict != Allowed {
		fmt.Fprintf(&b, "; missing %s", strings.Join(e.MissingContextValues, ", "))
	}
	return b.String()
}

// nothingNear says what every statement lacks.
func (e Explanation) nothingNear() string {
	for _, t := range e.Traces {
		if t.Miss != MissAction {
			return fmt.Sprintf("none that speaks of %s has a resource of the type %s", e.Request.Action, typeOf(e.Request.Resource))
		}
	}
	return fmt.Sprintf("none speaks of %s", e.Request.Action)
}

// Tree is several lines for a person: the request, what is missing, and every statement
// with what it did.
func (e Explanation) Tree() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", e.Verdict)
	fmt.Fprintf(&b, "├─ request %s %s\n", e.Request.Action, e.Request.Resource)
	if len(e.MissingContextValues) > 0 {
		fmt.Fprintf(&b, "├─ missing context values: %s\n", strings.Join(e.MissingContextValues, ", "))
	}
	if len(e.Traces) == 0 {
		b.WriteString("└─ no statement at all\n")
	}
	for i, t := range e.Traces {
		branch, bar := "├─", "│ "
		if i == len(e.Traces)-1 {
			branch, bar = "└─", "  "
		}
		fmt.Fprintf(&b, "%s %s %s: %s%s\n", branch, t.Effect, t.Ref, e.role(t), t.Miss)
		if t.Detail != "" {
			fmt.Fprintf(&b, "%s └─ %s\n", bar, t.Detail)
		}
	}
	return b.String()
}

// role marks the statements that decided and those that nearly matched.
func (e Explanation) role(t Trace) string {
	switch {
	case e.decided(t):
		return "decides: "
	case t.Miss != Matched && t.Near:
		return "near miss: "
	}
	return ""
}

// decided reports whether t is among the statements that decided.
func (e Explanation) decided(t Trace) bool {
	return slices.Contains(e.Statements, t.Ref)
}

// NearMisses returns statements that speak of the action and the type of resource but did
// not match, those that would allow first.
func (e Explanation) NearMisses() []Trace { return e.nearMisses(len(e.Traces)) }

func (e Explanation) nearMisses(limit int) []Trace {
	var out []Trace
	for _, effect := range []Effect{EffectAllow, EffectDeny} {
		for _, t := range e.Traces {
			if t.Near && t.Miss != Matched && t.Effect == effect {
				out = append(out, t)
			}
		}
	}
	return out[:min(limit, len(out))]
}

// shortResource leaves out what all resources of AWS IoT have in common.
func shortResource(resource string) string {
	if a, err := ParseARN(resource); err == nil {
		return a.Resource
	}
	return resource
}
