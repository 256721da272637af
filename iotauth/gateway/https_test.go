package gateway

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/iotauth/policy"
)

// send writes text to the plain door and returns the first answer, as it came.
func (s *site) send(t testing.TB, text string) (head, body string) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", s.address[Plain], patience)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	go func() { _, _ = io.WriteString(conn, text) }() // it may be refused before it is written
	r := bufio.NewReader(conn)
	response, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, s.log)
	}
	defer response.Body.Close()
	var b bytes.Buffer
	if err := response.Header.Write(&b); err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.Status + "\r\n" + b.String(), string(content)
}

// customHeaders are those that the authorizer takes.
func (s *site) customHeaders(t testing.TB) string {
	h := http.Header{}
	if err := s.credentials(t).SetHeader(h); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	_ = h.Write(&b)
	return b.String()
}

var okAnswer = regexp.MustCompile(`^\{"message":"OK","traceId":"([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})"\}$`)

// TestPublishAnswer: the answer to POST /topics/… is AWS IoT's, byte by byte.
func TestPublishAnswer(t *testing.T) {
	s := openSite(t)
	conn, err := net.Dial("tcp", s.address[Plain])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	_, _ = io.WriteString(conn, "POST /topics/doors%2Fa?qos=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 2\r\n"+s.customHeaders(t)+"\r\n{}")
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	head, body, _ := strings.Cut(string(answer), "\r\n\r\n")
	match := okAnswer.FindStringSubmatch(body)
	if match == nil || len(body) != 65 {
		t.Fatalf("body %q", body)
	}
	var lines []string
	for line := range strings.SplitSeq(head, "\r\n") {
		if !strings.HasPrefix(line, "Date: ") {
			lines = append(lines, line)
		}
	}
	want := []string{"HTTP/1.1 200 OK", "Content-Length: 65", "Content-Type: application/json", "x-amzn-RequestId: " + match[1], "Connection: close"}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
	if m := s.published(t); m.Topic != "doors/a" || string(m.Payload) != "{}" || m.QoS != 1 || m.ClientID != "" {
		t.Errorf("published %+v", m)
	}
}

// TestPublishedMessage: all of a request reaches the message.
func TestPublishedMessage(t *testing.T) {
	s := openSite(t)
	head, _ := s.send(t, "POST /topics/doors/a/b?qos=1&retain=true&contentType=text%2Fplain&responseTopic=doors%2Fr&messageExpiry=60 HTTP/1.1\r\nHost: localhost:80\r\nContent-Length: 3\r\n"+
		"X-AMZ-MQTT5-User-Properties: "+b64(`[{"deviceName":"alpha"},{"deviceName":"beta"}]`)+"\r\nx-amz-mqtt5-payload-format-indicator: UTF8_DATA\r\nx-amz-mqtt5-correlation-data: "+b64("\x00\x01")+"\r\n"+
		s.customHeaders(t)+"\r\nabc")
	if !strings.HasPrefix(head, "200") {
		t.Fatalf("%s\n%s", head, s.log)
	}
	want := Message{
		Topic: "doors/a/b", Payload: []byte("abc"), QoS: 1, Retain: true, PayloadFormatUTF8: true, ContentType: "text/plain", ResponseTopic: "doors/r",
		CorrelationData: []byte("\x00\x01"), UserProperties: [][2]string{{"deviceName", "alpha"}, {"deviceName", "beta"}}, Expiry: time.Minute,
	}
	if diff := cmp.Diff(want, s.published(t).Message); diff != "" {
		t.Error(diff)
	}
}

// TestHTTPRefusals: what is wrong with a request is told in AWS's form, never by a 5xx, and
// nothing is published.
func TestHTTPRefusals(t *testing.T) {
	s := openSite(t)
	custom := s.customHeaders(t)
	host := "Host: localhost\r\n"
	post := func(path string) string {
		return "POST " + path + " HTTP/1.1\r\n" + host + custom + "Content-Length: 0\r\n\r\n"
	}
	upgrade := "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
	key, mqtt := "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "Sec-WebSocket-Protocol: mqtt\r\n"
	for _, tt := range []struct {
		reason, request string
		status          int
		message         string // "" where the answer is net/http's, about what is no HTTP
	}{
		{"no credentials", "POST /topics/doors/a HTTP/1.1\r\n" + host + "Content-Length: 0\r\n\r\n", 403, "Forbidden"},
		{"a topic that the policy does not allow", post("/topics/windows/a"), 403, "Forbidden"},
		{"an unknown authorizer", "POST /topics/doors/a?x-amz-customauthorizer-name=Nobody HTTP/1.1\r\n" + host + "\r\n", 403, "Forbidden"},
		{"credentials twice", post("/topics/doors/a?x-amz-customauthorizer-name=Other"), 403, "Forbidden"},
		{"a bad signature", strings.Replace(post("/topics/doors/a"), "X-Amz-Customauthorizer-Signature: ", "X-Amz-Customauthorizer-Signature: AAAA", 1), 403, "Forbidden"},
		{"an unknown access key", "POST /topics/doors/a HTTP/1.1\r\n" + host + "X-Amz-Date: " + time.Now().UTC().Format("20060102T150405Z") + "\r\nAuthorization: AWS4-HMAC-SHA256 Credential=X/" + time.Now().UTC().Format("20060102") + "/us-east-1/iotdata/aws4_request, SignedHeaders=host;x-amz-date, Signature=00\r\n\r\n", 403, "Forbidden"},
		{"half a signature", "POST /topics/doors/a HTTP/1.1\r\n" + host + "Authorization: AWS4-HMAC-SHA256 x\r\n\r\n", 403, "Forbidden"},
		{"two signatures", "POST /topics/doors/a?X-Amz-Algorithm=AWS4-HMAC-SHA256 HTTP/1.1\r\n" + host + "Authorization: AWS4-HMAC-SHA256 x\r\n\r\n", 403, "Forbidden"},

		{"the root", "GET / HTTP/1.1\r\n" + host + "\r\n", 404, "Not Found"},
		{"no topic's folder", post("/topics"), 404, "Not Found"},
		{"another path", post("/topic/doors"), 404, "Not Found"},
		{"an encoded path", post("/topics%2Fdoors"), 404, "Not Found"},
		{"the options of everything", "OPTIONS * HTTP/1.1\r\n" + host + "\r\n", 404, "Not Found"},
		{"a proxy's method", "CONNECT localhost:443 HTTP/1.1\r\n" + host + "\r\n", 404, "Not Found"},
		{"GET a topic", "GET /topics/doors/a HTTP/1.1\r\n" + host + "\r\n", 405, "Method Not Allowed"},
		{"PUT a topic", "PUT /topics/doors/a HTTP/1.1\r\n" + host + "Content-Length: 1\r\n\r\nx", 405, "Method Not Allowed"},
		{"POST to the WebSocket", post("/mqtt"), 405, "Method Not Allowed"},
		{"GET a connection", "GET /connections/c HTTP/1.1\r\n" + host + "\r\n", 405, "Method Not Allowed"},

		{"no topic", post("/topics/"), 400, "the topic is empty or has a wildcard"},
		{"a wildcard", post("/topics/doors/%23"), 400, "the topic is empty or has a wildcard"},
		{"a null character", post("/topics/doors/%00"), 400, "the topic is not UTF-8, has a null character, or is too long"},
		{"no UTF-8", post("/topics/doors/%ff"), 400, "the topic is not UTF-8, has a null character, or is too long"},
		{"a topic that is too long", post("/topics/doors/" + strings.Repeat("x", 251)), 400, `topic "doors/` + strings.Repeat("x", 251) + `"`},
		{"a topic that is too deep", post("/topics/doors/1/2/3/4/5/6/7/8"), 400, `topic "doors/1/2/3/4/5/6/7/8"`},
		{"a reserved topic", post("/topics/$SYS/a"), 400, `topic "$SYS/a"`},
		{"a lifecycle event", post("/topics/$aws/events/presence/connected/c"), 400, `topic "$aws/events/presence/connected/c"`},
		{"QoS 2", post("/topics/doors/a?qos=2"), 400, "qos is not 0 or 1"},
		{"QoS twice", post("/topics/doors/a?qos=0&qos=1"), 400, "qos is given twice"},
		{"retain", post("/topics/doors/a?retain=yes"), 400, "retain is not true or false"},
		{"expiry", post("/topics/doors/a?messageExpiry=0"), 400, "messageExpiry is not a number of seconds from 1 to 604800"},
		{"response topic", post("/topics/doors/a?responseTopic=%2B"), 400, "responseTopic is empty or has a wildcard"},
		{"user properties", strings.Replace(post("/topics/doors/a"), "\r\n\r\n", "\r\nx-amz-mqtt5-user-properties: [{}]\r\n\r\n", 1), 400, "x-amz-mqtt5-user-properties is not base64, or is too long"},
		{"correlation data", strings.Replace(post("/topics/doors/a"), "\r\n\r\n", "\r\nx-amz-mqtt5-correlation-data: %\r\n\r\n", 1), 400, "x-amz-mqtt5-correlation-data is not base64, or is too long"},
		{"payload format", strings.Replace(post("/topics/doors/a"), "\r\n\r\n", "\r\nx-amz-mqtt5-payload-format-indicator: 1\r\n\r\n", 1), 400, "x-amz-mqtt5-payload-format-indicator is not UNSPECIFIED_BYTES or UTF8_DATA"},
		{"a body that is announced too large", "POST /topics/doors/a HTTP/1.1\r\n" + host + custom + "Content-Length: 131073\r\n\r\n", 413, "Request Entity Too Large"},
		{"a body that is too large", "POST /topics/doors/a HTTP/1.1\r\n" + host + custom + "Transfer-Encoding: chunked\r\n\r\n20001\r\n" + strings.Repeat("x", 131073) + "\r\n0\r\n\r\n", 413, "Request Entity Too Large"},
		{"a chunk without length", "POST /topics/doors/a HTTP/1.1\r\n" + host + custom + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "the body could not be read to its end"},

		{"another host", "POST /topics/doors/a HTTP/1.1\r\nHost: evil.example\r\n" + custom + "Content-Length: 0\r\n\r\n", 403, "Forbidden"},
		{"an empty host", "POST /topics/doors/a HTTP/1.1\r\nHost:\r\n" + custom + "Content-Length: 0\r\n\r\n", 403, "Forbidden"},
		{"a foreign address as host", "POST /topics/doors/a HTTP/1.1\r\nHost: 192.0.2.1\r\n" + custom + "Content-Length: 0\r\n\r\n", 403, "Forbidden"},

		{"no upgrade", "GET /mqtt HTTP/1.1\r\n" + host + "\r\n", 426, "Upgrade Required"},
		{"another upgrade", "GET /mqtt HTTP/1.1\r\n" + host + "Upgrade: h2c\r\nConnection: Upgrade\r\n\r\n", 426, "Upgrade Required"},
		{"an old WebSocket", "GET /mqtt HTTP/1.1\r\n" + host + strings.Replace(upgrade, "13", "8", 1) + key + mqtt + "\r\n", 426, "Upgrade Required"},
		{"HTTP/1.0", "GET /mqtt HTTP/1.0\r\n" + host + upgrade + key + mqtt + "\r\n", 426, "Upgrade Required"},
		{"no key", "GET /mqtt HTTP/1.1\r\n" + host + upgrade + mqtt + "\r\n", 400, "Sec-WebSocket-Key is not 16 bytes in base64"},
		{"a short key", "GET /mqtt HTTP/1.1\r\n" + host + upgrade + mqtt + "Sec-WebSocket-Key: AAAA\r\n\r\n", 400, "Sec-WebSocket-Key is not 16 bytes in base64"},
		{"no subprotocol", "GET /mqtt HTTP/1.1\r\n" + host + upgrade + key + "\r\n", 400, `the WebSocket subprotocol is not "mqtt"`},
		{"another subprotocol", "GET /mqtt HTTP/1.1\r\n" + host + upgrade + key + "Sec-WebSocket-Protocol: chat, amqp\r\n\r\n", 400, `the WebSocket subprotocol is not "mqtt"`},
		{"another page", "GET /mqtt HTTP/1.1\r\n" + host + upgrade + key + mqtt + "Origin: https://evil.example\r\n\r\n", 403, "Forbidden"},
		{"a sandboxed page", "GET /mqtt HTTP/1.1\r\n" + host + upgrade + key + mqtt + "Origin: null\r\n\r\n", 403, "Forbidden"},
		{"a WebSocket with a bad signature", "GET /mqtt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00 HTTP/1.1\r\n" + host + upgrade + key + mqtt + "\r\n", 403, "Forbidden"},

		{"deletion unsigned", "DELETE /connections/c HTTP/1.1\r\n" + host + "\r\n", 403, "Forbidden"},
		{"deletion by custom authorizer", "DELETE /connections/c HTTP/1.1\r\n" + host + custom + "\r\n", 403, "Forbidden"},
		{"deletion of nobody", "DELETE /connections/ HTTP/1.1\r\n" + host + "\r\n", 400, "the client id is empty, too long, not UTF-8, or begins with $"},
		{"deletion of a service's client", "DELETE /connections/%24c HTTP/1.1\r\n" + host + "\r\n", 400, "the client id is empty, too long, not UTF-8, or begins with $"},
		{"deletion of a long name", "DELETE /connections/" + strings.Repeat("c", 129) + " HTTP/1.1\r\n" + host + "\r\n", 400, "the client id is empty, too long, not UTF-8, or begins with $"},
		{"deletion with a word", "DELETE /connections/c?cleanSession=1 HTTP/1.1\r\n" + host + "\r\n", 400, "cleanSession is not true or false"},

		{"half an escape", post("/topics/doors/%2"), 400, ""},
		{"no host", "POST /topics/doors/a HTTP/1.1\r\n\r\n", 400, ""},
		{"two hosts", "POST /topics/doors/a HTTP/1.1\r\n" + host + host + "\r\n", 400, ""},
		{"two lengths", "POST /topics/doors/a HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx", 400, ""},
		{"a negative length", "POST /topics/doors/a HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n", 400, ""},
		{"a space before the colon", "POST /topics/doors/a HTTP/1.1\r\n" + host + "Transfer-Encoding : chunked\r\n\r\n", 400, ""},
		{"a folded header", "POST /topics/doors/a HTTP/1.1\r\n" + host + "X: a\r\n b\r\nContent-Length:0\r\n\r\n", 403, "Forbidden"},
		{"an unknown transfer encoding", "POST /topics/doors/a HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip\r\n\r\n", 501, ""},
		{"no version", "POST /topics/doors/a\r\n\r\n", 400, ""},
		{"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 403, "Forbidden"},
		{"a header without end", "POST /topics/doors/a HTTP/1.1\r\n" + host + "X: " + strings.Repeat("x", 64<<10) + "\r\n\r\n", 431, ""},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			head, body := s.send(t, tt.request)
			if !strings.HasPrefix(head, fmt.Sprint(tt.status)) {
				t.Fatalf("%s%s\nwant %d", head, body, tt.status)
			}
			if tt.message != "" {
				checkRefusalBody(t, head, body, tt.message)
			}
		})
	}
	s.nothingPublished(t)
}

func checkRefusalBody(t *testing.T, head, body, message string) {
	t.Helper()
	id := regexp.MustCompile(`(?m)^x-amzn-RequestId: (\S+)\r$`).FindStringSubmatch(strings.ReplaceAll(head, "X-Amzn-Requestid", "x-amzn-RequestId"))
	if id == nil {
		t.Fatalf("no request id in\n%s", head)
	}
	if want := fmt.Sprintf(`{"message":%q,"traceId":%q}`, message, id[1]); body != want {
		t.Errorf("body %s, want %s", body, want)
	}
	if !strings.Contains(head, "Exception\r\n") || !strings.Contains(head, "application/json") {
		t.Errorf("the head lacks the exception's name or the content type:\n%s", head)
	}
}

// TestKeepAlive: one connection carries many requests, and what follows a body is the next.
func TestKeepAlive(t *testing.T) {
	s := openSite(t)
	conn, err := net.Dial("tcp", s.address[Plain])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	custom := s.customHeaders(t)
	bodies := []string{"", "one", "GET / HTTP/1.1\r\n\r\n", strings.Repeat("x", 128<<10)}
	var text strings.Builder
	for i, body := range bodies {
		fmt.Fprintf(&text, "POST /topics/doors/%d HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: %d\r\n\r\n%s", i, custom, len(body), body)
		fmt.Fprintf(&text, "GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n")
	}
	go func() { _, _ = io.WriteString(conn, text.String()) }()
	r := bufio.NewReader(conn)
	for i, body := range bodies {
		for _, want := range []int{200, 404} {
			response, err := http.ReadResponse(r, nil)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, response.Body)
			if response.StatusCode != want || response.Close {
				t.Fatalf("request %d: %s, close %t", i, response.Status, response.Close)
			}
		}
		if m := s.published(t); m.Topic != fmt.Sprintf("doors/%d", i) || string(m.Payload) != body {
			t.Errorf("published %s: %d bytes", m.Topic, len(m.Payload))
		}
	}
}

// TestLengthAndChunks: with both, the chunks count, and what they end before is not taken
// for a part of them.
func TestLengthAndChunks(t *testing.T) {
	s := openSite(t)
	head, _ := s.send(t, "POST /topics/doors/a HTTP/1.1\r\nHost: localhost\r\n"+s.customHeaders(t)+"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\nPOST /topics/doors/smuggled HTTP/1.1\r\n\r\n")
	if !strings.HasPrefix(head, "200") {
		t.Fatal(head)
	}
	if m := s.published(t); m.Topic != "doors/a" || string(m.Payload) != "ab" {
		t.Errorf("published %s: %q", m.Topic, m.Payload)
	}
	s.nothingPublished(t)
}

// TestPublishRate: more than Limits.PublishRate on one connection is 429.
func TestPublishRate(t *testing.T) {
	s := openSite(t, func(o *Options) { o.Limits.PublishRate = 0.001 })
	client := &http.Client{Timeout: patience, Transport: &http.Transport{MaxConnsPerHost: 1}}
	defer client.CloseIdleConnections()
	for i, want := range []int{200, 429, 429} {
		if status, body := s.post(t, client, "http://"+s.address[Plain]+"/topics/doors/a", "x"); status != want {
			t.Errorf("request %d: %d %s", i, status, body)
		}
	}
}

// TestMostBodies: beyond what all bodies together may take in memory, a request is 429, and
// what a body took is given back.
func TestMostBodies(t *testing.T) {
	s := openSite(t)
	text := "POST /topics/doors/a HTTP/1.1\r\nHost: localhost\r\n" + s.customHeaders(t) + "Content-Length: 3\r\n\r\nabc"
	for _, row := range []struct {
		held   int64
		status string
	}{{0, "200"}, {mostBodies - 3, "200"}, {mostBodies - 2, "429"}, {0, "200"}} {
		s.bodies.Store(row.held)
		if head, _ := s.send(t, text); !strings.HasPrefix(head, row.status) {
			t.Errorf("with %d bytes held: %s", row.held, head)
		}
		for began := time.Now(); s.bodies.Load() != row.held; time.Sleep(time.Millisecond) { // the release comes after the answer
			if time.Since(began) > patience {
				t.Fatalf("%d bytes are held, %d were", s.bodies.Load(), row.held)
			}
		}
	}
}

// post sends a request with the credentials that the authorizer takes.
func (s *site) post(t testing.TB, client *http.Client, url, payload string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(payload))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.credentials(t).SetHeader(request.Header); err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(content)
}

// TestFailures are the gateway's own: 500, and no word of why to the client.
func TestFailures(t *testing.T) {
	s := openSite(t, func(o *Options) { o.Keys = failingKeys{} })
	signed := "Authorization: AWS4-HMAC-SHA256 Credential=X/" + time.Now().UTC().Format("20060102") + "/us-east-1/iotdata/aws4_request, SignedHeaders=host;x-amz-date, Signature=00\r\n"
	date := "X-Amz-Date: " + time.Now().UTC().Format("20060102T150405Z") + "\r\n"
	head, body := s.send(t, "POST /topics/doors/a HTTP/1.1\r\nHost: localhost\r\n"+date+signed+"\r\n")
	if !strings.HasPrefix(head, "500") {
		t.Error(head)
	}
	checkRefusalBody(t, head, body, "Internal Failure")
	if !strings.Contains(s.log.String(), "no disk") {
		t.Error("the log does not say why")
	}
	s.registry.change("", func() { s.registry.err = errors.New("no disk") })
	if head, _ := s.send(t, "POST /topics/doors/a HTTP/1.1\r\nHost: localhost\r\n"+s.customHeaders(t)+"\r\n"); !strings.HasPrefix(head, "500") {
		t.Error(head)
	}
}

// TestCacheOfConnection: an authorizer that allows it is asked once for a connection, and
// again for the next, whatever door it comes by.
func TestCacheOfConnection(t *testing.T) {
	s := openSite(t)
	f := &function{answer: always(allow(doorsPolicy()))}
	s.registry.signed(t, "Doors", f)
	s.registry.change("", func() {
		a := s.registry.authorizers["Doors"]
		a.CacheHTTP = true
		s.registry.authorizers["Doors"] = a
	})
	calls := 0
	for _, door := range []Door{Plain, Port443} {
		for range 2 {
			url, transport := "http://localhost/topics/doors/a", &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, network, s.address[door])
			}}
			if door == Port443 {
				url, transport = "https://localhost/topics/doors/a", s.dialHTTP(t, door, s.tls("http/1.1"))
			}
			client := &http.Client{Transport: transport, Timeout: patience}
			for range 3 {
				if status, body := s.post(t, client, url, "x"); status != 200 {
					t.Fatalf("%s: %d %s", door, status, body)
				}
			}
			client.CloseIdleConnections()
			if calls++; f.called() != calls {
				t.Errorf("%s: the function was called %d times, want %d", door, f.called(), calls)
			}
		}
	}
}

type failingKeys struct{}

func (failingKeys) Retrieve(context.Context, string) (Key, error) {
	return Key{}, errors.New("no disk")
}

// TestHandler: the same behind a server of somebody else, with TLS and without, and with
// the certificate that it asked for.
func TestHandler(t *testing.T) {
	s := openSite(t)
	server := httptest.NewServer(s.Handler())
	defer server.Close()
	if status, body := s.post(t, server.Client(), server.URL+"/topics/doors/a", "x"); status != 200 || !okAnswer.MatchString(body) {
		t.Errorf("%d %s", status, body)
	}
	s.published(t)
	secure := httptest.NewUnstartedServer(s.Handler())
	secure.TLS = s.always(s.device).Clone()
	secure.TLS.ClientAuth = 2 // RequireAnyClientCert
	secure.EnableHTTP2 = true
	secure.StartTLS()
	defer secure.Close()
	transport := &http.Transport{TLSClientConfig: s.always(s.device), ForceAttemptHTTP2: true}
	transport.TLSClientConfig.InsecureSkipVerify = true // its certificate is for example.com
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, secure.URL+"/topics/doors/a", strings.NewReader("y"))
	if err != nil {
		t.Fatal(err)
	}
	request.Host = "localhost"
	response, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != 200 || response.ProtoMajor != 2 {
		t.Errorf("%s %s\n%s", response.Proto, response.Status, s.log)
	}
	if m := s.published(t); m.Principal != policy.NewCertificate(s.device.Leaf).ID {
		t.Errorf("published by %q", m.Principal)
	}
}
