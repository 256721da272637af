package pump

import (
	"context"
	"encoding/json"
	"hash/fnv"
	"sync"
)

// lanes deliver the records of one shard with several calls at once. An item's records
// go through one lane, in order. The position follows what is done without a gap.
type lanes struct {
	*reader

	mu      sync.Mutex
	changed sync.Cond  // a lane has records, there is room, or all is over
	queues  [][]record // by lane
	order   []string   // sequence numbers under way, ascending
	done    map[string]bool
	over    bool // no more records come
}

// laneRoom is how many batches for each lane are read ahead. A lane that fails holds
// the others back when as many records wait for it.
const laneRoom = 4

// parallelShard reads the shard to its end, or until ctx ends.
func (r *reader) parallelShard(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l := &lanes{reader: r, queues: make([][]record, r.options.ParallelizationFactor), done: map[string]bool{}}
	l.changed.L = &l.mu
	stop := context.AfterFunc(ctx, l.finish)
	defer stop()
	var group sync.WaitGroup
	for i := range l.queues {
		group.Go(func() { l.run(ctx, i) })
	}
	err := l.read(ctx)
	if err != nil {
		cancel() // a lane may be trying again for ever
	}
	l.finish()
	group.Wait()
	return err
}

// read hands records to the lanes until ctx or the shard ends.
func (l *lanes) read(ctx context.Context) error {
	after := l.load(l.shard).After
	for {
		room := l.room()
		if room == 0 {
			return nil
		}
		records, end, err := l.gather(ctx, after, room, nil)
		if err != nil || len(records) == 0 && end || ctx.Err() != nil {
			return err
		}
		if len(records) > 0 {
			after = sequence(records[len(records)-1])
			l.spread(records, l.keep(records))
		}
	}
}

// room waits until a batch's worth may be read; it returns 0 when all is over.
func (l *lanes) room() int {
	most := len(l.queues) * l.options.BatchSize
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.order)+most > laneRoom*most && !l.over {
		l.changed.Wait()
	}
	if l.over {
		return 0
	}
	return most
}

// spread hands those records to the lanes that are kept. The others are done.
func (l *lanes) spread(records, kept []record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range kept {
		i := lane(r, len(l.queues))
		l.queues[i] = append(l.queues[i], r)
	}
	for _, r := range records {
		l.order = append(l.order, sequence(r))
		if len(kept) > 0 && sequence(kept[0]) == sequence(r) {
			kept = kept[1:]
		} else {
			l.done[sequence(r)] = true
		}
	}
	l.moveOn()
	l.changed.Broadcast()
}

// lane chooses by the item's key.
func lane(r record, n int) int {
	key, err := json.Marshal(r.Change.Keys) // sorted by name
	if err != nil {
		panic(err) // strings, numbers and bytes: cannot fail
	}
	h := fnv.New32a()
	h.Write(key)
	return int(h.Sum32() % uint32(n))
}

func (l *lanes) finish() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	l.changed.Broadcast()
}

// run delivers the records of one lane until they are over, or ctx ends.
func (l *lanes) run(ctx context.Context, i int) {
	for {
		records := l.take(i)
		if len(records) == 0 || !l.batch(ctx, l.shard, records, l.plain, l.advance) {
			return
		}
	}
}

// take waits for a batch of a lane; it is empty when no more comes.
func (l *lanes) take(i int) []record {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.queues[i]) == 0 && !l.over {
		l.changed.Wait()
	}
	records := l.queues[i][:min(len(l.queues[i]), l.options.BatchSize)]
	records = records[:fittingRecords(records)]
	l.queues[i] = l.queues[i][len(records):]
	return records
}

// advance notes that records are done.
func (l *lanes) advance(records []record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range records {
		l.done[sequence(r)] = true
	}
	l.moveOn()
}

// moveOn moves the position over all that is done. It is called under the lock.
func (l *lanes) moveOn() {
	n := 0
	for n < len(l.order) && l.done[l.order[n]] {
		delete(l.done, l.order[n])
		n++
	}
	if n > 0 {
		l.save(l.shard, position{After: l.order[n-1]})
		l.order = l.order[n:]
		l.changed.Broadcast()
	}
}
