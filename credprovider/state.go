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

	failure     *Error // the last refresh's; callers who hear of it do until failureEnds
	failureEnds instant
	told        int // failures in a row that callers heard of
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
	case !now.reached(s.gate) && left <= 0 && !strict:
		return refuse
	case !now.reached(s.gate):
		return serve
	case urgent:
		return wait
	}
	return prepare
}

// tells reports whether callers hear of a failure. Who has credentials that may still
// work hears nothing. In the strict mode nobody is left in the dark about what somebody
// must mend, and the services judge what has expired.
func (s *state) tells(now instant, failure *Error, strict bool) bool {
	switch {
	case s.session == nil:
		return true
	case failure.temporary():
		return !strict && now.reached(s.session.expires)
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
	s.together = s.together || failure.temporary()
	backoff := between(minBackoff, maxBackoff, backoffDraw)
	memory := between(minMemory, maxMemory, memoryDraw) // of what somebody must mend
	if s.tells(now, failure, strict) {
		if failure.temporary() {
			memory = min(recovery(s.told, memoryDraw), backoff)
			if s.session == nil && s.told == 0 {
				memory = 0 // a program that has just started tries again at once
			}
			s.told++
		}
		s.failureEnds = now.add(max(memory, failure.RetryAfter))
		return
	}
	left := now.until(s.session.expires)
	before := left - 2*s.session.mandatory // one more try before callers wait
	switch {
	case strict:
	case before > 0:
		backoff = min(backoff, before)
	case !failure.temporary():
		backoff = memory
	default:
		backoff = min(backoff, max(left, 0)) // one more when they end
	}
	s.failureEnds = now
	if !failure.temporary() {
		s.failureEnds = now.add(memory)
	}
	s.gate = now.add(max(backoff, failure.RetryAfter))
}

// nextEvent is how long the decision stays as it is while nothing happens.
func (s *state) nextEvent(now instant) time.Duration {
	left := now.until(s.session.expires)
	if left > s.session.lead {
		return left - s.session.lead
	}
	due := maxLease // a refresh is under way
	if !now.reached(s.gate) {
		due = now.until(s.gate)
	}
	if left > 0 {
		due = min(due, left)
	}
	return due
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
