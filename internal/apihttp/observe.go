package httpapi

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/internal/openapi"
)

// A visit is what becomes known about one request on its way. It belongs to the
// request's goroutine.
type visit struct {
	requestID string
	operation *openapi.Operation  // nil until the path and method are known
	account   askaround.AccountID // "" until the token is checked
	logger    *slog.Logger
}

type visitKey struct{}

// visitOf returns the visit that observe put into the context.
func visitOf(ctx context.Context) *visit {
	v, ok := ctx.Value(visitKey{}).(*visit)
	if !ok {
		return &visit{logger: slog.New(slog.DiscardHandler)}
	}
	return v
}

// observe surrounds every request: its id, the headers that all responses have,
// the access log, and a net under panics.
func (h *handler) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		v := &visit{requestID: requestID(r), logger: h.options.Logger}
		r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
		recorder := &recorder{ResponseWriter: w}
		setCommonHeaders(w.Header(), v.requestID)
		defer h.log(r, v, recorder, start)
		defer contain(recorder, r)
		next.ServeHTTP(recorder, r)
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
func contain(w *recorder, r *http.Request) {
	p := recover()
	switch {
	case p == nil:
		return
	case p == http.ErrAbortHandler || w.status != 0:
		visitOf(r.Context()).logger.Error("request aborted", "panic", p)
		panic(http.ErrAbortHandler)
	}
	v := visitOf(r.Context())
	v.logger.Error("request panicked", "request_id", v.requestID, "panic", p, "stack", string(debug.Stack()))
	fail(w, r, errPanicked)
}

// log writes the access log. Paths and queries are left out: they say where a user
// is.
func (h *handler) log(r *http.Request, v *visit, w *recorder, start time.Time) {
	if !h.options.Logger.Enabled(r.Context(), slog.LevelDebug) {
		return
	}
	operation := "none"
	if v.operation != nil {
		operation = v.operation.ID
	}
	h.options.Logger.DebugContext(r.Context(), "request",
		"request_id", v.requestID, "method", r.Method, "operation", operation, "account", string(v.account),
		"status", w.status, "bytes", w.bytes, "duration", time.Since(start))
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
