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

// levels are the levels of a valid topic; those beyond its end are empty.
type levels [MaxSlashes + 1]string

func split(name string) levels {
	var l levels
	for i := range l {
		var more bool
		if l[i], name, more = strings.Cut(name, "/"); !more {
			break
		}
	}
	return l
}
