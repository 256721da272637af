package rules

import (
	"maps"
	"sync"
	"sync/atomic"
)

// Stats are counts since the engine was made. Names are those of CloudWatch's metrics of
// AWS IoT, where it has them.
type Stats struct {
	Rules map[string]RuleStats
	// RuleNotFound counts messages of Basic Ingest that name no enabled rule.
	RuleNotFound uint64
	// RepublishLoop counts republished messages that no rule saw, since they ended a chain.
	RepublishLoop uint64
	// Queued are the messages that wait or are worked on, for each rule; QueuedBytes their
	// payloads.
	Queued, QueuedBytes int
}

// RuleStats are those of one rule, since it was first put.
type RuleStats struct {
	TopicMatch           uint64 // messages on a topic that matches FROM, or named the rule
	RuleMessageThrottled uint64 // of those, lost since too many waited
	ParseError           uint64 // payloads that are no JSON, where the statement needs it
	TooExpensive         uint64 // messages for which the statement was not evaluated to its end
	RulesExecuted        uint64 // messages that met WHERE
	Actions              map[string]ActionStats
	ErrorActionSuccess   uint64
	ErrorActionFailure   uint64
	FunctionErrors       uint64 // functions in process that failed in all attempts
}

// ActionStats are those of the actions of one kind.
type ActionStats struct{ Success, Failure uint64 }

type counters struct {
	matched, throttled, parseErrors, tooExpensive, executed, functionErrors atomic.Uint64

	mu      sync.Mutex
	actions map[string]ActionStats
	errors  ActionStats
}

func newCounters() *counters { return &counters{actions: map[string]ActionStats{}} }

func (s *ActionStats) count(success bool) {
	if success {
		s.Success++
	} else {
		s.Failure++
	}
}

func (c *counters) action(kind string, success bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.actions[kind]
	s.count(success)
	c.actions[kind] = s
}

func (c *counters) errorAction(success bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.errors.count(success)
}

func (c *counters) stats() RuleStats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return RuleStats{
		TopicMatch: c.matched.Load(), RuleMessageThrottled: c.throttled.Load(), ParseError: c.parseErrors.Load(),
		TooExpensive: c.tooExpensive.Load(), RulesExecuted: c.executed.Load(), Actions: maps.Clone(c.actions),
		ErrorActionSuccess: c.errors.Success, ErrorActionFailure: c.errors.Failure, FunctionErrors: c.functionErrors.Load(),
	}
}

// Stats returns the counts as they are now.
func (e *Engine) Stats() Stats {
	e.change.Lock()
	defer e.change.Unlock()
	s := Stats{Rules: map[string]RuleStats{}, RuleNotFound: e.notFound.Load(), RepublishLoop: e.loops.Load()}
	for name, r := range e.rules {
		s.Rules[name] = r.counters.stats()
	}
	e.schedule.mu.Lock()
	defer e.schedule.mu.Unlock()
	s.QueuedBytes = e.schedule.bytes
	for _, l := range e.schedule.lanes {
		s.Queued += len(l.jobs)
	}
	return s
}
