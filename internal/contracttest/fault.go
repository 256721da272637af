package contracttest

import (
	"bytes"
	"net/http"
	"strings"

	"pgregory.net/rapid"
)

// A fault makes a valid request one that must be refused.
type fault struct {
	name string
	// status is what the request must be answered with.
	status int
	// apply changes q; it returns false where q cannot have the fault.
	apply func(c *checker, t *rapid.T, q *request) bool
}

var faults = []fault{
	{"an unknown path", http.StatusNotFound, func(c *checker, t *rapid.T, q *request) bool {
		q.path = rapid.SampledFrom([]string{"/", "/nowhere", q.path + "/", q.path + "/x", "/" + q.path, strings.ToUpper(q.path)}).Draw(t, "path")
		return c.unknown(q)
	}},
	{"an unknown method", http.StatusMethodNotAllowed, func(c *checker, t *rapid.T, q *request) bool {
		q.method = rapid.SampledFrom([]string{"GET", "PUT", "POST", "DELETE", "PATCH", "TRACE", "PROPFIND"}).Draw(t, "method")
		return c.notAllowed(q)
	}},
	{"no token", http.StatusUnauthorized, func(_ *checker, _ *rapid.T, q *request) bool {
		q.token = noToken
		return true
	}},
	{"a forged token", http.StatusUnauthorized, func(_ *checker, _ *rapid.T, q *request) bool {
		q.token = forgedToken
		return true
	}},
	{"an id that can be none", http.StatusNotFound, func(c *checker, t *rapid.T, q *request) bool {
		return c.spoil(t, q, "path")
	}},
	{"another Accept", http.StatusNotAcceptable, func(_ *checker, t *rapid.T, q *request) bool {
		q.header.Set("Accept", rapid.SampledFrom([]string{"text/html", "image/*", q.op.ContentType() + ";q=0", "x"}).Draw(t, "accept"))
		return true
	}},
	{"an unknown parameter", http.StatusBadRequest, func(_ *checker, t *rapid.T, q *request) bool {
		q.query.Set(rapid.SampledFrom([]string{"zz", "", "Lat", "__proto__", "é"}).Draw(t, "name"), "1")
		return true
	}},
	{"a parameter twice", http.StatusBadRequest, func(_ *checker, t *rapid.T, q *request) bool {
		given := q.given("query")
		if len(given) == 0 {
			return false
		}
		p := rapid.SampledFrom(given).Draw(t, "parameter")
		q.query.Add(p.name, q.query.Get(p.name))
		return true
	}},
	{"no required parameter", http.StatusBadRequest, func(_ *checker, t *rapid.T, q *request) bool {
		var required []parameter
		for _, p := range q.given("query", "header") {
			if p.required {
				required = append(required, p)
			}
		}
		if len(required) == 0 {
			return false
		}
		p := rapid.SampledFrom(required).Draw(t, "parameter")
		q.query.Del(p.name)
		q.header.Del(p.name)
		return true
	}},
	{"a parameter that does not fit", http.StatusBadRequest, func(c *checker, t *rapid.T, q *request) bool {
		return c.spoil(t, q, "query", "header")
	}},
	{"another media type", http.StatusUnsupportedMediaType, func(_ *checker, t *rapid.T, q *request) bool {
		values := rapid.SampledFrom([][]string{nil, {"text/plain"}, {"application/json; charset=latin1"}, {"application/problem+json"}, {"x"}, {"application/json", "application/json"}}).Draw(t, "type")
		q.header["Content-Type"] = values
		return q.body != nil
	}},
	{"a compressed body", http.StatusUnsupportedMediaType, func(_ *checker, _ *rapid.T, q *request) bool {
		q.header.Set("Content-Encoding", "gzip")
		return q.body != nil
	}},
	{"a body too long", http.StatusRequestEntityTooLarge, func(c *checker, t *rapid.T, q *request) bool {
		if q.body != nil {
			q.body = append(q.body, bytes.Repeat([]byte(" "), c.contract.MaxBody(q.op.Operation)+1-len(q.body))...)
		}
		return q.body != nil
	}},
	{"a body where none is taken", http.StatusBadRequest, func(_ *checker, _ *rapid.T, q *request) bool {
		if q.op.body != nil {
			return false
		}
		q.body = []byte("{}")
		return true
	}},
	{"a body that is no JSON", http.StatusBadRequest, func(_ *checker, t *rapid.T, q *request) bool {
		if q.body == nil {
			return false
		}
		q.body = malformed(t, bytes.TrimSpace(q.body))
		return true
	}},
	{"a body that does not fit", http.StatusUnprocessableEntity, func(c *checker, t *rapid.T, q *request) bool {
		if q.body == nil {
			return false
		}
		q.body = []byte(c.document.invalid(t, q.op.body))
		return !c.fitsAnyObject(q.op.body, q.body)
	}},
}

// fitsAnyObject reports whether s takes every object and body is one: such a body has no
// fault.
func (c *checker) fitsAnyObject(s schema, body []byte) bool {
	s = c.document.resolve(map[string]any(s))
	return s["additionalProperties"] == true && bytes.HasPrefix(body, []byte("{"))
}

// spoil makes one parameter in those places one that does not fit.
func (c *checker) spoil(t *rapid.T, q *request, places ...string) bool {
	given := q.given(places...)
	if len(given) == 0 {
		return false
	}
	p := rapid.SampledFrom(given).Draw(t, "parameter")
	text, ok := c.document.invalidParameter(t, p.schema)
	if !ok || p.in == "path" && (text == "" || strings.Contains(text, "/")) {
		return false
	}
	if p.in == "path" {
		q.path = q.op.Path
		for _, other := range q.op.parameters {
			if other.in == "path" && other.name != p.name {
				q.set(other, c.parameter(t, other))
			}
		}
	}
	q.set(p, text)
	return true
}

// malformed makes a JSON text, an object, one that is none.
func malformed(t *rapid.T, text []byte) []byte {
	s := string(text)
	first, _, _ := strings.Cut(strings.TrimPrefix(s, "{"), ":")
	bad := []string{
		"", " ", s[:len(s)-1], s + "{}", s + "x", "\ufeff" + s, "{,}", strings.Replace(s, "{", "{'a':1,", 1), s[:len(s)-1] + ",}",
		"[" + strings.Repeat("[", 3000), `{"a":"` + "\xff" + `"}`, `{"a":"\ud800"}`, `{"a":01}`, `{"a":NaN}`, "{\"a\":\"\n\"}", "{/**/}",
		`{"a":1,"a":1}`, `{"a":1,"\u0061":2}`,
	}
	if first != "" && s != "{}" {
		bad = append(bad, s[:len(s)-1]+","+first+":null}") // the first member once more
	}
	return []byte(rapid.SampledFrom(bad).Draw(t, "text"))
}
