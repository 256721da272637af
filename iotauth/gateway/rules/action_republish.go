package rules

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/askaround/askaround-go/iotauth/gateway/rules/iotsql"
)

// republish publishes the payload.
type republish struct {
	topic   *iotsql.Template
	qos     byte
	headers headers
}

// headers are those of MQTT 5; nil fields are not sent.
type headers struct {
	formatIndicator, contentType, responseTopic, correlationData, expiry *iotsql.Template
	user                                                                 [][2]*iotsql.Template
}

// headersJSON is the API's MqttHeaders.
type headersJSON struct {
	FormatIndicator *string `json:"payloadFormatIndicator"`
	ContentType     *string `json:"contentType"`
	ResponseTopic   *string `json:"responseTopic"`
	CorrelationData *string `json:"correlationData"`
	Expiry          *string `json:"messageExpiry"`
	User            []struct {
		Key   string `json:"key"`
		Value string `json:"value"`
	} `json:"userProperties"`
}

func (e *Engine) newRepublish(body json.RawMessage, f *fields) (action, error) {
	var j struct {
		RoleARN string      `json:"roleArn"`
		Topic   string      `json:"topic"`
		QoS     byte        `json:"qos"`
		Headers headersJSON `json:"headers"`
	}
	if err := decodeStrictly(body, &j); err != nil {
		return nil, err
	}
	if e.options.Publish == nil {
		return nil, fmt.Errorf("%w: this engine publishes nothing", ErrUnsupported)
	}
	f.role(j.RoleARN)
	if j.QoS > 1 {
		f.fail("qos", "is 0 or 1, not %d", j.QoS)
	}
	a := &republish{topic: f.template("topic", j.Topic, true), qos: j.QoS, headers: f.headers(&j.Headers)}
	if text, ok := literalOf(a.topic); ok && text != "" {
		if _, err := republishTopic(text); err != nil {
			f.fail("topic", "%w", err)
		}
	}
	return a, nil
}

// Bounds of the API's MqttHeaders.
const (
	maxHeader         = 1024
	maxUserProperties = 100
)

func (f *fields) headers(j *headersJSON) (h headers) {
	read := func(name string, text *string) *iotsql.Template {
		if text != nil && len(*text) > maxHeader {
			f.fail("headers."+name, "has more than %d bytes", maxHeader)
		}
		return f.optional("headers."+name, text)
	}
	h.formatIndicator = read("payloadFormatIndicator", j.FormatIndicator)
	h.contentType = read("contentType", j.ContentType)
	h.responseTopic = read("responseTopic", j.ResponseTopic)
	h.correlationData = read("correlationData", j.CorrelationData)
	h.expiry = read("messageExpiry", j.Expiry)
	if len(j.User) > maxUserProperties {
		f.fail("headers.userProperties", "are more than %d", maxUserProperties)
	}
	for i, p := range j.User {
		name := fmt.Sprintf("userProperties[%d]", i)
		h.user = append(h.user, [2]*iotsql.Template{read(name+".key", &p.Key), read(name+".value", &p.Value)})
	}
	return h
}

// republishTopic is the topic that is meant: $$ begins a reserved one.
func republishTopic(topic string) (string, error) {
	reserved, ok := strings.CutPrefix(topic, "$$")
	switch {
	case ok:
		topic = "$" + reserved
	case strings.HasPrefix(topic, "$"):
		return "", fmt.Errorf("%.100q is reserved: a reserved topic is written with $$ at its beginning", topic)
	}
	if topic == "" || strings.ContainsAny(topic, "+#") {
		return "", fmt.Errorf("%.100q is no topic to publish to", topic)
	}
	return topic, nil
}

func (a *republish) kind() string { return "RepublishAction" }

func (a *republish) do(ctx context.Context, e *Engine, out *outgoing) (string, error) {
	text, err := out.expand("topic", a.topic)
	if err != nil {
		return "", err
	}
	topic, err := republishTopic(text)
	if err != nil {
		return text, err
	}
	m := Message{Topic: topic, Payload: out.payload, QoS: a.qos}
	if err := a.headers.set(&m, out); err != nil {
		return topic, err
	}
	return topic, e.options.Publish(ctx, m)
}

// set sets the properties of m. What expands to nothing is not sent.
func (h *headers) set(m *Message, out *outgoing) error {
	var errs []error
	expand := func(name string, t *iotsql.Template) string {
		if t == nil {
			return ""
		}
		s, err := out.expand("headers."+name, t)
		errs = append(errs, err)
		return s
	}
	m.ContentType = expand("contentType", h.contentType)
	m.ResponseTopic = expand("responseTopic", h.responseTopic)
	var err error
	m.PayloadFormatUTF8, err = formatIndicator(expand("payloadFormatIndicator", h.formatIndicator))
	errs = append(errs, err)
	m.Expiry, err = expirySeconds(expand("messageExpiry", h.expiry))
	errs = append(errs, err)
	if data := expand("correlationData", h.correlationData); data != "" {
		if m.CorrelationData, err = base64.StdEncoding.DecodeString(data); err != nil {
			errs = append(errs, fmt.Errorf("headers.correlationData is no base64: %w", err))
		}
	}
	for _, p := range h.user {
		m.UserProperties = append(m.UserProperties, [2]string{expand("userProperties", p[0]), expand("userProperties", p[1])})
	}
	return errors.Join(errs...)
}

func formatIndicator(s string) (utf8 bool, err error) {
	switch s {
	case "", "UNSPECIFIED_BYTES":
		return false, nil
	case "UTF8_DATA":
		return true, nil
	}
	return false, fmt.Errorf("headers.payloadFormatIndicator: %.100q is neither UNSPECIFIED_BYTES nor UTF8_DATA", s)
}

// expirySeconds reads a number of seconds; longer than MQTT 5 can say is an error, and the
// broker has a limit of its own.
func expirySeconds(s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	seconds, err := strconv.ParseUint(s, 10, 32)
	if err != nil || seconds == 0 {
		return 0, fmt.Errorf("headers.messageExpiry: %.100q is no number of seconds", s)
	}
	return time.Duration(seconds) * time.Second, nil
}
