package topic

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A Filter is a valid MQTT topic filter. The zero Filter matches nothing.
type Filter struct {
	share  string // share name, "" when not shared
	levels string // the filter proper
}

// ParseFilter reads a filter as SUBSCRIBE carries it, "$share/{name}/{filter}"
// included. Errors: [ErrSyntax], [ErrTooLong].
func ParseFilter(s string) (Filter, error) {
	f := Filter{levels: s}
	if rest, ok := strings.CutPrefix(s, "$share/"); ok {
		name, levels, ok := strings.Cut(rest, "/")
		if !ok || name == "" || strings.ContainsAny(name, "+#") {
			return Filter{}, fmt.Errorf("%w: %q: a shared subscription is $share/{name}/{filter}", ErrSyntax, s)
		}
		f = Filter{share: name, levels: levels}
	}
	if err := checkText(s, f.levels); err != nil {
		return Filter{}, err
	}
	if !wildcardsAlone(f.levels) {
		return Filter{}, fmt.Errorf(`%w: %q: "+" and "#" stand for whole levels, and "#" ends the filter`, ErrSyntax, s)
	}
	return f, nil
}

// String is the filter as SUBSCRIBE carries it.
func (f Filter) String() string {
	if f.share == "" {
		return f.levels
	}
	return "$share/" + f.share + "/" + f.levels
}

// Share is the name of a shared subscription's group, "" for an ordinary filter.
func (f Filter) Share() string { return f.share }

// Exact reports whether f has no wildcard, so that it matches one topic at most.
func (f Filter) Exact() bool { return f.levels != "" && wildcard(f.levels) < 0 }

// Match reports whether f matches the topic name. It allocates nothing.
func (f Filter) Match(name string) bool { return match(f.levels, name) }

// Match reports whether filter, which may be shared, matches the topic name. Both
// are taken as valid; see [ParseFilter] and [Validate]. It allocates nothing.
func Match(filter, name string) bool {
	if rest, ok := strings.CutPrefix(filter, "$share/"); ok {
		_, filter, _ = strings.Cut(rest, "/")
	}
	return match(filter, name)
}

// match compares the text before each wildcard, then lets the wildcard pass what it may.
// An empty filter or name is no topic at all.
func match(filter, name string) bool {
	if filter == "" || name == "" {
		return false
	}
	if name[0] == '$' && (filter[0] == '+' || filter[0] == '#') {
		return false // MQTT-4.7.2-1
	}
	for {
		at := wildcard(filter)
		if at < 0 {
			return filter == name
		}
		before, any := filter[:at], filter[at]
		switch {
		case strings.HasPrefix(name, before) && any == '#':
			return true
		case any == '#':
			// "a/#" matches its parent "a" too (MQTT-4.7.1-2).
			return len(before) == len(name)+1 && strings.HasPrefix(before, name)
		case !strings.HasPrefix(name, before):
			return false
		}
		filter, name = filter[at+1:], name[at:]
		if end := strings.IndexByte(name, '/'); end >= 0 {
			name = name[end:]
		} else {
			name = ""
		}
	}
}

// wildcard is where the first wildcard of a filter stands, -1 for nowhere.
func wildcard(filter string) int {
	plus := strings.IndexByte(filter, '+')
	if plus >= 0 {
		return plus // "#" ends a filter
	}
	if end := len(filter) - 1; end >= 0 && filter[end] == '#' {
		return end
	}
	return -1
}

// Validate reports whether name may be published to: 1 to [MaxBytes] bytes of UTF-8
// without NUL and wildcards, at most [MaxSlashes] slashes. The prefix of Basic Ingest,
// "$aws/rules/{rule}/", does not count.
func Validate(name string) error {
	if strings.ContainsAny(name, "+#") {
		return fmt.Errorf("%w: %q: a topic name has no wildcard", ErrSyntax, name)
	}
	return checkText(name, withoutRule(name))
}

// withoutRule cuts the prefix of Basic Ingest, with which a message goes to one rule of
// AWS IoT without passing the broker.
// Source: https://docs.aws.amazon.com/iot/latest/developerguide/iot-basic-ingest.html.
func withoutRule(name string) string {
	if rest, ok := strings.CutPrefix(name, "$aws/rules/"); ok {
		if rule, topic, ok := strings.Cut(rest, "/"); ok && rule != "" {
			return topic
		}
	}
	return name
}

// checkText applies the limits to counted, and names whole in errors.
func checkText(whole, counted string) error {
	switch {
	case counted == "":
		return fmt.Errorf("%w: %q: empty", ErrSyntax, whole)
	case len(counted) > MaxBytes:
		return fmt.Errorf("%w: %d bytes, the limit is %d", ErrTooLong, len(counted), MaxBytes)
	case strings.Count(counted, "/") > MaxSlashes:
		return fmt.Errorf("%w: %d slashes, the limit is %d", ErrTooLong, strings.Count(counted, "/"), MaxSlashes)
	case !utf8.ValidString(whole) || strings.IndexByte(whole, 0) >= 0:
		return fmt.Errorf("%w: %q: not UTF-8 without NUL", ErrSyntax, whole)
	}
	return nil
}

// wildcardsAlone reports whether each "+" is a whole level and a "#" is the last one.
func wildcardsAlone(levels string) bool {
	for more := true; more; {
		var level string
		level, levels, more = strings.Cut(levels, "/")
		switch {
		case level == "#":
			return !more
		case level != "+" && strings.ContainsAny(level, "+#"):
			return false
		}
	}
	return true
}
