package apihttp

import (
	"bytes"
	"crypto/sha256"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// replayTime is how long an answer is remembered.
const replayTime = 24 * time.Hour

// A once keeps requests with the same idempotency key apart
// (draft-ietf-httpapi-idempotency-key-header): while the first of them is being processed
// the others are told to come back, and where answers are remembered the others
// get the first one's. It is one process's view; across processes the domain decides.
type once struct {
	limit int
	clock func() time.Time

	mu      sync.Mutex
	busy    map[string]bool   // keys in use
	answers map[string]answer // by key
	oldest  []string          // keys of answers, in the order of their age
}

// An answer is what a request was told, and a digest of the request.
type answer struct {
	request [sha256.Size]byte
	at      time.Time
	status  int
	header  http.Header
	body    []byte
}

func newOnce(o Options) *once {
	return &once{limit: o.Replays, clock: o.Clock, busy: make(map[string]bool), answers: make(map[string]answer)}
}

// serve lets next answer r, unless r's idempotency key says otherwise.
func (c *once) serve(w http.ResponseWriter, r *http.Request, v *Visit, next http.Handler) {
	header, key := keyOf(r, v)
	if key == "" {
		next.ServeHTTP(w, r)
		return
	}
	key = v.Caller.Account + "\x00" + key
	var digest [sha256.Size]byte
	if c.limit > 0 {
		digest = digestOf(r)
	}
	before, err := c.begin(key, header, digest)
	if err != nil {
		Fail(w, r, err)
		return
	}
	defer c.end(key)
	switch {
	case before != nil:
		before.write(w)
	case c.limit > 0:
		t := &tape{ResponseWriter: w}
		next.ServeHTTP(t, r)
		c.remember(key, digest, t)
	default:
		next.ServeHTTP(w, r)
	}
}

// keyHeaders are the headers that may hold a key: ours, and the id of a webhook's delivery.
var keyHeaders = []string{"Idempotency-Key", "X-Github-Delivery"}

// keyOf returns r's idempotency key, "" for none, and which header the operation takes it
// from. That there is one value at most has been checked.
func keyOf(r *http.Request, v *Visit) (header, key string) {
	for _, header := range keyHeaders {
		if v.Operation.TakesHeader(header) {
			return header, r.Header.Get(header)
		}
	}
	return "", ""
}

// digestOf returns a digest of what r asks for. Its body was read and put back by the
// check, and is put back again.
func digestOf(r *http.Request) (digest [sha256.Size]byte) {
	h := sha256.New()
	io.WriteString(h, r.Method+" "+r.URL.EscapedPath()+"\x00")
	if r.Body != nil {
		body, _ := io.ReadAll(r.Body) // from memory
		r.Body = io.NopCloser(bytes.NewReader(body))
		h.Write(body)
	}
	h.Sum(digest[:0])
	return digest
}

// begin marks key as in use and returns the answer that it has, nil for a new key. The
// error is a *Refusal; key is not marked then.
func (c *once) begin(key, header string, request [sha256.Size]byte) (*answer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy[key] {
		return nil, (&Refusal{Kind: IdempotencyKeyInFlight, Detail: "Repeat the request later."}).With("Retry-After", "1")
	}
	a, known := c.answers[key]
	if known && c.clock().Sub(a.at) >= replayTime {
		known = false
	}
	if known && a.request != request {
		return nil, KeyReused(header)
	}
	c.busy[key] = true
	if !known {
		return nil, nil
	}
	return &a, nil
}

// KeyReused is the refusal of an idempotency key, sent in that header, that belongs to
// another request.
func KeyReused(header string) *Refusal {
	return &Refusal{Kind: IdempotencyKeyReused, Detail: "Use a new key for a new request.",
		Parts: []Part{{Header: header, Detail: "was used before, for another request"}}}
}

func (c *once) end(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.busy, key)
}

// remember keeps the answer of a request that succeeded; one that failed may be tried
// again. The oldest answers are forgotten.
func (c *once) remember(key string, request [sha256.Size]byte, t *tape) {
	if t.status < 200 || t.status > 299 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.answers[key]; known { // expired
		c.oldest = slices.DeleteFunc(c.oldest, func(k string) bool { return k == key })
	}
	for len(c.oldest) >= c.limit {
		delete(c.answers, c.oldest[0])
		c.oldest = c.oldest[1:]
	}
	c.answers[key] = answer{request, c.clock(), t.status, t.header, t.body.Bytes()}
	c.oldest = append(c.oldest, key)
}

func (a *answer) write(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // a client that went away cannot be told
}

// A tape records a response on its way: of the headers those that the operation has set.
type tape struct {
	http.ResponseWriter
	status int
	header http.Header
	body   bytes.Buffer
}

func (t *tape) WriteHeader(status int) {
	if t.status == 0 {
		t.status, t.header = status, make(http.Header)
		for _, name := range []string{"Content-Type", "Content-Length", "Location", "Retry-After"} {
			if values := t.Header()[name]; values != nil {
				t.header[name] = values
			}
		}
	}
	t.ResponseWriter.WriteHeader(status)
}

func (t *tape) Write(data []byte) (int, error) {
	if t.status == 0 {
		t.WriteHeader(http.StatusOK)
	}
	t.body.Write(data)
	return t.ResponseWriter.Write(data)
}

// Unwrap lets http.ResponseController reach the connection.
func (t *tape) Unwrap() http.ResponseWriter { return t.ResponseWriter }
