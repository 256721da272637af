package contracttest

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// A request is one to be sent, in pieces that a fault can change.
type request struct {
	op     operation
	method string
	path   string
	query  url.Values
	header http.Header
	body   []byte // nil for none
	token  token
}

type token uint8

const (
	goodToken token = iota
	noToken
	forgedToken
)

// draw draws a valid request of op.
func (c *checker) draw(t *rapid.T, op operation) *request {
	q := &request{op: op, method: op.Method, query: url.Values{}, header: http.Header{}, path: op.Path}
	for _, p := range op.parameters {
		if !p.required && rapid.IntRange(0, 2).Draw(t, "left out") > 0 {
			continue
		}
		q.set(p, c.parameter(t, p))
	}
	if op.body != nil {
		q.body = []byte(pad(t) + c.document.valid(t, op.body) + pad(t))
		q.header.Set("Content-Type", rapid.SampledFrom([]string{"application/json", "application/json", "Application/JSON; charset=UTF-8"}).Draw(t, "type"))
	}
	if accept := rapid.SampledFrom([]string{"", "*/*", op.ContentType(), "text/html, " + op.ContentType() + ";q=0.1"}).Draw(t, "accept"); accept != "" {
		q.header.Set("Accept", accept)
	}
	return q
}

func pad(t *rapid.T) string { return rapid.SampledFrom([]string{"", " ", "\r\n\t"}).Draw(t, "space") }

// parameter draws the text of a parameter, one that is known to exist in half of the cases.
func (c *checker) parameter(t *rapid.T, p parameter) string {
	if known := c.contract.Known[p.name]; known != nil && rapid.Bool().Draw(t, "known") {
		if values := known(); len(values) > 0 {
			return rapid.SampledFrom(values).Draw(t, p.name)
		}
	}
	return parameterText(c.document.valid(t, p.schema))
}

func (q *request) set(p parameter, text string) {
	switch p.in {
	case "path":
		q.path = strings.Replace(q.path, "{"+p.name+"}", url.PathEscape(text), 1)
	case "query":
		q.query.Set(p.name, text)
	case "header":
		q.header[http.CanonicalHeaderKey(p.name)] = []string{text}
	}
}

// has reports whether q has the parameter.
func (q *request) has(p parameter) bool {
	if p.in == "header" {
		return len(q.header[http.CanonicalHeaderKey(p.name)]) > 0
	}
	return p.in == "path" || q.query.Has(p.name)
}

// given are the parameters that q has in one of the places.
func (q *request) given(places ...string) []parameter {
	return slices.DeleteFunc(slices.Clone(q.op.parameters), func(p parameter) bool {
		return !slices.Contains(places, p.in) || !q.has(p)
	})
}

// http makes the request anew each time that it is called.
func (c *checker) http(q *request) *http.Request {
	target := q.path
	if len(q.query) > 0 {
		target += "?" + q.query.Encode()
	}
	r := httptest.NewRequest(q.method, target, nil)
	if q.body != nil {
		r = httptest.NewRequest(q.method, target, strings.NewReader(string(q.body)))
	}
	for name, values := range q.header {
		r.Header[name] = slices.Clone(values)
	}
	if q.token != noToken {
		c.contract.Authorize(r, q.body, q.op.Operation, q.token == forgedToken)
	}
	return r
}
