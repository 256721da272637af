package main

import (
	"fmt"
	"go/format"
	"strings"

	"github.com/askaround/askaround-go/api/tools/internal/asyncapi"
)

// goTopics makes the typed topics of package topic.
func goTopics(model *asyncapi.Model) ([]file, error) {
	var files []file
	for _, part := range []string{"types", "parse"} {
		path := "askaround/topic/topic_" + part + ".gen.go"
		source, err := execute(part+".go.tmpl", model)
		if err != nil {
			return nil, err
		}
		formatted, err := format.Source(source)
		if err != nil {
			return nil, fmt.Errorf("%s: %w\n%s", path, err, source)
		}
		files = append(files, file{path, formatted})
	}
	return files, nil
}

// goFields declares the fields of a channel's type, and the parameters of its
// constructor: "thing, model string".
func goFields(c *asyncapi.Channel) string {
	var names []string
	for _, p := range c.Parameters() {
		names = append(names, memberName(c, p))
	}
	return strings.Join(names, ", ") + " string"
}

// goAddress is the topic of t as an expression.
func goAddress(c *asyncapi.Channel) string {
	return expression(c, func(p *asyncapi.Parameter) string { return "t." + memberName(c, p) })
}

// goArguments takes a constructor's arguments from a topic's levels.
func goArguments(c *asyncapi.Channel) string {
	var list []string
	for i, s := range c.Segments {
		if s.Parameter != nil {
			list = append(list, fmt.Sprintf("l[%d]", i))
		}
	}
	return strings.Join(list, ", ")
}

// goConstructor documents a constructor.
func goConstructor(c *asyncapi.Channel) string {
	var values []string
	for _, p := range c.Parameters() {
		values = append(values, memberName(c, p)+", "+p.Description)
	}
	return fmt.Sprintf("New%s returns the topic of %s. Other values are an [ErrParameter].", typeName(c), strings.Join(values, "; of "))
}

// goAtoms writes a pattern as atoms: ranges as pairs of characters, then how often.
func goAtoms(p *asyncapi.Parameter) string {
	var b strings.Builder
	for i, a := range p.Pattern.Atoms {
		if i > 0 {
			b.WriteString(", ")
		}
		pairs := ""
		for _, r := range a.Class.Ranges() {
			pairs += string(r[:])
		}
		fmt.Fprintf(&b, "{%q, %d, %d}", pairs, a.Min, a.Max)
	}
	return b.String()
}

// goGrants lists who may, and whether with their own topics only.
func goGrants(o *asyncapi.Operation) string {
	var list []string
	for _, g := range o.Grants {
		list = append(list, fmt.Sprintf("{Role%s, %t}", upperFirst(g.Role.Name), g.Scope == asyncapi.Own))
	}
	return strings.Join(list, ", ")
}

// goIdentity is the field that names a client, "" for none.
func goIdentity(c *asyncapi.Channel) string {
	for _, p := range c.Parameters() {
		if p.Identity != "" {
			return memberName(c, p)
		}
	}
	return ""
}
