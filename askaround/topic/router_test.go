package topic

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRouterCallsInOrder(t *testing.T) {
	var r Router[string]
	var calls []string
	handle := func(label string) func(string, string) {
		return func(name, m string) { calls = append(calls, label+" "+name+" "+m) }
	}
	stop := r.Handle(mustFilter(t, "a/+"), handle("1"))
	r.Handle(mustFilter(t, "#"), handle("2"))
	r.Handle(mustFilter(t, "a/b"), handle("3"))
	r.Handle(mustFilter(t, "a/b"), handle("4"))
	if n := r.Route("a/b", "m"); n != 4 {
		t.Errorf("%d handlers, want 4", n)
	}
	stop()
	stop()
	if n := r.Route("a/b", "n"); n != 3 {
		t.Errorf("%d handlers, want 3", n)
	}
	if n := r.Route("$SYS", "n"); n != 0 {
		t.Errorf("%d handlers, want none", n)
	}
	want := []string{"1 a/b m", "2 a/b m", "3 a/b m", "4 a/b m", "2 a/b n", "3 a/b n", "4 a/b n"}
	if diff := cmp.Diff(want, calls); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A handler changes the router: what it changes holds from the next message on.
func TestHandlersMayChangeTheRouter(t *testing.T) {
	var r Router[int]
	second := 0
	var stop func()
	stop = r.Handle(mustFilter(t, "a"), func(string, int) {
		stop()
		r.Handle(mustFilter(t, "a"), func(string, int) { second++ })
	})
	for want := range 3 {
		if r.Route("a", 0); second != want {
			t.Errorf("the second handler ran %d times, want %d", second, want)
		}
	}
}

func TestRouterIsSafeForConcurrentUse(t *testing.T) {
	var r Router[int]
	var always atomic.Int64
	r.Handle(mustFilter(t, "a/#"), func(string, int) { always.Add(1) })
	var working sync.WaitGroup
	const workers, rounds = 4, 500
	for range workers {
		working.Go(func() {
			for i := range rounds {
				stop := r.Handle(mustFilter(t, "a/+"), func(string, int) {})
				r.Route("a/b", i)
				stop()
			}
		})
	}
	working.Wait()
	if n := always.Load(); n != workers*rounds {
		t.Errorf("%d messages arrived, want %d", n, workers*rounds)
	}
	if n := r.Route("a/b", 0); n != 1 {
		t.Errorf("%d handlers are left, want 1", n)
	}
}

func TestRouteAllocatesNothing(t *testing.T) {
	var r Router[int]
	for _, f := range []string{"a/b", "a/+", "#", "a/#"} {
		r.Handle(mustFilter(t, f), func(string, int) {})
	}
	if n := testing.AllocsPerRun(100, func() { r.Route("a/b", 1) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
