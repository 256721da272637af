package bench

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"

	api "github.com/askaround/askaround-go/api/askaround"
	"github.com/askaround/askaround-go/internal/openapi"
)

// stub answers the two operations that are measured.
type stub struct{ api.StrictServerInterface }

func (stub) ListQuestions(context.Context, api.ListQuestionsRequestObject) (api.ListQuestionsResponseObject, error) {
	return api.ListQuestions200JSONResponse{Body: api.QuestionPage{Items: []api.Question{}}}, nil
}

func (stub) AskQuestion(context.Context, api.AskQuestionRequestObject) (api.AskQuestionResponseObject, error) {
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	return api.AskQuestion202JSONResponse{AcceptedJSONResponse: api.AcceptedJSONResponse{
		Body:    api.Operation{ID: "06d7k2m4n5p6q7r8s9tabcdefg", Kind: api.OperationKindAsk, Status: api.OperationStatusPending, CreatedAt: at, UpdatedAt: at},
		Headers: api.AcceptedResponseHeaders{Location: "/operations/06d7k2m4n5p6q7r8s9tabcdefg", RetryAfter: 1},
	}}, nil
}

func plain() http.Handler { return api.Handler(api.NewStrictHandler(stub{}, nil)) }

// check refuses r, or lets next answer.
type check func(w http.ResponseWriter, r *http.Request) error

func guarded(c check, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := c(w, r); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// ours is this module's own.
func ours(tb testing.TB) check {
	document, err := openapi.Parse(api.Document())
	if err != nil {
		tb.Fatal(err)
	}
	return func(w http.ResponseWriter, r *http.Request) error {
		call, err := document.Find(r)
		if err != nil {
			return err
		}
		return call.Check(w, r, 16<<10)
	}
}

// kin is getkin/kin-openapi, as oapi-codegen's middleware uses it.
func kin(tb testing.TB) check {
	loader := openapi3.NewLoader()
	document, err := loader.LoadFromData(api.Document())
	if err != nil {
		tb.Fatal(err)
	}
	router, err := gorillamux.NewRouter(document)
	if err != nil {
		tb.Fatal(err)
	}
	options := &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}
	return func(_ http.ResponseWriter, r *http.Request) error {
		route, path, err := router.FindRoute(r)
		if err != nil {
			return err
		}
		return openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{Request: r, PathParams: path, Route: route, Options: options})
	}
}

// pb33f is pb33f/libopenapi-validator, without goroutines.
func pb33f(tb testing.TB) check {
	text := bytes.Replace(api.Document(), []byte(`"security":[{"bearer":[]}],`), nil, 1) // it has no hook for tokens
	document, err := libopenapi.NewDocument(text)
	if err != nil {
		tb.Fatal(err)
	}
	v, errs := validator.NewValidator(document)
	if len(errs) > 0 {
		tb.Fatal(errs)
	}
	return func(_ http.ResponseWriter, r *http.Request) error {
		if ok, errs := v.ValidateHttpRequestSync(r); !ok {
			return errs[0]
		}
		return nil
	}
}

var validators = []struct {
	name  string
	check func(testing.TB) check
}{{"ours", ours}, {"kin-openapi", kin}, {"libopenapi-validator", pb33f}}

const question = `{"text":"How is the view?","kind":"star","location":{"lat":40.7,"lng":-74}}`

func get() *http.Request {
	return httptest.NewRequest("GET", "/questions?lat=40.7&lng=-74&radius=500.5&order=nearest&limit=3", nil)
}

func post(body string) *http.Request {
	r := httptest.NewRequest("POST", "/questions", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", "8e03978e-40d5-43e8-bc93-6894a57f9324")
	return r
}

// BenchmarkRequest has the generated server alone and behind each validator. The figures
// include making the request and the recorder.
func BenchmarkRequest(b *testing.B) {
	handlers := []struct {
		name    string
		handler http.Handler
	}{{"plain", plain()}}
	for _, v := range validators {
		handlers = append(handlers, struct {
			name    string
			handler http.Handler
		}{v.name, guarded(v.check(b), plain())})
	}
	for _, request := range []struct {
		name string
		make func() *http.Request
		want int
	}{{"GET", get, 200}, {"POST", func() *http.Request { return post(question) }, 202}} {
		for _, h := range handlers {
			b.Run(request.name+"/"+h.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					w := httptest.NewRecorder()
					h.handler.ServeHTTP(w, request.make())
					if w.Code != request.want {
						b.Fatal(w.Code, w.Body)
					}
				}
			})
		}
	}
}

// TestStrictness sends what must be refused to each validator. Ours refuses all; what the
// others let through is logged.
func TestStrictness(t *testing.T) {
	rows := []struct {
		why  string
		make func() *http.Request
	}{
		{"an unknown query parameter", func() *http.Request { r := get(); r.URL.RawQuery += "&zz=1"; return r }},
		{"a parameter twice", func() *http.Request { r := get(); r.URL.RawQuery += "&lat=1"; return r }},
		{"NaN", func() *http.Request { return httptest.NewRequest("GET", "/questions?lat=NaN&lng=-74", nil) }},
		{"a hexadecimal number", func() *http.Request { return httptest.NewRequest("GET", "/questions?lat=0x1p3&lng=-74", nil) }},
		{"an unknown member", func() *http.Request { return post(strings.Replace(question, "{", `{"author":"bob",`, 1)) }},
		{"a member in another case", func() *http.Request { return post(strings.Replace(question, `"text"`, `"Text"`, 1)) }},
		{"a member twice", func() *http.Request { return post(strings.Replace(question, "{", `{"text":"x",`, 1)) }},
		{"trailing bytes", func() *http.Request { return post(question + "{}") }},
		{"bad UTF-8", func() *http.Request { return post(strings.Replace(question, "view", "\xff", 1)) }},
		{"half a surrogate pair", func() *http.Request { return post(strings.Replace(question, "view", `\ud800`, 1)) }},
		{"an Accept that excludes JSON", func() *http.Request { r := get(); r.Header.Set("Accept", "text/html"); return r }},
		{"another character set", func() *http.Request {
			r := post(question)
			r.Header.Set("Content-Type", "application/json; charset=latin1")
			return r
		}},
		{"a compressed body", func() *http.Request { r := post(question); r.Header.Set("Content-Encoding", "gzip"); return r }},
		{"a body on GET", func() *http.Request {
			return httptest.NewRequest("GET", "/questions?lat=40.7&lng=-74", strings.NewReader("{}"))
		}},
	}
	for _, v := range validators {
		c := v.check(t)
		for _, good := range []*http.Request{get(), post(question)} {
			if err := c(httptest.NewRecorder(), good); err != nil {
				t.Errorf("%s refuses a good request: %v", v.name, err)
			}
		}
		for _, row := range rows {
			err := c(httptest.NewRecorder(), row.make())
			switch {
			case err != nil:
			case v.name == "ours":
				t.Errorf("let through: %s", row.why)
			default:
				t.Logf("%s lets through: %s", v.name, row.why)
			}
		}
	}
}
