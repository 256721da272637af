package topic

import "strings"

// A Role is a kind of client; the generated constants name all.
type Role string

// A grant lets a role use a channel, all of it or the client's own topics.
type grant struct {
	role Role
	own  bool
}

// MayPublish reports whether a client of role r may publish to t. The client is called
// identity: an account's id, a thing's name, and for roles without one anything.
func (r Role) MayPublish(identity string, t Topic) bool {
	return r.may(t.Channel().send, identity, t)
}

// MayReceive reports whether a client of role r, called identity, may subscribe to t.
func (r Role) MayReceive(identity string, t Topic) bool {
	return r.may(t.Channel().receive, identity, t)
}

func (r Role) may(grants []grant, identity string, t Topic) bool {
	for _, g := range grants {
		if g.role == r && (!g.own || identity != "" && identity == t.identity()) {
			return true
		}
	}
	return false
}

// naming is how the clients of a role are called.
type naming byte

const (
	byRole    naming = iota + 1 // by the role, and each connection apart
	byAccount                   // by the account, and each connection apart
	byThing                     // by the thing, which has one connection
)

// ClientID is what a client of role r, called identity, says in CONNECT, such that its IoT
// policy lets it in. A role that is named by a thing has one connection and takes the
// thing's name; for the others instance tells connections apart. An unknown role has none,
// "".
func (r Role) ClientID(identity, instance string) string {
	switch namings[r] {
	case byThing:
		return identity
	case byAccount:
		return identity + "-" + instance
	case byRole:
		return string(r) + "-" + instance
	default:
		return ""
	}
}

// MayConnect reports whether a client of role r, called identity, may connect under id.
func (r Role) MayConnect(identity, id string) bool {
	switch namings[r] {
	case byThing:
		return identity != "" && id == identity
	case byAccount:
		return identity != "" && strings.HasPrefix(id, identity+"-")
	case byRole:
		return strings.HasPrefix(id, string(r)+"-")
	default:
		return false
	}
}
