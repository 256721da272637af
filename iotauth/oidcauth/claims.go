package oidcauth

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxValue is the longest claim in bytes that a resource takes: no topic is longer.
const maxValue = 256

// A ClaimError says that a claim is missing, or says more than one level of a topic. It
// does not show the claim's value.
type ClaimError struct {
	Claim string
	Err   error
}

func (e *ClaimError) Error() string { return fmt.Sprintf("oidcauth: claim %q: %v", e.Claim, e.Err) }

// Unwrap returns what is wrong with the claim.
func (e *ClaimError) Unwrap() error { return e.Err }

// claims are a token's, by name.
type claims map[string]json.RawMessage

// levels returns the values of a claim, each of which is one level of a topic.
func (c claims) levels(name string) ([]string, error) {
	values, err := c.values(name)
	if err != nil {
		return nil, &ClaimError{name, err}
	}
	for _, v := range values {
		if err := checkLevel(v); err != nil {
			return nil, &ClaimError{name, err}
		}
	}
	return values, nil
}

// has reports whether a claim is value, or a list with value in it, or, as OAuth has
// scopes, a text of words with value among them.
func (c claims) has(name, value string) bool {
	values, err := c.values(name)
	return err == nil && (slices.Contains(values, value) ||
		len(values) == 1 && slices.Contains(strings.Fields(values[0]), value))
}

// values returns a claim, or its elements.
func (c claims) values(name string) ([]string, error) {
	raw, ok := c[name]
	if !ok {
		return nil, errors.New("the token lacks it")
	}
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		list = []json.RawMessage{raw}
	} else if list == nil {
		return nil, errors.New("it is null")
	}
	values := make([]string, 0, len(list))
	for _, element := range list {
		v, err := scalar(element)
		if err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	return values, nil
}

// scalar is a string, or an integer or boolean as it is written.
func scalar(raw json.RawMessage) (string, error) {
	var v any
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return "", errors.New("it is no JSON")
	}
	switch v := v.(type) {
	case string:
		return v, nil
	case bool:
		return fmt.Sprint(v), nil
	case json.Number:
		if _, err := v.Int64(); err == nil {
			return v.String(), nil
		}
	}
	return "", errors.New("it is neither text, an integer, a boolean nor a list of them")
}

// checkLevel refuses what a policy, a topic or a topic filter would take for more than a
// name.
func checkLevel(value string) error {
	switch {
	case value == "" || len(value) > maxValue:
		return fmt.Errorf("%d bytes, of 1 to %d", len(value), maxValue)
	case strings.ContainsAny(value, "*?$"):
		return errors.New("a wildcard or variable of policies in it")
	case strings.ContainsAny(value, "+#/"):
		return errors.New("a wildcard or separator of topics in it")
	case !utf8.ValidString(value) || strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError }):
		return errors.New("characters in it that no topic has")
	}
	return nil
}
