package asyncapi

import "strings"

// check applies what concerns the document as a whole.
func (r *reader) check() {
	for i, c := range r.model.Channels {
		r.checkAddress(c)
		r.checkDirections(c)
		for _, earlier := range r.model.Channels[:i] {
			if name, ok := common(earlier, c); ok {
				r.places[c].get("address").fail("topic %q matches channel %s as well", name, earlier.Name)
			}
		}
	}
	for _, p := range r.model.Parameters {
		if !r.used[p] {
			r.places[p].fail("no channel uses parameter %s", p.Name)
		}
	}
	for _, role := range r.model.Roles {
		r.checkRole(role)
	}
}

func (r *reader) checkAddress(c *Channel) {
	address := r.places[c].get("address")
	if n := strings.Count(c.Address, "/"); n > MaxSlashes {
		address.fail("%d slashes, the limit is %d", n, MaxSlashes)
	}
	var names []string
	for _, p := range c.Parameters() {
		if p.Identity != "" {
			names = append(names, p.Name)
		}
	}
	if len(names) > 1 {
		address.fail("%s both name a client", strings.Join(names, " and "))
	}
	if n := c.MaxBytes(); n > MaxTopicBytes {
		address.fail("a topic may have %d bytes, the limit is %d", n, MaxTopicBytes)
	}
}

func (r *reader) checkDirections(c *Channel) {
	if c.Send == nil {
		r.places[c].fail("no operation sends to channel %s", c.Name)
	}
	if c.Receive == nil {
		r.places[c].fail("no operation receives from channel %s", c.Name)
	}
	if c.Send != nil && c.Receive != nil && c.Receive.QoS > c.Send.QoS {
		r.places[c.Receive].fail("it asks for QoS %d, but the sender's is %d", c.Receive.QoS, c.Send.QoS)
	}
}

// checkRole adds up what one connection of the role may hold.
func (r *reader) checkRole(role *Role) {
	filters, uses := 0, 0
	for _, c := range r.model.Channels {
		for _, op := range []*Operation{c.Send, c.Receive} {
			if op == nil {
				continue
			}
			g := op.Grant(role)
			if g == nil {
				continue
			}
			uses++
			if op == c.Receive {
				filters += g.Filters
			}
		}
	}
	if filters > MaxFilters {
		r.places[role].fail("role %s may hold %d filters, the limit of one connection is %d", role.Name, filters, MaxFilters)
	}
	if uses == 0 {
		r.places[role].fail("no operation has role %s", role.Name)
	}
}
