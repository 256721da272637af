package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"

	"github.com/askaround/askaround-go/api/tools/internal/asyncapi"
)

// maxPolicyChars is the largest policy document, white space not counted. Source: "AWS IoT
// Core endpoints and quotas", https://docs.aws.amazon.com/general/latest/gr/iot-core.html.
const maxPolicyChars = 2048

// arn is how every resource begins: the region and the account where the policy is. Who
// stores the policy may write them out, as in writtenARN, whose region has a name of the
// longest.
const (
	arn        = "arn:aws:iot:*:*:"
	writtenARN = "arn:aws:iot:ap-southeast-1:123456789012:"
)

// What an identity is called in a resource. A thing is substituted by AWS IoT, an account
// by the authorizer that hands out the policy.
var identityVariable = map[string]string{
	"thing":   "${iot:Connection.Thing.ThingName}",
	"account": "{account}",
}

type policy struct {
	Version   string
	Statement []statement
}

type statement struct {
	Effect    string
	Action    any // a string or a list
	Resource  []string
	Condition map[string]map[string]string `json:",omitempty"`
}

// policies makes the least-privilege AWS IoT policy of every role.
func policies(model *asyncapi.Model) ([]file, error) {
	var files []file
	for _, role := range model.Roles {
		if err := checkGlobs(model, role); err != nil {
			return nil, err
		}
		body, err := encode(rolePolicy(model, role))
		if err != nil {
			return nil, err
		}
		if n := visible(writtenOut(model, body)); n > maxPolicyChars {
			return nil, role.Place.Fault("the policy of role %s has %d characters without white space where region and account are written out, the limit is %d", role.Name, n, maxPolicyChars)
		}
		files = append(files, file{"api/policies/" + role.Name + ".json", body})
	}
	return files, nil
}

func rolePolicy(model *asyncapi.Model, role *asyncapi.Role) policy {
	p := policy{"2012-10-17", []statement{connect(role)}}
	add := func(action, kind string, globs []string) {
		var resources []string
		for _, g := range widest(globs) {
			resources = append(resources, arn+kind+"/"+g)
		}
		if len(resources) > 0 {
			p.Statement = append(p.Statement, statement{Effect: "Allow", Action: action, Resource: resources})
		}
	}
	var publish, retain, receive []string
	for _, c := range model.Channels {
		if g := c.Send.Grant(role); g != nil {
			publish = append(publish, glob(c, g))
			if c.Send.Retain {
				retain = append(retain, glob(c, g))
			}
		}
		if g := c.Receive.Grant(role); g != nil {
			receive = append(receive, glob(c, g))
		}
	}
	add("iot:Publish", "topic", publish)
	add("iot:RetainPublish", "topic", retain)
	add("iot:Subscribe", "topicfilter", receive)
	add("iot:Receive", "topic", receive)
	return p
}

// connect lets a role connect under its own name. A thing must be attached to its
// certificate.
func connect(role *asyncapi.Role) statement {
	id := clientID(role, identityVariable[role.Identity], "*")
	s := statement{Effect: "Allow", Action: "iot:Connect", Resource: []string{arn + "client/" + id}}
	if role.Identity == "thing" {
		s.Condition = map[string]map[string]string{"Bool": {"iot:Connection.Thing.IsAttached": "true"}}
	}
	return s
}

// glob covers the topics of a grant, and as a topic filter the filters that it allows. A
// parameter of fixed length is as many "?", so that "+" and "#" do not pass for it; where
// wildcards are granted, and where the length varies, it is "*".
func glob(c *asyncapi.Channel, g *asyncapi.Grant) string {
	return c.Format(func(p *asyncapi.Parameter) string {
		switch {
		case g.Scope == asyncapi.Own && p.Identity == g.Role.Identity:
			return identityVariable[p.Identity]
		case g.Scope == asyncapi.Each:
			return strings.Repeat("?", p.MaxLength)
		default:
			return "*"
		}
	})
}

// widest leaves out what another glob covers: it would grant nothing, and a policy is
// short.
func widest(globs []string) []string {
	var list []string
	for i, g := range globs {
		covered := false
		for j, other := range globs {
			covered = covered || i != j && globCovers(other, g) && (other != g || j < i)
		}
		if !covered {
			list = append(list, g)
		}
	}
	return list
}

// globCovers reports whether all that b matches is matched by a. A "?" covers nothing but
// itself here, and the text of a variable is covered by a "*" only: it holds no slash, and
// a literal of a glob is bounded by them.
func globCovers(a, b string) bool {
	switch {
	case a == "":
		return b == ""
	case a[0] == '*':
		for i := range len(b) + 1 {
			if globCovers(a[1:], b[i:]) {
				return true
			}
		}
		return false
	default:
		return b != "" && a[0] == b[0] && globCovers(a[1:], b[1:])
	}
}

// checkGlobs reports a grant whose glob cannot be exact enough.
func checkGlobs(model *asyncapi.Model, role *asyncapi.Role) error {
	for _, c := range model.Channels {
		if g := c.Receive.Grant(role); g != nil && g.Scope == asyncapi.Each {
			for _, p := range c.Parameters() {
				if p.Pattern.MinLength() != p.MaxLength {
					return c.Place.Fault("role %s may receive each topic, but %s has no fixed length: no policy can keep wildcards out", role.Name, p.Name)
				}
			}
		}
		for _, d := range model.Channels {
			if err := checkOverreach(c, d, role); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkOverreach reports a glob made for channel c that lets role use channel d, which it
// may not.
func checkOverreach(c, d *asyncapi.Channel, role *asyncapi.Role) error {
	for _, direction := range []struct {
		verb string
		of   func(*asyncapi.Channel) *asyncapi.Operation
	}{
		{"publish to", func(c *asyncapi.Channel) *asyncapi.Operation { return c.Send }},
		{"receive", func(c *asyncapi.Channel) *asyncapi.Operation { return c.Receive }},
	} {
		g := direction.of(c).Grant(role)
		if g == nil || direction.of(d).Grant(role) != nil {
			continue
		}
		if topic, ok := d.MeetsGlob(glob(c, g), identityVariable); ok {
			return c.Place.Fault("what lets role %s %s it, %s, lets it %s %s of channel %s as well",
				role.Name, direction.verb, glob(c, g), direction.verb, topic, d.Name)
		}
	}
	return nil
}

func encode(p policy) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(p)
	return b.Bytes(), err
}

// writtenOut is a policy with region, AWS account and the application's account in place.
func writtenOut(model *asyncapi.Model, body []byte) []byte {
	pairs := []string{arn, writtenARN}
	for _, p := range model.Parameters {
		if p.Identity == "account" {
			pairs = append(pairs, identityVariable["account"], strings.Repeat("x", p.MaxLength))
		}
	}
	return []byte(strings.NewReplacer(pairs...).Replace(string(body)))
}

// visible counts the characters that are no white space.
func visible(text []byte) int {
	n := 0
	for _, r := range string(text) {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}
