package apihttp

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/askaround/askaround-go/internal/openapi"
)

// A Visit is what becomes known about one request on its way. It belongs to the
// request's goroutine.
type Visit struct {
	RequestID string
	Method    string             // as the client sent it
	Operation *openapi.Operation // nil until the path and method are known
	Caller    Caller             // zero until it is authenticated

	options  *Options
	recorder *recorder
	body     *body // nil where there is none
}

type visitKey struct{}

// VisitOf returns the visit of the request that ctx belongs to.
func VisitOf(ctx context.Context) *Visit {
	v, ok := ctx.Value(visitKey{}).(*Visit)
	if !ok {
		return &Visit{options: &Options{Logger: slog.New(slog.DiscardHandler)}}
	}
	return v
}

// observe surrounds every request: its id, the headers that all responses have,
// the access log, and a net under panics.
func (h *handler) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		v := &Visit{RequestID: requestID(r), Method: r.Method, options: &h.options, recorder: &recorder{ResponseWriter: w}}
		r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
		if r.Body != nil && r.Body != http.NoBody {
			v.body = &body{ReadCloser: r.Body}
			r.Body = v.body
		}
		setCommonHeaders(w.Header(), v.RequestID)
		defer h.log(r, v, start)
		defer contain(v, r)
		next.ServeHTTP(v.recorder, r)
	})
}

// requestID takes the caller's id, so that one id follows a request through several
// services, unless it could do harm in a log.
func requestID(r *http.Request) string {
	id := r.Header.Get("X-Request-Id")
	odd := func(c rune) bool {
		return !strings.ContainsRune("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_", c)
	}
	if id == "" || len(id) > 64 || strings.ContainsFunc(id, odd) {
		return rand.Text()
	}
	return id
}

// setCommonHeaders: responses are for one user and no browser interprets them.
func setCommonHeaders(h http.Header, requestID string) {
	h.Set("X-Request-Id", requestID)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
}

// contain answers 503 when a handler panicked before it wrote. After that nothing
// but breaking off tells the client.
func contain(v *Visit, r *http.Request) {
	p := recover()
	switch {
	case p == nil:
		return
	case p == http.ErrAbortHandler || v.recorder.status != 0:
		v.options.Logger.Error("request aborted", "panic", p)
		panic(http.ErrAbortHandler)
	}
	v.options.Logger.Error("request panicked", "request_id", v.RequestID, "panic", p, "stack", string(debug.Stack()))
	Fail(v.recorder, r, errPanicked)
}

// log writes the access log. Paths and queries are left out: they say where a user
// is.
func (h *handler) log(r *http.Request, v *Visit, start time.Time) {
	if !h.options.Logger.Enabled(r.Context(), slog.LevelDebug) {
		return
	}
	operation := "none"
	if v.Operation != nil {
		operation = v.Operation.ID
	}
	h.options.Logger.DebugContext(r.Context(), "request",
		"request_id", v.RequestID, "method", r.Method, "operation", operation, "account", v.Caller.Account,
		"status", v.recorder.status, "bytes", v.recorder.bytes, "duration", time.Since(start))
}

// body remembers whether it was read to its end.
type body struct {
	io.ReadCloser
	ended bool
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.ended = b.ended || err != nil
	return n, err
}

// recorder remembers the status and length of a response.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(data []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(data)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
