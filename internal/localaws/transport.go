package localaws

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// Config returns the configuration of AWS clients that call the services in the
// process. It reads no environment and no files.
func (l *Local) Config() aws.Config {
	return aws.Config{
		Region:       l.options.Region,
		Credentials:  credentials.NewStaticCredentialsProvider("local", "local", ""),
		HTTPClient:   &http.Client{Transport: l.Transport()},
		BaseEndpoint: aws.String("http://localaws.invalid"),
	}
}

// Handler returns the services as they are reached over a socket.
func (l *Local) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.Header.Get("X-Amz-Target"), "AmazonSQS.") {
			l.sqs.ServeHTTP(w, r)
			return
		}
		l.dynamodb.ServeHTTP(w, r) // answers unknown targets as AWS does
	})
}

// Transport returns an [http.RoundTripper] to the services without a socket.
func (l *Local) Transport() http.RoundTripper { return transport{l.Handler()} }

type transport struct{ handler http.Handler }

// RoundTrip runs the handler in the caller's goroutine: nothing outlives the call, and
// handlers that wait end with the request's context.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	in := r.Clone(r.Context()) // handlers of a server may change their request
	if in.Body == nil {
		in.Body = http.NoBody
	}
	defer in.Body.Close()
	w := &response{header: http.Header{}, status: http.StatusOK}
	t.handler.ServeHTTP(w, in)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: w.header, Request: r,
		Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()),
	}, nil
}

// response is an answer in memory.
type response struct {
	header  http.Header
	status  int
	started bool
	body    bytes.Buffer
}

func (w *response) Header() http.Header { return w.header }

func (w *response) WriteHeader(status int) {
	if !w.started {
		w.status, w.started = status, true
	}
}

func (w *response) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}
