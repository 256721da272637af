package policy

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Validate reports what makes AWS IoT refuse the document, as [*SyntaxError] joined. What
// is accepted but does not do what it seems to is for [Lint].
func (d *Document) Validate() error {
	v := &validator{doc: d}
	if d.Version != "" && d.Version != Version && d.Version != oldVersion {
		v.fault("/Version", "%q is no version of the policy language: want %q", d.Version, Version)
	}
	for i := range d.Statements {
		v.statement(statementPointer(i), &d.Statements[i])
	}
	return join(v.faults)
}

type validator struct {
	doc    *Document
	faults []error
}

func (v *validator) fault(pointer, format string, args ...any) {
	at, ok := v.doc.source.places[pointer]
	for p := pointer; !ok && p != ""; { // of the next enclosing element that is known
		p, _, _ = cutLast(p)
		at, ok = v.doc.source.places[p]
	}
	v.faults = append(v.faults, &SyntaxError{at, pointer, fmt.Sprintf(format, args...)})
}

func (v *validator) statement(pointer string, s *Statement) {
	if s.Effect != EffectAllow && s.Effect != EffectDeny {
		v.fault(pointer+"/Effect", "the effect is %q: want %q or %q", s.Effect, EffectAllow, EffectDeny)
	}
	v.exactlyOne(pointer, "Action", "NotAction", s.Action != nil, s.NotAction != nil)
	v.exactlyOne(pointer, "Resource", "NotResource", s.Resource != nil, s.NotResource != nil)
	v.actions(pointer+"/Action", s.Action)
	v.actions(pointer+"/NotAction", s.NotAction)
	v.resources(pointer+"/Resource", s.Resource)
	v.resources(pointer+"/NotResource", s.NotResource)
	for i, c := range s.Condition {
		v.condition(pointer+"/Condition/"+strconv.Itoa(i), c)
	}
}

func statementPointer(i int) string { return "/Statement/" + strconv.Itoa(i) }

func (v *validator) exactlyOne(pointer, name, not string, has, hasNot bool) {
	switch {
	case has && hasNot:
		v.fault(pointer, "%s and %s exclude each other", name, not)
	case !has && !hasNot:
		v.fault(pointer, "neither %s nor %s", name, not)
	}
}

func (v *validator) actions(pointer string, list []Action) {
	if list != nil && len(list) == 0 {
		v.fault(pointer, "the list is empty")
	}
	for i, a := range list {
		if a != "*" && !strings.Contains(string(a), ":") {
			v.fault(fmt.Sprintf("%s/%d", pointer, i), "action %q names no service: want %q", a, "iot:"+string(a))
		}
	}
}

// resources checks that each may match an ARN at all: AWS IoT answers "not in valid ARN
// format" otherwise, for instance to a list that was turned into one string.
func (v *validator) resources(pointer string, list []string) {
	if list != nil && len(list) == 0 {
		v.fault(pointer, "the list is empty")
	}
	for i, r := range list {
		if !strings.HasPrefix(r, "arn:") && !strings.HasPrefix(r, "*") && !strings.HasPrefix(r, "?") && !strings.HasPrefix(r, "${") {
			v.fault(pointer+"/"+strconv.Itoa(i), `resource %q is no ARN: want "*" or arn:aws:iot:region:account:type/name`, r)
		}
		if err := checkTemplate(r); err != nil {
			v.fault(pointer+"/"+strconv.Itoa(i), "%s", err)
		}
	}
}

func (v *validator) condition(pointer string, c Condition) {
	op, err := parseOperator(c.Operator)
	if err != nil {
		v.fault(pointer, "%s", err)
	}
	if c.Key == "" {
		v.fault(pointer, "the condition key is empty")
	}
	if err != nil || !op.kind.takesVariables() {
		return
	}
	for i, value := range c.Values {
		if err := checkTemplate(value); err != nil {
			v.fault(fmt.Sprintf("%s/%d", pointer, i), "%s", err)
		}
	}
}

// join keeps one error as it is.
func join(faults []error) error {
	if len(faults) == 1 {
		return faults[0]
	}
	return errors.Join(faults...)
}
