package askaround

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"

	"github.com/askaround/askaround-go/internal/apiclient"
)

// EventReset is the type of an event that says that some were lost: read again what you show.
const EventReset = "reset"

// An Event is news, from [Client.Events].
type Event struct {
	// ID resumes after this event, as StreamEventsParams.LastEventID.
	ID string
	// Type is that of the message, or [EventReset].
	Type string
	// Data is the message, JSON.
	Data json.RawMessage
}

// Message returns the message: a [QuestionMessage], [SummaryMessage], [HeatMessage],
// [OperationMessage], [WatchMessage] or [NoticeMessage]. The error says that the data is none of these;
// ignore types that you do not know.
func (e Event) Message() (any, error) {
	var m LiveMessage
	if err := json.Unmarshal(e.Data, &m); err != nil {
		return nil, fmt.Errorf("askaround: event %q: %w", e.Type, err)
	}
	v, err := m.ValueByDiscriminator()
	if err != nil {
		return nil, fmt.Errorf("askaround: event %q: %w", e.Type, err)
	}
	return v, nil
}

// Events returns news as it happens, until the caller breaks off or ctx ends: the outcomes
// of the caller's own requests, notices, and what p asks for. A connection that breaks, or
// whose token expires, is followed by another that resumes where it was. An event may come
// twice: compare versions. The sequence ends with an error where the server refuses the
// stream, or cannot be reached in as many attempts as [Options] allow.
func (c *Client) Events(ctx context.Context, p StreamEventsParams) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		err := c.transport.Follow(ctx, c.stream(p), func(e apiclient.Event) bool {
			return yield(Event{e.ID, e.Type, e.Data}, nil)
		})
		if err != nil {
			yield(Event{}, err)
		}
	}
}

func (c *Client) stream(p StreamEventsParams) apiclient.Stream {
	s := apiclient.Stream{Open: func(ctx context.Context, lastID string) (*http.Response, error) {
		if p.LastEventID = nil; lastID != "" {
			p.LastEventID = &lastID
		}
		r, err := c.generated.StreamEvents(ctx, &p)
		return api.Check("stream events", r, err)
	}}
	if p.LastEventID != nil {
		s.LastID = *p.LastEventID
	}
	return s
}
