package asyncapi

import (
	"slices"
	"strings"
)

// readOperation adds one direction of a channel: "send" is what its roles publish,
// "receive" what they subscribe to.
func (r *reader) readOperation(m member) {
	m.checkName()
	m.only("action", "channel", "title", "summary", "description", "bindings", "x-roles")
	channel := r.operationChannel(m)
	action := m.need("action")
	if channel == nil || !action.present() {
		return
	}
	op := &Operation{}
	r.places[op] = m.node
	slot := &channel.Receive
	switch action.text() {
	case "receive":
	case "send":
		slot = &channel.Send
	default:
		action.fail("%q is neither send nor receive", action.text())
		return
	}
	if *slot != nil {
		m.fail("channel %s has another operation to %s", channel.Name, action.text())
		return
	}
	*slot = op
	r.readBinding(m, op, action.text() == "send")
	r.readGrants(m, op, channel, action.text() == "receive")
}

func (r *reader) operationChannel(m member) *Channel {
	ref := m.need("channel").need("$ref")
	name, ok := strings.CutPrefix(ref.text(), "#/channels/")
	for _, c := range r.model.Channels {
		if ok && c.Name == name {
			return c
		}
	}
	if ref.present() {
		ref.fail("%q is not a channel", ref.text())
	}
	return nil
}

// readBinding reads the MQTT binding: QoS and, for a sender, whether it retains.
func (r *reader) readBinding(m member, op *Operation, sends bool) {
	binding := m.need("bindings").follow().need("mqtt")
	qos, retain := binding.need("qos"), binding.get("retain")
	op.QoS = qos.number(0, MaxQoS)
	op.Retain = retain.flag()
	if !sends && op.Retain {
		m.fail("retain is the sender's affair")
	}
}

func (r *reader) readGrants(m member, op *Operation, channel *Channel, receives bool) {
	roles := m.need("x-roles")
	for _, entry := range roles.members() {
		i := slices.IndexFunc(r.model.Roles, func(role *Role) bool { return role.Name == entry.name })
		if i < 0 {
			entry.fail("unknown role %s", entry.name)
			continue
		}
		op.Grants = append(op.Grants, r.readGrant(entry, r.model.Roles[i], channel, receives))
	}
	if roles.present() && len(roles.members()) == 0 {
		roles.fail("an operation has at least one role")
	}
}

func (r *reader) readGrant(entry member, role *Role, channel *Channel, receives bool) Grant {
	g := Grant{Role: role, Filters: 1, Subscribes: 1}
	if receives {
		entry.only("topics", "filters", "subscribes")
		g.Filters = entry.get("filters").number(1, MaxFilters)
		g.Subscribes = entry.get("subscribes").number(1, MaxFilters)
	} else {
		entry.only("topics")
	}
	topics := entry.need("topics")
	g.Scope = Scope(topics.text())
	switch {
	case !topics.present():
	case !slices.Contains([]Scope{Own, Each, All}, g.Scope):
		topics.fail("%q is none of own, each and all", g.Scope)
	case g.Scope == Own && !r.owns(role, channel):
		topics.fail("own: channel %s has no parameter that names the %s of role %s", channel.Name, orNothing(role.Identity), role.Name)
	case g.Scope == Each && !receives:
		topics.fail("each: a sender uses own topics or all")
	case g.Scope == Each && !entry.get("filters").present():
		entry.fail("topics are named one by one: filters must say how many")
	}
	if (g.Filters+MaxFiltersPerSubscribe-1)/MaxFiltersPerSubscribe > g.Subscribes {
		entry.fail("%d filters do not fit into %d SUBSCRIBE of %d: say subscribes", g.Filters, g.Subscribes, MaxFiltersPerSubscribe)
	}
	return g
}

func (r *reader) owns(role *Role, channel *Channel) bool {
	return role.Identity != "" && slices.ContainsFunc(channel.Parameters(), func(p *Parameter) bool { return p.Identity == role.Identity })
}

func orNothing(identity string) string {
	if identity == "" {
		return "(absent) identity"
	}
	return identity
}
