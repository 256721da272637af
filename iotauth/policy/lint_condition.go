package policy

import (
	"fmt"
	"slices"
	"strings"
)

// condition looks at one condition.
func (l *linter) condition(pointer string, c *Condition, s *Statement) {
	t, err := compileTest(*c, true)
	if err != nil {
		return // Validate reports it
	}
	l.conditionKey(pointer, &t, s)
	l.conditionValues(pointer, &t, s)
	switch info, _ := describeKey(t.key); {
	case t.quantifier == forAll:
		l.forAllValues(pointer, &t, s)
	case info.multi && t.quantifier == anyOfOne && t.kind != kindNull:
		l.find(LintMissingSetOperator, Medium, pointer, fmt.Sprintf("%s has several values, and AWS does not say how %s compares them", c.Key, c.Operator),
			"put ForAnyValue: or ForAllValues: before the operator")
	}
}

// conditionKey looks at the key.
func (l *linter) conditionKey(pointer string, t *test, s *Statement) {
	info, known := describeKey(t.key)
	key := t.source.Key
	switch {
	case !known && strings.HasPrefix(t.key, "iot:"):
		l.find(LintUnknownKey, Medium, pointer, fmt.Sprintf("AWS IoT has no condition key %s", key), "use one that it has, such as "+nearestKey(t.key))
	case known && info.scope == scopeIAM:
		l.find(LintUnknownKey, Medium, pointer, fmt.Sprintf("%s has a value in IAM policies only", key), "move the condition to the IAM policy of the role")
	case info.scope == scopeConnect && !slices.Contains(covered(s), Connect):
		l.find(LintUnavailable, Medium, pointer, fmt.Sprintf("%s has a value in Connect only, which this statement is not about", key), "move the condition to a statement for iot:Connect")
	case known && (info.scope == scopeThing || info.scope == scopeMQTT) && onlyHTTP(covered(s)):
		l.find(LintUnavailable, Medium, pointer, fmt.Sprintf("%s has no value over HTTPS, and these actions are asked over HTTPS only", key), "name the thing in the resource")
	case s.Effect == EffectDeny && positive(t) && (info.scope == scopeThing || info.scope == scopeCertificate):
		l.find(LintDenyMayNotDeny, Medium, pointer, fmt.Sprintf("where %s has no value (%s) the condition does not hold, and nothing is denied", key, whenMissing(info.scope)),
			"deny by the negated operator, which holds for an absent key, or add a Deny under Null of the key")
	}
	if _, suffix, _ := cutLastDot(t.key); known && info.scope == scopeCertificate && digits(suffix) {
		l.secondValue(pointer, key, suffix)
	}
}

// positive reports whether a test fails on an absent key.
func positive(t *test) bool {
	return t.kind != kindNull && !t.negated && !t.ifExists && t.quantifier != forAll
}

// forAllValues looks at a test that holds where the key is absent. For the attributes of
// CONNECT that is what AWS's own examples are made for: no attribute is none that is
// forbidden.
func (l *linter) forAllValues(pointer string, t *test, s *Statement) {
	if s.Effect == EffectDeny || t.key == foldKey(KeyConnectAttributes) || guarded(s, t.key) {
		return
	}
	l.find(LintForAllValues, High, pointer, fmt.Sprintf("%s holds where %s is absent, so a client without it is allowed too", t.source.Operator, t.source.Key),
		fmt.Sprintf(`add "Null": {%q: "false"}`, t.source.Key))
}

// guarded reports whether a statement demands that a key is there.
func guarded(s *Statement, key string) bool {
	for _, c := range s.Condition {
		if c.Operator == "Null" && foldKey(c.Key) == key && len(c.Values) == 1 && strings.EqualFold(c.Values[0], "false") {
			return true
		}
	}
	return false
}

// conditionValues looks at what the policy compares with.
func (l *linter) conditionValues(pointer string, t *test, s *Statement) {
	for i := range t.wants {
		at, text := fmt.Sprintf("%s/%d", pointer, i), t.source.Values[i]
		if !t.wants[i].valid {
			l.find(LintValue, High, at, fmt.Sprintf("%q is nothing that %s compares with, so it never holds", text, t.source.Operator), valueMend[t.kind])
			continue
		}
		l.text(at, text)
		if (t.kind == kindString || t.kind == kindStringFold) && strings.ContainsAny(strings.NewReplacer("${*}", "", "${?}", "").Replace(text), "*?") {
			l.find(LintValue, Medium, at, fmt.Sprintf("%s takes the wildcard in %q for a plain character", t.source.Operator, text), "use StringLike, or ${*} and ${?} if it is meant")
		}
		for _, p := range t.wants[i].template.parts {
			if _, known := describeKey(p.key); !known {
				l.find(LintUndefinedVariable, Medium, at, fmt.Sprintf("AWS IoT has no variable ${%s}: the value matches nothing", p.name), "use one that it has, such as ${"+nearestKey(p.key)+"}")
			}
		}
	}
	if len(t.wants) == 0 && t.quantifier != forAll {
		l.find(LintValue, Medium, pointer, fmt.Sprintf("%s has no value to compare with", t.source.Operator), "write the values, or leave the condition out")
	}
}

var valueMend = map[kind]string{
	kindNumeric: `write a decimal number, as in "12.5"`,
	kindDate:    `write a date, as in "2026-01-31T12:00:00Z", or seconds since 1970`,
	kindBool:    `write "true" or "false"`,
	kindNull:    `write "true" (the key is absent) or "false" (it is there)`,
	kindBinary:  "write base64 with padding",
	kindIP:      `write an address or a range, as in "203.0.113.0/24"`,
}
