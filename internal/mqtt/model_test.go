package mqtt_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/askaround/askaround-go/internal/mqtt"
)

// journaled is a Store that can die. What it was told is an operation at a position; what
// was not waited for is lost with it. It checks what a Store may expect.
type journaled struct {
	mu       sync.Mutex
	base     *kept               // what was waited for
	ops      []func(*kept) error // what was not
	synced   int                 // operations in base
	dead     bool
	released map[mqtt.MessageID]bool
	hold     chan struct{} // when set, Wait waits for it to be closed
	faults   []error
}

// kept is what a store has kept.
type kept struct {
	sessions map[string]mqtt.SessionRecord
	queues   map[string][]mqtt.Queued
	messages map[mqtt.MessageID]*mqtt.Message
	retained map[string]*mqtt.Message
	at       map[string]time.Time
}

var errDead = errors.New("the store is dead")

func newJournaled() *journaled {
	return &journaled{
		base:     &kept{map[string]mqtt.SessionRecord{}, map[string][]mqtt.Queued{}, map[mqtt.MessageID]*mqtt.Message{}, map[string]*mqtt.Message{}, map[string]time.Time{}},
		released: map[mqtt.MessageID]bool{},
	}
}

func (j *journaled) tell(op func(*kept) error) mqtt.Position {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.dead {
		j.ops = append(j.ops, op)
	}
	return mqtt.Position(j.synced + len(j.ops))
}

func (j *journaled) PutSession(s mqtt.SessionRecord) mqtt.Position {
	return j.tell(func(k *kept) error { k.sessions[s.ClientID] = s; return nil })
}

func (j *journaled) DeleteSession(clientID string) mqtt.Position {
	return j.tell(func(k *kept) error {
		delete(k.sessions, clientID)
		delete(k.queues, clientID)
		return nil
	})
}

func (j *journaled) PutMessage(id mqtt.MessageID, m *mqtt.Message) mqtt.Position {
	return j.tell(func(k *kept) error {
		if k.messages[id] != nil {
			return fmt.Errorf("message %d again", id)
		}
		k.messages[id] = m
		return nil
	})
}

func (j *journaled) Enqueue(clientID string, q mqtt.Queued) mqtt.Position {
	j.mu.Lock()
	if j.released[q.Message] {
		j.faults = append(j.faults, fmt.Errorf("message %d was released before it was queued for %s", q.Message, clientID))
	}
	j.mu.Unlock()
	return j.tell(func(k *kept) error {
		queue := k.queues[clientID]
		switch {
		case k.sessions[clientID].ClientID == "":
			return fmt.Errorf("message %d for %s, which has no session", q.Message, clientID)
		case k.messages[q.Message] == nil:
			return fmt.Errorf("message %d for %s is not there", q.Message, clientID)
		case len(queue) > 0 && queue[len(queue)-1].Number >= q.Number:
			return fmt.Errorf("number %d of %s after %d", q.Number, clientID, queue[len(queue)-1].Number)
		}
		k.queues[clientID] = append(queue, q)
		return nil
	})
}

func (j *journaled) Dequeue(clientID string, number uint64) mqtt.Position {
	return j.tell(func(k *kept) error {
		i := slices.IndexFunc(k.queues[clientID], func(q mqtt.Queued) bool { return q.Number == number })
		if i < 0 {
			return fmt.Errorf("number %d of %s is not queued", number, clientID)
		}
		if i == 0 {
			k.queues[clientID] = k.queues[clientID][1:]
		} else {
			k.queues[clientID] = slices.Delete(k.queues[clientID], i, i+1)
		}
		return nil
	})
}

func (j *journaled) ReleaseMessage(id mqtt.MessageID) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.released[id] = true
}

func (j *journaled) PutRetained(topic string, m *mqtt.Message, at time.Time) mqtt.Position {
	return j.tell(func(k *kept) error {
		k.retained[topic], k.at[topic] = m, at
		if m == nil {
			delete(k.retained, topic)
		}
		return nil
	})
}

func (j *journaled) Wait(ctx context.Context, p mqtt.Position) error {
	j.mu.Lock()
	hold := j.hold
	j.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.dead {
		return errDead
	}
	j.sync(int(p))
	return nil
}

// sync plays operations up to a position.
func (j *journaled) sync(p int) {
	for ; j.synced < p; j.synced++ {
		if err := j.ops[0](j.base); err != nil {
			j.faults = append(j.faults, err)
		}
		j.ops = j.ops[1:]
	}
}

func (j *journaled) Close() error { return nil }

// Load tells what is kept.
func (j *journaled) Load(sink mqtt.StoreSink) error {
	k, err := j.state()
	if err != nil {
		return err
	}
	for id, m := range k.messages {
		sink.Message(id, m)
	}
	for _, s := range k.sessions {
		sink.Session(s)
	}
	for id, queue := range k.queues {
		for _, q := range queue {
			sink.Enqueue(id, q)
		}
	}
	for topic, m := range k.retained {
		sink.Retained(topic, m, k.at[topic])
	}
	return nil
}

// state is what is kept of all that the store was told.
func (j *journaled) state() (*kept, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.sync(j.synced + len(j.ops))
	return j.base, errors.Join(j.faults...)
}

// die ends the store: nothing is kept any more, and nothing promised. It returns the one
// that is found afterwards.
func (j *journaled) die() *journaled {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.dead = true
	next := newJournaled()
	next.base, next.faults = j.base, j.faults
	return next
}
