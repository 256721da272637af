package mqtt

import (
	"context"
	"sync"
)

// commits send replies when what they promise is on disk. One goroutine waits for the
// store, for all connections: whatever came while it waited shares the next wait.
type commits struct {
	mu      sync.Mutex
	pending []commit
	wake    chan struct{} // capacity 1
}

type commit struct {
	conn     *conn
	packet   []byte
	position Position
}

func (q *commits) add(c commit) {
	q.mu.Lock()
	q.pending = append(q.pending, c)
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *commits) take(into []commit) []commit {
	q.mu.Lock()
	defer q.mu.Unlock()
	taken := q.pending
	q.pending = into[:0]
	return taken
}

// run sends replies until ctx ends.
func (q *commits) run(ctx context.Context, store Store) {
	var batch []commit
	for {
		select {
		case <-ctx.Done():
			return
		case <-q.wake:
		}
		clear(batch)
		batch = q.take(batch)
		var last Position
		for i := range batch {
			last = max(last, batch[i].position)
		}
		err := store.Wait(ctx, last)
		for i := range batch {
			if c := batch[i].conn; err == nil {
				c.committed(batch[i].packet)
			} else {
				failed := endStore
				failed.cause = err
				c.end(failed)
			}
		}
	}
}
