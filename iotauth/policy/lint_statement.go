package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// actions looks at the actions of a statement.
func (l *linter) actions(pointer string, s *Statement) {
	for i, a := range s.Action {
		at := pointer + "/Action/" + strconv.Itoa(i)
		switch {
		case len(expand(a)) == 0:
			l.find(LintUnknownAction, Medium, at, fmt.Sprintf("%s is no action that devices ask for", a),
				"use one of AWS IoT's data plane; others belong into IAM policies")
		case s.Effect == EffectAllow && (a == "*" || strings.EqualFold(string(a), "iot:*")):
			l.find(LintAllActions, High, at, fmt.Sprintf("%s allows every action", a), "list the actions that the device needs")
		}
	}
}

// expand lists the actions of the data plane that a pattern covers.
func expand(a Action) []Action {
	t, err := compileTemplate(strings.ToLower(string(a)), true, false)
	if err != nil {
		return nil
	}
	var out []Action
	for _, known := range Actions() {
		if matchPattern(t.head, strings.ToLower(string(known))) {
			out = append(out, known)
		}
	}
	return out
}

// covered lists the actions of the data plane that a statement speaks of.
func covered(s *Statement) []Action {
	var out []Action
	for _, known := range Actions() {
		hit := false
		for _, a := range slices.Concat(s.Action, s.NotAction) {
			hit = hit || slices.Contains(expand(a), known)
		}
		if hit != (s.NotAction != nil) {
			out = append(out, known)
		}
	}
	return out
}

// types looks for resources that no action of the statement works on, and for actions none
// of whose resources are there.
func (l *linter) types(pointer string, s *Statement) {
	severity, effect := Medium, "allows nothing"
	if s.Effect == EffectDeny {
		severity, effect = High, "denies nothing"
	}
	all := covered(s)
	if slices.Equal(all, []Action{ListNamedShadowsForThing}) { // one page of AWS's guide shows a thing, another "*"
		severity, effect = Low, "allows nothing, unless the page of AWS's guide is right that shows a thing"
	}
	for i, text := range s.Resource {
		if len(all) > 0 && !slices.ContainsFunc(all, func(a Action) bool { return worksOn(a, text) }) {
			l.find(LintResourceType, severity, pointer+"/Resource/"+strconv.Itoa(i),
				fmt.Sprintf("%s is not what %s works on: it %s", text, actionNames(all), effect), typesMend(all))
		}
	}
	for i, a := range s.Action {
		mine := expand(a)
		if len(mine) == 0 || s.Resource == nil || strings.ContainsAny(string(a), "*?") {
			continue
		}
		if !slices.ContainsFunc(s.Resource, func(text string) bool { return worksOn(mine[0], text) }) {
			l.find(LintResourceType, severity, pointer+"/Action/"+strconv.Itoa(i),
				fmt.Sprintf("none of the resources is a %s, which %s works on: it %s", mine[0].ResourceType(), a, effect), typesMend(mine))
		}
	}
}

// worksOn reports whether a resource may be of the type that an action works on.
func worksOn(a Action, text string) bool {
	of := a.ResourceType()
	t, err := compileTemplate(text, true, true)
	if err != nil {
		return true
	}
	if of == AnyResource {
		return matchPattern(t.head, "*") && len(t.parts) == 0
	}
	kind := typeOf(readable(t.head))
	if kind == "" {
		return true // no ARN of six parts: "*", or one with wide wildcards
	}
	k, err := compileTemplate(kind, true, false)
	return err == nil && (matchPattern(k.head, string(of)) || strings.HasSuffix(kind, "*") && !strings.Contains(text, "/") || strings.Contains(kind, "$"))
}

func actionNames(list []Action) string {
	names := make([]string, len(list))
	for i, a := range list {
		names[i] = string(a)
	}
	if len(names) > 3 {
		names = append(names[:2], fmt.Sprintf("%d more", len(names)-2))
	}
	return strings.Join(names, ", ")
}

func typesMend(list []Action) string {
	var forms []string
	for _, a := range list {
		form := `"*"`
		if t := a.ResourceType(); t != AnyResource {
			form = "arn:aws:iot:region:account:" + string(t) + "/…"
		}
		if form = form + " for " + string(a); !slices.Contains(forms, form) && len(forms) < 3 {
			forms = append(forms, form)
		}
	}
	return "write " + strings.Join(forms, ", ")
}

// resource looks at one entry of Resource or NotResource.
func (l *linter) resource(pointer, text string, s *Statement) {
	l.text(pointer, text)
	t, err := compileTemplate(text, true, true)
	if err != nil {
		return
	}
	for _, p := range t.parts {
		l.variable(pointer, p, s)
	}
	_, name, _ := strings.Cut(text, "/")
	kind := ResourceType(typeOf(text))
	switch {
	case s.Effect == EffectDeny && (kind == TopicResource || kind == TopicFilterResource) && strings.ContainsAny(name, "+#"):
		l.find(LintDenyMQTTWildcard, Medium, pointer, fmt.Sprintf("%s: + and # are plain characters here, so topics below it are not denied", text),
			`write "*" for + and #`).Audit = "POLICY_CONTAINS_MQTT_WILDCARDS_IN_DENY_STATEMENT"
	case kind == TopicResource && strings.ContainsAny(name, "+#"):
		l.find(LintLiteralWildcard, Medium, pointer, fmt.Sprintf("%s: no topic has a + or # in it, so this matches none", text), `write "*" for + and #`)
	case kind == TopicFilterResource && misplacedWildcard(name):
		l.find(LintLiteralWildcard, Low, pointer, fmt.Sprintf("%s: no filter looks so: + is a whole level and # the last", text), `write "*" for + and #`)
	}
}

// misplacedWildcard reports a "+" or "#" that no valid filter has in that place.
func misplacedWildcard(name string) bool {
	levels := strings.Split(name, "/")
	for i, level := range levels {
		if !strings.ContainsAny(level, "+#") || strings.ContainsAny(level, "*?$") {
			continue
		}
		if level != "+" && (level != "#" || i < len(levels)-1) {
			return true
		}
	}
	return false
}

// text looks for escapes that are none.
func (l *linter) text(pointer, text string) {
	for _, escape := range []string{"$(*)", "$(?)", "$($)"} {
		if strings.Contains(text, escape) {
			l.find(LintParenthesis, Medium, pointer, fmt.Sprintf("%s in %s is no escape: its wildcard is one", escape, text),
				fmt.Sprintf("write ${%c}", escape[2]))
		}
	}
}

// variable looks at a variable in a resource.
func (l *linter) variable(pointer string, p templatePart, s *Statement) {
	info, known := describeKey(p.key)
	deny := s.Effect == EffectDeny
	name := "${" + p.name + "}"
	effect := "the resource matches nothing"
	severity := Medium
	if deny {
		effect, severity = "it never denies", High
	}
	switch {
	case !known:
		l.find(LintUndefinedVariable, severity, pointer, fmt.Sprintf("AWS IoT has no variable %s: %s", name, effect), "use one that it has, such as ${"+nearestKey(p.key)+"}")
	case info.scope == scopeIAM:
		l.find(LintUndefinedVariable, severity, pointer, fmt.Sprintf("%s has a value in IAM policies only: %s", name, effect), "use ${iot:ClientId} or a variable of the thing")
	case info.multi:
		l.find(LintUnavailable, severity, pointer, fmt.Sprintf("%s has several values, of which none is substituted: %s", name, effect), "use the variable without .List, or a condition")
	case info.scope == scopeConnect && !slices.Contains(covered(s), Connect):
		l.find(LintUnavailable, severity, pointer, fmt.Sprintf("%s has a value in Connect only: %s", name, effect), "move it to a statement for iot:Connect")
	case (info.scope == scopeThing || info.scope == scopeMQTT) && onlyHTTP(covered(s)):
		l.find(LintUnavailable, severity, pointer, fmt.Sprintf("%s has no value over HTTPS, and these actions are asked over HTTPS only: %s", name, effect),
			"over MQTT, allow Publish, Subscribe and Receive on the reserved topics instead; over HTTPS, name the thing")
	case deny && info.scope != scopeAlways:
		if severity = High; info.scope == scopeMQTT {
			severity = Medium // over HTTPS only, which devices use rarely
		}
		l.find(LintDenyMayNotDeny, severity, pointer, fmt.Sprintf("where %s has no value (%s) the statement falls away and denies nothing", name, whenMissing(info.scope)),
			"allow only what is meant, by the same variable in an Allow, or deny with a fixed pattern; a second Deny under Null of the key closes the gap")
	}
	if _, suffix, _ := cutLastDot(p.key); info.scope == scopeCertificate && known && digits(suffix) {
		l.secondValue(pointer, name, suffix)
	}
}

func (l *linter) secondValue(pointer, name, suffix string) {
	n, _ := strconv.Atoi(suffix)
	l.find(LintSecondValue, Info, pointer, fmt.Sprintf("%s is value number %d of the field: the first has no number", name, n+1), "leave out the number for the first value")
}

func cutLastDot(key string) (head, last string, ok bool) {
	i := strings.LastIndexByte(key, '.')
	if i < 0 {
		return "", key, false
	}
	return key[:i], key[i+1:], true
}

func onlyHTTP(list []Action) bool {
	for _, a := range list {
		if !a.onlyHTTP() {
			return false
		}
	}
	return len(list) > 0
}

func whenMissing(s scope) string {
	switch s {
	case scopeThing:
		return "over HTTPS, for a client ID that is no thing's name, or a certificate that is not attached"
	case scopeMQTT:
		return "over HTTPS"
	case scopeCertificate:
		return "for a client without certificate, or whose certificate lacks the field"
	}
	return "outside Connect"
}

// nearestKey is a key that people mean when they write another.
func nearestKey(folded string) string {
	switch {
	case strings.Contains(folded, "thingtype"):
		return KeyThingTypeName
	case strings.Contains(folded, "thing"):
		return KeyThingName
	case strings.Contains(folded, "certificate"):
		return KeyCertificateID
	}
	return KeyClientID
}
