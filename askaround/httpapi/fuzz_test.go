package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzBody posts bytes: every answer is in the contract, and none is a 5xx.
func FuzzBody(f *testing.F) {
	for _, row := range badBodies {
		if len(row.body) < 4<<10 {
			f.Add([]byte(row.body), false)
		}
	}
	for _, row := range badAnswers {
		f.Add([]byte(row.body), true)
	}
	f.Add([]byte(goodQuestion), false)
	f.Add([]byte(`{"stars":4.5}`), true)
	fixture := newFixture(f)
	f.Fuzz(func(t *testing.T, body []byte, answer bool) {
		r := fixture.request("POST", "/questions", string(body))
		if answer {
			r = fixture.request("PUT", "/questions/"+someQuestion+"/answer", string(body))
		}
		r.Header.Set("Content-Type", "application/json")
		fixture.noServerError(t, r)
	})
}

// FuzzTarget asks for any path and query.
func FuzzTarget(f *testing.F) {
	for _, row := range append(append([]badRow{}, badQueries...), badPlaces...) {
		path, query, _ := strings.Cut(row.target, "?")
		f.Add(row.method, path, query, "*/*", "key")
	}
	for _, row := range badHeaders {
		path, query, _ := strings.Cut(row.target, "?")
		f.Add(row.method, path, query, row.header["Accept"], row.header["Idempotency-Key"])
	}
	fixture := newFixture(f)
	f.Fuzz(func(t *testing.T, method, path, query, accept, key string) {
		u, err := url.Parse(path)
		if err != nil || !strings.HasPrefix(path, "/") {
			return // net/http refuses it before a handler sees it
		}
		u.RawQuery = query
		if method == "" {
			method = http.MethodGet
		}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Method, r.URL = method, u
		r.Header = http.Header{"Authorization": {"Bearer " + fixture.token}, "Accept": {accept}, "Idempotency-Key": {key}}
		fixture.noServerError(t, r)
	})
}

// FuzzToken sends any Authorization header.
func FuzzToken(f *testing.F) {
	fixture := newFixture(f)
	f.Add("Bearer " + fixture.token)
	f.Add("Bearer eyJhbGciOiJub25lIn0.e30.")
	f.Add("Bearer eyJhbGciOiJFUzI1NiIsImtpZCI6ImVjIn0.e30.AAAA")
	f.Add("bearer   ")
	f.Fuzz(func(t *testing.T, authorization string) {
		r := fixture.request("GET", "/live?"+near, "")
		r.Header.Set("Authorization", authorization)
		fixture.noServerError(t, r)
	})
}

func (f *fixture) noServerError(t *testing.T, r *http.Request) {
	t.Helper()
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	if w.Code >= 500 {
		t.Fatalf("%s %s: %d %s", r.Method, r.URL, w.Code, w.Body)
	}
	f.hold(t, r, w.Code, w.Result().Header, w.Body.Bytes())
}
