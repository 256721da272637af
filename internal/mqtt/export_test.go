package mqtt

import (
	"context"
	"testing"
	"time"
)

// Router returns a function that routes one message to fan sessions that are away, each of
// which forgets what it got.
func Router(t testing.TB, fan int) (route func()) {
	b, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Shutdown(context.Background()) })
	sessions := make([]*session, fan)
	for i := range sessions {
		s := &session{key: string(rune('a' + i)), broker: b, expiry: time.Hour, persistent: true, subs: map[string]Subscription{}}
		f, _ := b.limits.parseFilter("load/+/t")
		b.index.subscribe(s, f, Subscription{QoS: 1})
		sessions[i] = s
	}
	m := Message{Topic: "load/1/t", Payload: make([]byte, 200), QoS: 1}
	return func() {
		b.route(newMessage(m), nil)
		for _, s := range sessions {
			d := s.queue.pop()
			s.forget(&d)
		}
	}
}
