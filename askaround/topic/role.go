package topic

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
