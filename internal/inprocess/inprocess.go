// Package inprocess reaches an HTTP handler without a socket.
package inprocess

import (
	"bytes"
	"net/http"
	"strconv"
	"sync"
)

// Client calls a handler in the caller's goroutine: nothing outlives the call. A handler
// that waits must end with its request's context, and one that changes more of its
// request than the body must clone it. A Client follows no redirects and keeps no
// cookies. It is an aws.HTTPClient, and safe for concurrent use if the handler is.
type Client struct{ handler http.Handler }

// NewClient returns a Client that calls h.
func NewClient(h http.Handler) *Client { return &Client{h} }

// Transport returns an [http.RoundTripper] that calls h as a [Client] does.
func Transport(h http.Handler) http.RoundTripper { return transport{NewClient(h)} }

type transport struct{ client *Client }

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t.client.Do(r) }

// Do answers r. Its error is that of the request's context, before the call or after it.
func (c *Client) Do(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	in := r.WithContext(r.Context()) // handlers replace the body of their request
	if in.Body == nil {
		in.Body = http.NoBody
	}
	defer in.Body.Close()
	w := &response{body: buffers.Get().(*bytes.Buffer), out: http.Response{
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Request: r,
	}}
	c.handler.ServeHTTP(w, in)
	out := w.finish()
	if err := r.Context().Err(); err != nil {
		out.Body.Close()
		return nil, err
	}
	return out, nil
}

// response is an answer in memory.
type response struct {
	out  http.Response
	body *bytes.Buffer
}

func (w *response) Header() http.Header { return w.out.Header }

func (w *response) WriteHeader(status int) {
	if w.out.StatusCode == 0 {
		w.out.StatusCode = status
	}
}

func (w *response) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

func (w *response) finish() *http.Response {
	w.WriteHeader(http.StatusOK)
	w.out.Status = status(w.out.StatusCode)
	w.out.Body, w.out.ContentLength = &body{from: w.body}, int64(w.body.Len())
	return &w.out
}

func status(code int) string {
	if code == http.StatusOK {
		return "200 OK"
	}
	return strconv.Itoa(code) + " " + http.StatusText(code)
}

// buffers are those of bodies that were closed.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// maxBuffer is the largest that is kept: an answer of DynamoDB with a page of 1 MB.
const maxBuffer = 4 << 20

// body is what was written.
type body struct {
	mu   sync.Mutex
	from *bytes.Buffer // nil when closed
}

func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.from == nil {
		return 0, http.ErrBodyReadAfterClose
	}
	return b.from.Read(p)
}

func (b *body) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.from != nil && b.from.Cap() <= maxBuffer {
		b.from.Reset()
		buffers.Put(b.from)
	}
	b.from = nil
	return nil
}
