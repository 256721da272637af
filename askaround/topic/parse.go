package topic

import "fmt"

// Parse reads a topic name and returns its typed form, so that
// Parse(s).String() == s. A name that MQTT or AWS IoT would refuse is an
// [ErrSyntax] or [ErrTooLong]; a well-formed name that fits no channel is an
// [ErrUnknown]; one that would, but for a level's value, is an [ErrParameter].
func Parse(s string) (Topic, error) {
	if err := Validate(s); err != nil {
		return nil, err
	}
	var err error
	l, n := split(s)
	for i := range channels {
		if !channels[i].fits(&l, n) {
			continue
		}
		t, fault := channels[i].parse(l)
		if fault == nil {
			return t, nil
		}
		err = fault // another channel may still fit
	}
	if err == nil {
		err = fmt.Errorf("%w: %q", ErrUnknown, s)
	}
	return nil, err
}

// parsed keeps the interface nil when the constructor failed.
func parsed[T Topic](t T, err error) (Topic, error) {
	if err != nil {
		return nil, err
	}
	return t, nil
}
