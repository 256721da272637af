package openapi_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	api "github.com/askaround/askaround-go/api/askaround"
	"github.com/askaround/askaround-go/internal/openapi"
)

func TestMain(m *testing.M) {
	os.Unsetenv("AWS_CA_BUNDLE")
	os.Exit(m.Run())
}

// TestParseRefuses what it would otherwise have to ignore.
func TestParseRefuses(t *testing.T) {
	for _, row := range []struct{ why, document, want string }{
		{"not JSON", `openapi: 3.1.0`, "not JSON"},
		{"another version", `{"openapi":"3.0.3","paths":{}}`, "not an OpenAPI 3.1"},
		{"no paths", `{"openapi":"3.1.0"}`, "no paths"},
		{"an unknown keyword", string(document(`{"S":{"uniqueItems":true}}`)), "uniqueItems"},
		{"an unknown number", string(document(`{"S":{"minContains":1}}`)), "minContains"},
		{"an unknown type", string(document(`{"S":{"type":"text"}}`)), `no type "text"`},
		{"an unknown format", string(document(`{"S":{"format":"email"}}`)), "email"},
		{"a broken pattern", string(document(`{"S":{"pattern":"("}}`)), "pattern"},
		{"a divisor that is not exact", string(document(`{"S":{"multipleOf":0.1}}`)), "multipleOf"},
		{"half a length", string(document(`{"S":{"minLength":1.5}}`)), "not a count"},
		{"a negative length", string(document(`{"S":{"maxLength":-1}}`)), "not a count"},
		{"a bool as schema", string(document(`{"S":{"items":true}}`)), "a schema is an object"},
		{"a reference to nothing", string(document(`{"S":{"$ref":"#/components/schemas/T"}}`)), "names nothing"},
		{"a reference elsewhere", string(document(`{"S":{"$ref":"other.json"}}`)), "within the document"},
		{"itself", string(document(`{"S":{"$ref":"#/components/schemas/S"}}`)), "itself"},
		{"itself by a detour", string(document(`{"S":{"oneOf":[{"$ref":"#/components/schemas/T"}]},"T":{"$ref":"#/components/schemas/S"}}`)), "itself"},
		{"a required member that cannot be", string(document(`{"S":{"additionalProperties":false,"required":["a"]}}`)), "can never be there"},
		{"a discriminator without a mapping", string(document(`{"S":{"discriminator":{"propertyName":"a"}}}`)), "mapping"},
		{"a range of statuses", `{"openapi":"3.1.0","paths":{"/a":{"get":{"responses":{"4XX":{}}}}}}`, "4XX"},
		{"no responses", `{"openapi":"3.1.0","paths":{"/a":{"get":{}}}}`, "no responses"},
		{"a cookie", `{"openapi":"3.1.0","paths":{"/a":{"get":{"parameters":[{"name":"a","in":"cookie","schema":{}}],"responses":{}}}}}`, "cookie"},
		{"a form", `{"openapi":"3.1.0","paths":{"/a":{"post":{"requestBody":{"content":{"text/plain":{"schema":{}}}},"responses":{}}}}}`, "application/json"},
		{"two media types", `{"openapi":"3.1.0","paths":{"/a":{"get":{"responses":{"200":{"content":{"a/b":{"schema":{}},"c/d":{"schema":{}}}}}}}}}`, "one media type"},
	} {
		if _, err := openapi.Parse([]byte(row.document)); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v", row.why, err)
		}
	}
}

// FuzzParse: any document compiles or is refused, and what compiles can be used.
func FuzzParse(f *testing.F) {
	f.Add(api.Document())
	for _, row := range keywords {
		f.Add(document(`{"S":` + row.schema + `}`))
	}
	f.Add([]byte(`{"openapi":"3.1.0","paths":{"/a/{b}":{"get":{"responses":{"200":{}}}}}}`))
	value, err := openapi.ParseJSON([]byte(`{"a":[1,"a",{"a":null}],"next":{"next":{}}}`))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := openapi.Parse(data)
		if err != nil {
			return
		}
		if s := d.Schema("S"); s != nil {
			s.Check(&value)
		}
		for _, target := range []string{"/a/b?c=1", "/"} {
			r := httptest.NewRequest("GET", target, nil)
			if call, err := d.Find(r); err == nil {
				_ = call.Check(httptest.NewRecorder(), r, 10)
				_ = call.CheckResponse(200, http.Header{}, nil, false)
			}
		}
	})
}

// TestFind routes by literal segments before parameters.
func TestFind(t *testing.T) {
	operation := `{"responses":{}}`
	d, err := openapi.Parse([]byte(`{"openapi":"3.1.0","paths":{
		"/a/{b}":{"get":` + named("parameter", operation) + `},"/a/list":{"get":` + named("literal", operation) + `},
		"/{a}/x":{"put":` + named("late", operation) + `}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		method, target, id string
		reason             openapi.Reason
		allow              string
	}{
		{"GET", "/a/list", "literal", 0, ""},
		{"HEAD", "/a/list", "literal", 0, ""},
		{"GET", "/a/lis", "parameter", 0, ""},
		{"GET", "/a/x%2fy", "parameter", 0, ""},
		{"PUT", "/b/x", "late", 0, ""},
		{"POST", "/a/list", "", openapi.MethodNotAllowed, "GET, HEAD, OPTIONS"},
		{"GET", "/b/x", "", openapi.MethodNotAllowed, "OPTIONS, PUT"},
		{"GET", "/a", "", openapi.NotFound, ""},
		{"GET", "/a/", "", openapi.NotFound, ""},
		{"GET", "/a/b/c", "", openapi.NotFound, ""},
	} {
		call, err := d.Find(httptest.NewRequest(row.method, row.target, nil))
		if row.reason == 0 {
			if err != nil || call.ID != row.id {
				t.Errorf("%s %s: %v", row.method, row.target, err)
			}
			continue
		}
		var e *openapi.Error
		if !errors.As(err, &e) || e.Reason != row.reason || e.Allow != row.allow {
			t.Errorf("%s %s: %v", row.method, row.target, err)
		}
	}
}

func named(id, operation string) string {
	return `{"operationId":"` + id + `",` + strings.TrimPrefix(operation, "{")
}

// TestCheckResponse finds what a server may not answer.
func TestCheckResponse(t *testing.T) {
	d, err := openapi.Parse(api.Document())
	if err != nil {
		t.Fatal(err)
	}
	problem := `{"type":"urn:problem-type:askaround:question-not-found","title":"a","status":404}`
	for _, row := range []struct {
		why, media, retry, body string
		status                  int
		head, fits              bool
	}{
		{"right", "application/problem+json; charset=utf-8", "", problem, 404, false, true},
		{"HEAD", "application/problem+json", "", "", 404, true, true},
		{"HEAD with a body", "application/problem+json", "", problem, 404, true, false},
		{"an undocumented status", "application/problem+json", "", problem, 418, false, false},
		{"a wrong media type", "application/json", "", problem, 404, false, false},
		{"no body", "application/problem+json", "", "", 404, false, false},
		{"an unknown member", "application/problem+json", "", strings.Replace(problem, "{", `{"stack":"x",`, 1), 404, false, false},
		{"an unknown type", "application/problem+json", "", strings.Replace(problem, "question", "tree", 1), 404, false, false},
		{"no Retry-After", "application/problem+json", "", problem, 503, false, false},
		{"a word as Retry-After", "application/problem+json", "soon", problem, 503, false, false},
		{"with Retry-After", "application/problem+json", "1", problem, 503, false, true},
	} {
		header := http.Header{"Content-Type": {row.media}}
		if row.retry != "" {
			header.Set("Retry-After", row.retry)
		}
		err := d.Operation("getQuestion").CheckResponse(row.status, header, []byte(row.body), row.head)
		if (err == nil) != row.fits {
			t.Errorf("%s: %v", row.why, err)
		}
	}
}

// BenchmarkCheck is what the contract costs a request that fits it.
func BenchmarkCheck(b *testing.B) {
	d, err := openapi.Parse(api.Document())
	if err != nil {
		b.Fatal(err)
	}
	body := []byte(`{"text":"How is the view?","kind":"star","location":{"lat":40.6892534,"lng":-74.0466891}}`)
	for _, row := range []struct {
		name, method, target string
		body                 []byte
	}{
		{"GET", "GET", "/questions?lat=40.6892534&lng=-74.0466891&radius=8000&order=nearest&limit=20", nil},
		{"POST", "POST", "/questions", body},
	} {
		b.Run(row.name, func(b *testing.B) {
			r := httptest.NewRequest(row.method, row.target, nil)
			r.Header.Set("Accept", "application/json")
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			b.ReportAllocs()
			for b.Loop() {
				if row.body != nil {
					r.Body, r.ContentLength = readCloser{bytes.NewReader(row.body)}, int64(len(row.body))
				}
				call, err := d.Find(r)
				if err != nil {
					b.Fatal(err)
				}
				if err := call.Check(w, r, 16<<10); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }
