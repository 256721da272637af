package main

import (
	"fmt"
	"strings"

	"github.com/askaround/askaround-go/api/tools/internal/asyncapi"
)

// typeScript makes the typed topics of web pages.
func typeScript(model *asyncapi.Model) ([]file, error) {
	body, err := execute("topics.ts.tmpl", model)
	return []file{{"api/ts/topics.gen.ts", body}}, err
}

// tsParameters declares the parameters of a channel's function.
func tsParameters(c *asyncapi.Channel) string {
	var list []string
	for _, p := range c.Parameters() {
		list = append(list, fmt.Sprintf("%s: Value<%q>", p.Name, p.Name))
	}
	return strings.Join(list, ", ")
}

// tsValues declares what a topic's levels are.
func tsValues(c *asyncapi.Channel) string {
	return strings.ReplaceAll(tsParameters(c), ", ", "; ")
}

// tsAddress is the topic as a template literal.
func tsAddress(c *asyncapi.Channel) string {
	return "`" + c.Format(func(p *asyncapi.Parameter) string { return "${" + p.Name + "}" }) + "`"
}

// tsExpression is the regular expression that reads a topic, its parameters as named groups.
func tsExpression(c *asyncapi.Channel) string {
	name := c.Format(func(p *asyncapi.Parameter) string {
		inner := strings.TrimSuffix(strings.TrimPrefix(p.Pattern.Source, "^"), "$")
		return "(?<" + p.Name + ">" + inner + ")"
	})
	return "/^" + strings.ReplaceAll(name, "/", `\/`) + "$/"
}
