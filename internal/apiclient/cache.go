package apiclient

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"sync"
)

// A cache keeps the latest representations that came with an entity tag, so that the server
// need not send again what has not changed. Nothing is taken from it unasked: every request
// goes out, and asks whether its representation still holds.
type cache struct {
	limit int

	mu   sync.Mutex
	kept map[entry]representation
	used []entry // the longest unused first
}

// An entry is an address as one caller sees it.
type entry struct{ url, token string }

type representation struct {
	tag    string
	header http.Header
	body   []byte
}

func newCache(limit int) *cache {
	if limit == 0 {
		return nil
	}
	return &cache{limit: limit, kept: make(map[entry]representation)}
}

// cached is attempt, with what the cache holds.
func (t *Transport) cached(r *http.Request, token string) (*http.Response, error) {
	if t.cache == nil || r.Method != http.MethodGet || r.Header.Get("If-None-Match") != "" {
		return t.attempt(r, token)
	}
	key := entry{r.URL.String(), token}
	known, ok := t.cache.get(key)
	if ok {
		r = r.Clone(r.Context())
		r.Header.Set("If-None-Match", known.tag)
	}
	response, err := t.attempt(r, token)
	if err != nil {
		return response, err
	}
	switch tag := response.Header.Get("ETag"); {
	case ok && response.StatusCode == http.StatusNotModified:
		known.restore(response)
	case response.StatusCode == http.StatusOK && tag != "":
		body, err := io.ReadAll(response.Body)
		if err != nil { // from memory
			return nil, err
		}
		t.cache.put(key, representation{tag, response.Header.Clone(), body})
		response.Body = io.NopCloser(bytes.NewReader(body))
	}
	return response, nil
}

// restore makes of a 304 the response that it stands for.
func (k representation) restore(r *http.Response) {
	r.StatusCode, r.Status = http.StatusOK, "200 OK"
	for name, values := range k.header {
		if _, ok := r.Header[name]; !ok {
			r.Header[name] = slices.Clone(values)
		}
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(k.body)), int64(len(k.body))
}

func (c *cache) get(key entry) (representation, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.kept[key]
	if ok {
		c.touch(key)
	}
	return known, ok
}

func (c *cache) put(key entry, k representation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept[key] = k
	c.touch(key)
	if len(c.used) > c.limit {
		delete(c.kept, c.used[0])
		c.used = slices.Delete(c.used, 0, 1)
	}
}

// touch moves key to the end of those that were used.
func (c *cache) touch(key entry) {
	if i := slices.Index(c.used, key); i >= 0 {
		c.used = slices.Delete(c.used, i, i+1)
	}
	c.used = append(c.used, key)
}
