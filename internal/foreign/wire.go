package foreign

import (
	"bytes"
	"io"
	"net/http"
	"testing"
)

// Transport returns next as the transport of an AWS client whose server is behind a
// socket. Its idle connections are closed when the test ends.
//
// The SDK closes a request's body as soon as it has the head of the answer. net/http may
// still be looking for that body's end, takes the closed body for a failed write, and
// cuts the connection in the middle of the answer. An application's retries hide it; a
// test that must ask only once cannot retry. So net/http gets a body of its own here.
func Transport(t testing.TB, next *http.Transport) http.RoundTripper {
	t.Helper()
	t.Cleanup(next.CloseIdleConnections)
	return ownBody{next}
}

type ownBody struct{ next *http.Transport }

func (t ownBody) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return t.next.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	_ = r.Body.Close()
	if err != nil {
		return nil, err
	}
	out := r.WithContext(r.Context())
	out.ContentLength = int64(len(body))
	out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	out.Body, _ = out.GetBody()
	return t.next.RoundTrip(out)
}

// CloseIdleConnections is what [http.Client.CloseIdleConnections] looks for.
func (t ownBody) CloseIdleConnections() { t.next.CloseIdleConnections() }
