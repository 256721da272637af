package pump

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/internal/localaws"
	"github.com/askaround/askaround-go/internal/localaws/dynamodb"
)

// TestShardsTakeTurns: with a pace every shard has one batch in each period, and no two
// shards have theirs at the same time.
func TestShardsTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, "", func(o *localaws.Options) { o.StreamShards = 4 })
		defer w.Close()
		type turn struct {
			second, millisecond int64
		}
		turns, records := map[string][]turn{}, 0 // by shard
		var mu sync.Mutex
		begin := time.Now()
		m, err := Window(w.Local, "table", func(_ context.Context, e events.DynamoDBTimeWindowEvent) (r events.DynamoDBTimeWindowEventResponse, err error) {
			mu.Lock()
			defer mu.Unlock()
			if len(e.Records) > 0 {
				at := time.Since(begin).Milliseconds()
				turns[e.ShardID] = append(turns[e.ShardID], turn{at / 1000, at % 1000})
				records += len(e.Records)
			}
			return r, nil
		}, func(o *StreamOptions) { o.Pace, o.BatchSize, o.TumblingWindow = time.Second, 1000, 15*time.Minute })
		if err != nil {
			t.Fatal(err)
		}
		stop := start(t, m)
		const puts = 1000
		for i := range puts { // for 10 seconds
			w.put(t, i, i+1)
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(2 * time.Second)
		stop()
		if records != puts {
			t.Errorf("%d records of %d", records, puts)
		}
		var shifts []int64
		for _, all := range turns {
			for i, one := range all[1:] {
				if one.second > 9 {
					break // nothing new comes
				}
				if i > 0 && (one.second != all[i].second+1 || one.millisecond != all[1].millisecond) {
					t.Errorf("turns %v", all)
					break
				}
			}
			shifts = append(shifts, all[1].millisecond)
		}
		slices.Sort(shifts)
		if diff := cmp.Diff([]int64{0, 250, 500, 750}, shifts); diff != "" {
			t.Errorf("turns within a second (-want +got):\n%s", diff)
		}
	})
}

// TestShardsSideBySide: a shard that fails holds back its child, and no other.
func TestShardsSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, "", func(o *localaws.Options) { o.StreamShards = 2 })
		defer w.Close()
		shards, err := w.DynamoDB().StreamShards("table")
		if err != nil {
			t.Fatal(err)
		}
		sick := shards[0].ID
		lives := map[string][]string{} // what was delivered, by shard
		healed := false
		var mu sync.Mutex
		m, err := Window(w.Local, "table", func(_ context.Context, e events.DynamoDBTimeWindowEvent) (r events.DynamoDBTimeWindowEventResponse, err error) {
			mu.Lock()
			defer mu.Unlock()
			if e.ShardID == sick && !healed {
				return r, errors.New("sick")
			}
			lives[e.ShardID] = append(lives[e.ShardID], pks(e.Records)...)
			return r, nil
		}, func(o *StreamOptions) { o.RetryDelay = time.Minute })
		if err != nil {
			t.Fatal(err)
		}
		stop := start(t, m)
		w.put(t, 0, 20)
		time.Sleep(5 * time.Hour) // what comes now is for children
		w.put(t, 20, 40)
		time.Sleep(time.Hour)
		mu.Lock()
		before := len(lives)
		healed = true
		mu.Unlock()
		time.Sleep(2 * time.Hour)
		stop()
		if before != 2 {
			t.Errorf("%d shards were delivered beside the sick one, want the other and its child: %v", before, lives)
		}
		if len(lives) != 4 {
			t.Errorf("%d shards were delivered in the end: %v", len(lives), lives)
		}
		var all []string
		for _, ids := range lives {
			all = append(all, ids...)
		}
		slices.Sort(all)
		want := numbers(0, 40)
		slices.Sort(want)
		if diff := cmp.Diff(want, all); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestReady(t *testing.T) {
	shard := func(id, parent string) dynamodb.Shard { return dynamodb.Shard{ID: id, Parent: parent} }
	all := []dynamodb.Shard{shard("a", "gone"), shard("b", ""), shard("a1", "a"), shard("a2", "a1"), shard("b1", "b")}
	for _, row := range []struct {
		why            string
		begun, reading []string
		want           []string
	}{
		{"nothing was begun", nil, nil, []string{"a", "b"}},
		{"a is finished", []string{"a", "b"}, []string{"b"}, []string{"a1"}},
		{"the child of what is read waits, and its child too", []string{"a", "b"}, []string{"a", "b"}, nil},
		{"all is begun", []string{"a", "b", "a1", "a2", "b1"}, []string{"a2"}, nil},
	} {
		set := func(ids []string) map[string]bool {
			m := map[string]bool{}
			for _, id := range ids {
				m[id] = true
			}
			return m
		}
		var got []string
		for _, sh := range ready(all, set(row.begun), set(row.reading)) {
			got = append(got, sh.ID)
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("%s: %v, want %v", row.why, got, row.want)
		}
	}
}

// TestExecutions: mappings that share turns have no more calls under way than there are, and
// the time that a call waits is none of its Timeout.
func TestExecutions(t *testing.T) {
	for most, took := range map[int]time.Duration{1: 40 * time.Second, 3: 20 * time.Second} {
		t.Run(fmt.Sprint(most), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := open(t, "", func(o *localaws.Options) { o.StreamShards = 2 })
				defer w.Close()
				var mu sync.Mutex
				now, peak, calls := 0, 0, 0
				var last time.Duration
				begin := time.Now()
				work := func() {
					mu.Lock()
					now++
					peak = max(peak, now)
					mu.Unlock()
					time.Sleep(10 * time.Second)
					mu.Lock()
					defer mu.Unlock()
					now, calls, last = now-1, calls+1, time.Since(begin)
				}
				turns := NewExecutions(most)
				stream, err := Stream(w.Local, "table", func(context.Context, streamEvent) (streamResponse, error) {
					work()
					return streamResponse{}, nil
				}, func(o *StreamOptions) { o.Executions, o.Timeout = turns, 15*time.Second })
				if err != nil {
					t.Fatal(err)
				}
				w.url = w.queue(t, "slow", map[string]string{"VisibilityTimeout": "120"})
				queue, err := Queue(w.Local, w.url, func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
					work()
					return events.SQSEventResponse{}, nil
				}, func(o *QueueOptions) {
					o.Executions, o.Timeout, o.Concurrency, o.BatchSize = turns, 15*time.Second, 2, 1
				})
				if err != nil {
					t.Fatal(err)
				}
				w.put(t, 0, 20)
				w.send(t, "a", "b")
				stopStream, stopQueue := start(t, stream), start(t, queue)
				time.Sleep(time.Hour)
				stopStream()
				stopQueue()
				if calls != 4 || peak != most || last != took {
					t.Errorf("%d calls, up to %d at once, the last ended after %v; want 4, %d, %v", calls, peak, last, most, took)
				}
				if n := stream.Stats().Failures + queue.Stats().Failures; n != 0 {
					t.Errorf("%d failures", n)
				}
			})
		})
	}
}
