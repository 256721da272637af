// Package inprocess reaches an HTTP handler without a socket.
package inprocess

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
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
	w := &response{out: http.Response{
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Request: r,
	}}
	c.handler.ServeHTTP(w, in)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return w.finish(), nil
}

// response is an answer in memory, and its own body.
type response struct {
	out  http.Response
	body bytes.Buffer
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
	w.out.Body, w.out.ContentLength = body{&w.body}, int64(w.body.Len())
	return &w.out
}

func status(code int) string {
	if code == http.StatusOK {
		return "200 OK"
	}
	return strconv.Itoa(code) + " " + http.StatusText(code)
}

// body is what was written.
type body struct{ *bytes.Buffer }

var _ io.ReadCloser = body{}

func (body) Close() error { return nil }
