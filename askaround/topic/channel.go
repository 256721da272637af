package topic

import (
	"iter"
	"strings"
)

// A Channel is a class of topics: those of all robots' actions, for instance. The zero
// Channel is none.
type Channel struct {
	name       string
	filter     string
	shape      levels // of filter
	depth      int    // how many they are
	qos        byte
	retain     bool
	maxPayload int
	send       []grant
	receive    []grant
	parse      func(levels) (Topic, error)
}

// Channels yields all classes of topics.
func Channels() iter.Seq[Channel] {
	return func(yield func(Channel) bool) {
		for _, c := range channels {
			if !yield(c) {
				return
			}
		}
	}
}

// Name is the channel's name in the AsyncAPI document.
func (c Channel) Name() string { return c.name }

// Filter is the filter that matches every topic of the channel. It matches others as
// well where a level is no value of the channel's parameter; [Parse] tells.
func (c Channel) Filter() Filter { return Filter{levels: c.filter} }

// QoS is the quality of service of its messages: 0 or 1.
func (c Channel) QoS() byte { return c.qos }

// Retain reports whether the broker keeps the last message of a topic.
func (c Channel) Retain() bool { return c.retain }

// MaxPayload is the largest payload in bytes.
func (c Channel) MaxPayload() int { return c.maxPayload }

// levels are the levels of a valid topic or filter; those beyond its end are empty.
type levels [MaxSlashes + 1]string

// split returns the levels of name and their number.
func split(name string) (l levels, n int) {
	for more := true; more && n < len(l); n++ {
		l[n], name, more = strings.Cut(name, "/")
	}
	return l, n
}

// fits reports whether a name of n levels matches the channel's filter. It begins at the
// end, where channels differ most.
func (c *Channel) fits(l *levels, n int) bool {
	if n != c.depth {
		return false
	}
	for i := n - 1; i >= 0; i-- {
		if c.shape[i] != "+" && c.shape[i] != l[i] {
			return false
		}
	}
	return true
}
