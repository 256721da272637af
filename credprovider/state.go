package credprovider

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// session is one set of credentials. It does not change.
type session struct {
	credentials aws.Credentials // Expires is the true one
	expires     instant
	lifetime    time.Duration
	lead        time.Duration // how long before expiry a refresh begins
	mandatory   time.Duration // how long before expiry callers wait for it
}

// state is what a provider knows. Its methods are the rules of refreshing: they do not
// read a clock and do not draw.
type state struct {
	session  *session
	former   string // access key id of the session before
	rejected bool   // a service refused the session
	together bool   // the next credentials are ones that other devices get at this time, too

	gate instant // no refresh before it, after one that failed

	failure     *Error // the last refresh's; remembered until failureEnds
	failureEnds instant
}

type action int

const (
	serve   action = iota // the session, and do nothing
	prepare               // serve the session, and refresh in the background
	wait                  // for a refresh
	refuse                // report the failure
)

// decide says what happens to a caller.
func (s *state) decide(now instant, strict bool) action {
	failed := s.failure != nil && !now.reached(s.failureEnds)
	if s.session == nil {
		if failed {
			return refuse
		}
		return wait
	}
	left := now.until(s.session.expires)
	urgent := s.rejected || left <= s.session.mandatory
	switch {
	case !urgent && left > s.session.lead:
		return serve
	case failed && s.tells(now, s.failure, strict):
		return refuse
	case !now.reached(s.gate):
		return serve
	case urgent:
		return wait
	}
	return prepare
}

// tells reports whether callers hear of a failure. Who has credentials that may still
// work hears nothing; in the strict mode nobody is left in the dark about what somebody
// must mend.
func (s *state) tells(now instant, failure *Error, strict bool) bool {
	switch {
	case s.session == nil:
		return true
	case failure.temporary():
		return false
	}
	return strict || s.rejected || now.reached(s.session.expires)
}

// succeed takes new credentials.
func (s *state) succeed(n *session) {
	former := ""
	if s.session != nil {
		former = s.session.credentials.AccessKeyID
	}
	*s = state{session: n, former: former}
}

// fail takes the error of a refresh. The draws are random numbers in [0, 1).
func (s *state) fail(now instant, failure *Error, strict bool, backoffDraw, memoryDraw float64) {
	s.failure = failure
	memory, told := failure.RetryAfter, s.tells(now, failure, strict)
	if failure.temporary() {
		s.together = true
	} else {
		memory = between(minMemory, maxMemory, memoryDraw)
	}
	s.failureEnds = now.add(memory)
	if s.session == nil || told {
		return // callers ask again when they have forgotten it
	}
	pause := between(minBackoff, maxBackoff, backoffDraw)
	switch left := now.until(s.session.expires) - 2*s.session.mandatory; {
	case left > 0 && !strict:
		pause = min(pause, left) // one more try before callers wait
	case !failure.temporary():
		pause = memory
	}
	s.gate = now.add(max(pause, memory))
}

// nextEvent is how long the decision stays as it is while nothing happens.
func (s *state) nextEvent(now instant) time.Duration {
	left := now.until(s.session.expires)
	switch {
	case left > s.session.lead:
		return left - s.session.lead
	case !now.reached(s.gate):
		return now.until(s.gate)
	}
	return maxLease // a refresh is under way
}

// asked is the session as a caller gets it: Expires is the time to ask again, always
// before the true expiry and, while the credentials live, not in the past.
func (s *session) asked(now instant) aws.Credentials {
	c := s.credentials
	left := now.until(s.expires)
	switch {
	case left > s.lead:
		c.Expires = c.Expires.Add(-s.lead)
	case left > 0:
		c.Expires = now.wall.Add(min(left, askAgain))
	}
	return c
}
