package policy

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A pattern is text in which two bytes that UTF-8 never uses are wildcards. So a "*" that
// came out of a variable, or was escaped, is a plain character.
const (
	star = 0xFF // any run of characters
	one  = 0xFE // exactly one character
)

// A template is a pattern with variables in it. Without variables head is all of it.
type template struct {
	head  string // the pattern before the first variable
	parts []templatePart
}

// A templatePart is a variable and the pattern behind it.
type templatePart struct {
	key  string // folded: what context is asked for
	name string // as the document spells it
	tail string
}

// compileTemplate reads text with wildcards "*" and "?" where wild, and variables where
// variables (documents of the older version have none).
func compileTemplate(text string, wild, variables bool) (template, error) {
	if err := checkTemplate(text); err != nil {
		return template{}, err
	}
	return checkedTemplate(text, wild, variables), nil
}

// checkedTemplate is compileTemplate of text that has been checked.
func checkedTemplate(text string, wild, variables bool) template {
	if !strings.ContainsAny(text, "*?$") {
		return template{head: text}
	}
	var t template
	b := make([]byte, 0, len(text))
	flush := func() {
		if n := len(t.parts); n > 0 {
			t.parts[n-1].tail = string(b)
		} else {
			t.head = string(b)
		}
		b = b[:0]
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case wild && c == '*':
			b = append(b, star)
		case wild && c == '?':
			b = append(b, one)
		case variables && c == '$' && strings.HasPrefix(text[i:], "${"):
			name, _, _ := strings.Cut(text[i+2:], "}")
			i += len("${") + len(name)
			if name == "*" || name == "?" || name == "$" {
				b = append(b, name[0])
				continue
			}
			flush()
			t.parts = append(t.parts, templatePart{key: foldKey(name), name: name})
		default:
			b = append(b, c)
		}
	}
	flush()
	return t
}

func errOpenVariable(text string) error {
	return fmt.Errorf(`the variable %q has no "}"; a "$" before a brace is written ${$}`, text)
}

// checkTemplate reports text that is no template.
func checkTemplate(text string) error {
	if !substitutable(text) {
		return fmt.Errorf("%q is not UTF-8", text)
	}
	for rest := text; ; {
		i := strings.Index(rest, "${")
		if i < 0 {
			return nil
		}
		_, after, ok := strings.Cut(rest[i:], "}")
		if !ok {
			return errOpenVariable(rest[i:])
		}
		rest = after
	}
}

// resolve substitutes the variables. A value is literal: wildcards in it have no meaning.
// Where a variable has no value, resolve returns its name and false.
func (t *template) resolve(v *values) (pattern string, missing string, ok bool) {
	if len(t.parts) == 0 {
		return t.head, "", true
	}
	var b strings.Builder
	b.WriteString(t.head)
	for _, p := range t.parts {
		value, ok := v.variable(p.key)
		if !ok {
			return "", p.name, false
		}
		b.WriteString(value)
		b.WriteString(p.tail)
	}
	return b.String(), "", true
}

// substitutable reports whether a value may stand in a pattern: it must be UTF-8, since
// wildcards are the bytes that are not.
func substitutable(value string) bool { return utf8.ValidString(value) }

// foldKey makes keys comparable: case does not matter, except in the attribute's name of
// iot:Connection.Thing.Attributes[name].
func foldKey(key string) string {
	open := strings.IndexByte(key, '[')
	if open < 0 {
		return strings.ToLower(key)
	}
	return strings.ToLower(key[:open]) + key[open:]
}
