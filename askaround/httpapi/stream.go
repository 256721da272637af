package httpapi

import (
	"bytes"
	"context"
	"net/http"
	"time"

	api "github.com/askaround/askaround-go/api/askaround"
	"github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/askaround/topic"
	"github.com/askaround/askaround-go/geoindex"
	"github.com/askaround/askaround-go/internal/apihttp"
)

const (
	// heartbeat is how often a quiet stream says that it is there, and how far its client
	// has got.
	heartbeat = 15 * time.Second
	// stuck is how long a client may take to read what it is sent.
	stuck = 10 * time.Second
)

// StreamEvents is GET /events.
func (s *server) StreamEvents(ctx context.Context, r api.StreamEventsRequestObject) (api.StreamEventsResponseObject, error) {
	if s.options.Events == nil {
		return nil, &apihttp.Refusal{Kind: apihttp.NotFound, Detail: "This server has no events. Poll, or subscribe by MQTT."}
	}
	account := accountOf(ctx)
	topics, err := streamTopics(account, r.Params)
	if err != nil {
		return nil, err
	}
	visit := apihttp.VisitOf(ctx)
	if visit.Method == http.MethodHead {
		return &events{}, nil
	}
	stream, first, err := s.options.Events.open(string(account), topics, deref(r.Params.LastEventID))
	if err != nil {
		return nil, (&apihttp.Refusal{Kind: apihttp.TooManyRequests, Detail: "End a stream of events first."}).
			With("Retry-After", apihttp.Seconds(apihttp.RetryAfter))
	}
	left := visit.Caller.Expires.Sub(s.options.Clock())
	return &events{ctx: ctx, source: s.options.Events, stream: stream, first: first, left: left}, nil
}

// streamTopics returns the topics that a stream carries. Errors are the domain's.
func streamTopics(account askaround.AccountID, p api.StreamEventsParams) ([]string, error) {
	own, err := topic.NewAccount(string(account))
	if err != nil {
		return nil, err
	}
	topics := []string{own.String(), topic.System{}.String()}
	for _, id := range deref(p.Questions) {
		t, err := topic.NewQuestion(id)
		if err != nil {
			return nil, &askaround.ValidationError{Fields: []askaround.FieldError{{Pointer: "/questions", Detail: "holds what is no question's id"}}}
		}
		topics = append(topics, t.String())
	}
	geo, err := placeTopics(p)
	return append(topics, geo...), err
}

func placeTopics(p api.StreamEventsParams) ([]string, error) {
	if p.Lat == nil && p.Lng == nil && p.Radius == nil {
		return nil, nil
	}
	if p.Lat == nil || p.Lng == nil {
		return nil, &askaround.ValidationError{Fields: []askaround.FieldError{{Pointer: "/lat", Detail: "and lng are wanted, or neither of them and no radius"}}}
	}
	radius := geoindex.Meters(deref(p.Radius))
	if radius == 0 {
		radius = askaround.DefaultRadius
	}
	cells, err := askaround.LiveTopics(askaround.Location{Lat: *p.Lat, Lng: *p.Lng}, radius)
	if err != nil {
		return nil, err
	}
	topics := make([]string, len(cells))
	for i, t := range cells {
		topics[i] = t.String()
	}
	return topics, nil
}

// events is a stream on its way out. The generated server passes no context to what
// writes a response, so it brings its own.
type events struct {
	ctx    context.Context
	source *Events
	stream *stream // nil for HEAD
	first  batch
	left   time.Duration // until the token expires
}

// VisitStreamEventsResponse sends events until the client goes, its token expires or the
// source is closed.
func (e *events) VisitStreamEventsResponse(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // proxies that would collect the events
	w.WriteHeader(http.StatusOK)
	if e.stream == nil {
		return nil
	}
	defer e.source.close(e.stream)
	out := &eventWriter{w: w, connection: http.NewResponseController(w)}
	// The limit for reading the request is over; a recorder has none.
	_ = out.connection.SetReadDeadline(time.Time{})
	expiry := time.NewTimer(e.left)
	defer expiry.Stop()
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for next := e.first; out.send(next); next = e.source.next(e.stream) {
		if next.more {
			continue
		}
		select {
		case <-e.stream.wake:
		case <-beat.C:
		case <-e.ctx.Done():
			return nil
		case <-expiry.C:
			return nil
		case <-e.source.closed:
			return nil
		}
	}
	return nil
}

// An eventWriter writes to one client.
type eventWriter struct {
	w          http.ResponseWriter
	connection *http.ResponseController
}

// send writes b, as an event "reset" or its frames, then the position: an id without data
// is no event, but what the client repeats as Last-Event-ID. It reports whether the
// client is still there.
func (o *eventWriter) send(b batch) bool {
	_ = o.connection.SetWriteDeadline(time.Now().Add(stuck)) // a recorder has none
	if b.lost {
		b.frames = [][]byte{[]byte("id: " + b.position + "\nevent: reset\ndata: {}\n\n")}
	}
	position := []byte("id: " + b.position + "\n")
	if n := len(b.frames); n == 0 || !bytes.HasPrefix(b.frames[n-1], position) {
		b.frames = append(b.frames, append(position, '\n'))
	}
	for _, frame := range b.frames {
		if _, err := o.w.Write(frame); err != nil {
			return false
		}
	}
	return o.connection.Flush() == nil
}
