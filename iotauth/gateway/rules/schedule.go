package rules

import (
	"sync"

	"github.com/askaround/askaround-go/iotauth/gateway/rules/iotsql"
)

// A job is a message for the rules that it matches.
type job struct {
	chain     chain
	publisher string
	message   *iotsql.Message

	// Of the schedule, guarded by its lock.
	rules  int  // that have not done with it
	shared bool // its payload, decoded, is kept for all of them
}

// maxShared bounds the payloads, in bytes, that are kept decoded for rules that wait:
// decoded, they can take thirty times as much. Beyond it each rule decodes for itself.
const maxShared = 1 << 20

// A lane holds the messages of one publisher for one rule, in order. It is done by one
// worker at a time.
type lane struct {
	key  laneKey
	jobs []*job
}

type laneKey struct {
	rule      *rule
	publisher string
}

// A schedule hands lanes to workers, which are started when there is work and end when
// there is none.
type schedule struct {
	mu      sync.Mutex
	lanes   map[laneKey]*lane
	ready   []*lane // that no worker has, in the order in which they became so
	workers int
	bytes   int // of payloads that wait
	shared  int // of payloads that are kept decoded
	closed  bool
}

// enqueue puts a job at the end of its lane; false where there is no room.
func (e *Engine) enqueue(r *rule, j *job) bool {
	s := &e.schedule
	size := len(j.message.Payload)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || r.queued >= e.options.QueuedMessages || s.bytes+size > e.options.QueuedBytes {
		return false
	}
	r.queued++
	j.rules++
	s.bytes += size
	key := laneKey{r, j.publisher}
	if l, ok := s.lanes[key]; ok {
		l.jobs = append(l.jobs, j)
		return true
	}
	l := &lane{key: key, jobs: []*job{j}}
	s.lanes[key] = l
	s.ready = append(s.ready, l)
	if s.workers < e.options.Workers {
		s.workers++
		e.running.Go(e.work)
	}
	return true
}

// work does what is ready.
func (e *Engine) work() {
	for {
		l, j := e.take()
		if l == nil {
			return
		}
		e.execute(l.key.rule, j, e.decodes(j))
		e.done(l, j)
	}
}

// decodes returns the message of a job for one rule: the one that the others get too, or
// one of its own.
func (e *Engine) decodes(j *job) *iotsql.Message {
	s := &e.schedule
	size := len(j.message.Payload)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !j.shared && j.rules > 1 && s.shared+size <= maxShared {
		j.shared = true
		s.shared += size
	}
	if j.shared || j.rules == 1 {
		return j.message
	}
	return j.message.Copy()
}

// leave says that a rule has done with a job.
func (s *schedule) leave(j *job) {
	s.bytes -= len(j.message.Payload)
	if j.rules--; j.rules == 0 && j.shared {
		j.shared = false // Tap may not have come to the last rule yet
		s.shared -= len(j.message.Payload)
	}
}

// take returns a lane that is ready, and its first job; nil ends the worker.
func (e *Engine) take() (*lane, *job) {
	s := &e.schedule
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.ready) > 0 {
		l := s.ready[0]
		s.ready[0] = nil
		s.ready = s.ready[1:]
		r := l.key.rule
		if r.running >= e.options.RuleWorkers {
			r.parked = append(r.parked, l)
			continue
		}
		r.running++
		return l, l.jobs[0]
	}
	s.workers--
	return nil, nil
}

// done takes a job out of its lane, which goes to the end of those that are ready.
func (e *Engine) done(l *lane, j *job) {
	s := &e.schedule
	s.mu.Lock()
	defer s.mu.Unlock()
	r := l.key.rule
	r.queued--
	r.running--
	s.leave(j)
	l.jobs[0] = nil
	if l.jobs = l.jobs[1:]; len(l.jobs) > 0 {
		s.ready = append(s.ready, l)
	} else {
		delete(s.lanes, l.key)
	}
	if len(r.parked) > 0 {
		s.ready = append(s.ready, r.parked[0])
		r.parked = r.parked[1:]
	}
}

// close makes enqueue refuse.
func (s *schedule) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
}

// drop forgets what waits, but for the jobs that workers have.
func (s *schedule) drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ready = nil
	for _, l := range s.lanes {
		l.key.rule.parked = nil
		for _, j := range l.jobs[1:] {
			l.key.rule.queued--
			s.leave(j)
		}
		l.jobs = l.jobs[:1]
	}
}
