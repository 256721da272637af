package pump

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
)

type (
	windowEvent    = events.DynamoDBTimeWindowEvent
	windowResponse = events.DynamoDBTimeWindowEventResponse
)

// counting is a handler that counts records in its state, and notes its calls: time,
// window, records, the count it was given, and how the window ends.
type counting struct {
	begin time.Time
	fail  func(n int, e windowEvent) error

	mu  sync.Mutex
	log []string
}

func (c *counting) last() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.log[len(c.log)-1]
}

func (c *counting) handle(_ context.Context, e windowEvent) (r windowResponse, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	end := ""
	if e.IsFinalInvokeForWindow {
		end += " final"
	}
	if e.IsWindowTerminatedEarly {
		end += " early"
	}
	since := func(at time.Time) time.Duration { return at.Sub(c.begin).Round(10 * time.Millisecond) }
	c.log = append(c.log, fmt.Sprintf("%v: %v-%v %v n=%s%s", since(time.Now()), since(e.Window.Start.Time), since(e.Window.End.Time), pks(e.Records), e.State["n"], end))
	if c.fail != nil {
		if err := c.fail(len(c.log), e); err != nil {
			return r, err
		}
	}
	n, _ := strconv.Atoi(e.State["n"]) // "" is 0
	r.State = map[string]string{"n": strconv.Itoa(n + len(e.Records))}
	return r, nil
}

func tenSeconds(o *StreamOptions) { o.TumblingWindow = 10 * time.Second }

// aligned waits for the beginning of a window in a bubble.
func aligned() time.Time {
	next := time.Now().Truncate(20 * time.Second).Add(20 * time.Second)
	time.Sleep(time.Until(next))
	return next
}

func TestWindows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, "")
		defer w.Close()
		c := &counting{begin: aligned()}
		m, err := Window(w.Local, "table", c.handle, tenSeconds)
		if err != nil {
			t.Fatal(err)
		}
		stop := start(t, m)
		time.Sleep(time.Second)
		w.put(t, 0, 1)
		time.Sleep(3 * time.Second)
		w.put(t, 1, 2)
		synctest.Wait()
		if m.Idle() {
			t.Error("idle with state in an open window")
		}
		time.Sleep(8 * time.Second)
		w.put(t, 2, 3)
		time.Sleep(23 * time.Second)
		w.put(t, 3, 4)
		time.Sleep(time.Second)
		synctest.Wait()
		if got := c.last(); !strings.HasSuffix(got, "30s-40s [3] n=") {
			t.Errorf("a new window has state: %s", got)
		}
		time.Sleep(10 * time.Second)
		stop()
		want := []string{
			"1s: 0s-10s [0] n=", "4s: 0s-10s [1] n=1", "10.01s: 0s-10s [] n=2 final",
			"12s: 10s-20s [2] n=", "20.01s: 10s-20s [] n=1 final",
			"35s: 30s-40s [3] n=", "40.01s: 30s-40s [] n=1 final",
		}
		if diff := cmp.Diff(want, c.log); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if !m.Idle() {
			t.Error("not idle")
		}
	})
}

// Records that wait for the consumer are cut into their windows.
// TestWindowPace: a window ends when it is over although the pace holds records back, and
// has all of its own.
func TestWindowPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, "")
		defer w.Close()
		c := &counting{begin: aligned()}
		m, err := Window(w.Local, "table", c.handle, tenSeconds, func(o *StreamOptions) { o.Pace = 4 * time.Second })
		if err != nil {
			t.Fatal(err)
		}
		stop := start(t, m)
		time.Sleep(8 * time.Second)
		w.put(t, 0, 1) // at 8 s
		time.Sleep(time.Second)
		w.put(t, 1, 2)
		time.Sleep(2 * time.Second)
		w.put(t, 2, 3) // at 11 s, of the next window
		time.Sleep(20 * time.Second)
		stop()
		want := []string{
			"8s: 0s-10s [0] n=", "12s: 0s-10s [1] n=1", "12s: 0s-10s [] n=2 final",
			"12s: 10s-20s [2] n=", "20.01s: 10s-20s [] n=1 final",
		}
		if diff := cmp.Diff(want, c.log); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestWindowsOfABacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, "")
		defer w.Close()
		c := &counting{begin: aligned()}
		w.put(t, 0, 3)
		time.Sleep(10 * time.Second)
		w.put(t, 3, 5)
		time.Sleep(40 * time.Second)
		m, err := Window(w.Local, "table", c.handle, tenSeconds, func(o *StreamOptions) { o.BatchSize = 4 })
		if err != nil {
			t.Fatal(err)
		}
		stop := start(t, m)
		stop()
		want := []string{
			"50s: 0s-10s [0 1 2] n=", "50s: 0s-10s [] n=3 final",
			"50s: 10s-20s [3] n=", "50s: 10s-20s [4] n=1", "50s: 10s-20s [] n=2 final",
		}
		if diff := cmp.Diff(want, c.log); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestWindowGoesOnAfterRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, "")
		defer w.Close()
		c := &counting{begin: aligned()}
		for round := range 3 {
			m, err := Window(w.Local, "table", c.handle, tenSeconds)
			if err != nil {
				t.Fatal(err)
			}
			stop := start(t, m)
			if round < 2 {
				w.put(t, round, round+1)
			}
			synctest.Wait()
			stop()
			time.Sleep(6 * time.Second)
		}
		want := []string{"0s: 0s-10s [0] n=", "6s: 0s-10s [1] n=1", "12s: 0s-10s [] n=2 final"}
		if diff := cmp.Diff(want, c.log); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// Neither a batch nor the end of a window counts twice when it is tried again.
func TestWindowFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, "")
		defer w.Close()
		c := &counting{begin: aligned(), fail: func(n int, e windowEvent) error {
			if n == 1 || n == 3 {
				e.State["n"] = "999" // what a failed call leaves behind does not count
				return errNo
			}
			return nil
		}}
		m, err := Window(w.Local, "table", c.handle, tenSeconds, func(o *StreamOptions) { o.RetryDelay = time.Second })
		if err != nil {
			t.Fatal(err)
		}
		stop := start(t, m)
		w.put(t, 0, 1)
		time.Sleep(20 * time.Second)
		stop()
		want := []string{"0s: 0s-10s [0] n=", "1s: 0s-10s [0] n=", "10.01s: 0s-10s [] n=1 final", "11.01s: 0s-10s [] n=1 final"}
		if diff := cmp.Diff(want, c.log); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestWindowWhoseStateIsTooLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, "")
		defer w.Close()
		c := &counting{begin: aligned()}
		large := strings.Repeat("x", maxState)
		m, err := Window(w.Local, "table", func(ctx context.Context, e windowEvent) (windowResponse, error) {
			r, err := c.handle(ctx, e)
			if len(e.Records) == 2 {
				r.State["large"] = large
			}
			return r, err
		}, tenSeconds)
		if err != nil {
			t.Fatal(err)
		}
		w.put(t, 0, 2)
		stop := start(t, m)
		w.put(t, 2, 3)
		time.Sleep(20 * time.Second)
		stop()
		want := []string{"0s: 0s-10s [0 1] n=", "0s: 0s-10s [] n=2 early", "0s: 0s-10s [2] n=", "10.01s: 0s-10s [] n=1 final"}
		if diff := cmp.Diff(want, c.log); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
