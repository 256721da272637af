package gateway

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/askaround/askaround-go/internal/mqtt"
	"github.com/askaround/askaround-go/iotauth/policy"
)

// retainedMessage is the answer to GET /retainedMessage/{topic}. Bytes are base64 in JSON.
// Source: https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_GetRetainedMessage.html
type retainedMessage struct {
	Topic            string `json:"topic"`
	Payload          []byte `json:"payload"`
	QoS              byte   `json:"qos"`
	LastModifiedTime int64  `json:"lastModifiedTime"` // ms since 1970
	UserProperties   []byte `json:"userProperties"`   // JSON as in the header of a publishing request; null for none
}

// retainedSummary is one of the answer to GET /retainedMessage. Source:
// https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_ListRetainedMessages.html
type retainedSummary struct {
	Topic            string `json:"topic"`
	PayloadSize      int    `json:"payloadSize"`
	QoS              byte   `json:"qos"`
	LastModifiedTime int64  `json:"lastModifiedTime"`
}

func (e *exchange) getRetained(escapedTopic string) error {
	topic, err := url.PathUnescape(escapedTopic)
	p := &publishParser{}
	if p.topic("the topic", topic); err != nil || p.err != nil {
		return badRequest("the topic in the path is no topic, or not percent-encoded", nil)
	}
	if err := e.requireKey(policy.GetRetainedMessage, topic); err != nil {
		return err
	}
	r, ok := e.g.broker.Retained(topic)
	if !ok {
		return errNoResource
	}
	answer := retainedMessage{Topic: topic, Payload: r.Payload, QoS: r.QoS, LastModifiedTime: r.At.UnixMilli()}
	if len(r.UserProperties) > 0 {
		if answer.UserProperties, err = formatProperties(r.UserProperties); err != nil {
			return failure(err)
		}
	}
	return e.answerJSON(answer)
}

// formatProperties is the inverse of parseProperties: an object for each.
func formatProperties(pairs [][2]string) ([]byte, error) {
	objects := make([]map[string]string, len(pairs))
	for i, pair := range pairs {
		objects[i] = map[string]string{pair[0]: pair[1]}
	}
	return json.Marshal(objects)
}

// maxRetained is the largest page of a list, and the default.
const maxRetained = 200

func (e *exchange) listRetained() error {
	p := &publishParser{query: e.r.URL.RawQuery}
	size := maxRetained
	if text := p.parameter("maxResults"); text != "" {
		n, err := strconv.ParseUint(text, 10, 16)
		if size = int(n); err != nil || n < 1 || n > maxRetained {
			p.fail("maxResults is not a number from 1 to %d", maxRetained)
		}
	}
	after, err := base64.RawURLEncoding.DecodeString(p.parameter("nextToken"))
	if err != nil {
		p.fail("nextToken is none that was given")
	}
	if p.err != nil {
		return badRequest(p.err.Error(), nil)
	}
	if err := e.requireKey(policy.ListRetainedMessages, ""); err != nil {
		return err
	}
	return e.answerJSON(pageOf(e.g.broker.RetainedAfter(string(after), size+1), size))
}

// retainedPage is a page of a list.
type retainedPage struct {
	Topics []retainedSummary `json:"retainedTopics"`
	Next   *string           `json:"nextToken"`
}

// pageOf shows size of the messages; where there are more, it says how to get the rest.
func pageOf(messages []mqtt.Retained, size int) retainedPage {
	page := retainedPage{Topics: []retainedSummary{}}
	for i, r := range messages {
		if i == size {
			token := base64.RawURLEncoding.EncodeToString([]byte(messages[size-1].Topic))
			page.Next = &token
			break
		}
		page.Topics = append(page.Topics, retainedSummary{r.Topic, len(r.Payload), r.QoS, r.At.UnixMilli()})
	}
	return page
}

func (e *exchange) answerJSON(v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return failure(err)
	}
	e.header(http.StatusOK, len(body))
	_, _ = e.w.Write(body)
	return nil
}

// requireKey lets in who has signed the request with a key whose policies allow an action.
func (e *exchange) requireKey(action policy.Action, name string) error {
	_, release, err := e.readBody() // signed too, though there is none
	defer release()
	if err != nil {
		return err
	}
	c, err := e.carrier(e.g.signatures.https, httpsSigned, httpsCustom)
	switch {
	case err != nil:
		return err
	case c.key == nil:
		return forbidden(errors.New("this operation takes signed requests only"))
	}
	set, err := policy.Compile(c.key.Policies...)
	if err != nil {
		return forbidden(fmt.Errorf("the policies of the key: %w", err))
	}
	s := newSubject(&e.g.options, c, nil)
	if request := s.connection.Request(action, name); !set.Evaluate(request).Allowed() {
		return forbidden(fmt.Errorf("denied: %v", set.Explain(request)))
	}
	return nil
}
