package gateway

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func TestParsePublish(t *testing.T) {
	for _, tt := range []struct {
		reason  string
		topic   string
		query   string
		headers []string // name, value, …
		want    Message
		err     string
	}{
		{reason: "nothing but a topic", topic: "a", want: Message{Topic: "a"}},
		{reason: "slashes as they are", topic: "a/b/c", want: Message{Topic: "a/b/c"}},
		{reason: "slashes encoded", topic: "a%2Fb%2fc", want: Message{Topic: "a/b/c"}},
		{reason: "decoded once", topic: "a%252Fb", want: Message{Topic: "a%2Fb"}},
		{reason: "empty levels", topic: "/a//b/", want: Message{Topic: "/a//b/"}},
		{reason: "UTF-8", topic: "gr%C3%BC%C3%9Fe", want: Message{Topic: "grüße"}},
		{reason: "dots are no directories", topic: "a/../b", want: Message{Topic: "a/../b"}},
		{reason: "a question mark, encoded", topic: "a%3Fb", want: Message{Topic: "a?b"}},
		{reason: "basic ingest", topic: "%24aws/rules/r/a", want: Message{Topic: "$aws/rules/r/a"}},
		{reason: "empty", topic: "", err: "empty"},
		{reason: "a wildcard of one level", topic: "a/+", err: "wildcard"},
		{reason: "a wildcard of the rest", topic: "a/%23", err: "wildcard"},
		{reason: "half an escape", topic: "a%2", err: "percent-encoded"},
		{reason: "no escape", topic: "a%zz", err: "percent-encoded"},
		{reason: "no UTF-8", topic: "a%ff", err: "UTF-8"},
		{reason: "a null character", topic: "a%00", err: "null"},

		{reason: "QoS 1", topic: "a", query: "qos=1", want: Message{Topic: "a", QoS: 1}},
		{reason: "QoS 0", topic: "a", query: "qos=0", want: Message{Topic: "a"}},
		{reason: "QoS empty", topic: "a", query: "qos=", want: Message{Topic: "a"}},
		{reason: "QoS by an encoded name", topic: "a", query: "%71os=1", want: Message{Topic: "a", QoS: 1}},
		{reason: "QoS 2", topic: "a", query: "qos=2", err: "qos is not 0 or 1"},
		{reason: "QoS negative", topic: "a", query: "qos=-1", err: "qos"},
		{reason: "QoS with a zero before it", topic: "a", query: "qos=01", err: "qos"},
		{reason: "QoS twice", topic: "a", query: "qos=1&qos=0", err: "twice"},
		{reason: "QoS twice, once encoded", topic: "a", query: "qos=1&q%6fs=1", err: "twice"},
		{reason: "QoS badly encoded", topic: "a", query: "qos=%", err: "percent-encoded"},
		{reason: "names have case", topic: "a", query: "QoS=1", want: Message{Topic: "a"}},

		{reason: "retained", topic: "a", query: "retain=true", want: Message{Topic: "a", Retain: true}},
		{reason: "retained, as Python says", topic: "a", query: "retain=True", want: Message{Topic: "a", Retain: true}},
		{reason: "not retained", topic: "a", query: "retain=false", want: Message{Topic: "a"}},
		{reason: "retained by a number", topic: "a", query: "retain=1", err: "retain"},
		{reason: "parameters of others", topic: "a", query: "x-amz-customauthorizer-name=N&token=%zz&;&&=&qos=1", want: Message{Topic: "a", QoS: 1}},

		{reason: "content type", topic: "a", query: "contentType=application%2Fld%2Bjson", want: Message{Topic: "a", ContentType: "application/ld+json"}},
		{reason: "content type not UTF-8", topic: "a", query: "contentType=%ff", err: "contentType"},
		{reason: "content type too long", topic: "a", query: "contentType=" + strings.Repeat("c", 65536), err: "contentType"},
		{reason: "response topic", topic: "a", query: "responseTopic=a%2Fanswer", want: Message{Topic: "a", ResponseTopic: "a/answer"}},
		{reason: "response topic with a wildcard", topic: "a", query: "responseTopic=a%2F%23", err: "responseTopic"},
		{reason: "response topic with a null character", topic: "a", query: "responseTopic=a%00", err: "responseTopic"},

		{reason: "the shortest expiry", topic: "a", query: "messageExpiry=1", want: Message{Topic: "a", Expiry: time.Second}},
		{reason: "the longest expiry", topic: "a", query: "messageExpiry=604800", want: Message{Topic: "a", Expiry: 7 * 24 * time.Hour}},
		{reason: "expiry zero", topic: "a", query: "messageExpiry=0", err: "messageExpiry"},
		{reason: "expiry too long", topic: "a", query: "messageExpiry=604801", err: "messageExpiry"},
		{reason: "expiry overflows", topic: "a", query: "messageExpiry=18446744073709551617", err: "messageExpiry"},
		{reason: "expiry with a sign", topic: "a", query: "messageExpiry=%2B5", err: "messageExpiry"},

		{reason: "payload format", topic: "a", headers: []string{"x-amz-mqtt5-payload-format-indicator", "UTF8_DATA"}, want: Message{Topic: "a", PayloadFormatUTF8: true}},
		{reason: "payload format unspecified", topic: "a", headers: []string{"x-amz-mqtt5-payload-format-indicator", "UNSPECIFIED_BYTES"}, want: Message{Topic: "a"}},
		{reason: "payload format unknown", topic: "a", headers: []string{"x-amz-mqtt5-payload-format-indicator", "utf8"}, err: "UTF8_DATA"},
		{reason: "correlation data", topic: "a", headers: []string{"x-amz-mqtt5-correlation-data", b64("\x00\xff7")}, want: Message{Topic: "a", CorrelationData: []byte("\x00\xff7")}},
		{reason: "correlation data not base64", topic: "a", headers: []string{"x-amz-mqtt5-correlation-data", "!!"}, err: "base64"},
		{reason: "correlation data twice", topic: "a", headers: []string{"x-amz-mqtt5-correlation-data", "", "x-amz-mqtt5-correlation-data", ""}, err: "twice"},
		{
			reason: "user properties, as AWS documents them", topic: "a", headers: []string{"x-amz-mqtt5-user-properties", b64(`[{"deviceName": "alpha"}, {"deviceCnt": "45"}]`)},
			want: Message{Topic: "a", UserProperties: [][2]string{{"deviceName", "alpha"}, {"deviceCnt", "45"}}},
		},
		{
			reason: "user properties: order, repetition, several in an object", topic: "a", headers: []string{"x-amz-mqtt5-user-properties", b64(`[{"b":"1","a":"2"},{},{"b":"1"}]`)},
			want: Message{Topic: "a", UserProperties: [][2]string{{"b", "1"}, {"a", "2"}, {"b", "1"}}},
		},
		{reason: "user properties not base64", topic: "a", headers: []string{"x-amz-mqtt5-user-properties", `[{"a":"b"}]`}, err: "base64"},
		{reason: "user properties not JSON", topic: "a", headers: []string{"x-amz-mqtt5-user-properties", b64(`[{"a":"b"}`)}, err: "array"},
		{reason: "user properties no array", topic: "a", headers: []string{"x-amz-mqtt5-user-properties", b64(`{"a":"b"}`)}, err: "array"},
		{reason: "user properties without objects", topic: "a", headers: []string{"x-amz-mqtt5-user-properties", b64(`["a"]`)}, err: "object"},
		{reason: "user properties with a number", topic: "a", headers: []string{"x-amz-mqtt5-user-properties", b64(`[{"a":45}]`)}, err: "string"},
		{reason: "user properties with an object within", topic: "a", headers: []string{"x-amz-mqtt5-user-properties", b64(`[{"a":{"b":"c"}}]`)}, err: "string"},
		{reason: "user properties with a null character", topic: "a", headers: []string{"x-amz-mqtt5-user-properties", b64(`[{"a":"\u0000"}]`)}, err: "null"},
		{reason: "user properties not UTF-8", topic: "a", headers: []string{"x-amz-mqtt5-user-properties", b64("[{\"a\":\"\xff\"}]")}, err: "UTF-8"},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			h := http.Header{}
			for i := 0; i < len(tt.headers); i += 2 {
				h.Add(tt.headers[i], tt.headers[i+1])
			}
			got, err := parsePublish(tt.topic, tt.query, h)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v, want one that says %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// encodePublish is the inverse of parsePublish.
func encodePublish(m Message) (topic, query string, h http.Header) {
	q, h := url.Values{}, http.Header{}
	q.Set("qos", strconv.Itoa(int(m.QoS)))
	q.Set("retain", strconv.FormatBool(m.Retain))
	q.Set("contentType", m.ContentType)
	q.Set("responseTopic", m.ResponseTopic)
	if m.Expiry > 0 {
		q.Set("messageExpiry", strconv.Itoa(int(m.Expiry/time.Second)))
	}
	if m.PayloadFormatUTF8 {
		h.Set("x-amz-mqtt5-payload-format-indicator", "UTF8_DATA")
	}
	h.Set("x-amz-mqtt5-correlation-data", base64.StdEncoding.EncodeToString(m.CorrelationData))
	var properties []map[string]string
	for _, p := range m.UserProperties {
		properties = append(properties, map[string]string{p[0]: p[1]})
	}
	text, _ := json.Marshal(properties)
	if properties == nil {
		text = nil
	}
	h.Set("x-amz-mqtt5-user-properties", base64.StdEncoding.EncodeToString(text))
	return url.PathEscape(m.Topic), q.Encode(), h
}

// FuzzParsePublish: whatever a client sends, the outcome is an error or a message that MQTT
// can carry, and that message survives the way back.
func FuzzParsePublish(f *testing.F) {
	f.Add("a/b", "qos=1&retain=true", "", "", "")
	f.Add("a%2Fb", "contentType=a%2Bb&responseTopic=r&messageExpiry=60", "UTF8_DATA", b64("x"), b64(`[{"a":"b"}]`))
	f.Add("%00", "qos=%&qos=2", "x", "=", b64(`[{"a":1}]`))
	f.Add("a", "&&;=&q%6Fs=1", "UNSPECIFIED_BYTES", "AA", b64(`[{}]`))
	f.Fuzz(func(t *testing.T, topic, query, format, correlation, properties string) {
		h := http.Header{}
		for name, value := range map[string]string{"x-amz-mqtt5-payload-format-indicator": format, "x-amz-mqtt5-correlation-data": correlation, "x-amz-mqtt5-user-properties": properties} {
			if value != "" {
				h.Set(name, value)
			}
		}
		m, err := parsePublish(topic, query, h)
		if err != nil {
			return
		}
		if m.QoS > 1 || m.Topic == "" || strings.ContainsAny(m.Topic+m.ResponseTopic, "+#\x00") || m.Expiry < 0 || m.Expiry > maxExpiry*time.Second {
			t.Fatalf("accepted %+v", m)
		}
		texts := []string{m.Topic, m.ResponseTopic, m.ContentType}
		for _, p := range m.UserProperties {
			texts = append(texts, p[:]...)
		}
		for _, s := range texts {
			if !utf8.ValidString(s) || strings.Contains(s, "\x00") || len(s) > 65535 {
				t.Fatalf("accepted the text %q", s)
			}
		}
		again, err := parsePublish(encodePublish(m))
		if diff := cmp.Diff(m, again); err != nil || diff != "" {
			t.Fatalf("%v\n%s", err, diff)
		}
	})
}
