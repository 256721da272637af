package gateway

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// parsePublish reads all of a message but its payload: the topic as it stands in the path,
// percent-encoded, the parameters of the query, and the headers. Each of them may come
// once. Others are not looked at: they are the authorizer's or the signature's. Errors are
// for the client. Source:
// https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_Publish.html
func parsePublish(escapedTopic, query string, h http.Header) (Message, error) {
	topic, err := url.PathUnescape(escapedTopic)
	if err != nil {
		return Message{}, errors.New("the topic in the path is not percent-encoded")
	}
	p := &publishParser{query: query, header: h}
	m := Message{
		Topic:             p.topic("the topic", topic),
		QoS:               p.qos(),
		Retain:            p.boolean("retain"),
		ContentType:       p.text("contentType", p.parameter("contentType")),
		ResponseTopic:     p.responseTopic(),
		Expiry:            p.expiry(),
		UserProperties:    p.userProperties(),
		PayloadFormatUTF8: p.payloadFormat(),
		CorrelationData:   p.correlationData(),
	}
	return m, p.err
}

// A publishParser reads one value after the other, and keeps the first error.
type publishParser struct {
	query  string
	header http.Header
	err    error
}

func (p *publishParser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
}

// parameter returns a parameter of the query, "" where it is absent or empty.
func (p *publishParser) parameter(name string) (value string) {
	seen := false
	for pair := range strings.SplitSeq(p.query, "&") {
		key, escaped, _ := strings.Cut(pair, "=")
		if decoded, err := url.QueryUnescape(key); err != nil || decoded != name {
			continue
		}
		if seen {
			p.fail("%s is given twice", name)
		}
		seen = true
		var err error
		if value, err = url.QueryUnescape(escaped); err != nil {
			p.fail("%s is not percent-encoded", name)
		}
	}
	return value
}

func (p *publishParser) one(header string) string {
	values := p.header.Values(header)
	switch len(values) {
	case 0:
		return ""
	case 1:
		return values[0]
	}
	p.fail("%s is given twice", header)
	return ""
}

// text is one of MQTT (MQTT 5, section 1.5.4).
func (p *publishParser) text(name, value string) string {
	if len(value) > 0xFFFF || !utf8.ValidString(value) || strings.IndexByte(value, 0) >= 0 {
		p.fail("%s is not UTF-8, has a null character, or is too long", name)
	}
	return value
}

func (p *publishParser) topic(name, value string) string {
	if value == "" || strings.ContainsAny(value, "+#") {
		p.fail("%s is empty or has a wildcard", name)
	}
	return p.text(name, value)
}

func (p *publishParser) responseTopic() string {
	value := p.parameter("responseTopic")
	if value == "" {
		return ""
	}
	return p.topic("responseTopic", value)
}

func (p *publishParser) qos() byte {
	switch value := p.parameter("qos"); value {
	case "", "0":
		return 0
	case "1":
		return 1
	}
	p.fail("qos is not 0 or 1")
	return 0
}

func (p *publishParser) boolean(name string) bool {
	switch strings.ToLower(p.parameter(name)) {
	case "", "false":
		return false
	case "true":
		return true
	}
	p.fail("%s is not true or false", name)
	return false
}

// maxExpiry is that of a message, in seconds; the least is 1.
const maxExpiry = 604_800

func (p *publishParser) expiry() time.Duration {
	value := p.parameter("messageExpiry")
	if value == "" {
		return 0
	}
	seconds, err := strconv.ParseUint(value, 10, 32)
	if err != nil || seconds < 1 || seconds > maxExpiry {
		p.fail("messageExpiry is not a number of seconds from 1 to %d", maxExpiry)
		return 0
	}
	return time.Duration(seconds) * time.Second
}

func (p *publishParser) payloadFormat() (utf8 bool) {
	const header = "x-amz-mqtt5-payload-format-indicator"
	switch p.one(header) {
	case "", "UNSPECIFIED_BYTES":
		return false
	case "UTF8_DATA":
		return true
	}
	p.fail("%s is not UNSPECIFIED_BYTES or UTF8_DATA", header)
	return false
}

func (p *publishParser) base64(header string) []byte {
	data, err := base64.StdEncoding.DecodeString(p.one(header))
	if err != nil || len(data) > 0xFFFF {
		p.fail("%s is not base64, or is too long", header)
		return nil
	}
	return data
}

func (p *publishParser) correlationData() []byte {
	if data := p.base64("x-amz-mqtt5-correlation-data"); len(data) > 0 {
		return data
	}
	return nil
}

// userProperties reads [{"name": "value"}, …], in base64. The order counts, also within an
// object, and a name may come again.
func (p *publishParser) userProperties() [][2]string {
	const header = "x-amz-mqtt5-user-properties"
	text := p.base64(header)
	if len(text) == 0 {
		return nil
	}
	pairs, err := parseProperties(text)
	if err != nil {
		p.fail("%s is not an array of objects with strings, in JSON: %v", header, err)
	}
	for _, pair := range pairs {
		p.text(header, pair[0])
		p.text(header, pair[1])
	}
	return pairs
}

func parseProperties(text []byte) ([][2]string, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("it is not UTF-8")
	}
	var objects []json.RawMessage
	if err := json.Unmarshal(text, &objects); err != nil {
		return nil, errors.New("no array")
	}
	var pairs [][2]string
	for _, object := range objects {
		d := json.NewDecoder(bytes.NewReader(object))
		if open, err := d.Token(); err != nil || open != json.Delim('{') {
			return nil, errors.New("an element is no object")
		}
		for d.More() {
			key, err1 := d.Token()
			value, err2 := d.Token()
			name, ok1 := key.(string)
			content, ok2 := value.(string)
			if err1 != nil || err2 != nil || !ok1 || !ok2 {
				return nil, errors.New("a value is no string")
			}
			pairs = append(pairs, [2]string{name, content})
		}
	}
	return pairs, nil
}
