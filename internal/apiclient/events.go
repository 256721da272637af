package apiclient

import (
	"context"
	"net/http"
	"time"
)

// Silence is how long a stream may say nothing, in which time its server should have
// said three times that it is there.
const Silence = 45 * time.Second

// A Stream says how to open a stream of events.
type Stream struct {
	// Open sends the request, resuming after the event lastID unless that is empty.
	Open func(ctx context.Context, lastID string) (*http.Response, error)
	// LastID is what to resume from at first, or "".
	LastID string
	// Opened is called when a connection stands; resumed says that it goes on after the
	// last event. nil: nobody wants to know.
	Opened func(resumed bool)
}

// Follow passes the events of s to each, over as many connections as it takes, until each
// returns false or ctx ends (nil), or the stream cannot be had: the server refuses it, or as
// many connections in a row as requests have attempts brought nothing.
func (t *Transport) Follow(ctx context.Context, s Stream, each func(Event) bool) error {
	for failures := 0; ; {
		response, err := s.Open(ctx, s.LastID)
		if ctx.Err() != nil {
			if err == nil {
				response.Body.Close()
			}
			return nil
		}
		if err != nil {
			return err // Open has tried as often as it may
		}
		if s.Opened != nil {
			s.Opened(s.LastID != "")
		}
		some, more, retry, err := t.read(ctx, &s, response, each)
		if !more || ctx.Err() != nil {
			return nil
		}
		if failures++; some {
			failures = 1
		}
		if failures >= t.policy.attempts {
			return err
		}
		if sleep(ctx, max(retry, t.policy.wait(failures))) != nil {
			<-ctx.Done() // or will end before there is anything
			return nil
		}
	}
}

// read passes on what one connection brings. some says that it brought anything, more that
// each wants more; err is what ended the connection.
func (t *Transport) read(ctx context.Context, s *Stream, r *http.Response, each func(Event) bool) (some, more bool, retry time.Duration, err error) {
	defer r.Body.Close()
	// A connection that died without a word brings nothing more, and no error either.
	watch := time.AfterFunc(Silence, func() { r.Body.Close() })
	defer watch.Stop()
	reader := NewEventReader(readerFunc(func(p []byte) (int, error) {
		n, err := r.Body.Read(p)
		some = some || n > 0
		watch.Reset(Silence)
		return n, err
	}), s.LastID)
	for {
		event, err := reader.Next()
		s.LastID = reader.LastID
		if err != nil {
			return some, true, reader.Retry, err
		}
		if ctx.Err() != nil || !each(event) {
			return some, false, 0, nil
		}
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
