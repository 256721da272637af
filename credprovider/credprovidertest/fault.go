package credprovidertest

import (
	"encoding/json"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Fault is what an answer does wrong. Make one with the functions of this package.
type Fault struct {
	name string
	run  func(e *Endpoint, w http.ResponseWriter, r *http.Request)
}

// String names the fault.
func (f Fault) String() string { return f.name }

// Script has the next requests answered by faults, one each, before requests are answered
// in earnest again. It replaces what was left of the script before.
func (e *Endpoint) Script(faults ...Fault) {
	e.script.mu.Lock()
	defer e.script.mu.Unlock()
	e.script.faults, e.script.always = faults, nil
}

// Outage has every request answered by a fault, until [Endpoint.Script] is called.
func (e *Endpoint) Outage(fault Fault) {
	e.script.mu.Lock()
	defer e.script.mu.Unlock()
	e.script.faults, e.script.always = nil, &fault
}

type script struct {
	mu     sync.Mutex
	faults []Fault
	always *Fault
}

func (s *script) next() (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.always != nil {
		return *s.always, true
	}
	if len(s.faults) == 0 {
		return Fault{}, false
	}
	f := s.faults[0]
	s.faults = s.faults[1:]
	return f, true
}

// OK is an answer in earnest, between faults.
func OK() Fault { return Fault{"ok", (*Endpoint).answer} }

// Status refuses with a status, an error type and a message.
func Status(status int, code, message string) Fault {
	f := &refusal{status, code, message}
	return Fault{"status " + strconv.Itoa(status), func(_ *Endpoint, w http.ResponseWriter, _ *http.Request) { f.write(w) }}
}

// Throttle answers 429 with a Retry-After of whole seconds.
func Throttle(retryAfter time.Duration) Fault {
	return Fault{"throttle", func(_ *Endpoint, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter/time.Second)))
		(&refusal{http.StatusTooManyRequests, "ThrottlingException", "Rate exceeded"}).write(w)
	}}
}

// Body answers with a status and any body.
func Body(status int, contentType, body string) Fault {
	return Fault{"body " + contentType, func(_ *Endpoint, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}}
}

// Without answers with credentials that lack a field: "secretAccessKey", "expiration".
func Without(field string) Fault { return With(field, "") }

// With answers with credentials that have value in a field.
func With(field, value string) Fault {
	return Fault{field + "=" + value, func(e *Endpoint, w http.ResponseWriter, r *http.Request) {
		s, refused := e.exchange(r)
		if refused != nil {
			refused.write(w)
			return
		}
		credentials := map[string]string{"accessKeyId": s.AccessKeyID, "secretAccessKey": s.SecretAccessKey,
			"sessionToken": s.SessionToken, "expiration": s.Expires.Format(time.RFC3339), field: value}
		if value == "" {
			delete(credentials, field)
		}
		writeCredentials(w, credentials)
	}}
}

// Expired answers with credentials that expired a moment ago.
func Expired() Fault { return ExpiresIn(-time.Second) }

// ExpiresIn answers with credentials that say they expire then.
func ExpiresIn(d time.Duration) Fault {
	return Fault{"expires in " + d.String(), func(e *Endpoint, w http.ResponseWriter, r *http.Request) {
		s, refused := e.exchange(r)
		if refused != nil {
			refused.write(w)
			return
		}
		s.write(w, e.now().Add(d))
	}}
}

// Huge answers with credentials, and so many spaces after them.
func Huge(bytes int) Fault {
	return Fault{"huge", func(e *Endpoint, w http.ResponseWriter, r *http.Request) {
		e.answer(w, r)
		_, _ = w.Write([]byte(strings.Repeat(" ", bytes)))
	}}
}

// Truncate announces a whole answer and breaks the connection in the middle.
func Truncate() Fault {
	return Fault{"truncate", func(e *Endpoint, w http.ResponseWriter, r *http.Request) {
		s, _ := e.exchange(r)
		body, _ := json.Marshal(map[string]any{"credentials": map[string]string{"accessKeyId": s.AccessKeyID, "secretAccessKey": s.SecretAccessKey}})
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body[:len(body)/2])
		panic(http.ErrAbortHandler)
	}}
}

// Cut sends the first half of an answer as if it were whole.
func Cut() Fault {
	return Fault{"cut", func(e *Endpoint, w http.ResponseWriter, r *http.Request) {
		s, _ := e.exchange(r)
		body, _ := json.Marshal(map[string]any{"credentials": map[string]string{"accessKeyId": s.AccessKeyID, "secretAccessKey": s.SecretAccessKey}})
		_, _ = w.Write(body[:len(body)/2])
	}}
}

// Reset resets the connection in place of an answer, by TCP where it is TCP.
func Reset() Fault {
	return Fault{"reset", func(_ *Endpoint, w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		if wrapped, ok := conn.(interface{ NetConn() net.Conn }); ok {
			conn = wrapped.NetConn()
		}
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = conn.Close()
	}}
}

// Hang never answers.
func Hang() Fault { return Slow(1<<63 - 1) }

// Slow answers in earnest after a while.
func Slow(d time.Duration) Fault {
	return Fault{"slow", func(e *Endpoint, w http.ResponseWriter, r *http.Request) {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
			e.answer(w, r)
		case <-r.Context().Done():
		case <-e.hanging.Done():
		}
	}}
}
