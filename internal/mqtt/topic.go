package mqtt

import (
	"strings"
	"unicode/utf8"
)

// reserved begins the topics starting with $ that clients may use. Of the services behind
// them only basic ingest and lifecycle events are here; on the others clients may talk.
// Source: "Reserved topics", https://docs.aws.amazon.com/iot/latest/developerguide/reserved-topics.html
var reserved = []string{
	"$aws/things/", "$aws/rules/", "$aws/certificates/", "$aws/provisioning-templates/",
	"$aws/device_location/", "$aws/device_defender/", "$aws/sitewise/", "$aws/commands/",
	"$aws/packages/",
}

const (
	rulesPrefix  = "$aws/rules/"
	eventsPrefix = "$aws/events/"
	sharePrefix  = "$share/"
)

func isReserved(topic string) bool {
	for _, prefix := range reserved {
		if strings.HasPrefix(topic, prefix) {
			return true
		}
	}
	return false
}

// cutRule returns what follows $aws/rules/{rule}/, which is not counted in a topic.
func cutRule(topic string) (rest string, ok bool) {
	after, ok := strings.CutPrefix(topic, rulesPrefix)
	if !ok {
		return topic, false
	}
	rule, rest, _ := strings.Cut(after, "/")
	if rule == "" {
		return topic, false
	}
	return rest, true
}

// fits reports whether a topic or filter is within the limits of its length and depth.
func (l *Limits) fits(topic string) bool {
	return len(topic) <= l.TopicBytes && strings.Count(topic, "/") <= l.TopicSlashes
}

// validTopic reports whether a client may name topic in a PUBLISH or will, as far as no
// policy is asked.
func (l *Limits) validTopic(topic string, retain bool) bool {
	if topic == "" || strings.ContainsAny(topic, "+#") {
		return false
	}
	if topic[0] != '$' {
		return l.fits(topic)
	}
	rest, _ := cutRule(topic)
	return isReserved(topic) && !retain && l.fits(rest)
}

// validText reports whether s may stand in a packet as a UTF-8 string (MQTT 5, section 1.5.4).
func validText(s string) bool {
	return len(s) <= 0xFFFF && utf8.ValidString(s) && strings.IndexByte(s, 0) < 0
}

// A filter is a topic filter taken apart.
type filter struct {
	group    string // of a shared subscription, or ""
	topics   string
	wildcard bool
}

// maxShareName bounds the name of a shared subscription's group, in bytes.
// Source: "Shared subscriptions", https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html
const maxShareName = 128

// parseFilter takes s apart and reports whether a client may subscribe to it, as far as no
// policy is asked.
func (l *Limits) parseFilter(s string) (f filter, ok bool) {
	f.topics = s
	if rest, shared := strings.CutPrefix(s, sharePrefix); shared {
		f.group, f.topics, _ = strings.Cut(rest, "/")
		if f.group == "" || len(f.group) > maxShareName || strings.ContainsAny(f.group, "+#") {
			return f, false
		}
	}
	counted, _ := cutRule(f.topics)
	if f.topics == "" || !l.fits(counted) {
		return f, false
	}
	if f.topics[0] == '$' && !isReserved(f.topics) && !strings.HasPrefix(f.topics, eventsPrefix) {
		return f, false
	}
	for level, rest, more := "", f.topics, true; more; {
		level, rest, more = strings.Cut(rest, "/")
		switch {
		case level == "+", level == "#" && !more:
			f.wildcard = true
		case strings.ContainsAny(level, "+#"):
			return f, false
		}
	}
	return f, true
}
