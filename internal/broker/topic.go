package broker

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// checkTopic reports, as ErrInvalid, a topic that nobody may publish or
// subscribe to: empty, too long or too deep, not UTF-8, with a wildcard, a NUL,
// or of the broker's own ($).
func checkTopic(topic string) error {
	switch {
	case topic == "":
		return fmt.Errorf("%w: empty topic", ErrInvalid)
	case len(topic) > MaxTopic:
		return fmt.Errorf("%w: topic of %d bytes, more than %d", ErrInvalid, len(topic), MaxTopic)
	case strings.Count(topic, "/") > MaxSlashes:
		return fmt.Errorf("%w: topic %q has more than %d slashes", ErrInvalid, topic, MaxSlashes)
	case !utf8.ValidString(topic) || strings.ContainsAny(topic, "+#\x00") || topic[0] == '$':
		return fmt.Errorf("%w: topic %q", ErrInvalid, topic)
	}
	return nil
}
