package apiclient

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"
)

// MaxEvent bounds an event of a stream, in bytes of its lines.
const MaxEvent = 1 << 20

// ErrEventTooLong says that a stream sent an event that is longer than MaxEvent.
var ErrEventTooLong = errors.New("an event of a stream is too long")

// An Event is a server-sent event.
type Event struct {
	ID   string // of this event, or of the last one that had any
	Type string // "message" where the stream says nothing
	Data []byte
}

// An EventReader reads a stream of events as the HTML standard has it (section 9.2.6).
type EventReader struct {
	lines *bufio.Reader
	afterCR,
	begun bool

	LastID string        // what to resume from
	Retry  time.Duration // what the server asks to wait before a reconnection; 0: it did not
}

// NewEventReader returns a reader of r that resumes after the event lastID.
func NewEventReader(r io.Reader, lastID string) *EventReader {
	return &EventReader{lines: bufio.NewReader(r), LastID: lastID}
}

// Next returns the next event. An event that the stream breaks off in is dropped. Errors
// are the reader's, io.EOF at the end, and [ErrEventTooLong].
func (e *EventReader) Next() (Event, error) {
	var kind string
	var data []byte
	id, size, some := e.LastID, 0, false
	for {
		line, err := e.line(MaxEvent - size)
		if err != nil {
			return Event{}, err
		}
		size += len(line)
		if len(line) == 0 {
			e.LastID = id
			if some {
				if kind == "" {
					kind = "message"
				}
				return Event{ID: id, Type: kind, Data: bytes.TrimSuffix(data, []byte("\n"))}, nil
			}
			kind, size = "", 0
			continue
		}
		name, value, _ := strings.Cut(string(line), ":")
		value = strings.TrimPrefix(value, " ")
		switch name {
		case "event":
			kind = value
		case "data":
			data, some = append(append(data, value...), '\n'), true
		case "id":
			if !strings.Contains(value, "\x00") {
				id = value
			}
		case "retry":
			e.setRetry(value)
		}
	}
}

func (e *EventReader) setRetry(value string) {
	if value == "" || strings.Trim(value, "0123456789") != "" {
		return
	}
	if ms, err := strconv.ParseInt(value, 10, 32); err == nil {
		e.Retry = time.Duration(ms) * time.Millisecond
	}
}

// line returns the next line, which ends with CR, LF or both. A line that the stream breaks
// off in is none.
func (e *EventReader) line(most int) ([]byte, error) {
	var line []byte
	for {
		c, err := e.lines.ReadByte()
		if err != nil {
			return nil, err
		}
		if c == '\n' && e.afterCR { // the second half of a CRLF
			e.afterCR = false
			continue
		}
		if e.afterCR = c == '\r'; c == '\r' || c == '\n' {
			break
		}
		if line = append(line, c); len(line) > most {
			return nil, ErrEventTooLong
		}
	}
	if !e.begun {
		line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
	}
	e.begun = true
	return line, nil
}
