package main

import (
	"fmt"
	"strings"

	"github.com/askaround/askaround-go/api/tools/internal/asyncapi"
)

// docs makes the readable tables.
func docs(model *asyncapi.Model) ([]file, error) {
	body, err := execute("topics.md.tmpl", model)
	return []file{{"docs/topics.md", body}}, err
}

// A holding is what one connection of a role subscribes to at most.
type holding struct {
	Lines               []string
	Filters, Subscribes int
}

func holdingOf(model *asyncapi.Model, role *asyncapi.Role) holding {
	var h holding
	for _, c := range model.Channels {
		if g := c.Receive.Grant(role); g != nil {
			h.Lines = append(h.Lines, fmt.Sprintf("%d × `%s`", g.Filters, c.Address))
			h.Filters += g.Filters
			h.Subscribes += g.Subscribes
		}
	}
	return h
}

// withRules lists the channels that a rule reads.
func withRules(model *asyncapi.Model) []*asyncapi.Channel {
	var list []*asyncapi.Channel
	for _, c := range model.Channels {
		if c.Rule != "" {
			list = append(list, c)
		}
	}
	return list
}

// schemaNames lists the payload schemas of a channel by their last name.
func schemaNames(c *asyncapi.Channel) string {
	var list []string
	for _, m := range c.Messages {
		list = append(list, "`"+m.Schema[strings.LastIndex(m.Schema, "/")+1:]+"`")
	}
	return strings.Join(list, ", ")
}

// thousands writes 131072 as 131,072.
func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
