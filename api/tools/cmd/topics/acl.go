package main

import (
	"fmt"
	"strings"

	"github.com/askaround/askaround-go/api/tools/internal/asyncapi"
)

// acls makes one ACL file for Mosquitto per role. A listener serves one role
// (per_listener_settings), and the user name is the client's identity. Each line is a
// pattern, because a line "topic" would hold for nameless clients only.
//
// Mosquitto looks at reading when it delivers, not at SUBSCRIBE: whoever may read each
// topic of a channel can ask for all of them.
func acls(model *asyncapi.Model) ([]file, error) {
	var files []file
	for _, role := range model.Roles {
		var b strings.Builder
		fmt.Fprintf(&b, "# %s\n%s\n", mark, comment("#", "Role "+role.Name+". "+role.Description))
		for _, c := range model.Channels {
			if g := c.Send.Grant(role); g != nil {
				fmt.Fprintf(&b, "pattern write %s\n", aclFilter(c, g))
			}
			if g := c.Receive.Grant(role); g != nil {
				fmt.Fprintf(&b, "pattern read %s\n", aclFilter(c, g))
			}
		}
		files = append(files, file{"api/mosquitto/" + role.Name + ".acl", []byte(b.String())})
	}
	return files, nil
}

// aclFilter is the filter of a grant; %u is the client's user name.
func aclFilter(c *asyncapi.Channel, g *asyncapi.Grant) string {
	return c.Format(func(p *asyncapi.Parameter) string {
		if g.Scope == asyncapi.Own && p.Identity == g.Role.Identity {
			return "%u"
		}
		return "+"
	})
}
