package faulttest

import (
	"fmt"
	"sync"
	"testing"

	"github.com/askaround/askaround-go/iotauth/gateway/internal/mqttest"
)

// What has been delivered and acknowledged, and who has come and gone for good, is no more
// in memory.
func TestNothingIsLeftOfWhatIsOver(t *testing.T) {
	s := serve(t, t.TempDir(), nil)
	sub := join(t, s.address, mqttest.V5, "sub", mqttest.Persistent(3600))
	sub.Subscribe(1, "a/b")
	traffic := func(from, to int) {
		var filling sync.WaitGroup
		filling.Go(func() { fill(t, s.address, from, to) })
		drain(t, sub, from, to)
		filling.Wait()
	}
	visits := func(from, to int) {
		for n := from; n < to; n++ {
			id := fmt.Sprint("visitor", n)
			subscribeAndLeave(t, s.address, mqttest.V5, id)
			join(t, s.address, mqttest.V5, id).Disconnect() // a clean start
		}
	}
	traffic(0, 2000) // and what a broker keeps for its next work
	visits(0, 50)
	before := heap()
	traffic(2000, 12000)
	visits(50, 250)
	left := heap() - before
	t.Logf("%d KiB more on the heap after 10000 messages and 200 sessions", left>>10)
	if left > 4<<20 {
		t.Errorf("%d bytes are left on the heap", left)
	}
	if stats := s.Stats(); stats.Queued != 0 || stats.Sessions != 1 || stats.Subscriptions != 1 {
		t.Errorf("%d messages, %d sessions and %d subscriptions are left, want 0, 1 and 1", stats.Queued, stats.Sessions, stats.Subscriptions)
	}
}
