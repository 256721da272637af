package faulttest

import (
	"fmt"
	"testing"

	"github.com/askaround/askaround-go/internal/mqtt/mqttest"
)

// What has been delivered and acknowledged, and who has come and gone for good, is no more
// in memory.
func TestNothingIsLeftOfWhatIsOver(t *testing.T) {
	s := serve(t, t.TempDir(), nil)
	sub := join(t, s.address, mqttest.V5, "sub", mqttest.Persistent(3600))
	sub.Subscribe(1, "a/b")
	traffic := func(from, to int) {
		const chunk = 500
		for ; from < to; from += chunk {
			fill(t, s.address, from, from+chunk)
			drain(t, sub, from, from+chunk)
		}
	}
	visits := func(from, to int) {
		for n := from; n < to; n++ {
			id := fmt.Sprint("visitor", n)
			subscribeAndLeave(t, s.address, mqttest.V5, id)
			join(t, s.address, mqttest.V5, id).Disconnect() // a clean start
		}
	}
	traffic(0, 1000) // and what a broker keeps for its next work
	visits(0, 10)
	before := heap()
	traffic(1000, 6000)
	visits(10, 60)
	left := heap() - before
	t.Logf("%d KiB more on the heap after 5000 messages and 50 sessions", left>>10)
	if left > 4<<20 {
		t.Errorf("%d bytes are left on the heap", left)
	}
	if stats := s.Stats(); stats.Queued != 0 || stats.Sessions != 1 || stats.Subscriptions != 1 {
		t.Errorf("%d messages, %d sessions and %d subscriptions are left, want 0, 1 and 1", stats.Queued, stats.Sessions, stats.Subscriptions)
	}
}
