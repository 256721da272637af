package store

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/askaround/askaround-go/internal/mqtt"
	"github.com/google/go-cmp/cmp"
)

// model is what a store must hold, as plain maps. It uses one the way the broker does.
type model struct {
	random  *rand.Rand
	store   *Store
	now     contents
	numbers map[string]uint64
	last    mqtt.MessageID

	history      []contents // after each call; the first is before any
	positions    []mqtt.Position
	acknowledged int // calls that Wait said are on disk
}

func newModel(seed uint64) *model {
	m := &model{random: rand.New(rand.NewPCG(seed, 0)), now: *newContents(), numbers: map[string]uint64{}}
	m.told(0)
	return m
}

// told remembers the state after a call.
func (m *model) told(p mqtt.Position) {
	queues := map[string][]mqtt.Queued{}
	held := map[mqtt.MessageID]*mqtt.Message{}
	for clientID, q := range m.now.Queues {
		if len(q) > 0 {
			queues[clientID] = slices.Clone(q)
		}
		for _, e := range q {
			held[e.Message] = m.now.Messages[e.Message]
		}
	}
	m.now.Messages = held
	m.history = append(m.history, contents{maps.Clone(m.now.Sessions), queues, held, maps.Clone(m.now.Retained)})
	m.positions = append(m.positions, p)
}

var (
	modelSessions = []string{"a", "b", "c", "d"}
	modelTopics   = []string{"t", "u/v", "w"}
)

func (m *model) step() {
	clientID := modelSessions[m.random.IntN(len(modelSessions))]
	switch n := m.random.IntN(100); {
	case n < 10:
		m.putSession(clientID)
	case n < 14:
		delete(m.now.Sessions, clientID)
		delete(m.now.Queues, clientID)
		m.told(m.store.DeleteSession(clientID))
	case n < 45:
		m.publish()
	case n < 90:
		m.dequeue(clientID)
	case n < 97:
		topic := modelTopics[m.random.IntN(len(modelTopics))]
		message := m.message(topic)
		m.now.Retained[topic] = published{message, begin}
		m.told(m.store.PutRetained(topic, message, begin))
	default:
		topic := modelTopics[m.random.IntN(len(modelTopics))]
		delete(m.now.Retained, topic)
		m.told(m.store.PutRetained(topic, nil, begin))
	}
}

func (m *model) putSession(clientID string) {
	r := persistent(clientID)
	r.Subscriptions = map[string]mqtt.Subscription{fmt.Sprint("t/", m.random.IntN(9)): {QoS: byte(m.random.IntN(2))}}
	m.now.Sessions[clientID] = r
	m.told(m.store.PutSession(r))
}

func (m *model) message(topic string) *mqtt.Message {
	payload := make([]byte, m.random.IntN(200))
	for i := range payload {
		payload[i] = byte(m.random.Uint32())
	}
	return &mqtt.Message{Topic: topic, Payload: payload, QoS: 1}
}

// publish queues a message for some of the sessions.
func (m *model) publish() {
	message := m.message("t")
	m.last++
	p := m.store.PutMessage(m.last, message)
	m.told(p)
	for _, clientID := range slices.Sorted(maps.Keys(m.now.Sessions)) {
		if m.random.IntN(3) == 0 {
			continue
		}
		m.numbers[clientID]++
		q := mqtt.Queued{Number: m.numbers[clientID], Message: m.last, Retain: m.random.IntN(2) == 0, Group: []string{"", "g"}[m.random.IntN(2)]}
		p := m.store.Enqueue(clientID, q)
		m.now.Messages[m.last] = message
		m.now.Queues[clientID] = append(m.now.Queues[clientID], q)
		m.told(p)
		if m.random.IntN(3) == 0 { // it is acknowledged before the others have it
			m.dequeue(clientID)
		}
	}
	m.store.ReleaseMessage(m.last)
}

// dequeue acknowledges one of the first messages of a session.
func (m *model) dequeue(clientID string) {
	q := m.now.Queues[clientID]
	if len(q) == 0 {
		return
	}
	i := m.random.IntN(min(len(q), 5))
	p := m.store.Dequeue(clientID, q[i].Number)
	m.now.Queues[clientID] = slices.Delete(slices.Clone(q), i, i+1)
	m.told(p)
}

// wait asks for the last call to be on disk, and reports whether it is.
func (m *model) wait(t *testing.T) bool {
	last := len(m.positions) - 1
	if m.store.Wait(t.Context(), m.positions[last]) != nil {
		return false
	}
	m.acknowledged = last
	return true
}

// check finds what was found after a crash among the states that are no older than what
// was acknowledged, and goes on from it.
func (m *model) check(t *testing.T, got *contents) {
	t.Helper()
	found := got.fingerprint()
	for n := len(m.history) - 1; n >= m.acknowledged; n-- {
		if m.history[n].fingerprint() == found {
			m.now = *got
			m.history, m.positions, m.acknowledged = nil, nil, 0
			m.told(0)
			return
		}
	}
	t.Fatalf("found what was so after none of the calls %d to %d; against the acknowledged (-want +got):\n%s",
		m.acknowledged, len(m.history)-1, cmp.Diff(&m.history[m.acknowledged], got, same))
}

// The power fails at every single write of the same run, and again during the next one:
// what is found is the state after some call, and no acknowledged one is missing.
func TestCrashAtEveryWrite(t *testing.T) {
	seed, steps, runs := uint64(time.Now().UnixNano()), 150, 0
	if os.Getenv("ASKAROUND_SLOW") != "" {
		steps = 1500
	}
	t.Logf("seed %d", seed)
	for writes := 1; ; writes++ {
		m, fs := newModel(seed), newCrashFS(seed, writes)
		crashed := m.run(t, t.TempDir(), fs, steps)
		for range 2 { // processes after it
			fs = fs.afterCrash()
			fs.writes = 1 + m.random.IntN(40)
			m.run(t, t.TempDir(), fs, steps)
		}
		fs = fs.afterCrash()
		m.run(t, t.TempDir(), fs, 0)
		if runs++; !crashed {
			break
		}
		if testing.Short() && runs == 20 {
			break
		}
	}
	t.Logf("the power failed at each of %d writes", runs-1)
}

// run is one process. It reports whether the power failed.
func (m *model) run(t *testing.T, lock string, fs *crashFS, steps int) (crashed bool) {
	t.Helper()
	s := open(t, lock, withFS(fs), compactBytes(4096), at(begin))
	defer s.Close()
	got := newContents()
	if err := s.Load(got.sink(t)); err != nil {
		if fs.off {
			return true
		}
		t.Fatalf("power off after %d writes: Load: %v", fs.writes, err)
	}
	m.check(t, got)
	m.store = s
	for range steps {
		m.step()
		if m.random.IntN(4) == 0 && !m.wait(t) {
			return true
		}
	}
	return !m.wait(t)
}

// Long runs with compactions going on meanwhile.
func TestModel(t *testing.T) {
	seed, rounds := uint64(time.Now().UnixNano()), 4
	if os.Getenv("ASKAROUND_SLOW") != "" {
		rounds = 40
	}
	t.Logf("seed %d", seed)
	m, dir := newModel(seed), t.TempDir()
	for range rounds {
		s := open(t, dir, compactBytes(4096), at(begin))
		m.check(t, load(t, s))
		m.store = s
		for range 1000 {
			m.step()
			if m.random.IntN(20) == 0 && !m.wait(t) {
				t.Fatal("the store has failed")
			}
		}
		m.acknowledged = len(m.history) - 1 // Close writes what was told
		closeStore(t, s)
	}
}
