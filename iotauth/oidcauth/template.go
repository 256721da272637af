package oidcauth

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/askaround/askaround-go/iotauth/policy"
)

// opening begins a placeholder, which ends at the next brace.
const opening = "${claim:"

// maxResources bounds what lists multiply one entry to. A document of
// [iotauth.MaxPolicyDocument] characters holds fewer.
const maxResources = 256

// pattern is a text with placeholders: texts[0] claims[0] texts[1] … texts[n].
type pattern struct{ texts, claims []string }

func parsePattern(s string) (pattern, error) {
	var p pattern
	for {
		before, rest, found := strings.Cut(s, opening)
		p.texts = append(p.texts, before)
		if !found {
			return p, nil
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed || name == "" {
			return pattern{}, fmt.Errorf("%q: a placeholder is %sNAME}", s, opening)
		}
		p.claims, s = append(p.claims, name), after
	}
}

// fill returns the text for every combination of the claims' values. A claim that is
// named twice has the same value at both places.
func (p pattern) fill(values func(claim string) ([]string, error)) ([]string, error) {
	chosen := []map[string]string{{}}
	for _, claim := range slices.Compact(slices.Sorted(slices.Values(p.claims))) {
		list, err := values(claim)
		if err != nil {
			return nil, err
		}
		var next []map[string]string
		for _, one := range chosen {
			for _, value := range list {
				next = append(next, with(one, claim, value))
			}
			if len(next) > maxResources {
				return nil, &ClaimError{claim, fmt.Errorf("its values make more than %d resources", maxResources)}
			}
		}
		chosen = next
	}
	var filled []string
	for _, one := range chosen {
		filled = append(filled, p.joined(one))
	}
	return filled, nil
}

func with(m map[string]string, key, value string) map[string]string {
	out := maps.Clone(m)
	out[key] = value
	return out
}

func (p pattern) joined(values map[string]string) string {
	var b strings.Builder
	for i, text := range p.texts {
		b.WriteString(text)
		if i < len(p.claims) {
			b.WriteString(values[p.claims[i]])
		}
	}
	return b.String()
}

// template is a policy document with placeholders.
type template struct {
	document   *policy.Document
	statements []statement
}

type statement struct {
	resource, notResource []pattern
	condition             [][]pattern // values, by condition
}

// parseTemplate reads the placeholders of a document, which must be valid when they are
// filled. Elsewhere than in resources and the values of conditions there may be none.
func parseTemplate(d *policy.Document) (template, error) {
	if d == nil || len(d.Statements) == 0 {
		return template{}, errors.New("no statement")
	}
	t := template{document: d}
	for _, s := range d.Statements {
		var parsed statement
		var errs [3]error
		parsed.resource, errs[0] = parsePatterns(s.Resource)
		parsed.notResource, errs[1] = parsePatterns(s.NotResource)
		for _, c := range s.Condition {
			values, err := parsePatterns(c.Values)
			errs[2] = errors.Join(errs[2], err)
			parsed.condition = append(parsed.condition, values)
			if strings.Contains(c.Key+c.Operator, opening) {
				errs[2] = errors.Join(errs[2], errors.New("a placeholder in a condition's key or operator"))
			}
		}
		if err := errors.Join(errs[:]...); err != nil {
			return template{}, err
		}
		for _, a := range slices.Concat(s.Action, s.NotAction) {
			if strings.Contains(string(a), opening) {
				return template{}, errors.New("a placeholder in an action")
			}
		}
		t.statements = append(t.statements, parsed)
	}
	sample, err := t.fill(func(string) ([]string, error) { return []string{"x"}, nil })
	if err != nil {
		return template{}, err
	}
	return t, sample.Validate()
}

func parsePatterns(list []string) ([]pattern, error) {
	var out []pattern
	for _, s := range list {
		p, err := parsePattern(s)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// fill returns the document for the claims, nil where no statement is left.
func (t template) fill(values func(claim string) ([]string, error)) (*policy.Document, error) {
	out := &policy.Document{Version: t.document.Version, ID: t.document.ID}
	for i, s := range t.document.Statements {
		filled, err := t.statements[i].fill(s, values)
		if err != nil {
			return nil, err
		}
		if len(s.Resource) > 0 && len(filled.Resource) == 0 {
			continue // about the resources of empty lists
		}
		out.Statements = append(out.Statements, filled)
	}
	if len(out.Statements) == 0 {
		return nil, nil
	}
	return out, nil
}

func (p statement) fill(s policy.Statement, values func(claim string) ([]string, error)) (policy.Statement, error) {
	var err error
	if s.Resource, err = fillAll(p.resource, values); err != nil {
		return s, err
	}
	if s.NotResource, err = fillEach(p.notResource, values); err != nil {
		return s, err
	}
	s.Condition = slices.Clone(s.Condition)
	for i := range s.Condition {
		if s.Condition[i].Values, err = fillEach(p.condition[i], values); err != nil {
			return s, err
		}
	}
	return s, nil
}

func fillAll(list []pattern, values func(claim string) ([]string, error)) ([]string, error) {
	var out []string
	for _, p := range list {
		filled, err := p.fill(values)
		if err != nil {
			return nil, err
		}
		out = append(out, filled...)
	}
	return out, nil
}

// fillEach is fillAll where a list without elements has no meaning that is safe: what a
// NotResource leaves out, or what a condition compares with.
func fillEach(list []pattern, values func(claim string) ([]string, error)) ([]string, error) {
	return fillAll(list, func(claim string) ([]string, error) {
		list, err := values(claim)
		if err == nil && len(list) == 0 {
			err = &ClaimError{claim, errors.New("it is an empty list")}
		}
		return list, err
	})
}
