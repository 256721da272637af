package askaround

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/askaround/askaround-go/geoindex"
)

// message is the body of a queue's message: one accepted request.
type message struct {
	Operation  OperationID `json:"operation"`
	Account    AccountID   `json:"account"`
	Question   QuestionID  `json:"question"`
	AcceptedAt int64       `json:"acceptedAt"` // Unix microseconds

	// Exactly one of these.
	Ask      *askBody    `json:"ask,omitempty"`
	Answer   *answerBody `json:"answer,omitempty"`
	Withdraw bool        `json:"withdraw,omitempty"`
}

type askBody struct {
	Text     string   `json:"text"`
	Kind     Kind     `json:"kind"`
	Location Location `json:"location"`
}

type answerBody struct {
	Kind      Kind      `json:"kind"`
	HalfStars HalfStars `json:"halfStars,omitempty"`
	Location  *Location `json:"location,omitempty"`
}

func (b *answerBody) value() Value {
	v := Value{Kind: b.Kind, Stars: b.HalfStars}
	if b.Location != nil {
		v.Location = *b.Location
	}
	return v
}

// kind returns what the message asks for.
func (m message) kind() OperationKind {
	switch {
	case m.Ask != nil:
		return OperationAsk
	case m.Answer != nil:
		return OperationAnswer
	}
	return OperationWithdraw
}

// poison is the reason why a message or record can never be processed. It goes to the
// dead-letter queue with the reason, so that it is neither lost nor in the way.
type poison struct{ reason string }

func (p *poison) Error() string { return "askaround: poison: " + p.reason }

func poisonf(format string, args ...any) error { return &poison{fmt.Sprintf(format, args...)} }

// maxSkew is how far ahead of this clock another's acceptance may lie. A time far in the
// future would win over all later answers.
const maxSkew = time.Hour

// decodeMessage reads a message's body and checks all that Service checks, since a queue
// can be written to by others. Its errors are poison.
func decodeMessage(body string, now time.Time) (message, error) {
	var m message
	dec := json.NewDecoder(bytes.NewReader([]byte(body)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return m, poisonf("body is not a message: %v", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return m, poisonf("body continues after the message")
	}
	if err := m.check(now); err != nil {
		return m, poisonf("%v", err)
	}
	return m, nil
}

func (m message) check(now time.Time) error {
	if !validBase32(string(m.Operation)) || !validBase32(string(m.Account)) {
		return errors.New("operation or account is no id")
	}
	key, err := m.Question.key()
	if err != nil {
		return err
	}
	if m.AcceptedAt <= 0 || m.AcceptedAt > now.Add(maxSkew).UnixMicro() {
		return fmt.Errorf("acceptedAt %d is not a time of the past", m.AcceptedAt)
	}
	parts := 0
	for _, present := range []bool{m.Ask != nil, m.Answer != nil, m.Withdraw} {
		if present {
			parts++
		}
	}
	var f faults
	switch {
	case parts != 1:
		return fmt.Errorf("%d of ask, answer and withdraw, not one", parts)
	case m.Ask != nil:
		if f.text("/ask/text", m.Ask.Text) != m.Ask.Text {
			f.add("/ask/text", "not trimmed")
		}
		f.kind("/ask/kind", m.Ask.Kind)
		f.location("/ask/location", m.Ask.Location)
		if len(f) == 0 && geoindex.CellAt(m.Ask.Location.LatLng()) != key.Cell {
			return errors.New("the question's id is of another place")
		}
	case m.Answer != nil:
		f.value(m.Answer.value())
		if (m.Answer.Kind == KindGeo) != (m.Answer.Location != nil) {
			f.add("/answer", "the value does not fit the kind")
		}
	}
	return f.err()
}
