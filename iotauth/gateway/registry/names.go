package registry

import (
	"regexp"
	"unicode/utf8"
)

// Forms of names and values, from the API's model.
var (
	thingName      = regexp.MustCompile(`^[a-zA-Z0-9:_-]{1,128}$`) // of things, their types and groups
	attributeName  = regexp.MustCompile(`^[a-zA-Z0-9_.,@/:#-]{1,128}$`)
	attributeValue = regexp.MustCompile(`^[a-zA-Z0-9_.,@/:#=\[\]-]{0,800}$`)
	description    = regexp.MustCompile(`^[\x20-\x7e]*$`)
	policyName     = regexp.MustCompile(`^[\w+=,.@-]{1,128}$`)
	versionID      = regexp.MustCompile(`^[0-9]{1,18}$`)
	authorizerName = regexp.MustCompile(`^[\w=,@-]{1,128}$`)
	signingKeyName = regexp.MustCompile(`^[a-zA-Z0-9:_-]{1,128}$`)
	aliasName      = regexp.MustCompile(`^[\w=,@-]{1,128}$`)
	roleARNForm    = regexp.MustCompile(`^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+$`)
	ruleName       = regexp.MustCompile(`^[a-zA-Z0-9_]{1,128}$`)
	certificateID  = regexp.MustCompile(`^[a-fA-F0-9]{64}$`)
	regionForm     = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)
	accountForm    = regexp.MustCompile(`^[0-9]{12}$`)
)

// checkName says what names look like where form does not take one.
func checkName(what string, form *regexp.Regexp, name string) error {
	if !form.MatchString(name) {
		return invalid("%s %q is not of the form %s", what, clip(name), form)
	}
	return nil
}

// checkAttributes checks the attributes of what may have at most max of them.
func checkAttributes(attributes map[string]string, max int) error {
	if len(attributes) > max {
		return invalid("there are %d attributes; at most %d are allowed (a thing with a type may have %d, one without %d)",
			len(attributes), max, MaxAttributes, MaxAttributesWithoutType)
	}
	for name, value := range attributes {
		if err := checkName("Attribute name", attributeName, name); err != nil {
			return err
		}
		if !attributeValue.MatchString(value) {
			return invalid("the value of attribute %q is not of the form %s", name, attributeValue)
		}
	}
	return nil
}

// checkDescription checks the description of a thing type or group.
func checkDescription(text string) error {
	if len(text) > MaxDescription || !description.MatchString(text) {
		return invalid("a description has at most %d printable ASCII characters", MaxDescription)
	}
	return nil
}

// clip keeps a message short whatever was sent.
func clip(s string) string {
	const most = 140
	if len(s) <= most {
		return s
	}
	for i := most; ; i-- {
		if utf8.RuneStart(s[i]) {
			return s[:i] + "…"
		}
	}
}
