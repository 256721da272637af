package httpapi_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	api "github.com/askaround/askaround-go/api/askaround"
	"github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/askaround/httpapi"
	"github.com/askaround/askaround-go/internal/localaws"
)

// realDomain is the handler over the domain itself and a local AWS. Nobody processes the
// queues: operations stay pending.
func realDomain(t *testing.T, optFns ...func(*askaround.ServiceOptions)) *fixture {
	t.Helper()
	ctx := t.Context()
	local, err := localaws.Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := local.Close(); err != nil {
			t.Error(err)
		}
	})
	tables, queues := dynamodb.NewFromConfig(local.Config()), sqs.NewFromConfig(local.Config())
	resources, err := askaround.Provision(ctx, tables, queues, "test-")
	if err != nil {
		t.Fatal(err)
	}
	service, err := askaround.NewService(tables, queues, resources, optFns...)
	if err != nil {
		t.Fatal(err)
	}
	f := newFixture(t)
	if f.handler, err = httpapi.New(service, f.verifier); err != nil {
		t.Fatal(err)
	}
	return f
}

// TestQuota uses up what an account may ask for within an hour.
func TestQuota(t *testing.T) {
	f := realDomain(t, func(o *askaround.ServiceOptions) { o.Quota.Asks = 1 })
	ask := func(key string) (*http.Response, []byte) {
		r := f.request("POST", "/questions", goodQuestion)
		r.Header.Set("Idempotency-Key", key)
		return f.do(t, r)
	}
	for range 2 {
		if response, body := ask("one"); response.StatusCode != 202 {
			t.Fatalf("%d %s", response.StatusCode, body)
		}
	}
	response, body := ask("two")
	badRow{why: "over quota", status: 429, kind: "too-many-requests"}.check(t, response, body)
	if wait, err := strconv.Atoi(response.Header.Get("Retry-After")); err != nil || wait < 1 || wait > 3600 {
		t.Errorf("Retry-After %q", response.Header.Get("Retry-After"))
	}
}

func TestRealDomain(t *testing.T) {
	f := realDomain(t)
	post := func(key, text string) (*http.Response, []byte) {
		r := f.request("POST", "/questions", strings.Replace(goodQuestion, "How is the view?", text, 1))
		r.Header.Set("Idempotency-Key", key)
		return f.do(t, r)
	}
	response, body := post("one", "How?")
	first := decode[api.Operation](t, body)
	if response.StatusCode != 202 || first.Status != api.OperationStatusPending {
		t.Fatalf("ask: %d %s", response.StatusCode, body)
	}
	if _, body = post("one", "How?"); decode[api.Operation](t, body).ID != first.ID {
		t.Errorf("repeated: %s", body)
	}
	if response, body = post("one", "Why?"); response.StatusCode != 422 {
		t.Errorf("key reused: %d %s", response.StatusCode, body)
	}
	response, body = f.do(t, f.request("GET", "/operations/"+first.ID, ""))
	if response.StatusCode != 200 || response.Header.Get("Retry-After") != "1" {
		t.Errorf("pending operation: %d %v %s", response.StatusCode, response.Header, body)
	}
	for _, row := range []badRow{
		{why: "another cursor", method: "GET", target: "/questions?" + near + "&cursor=abc", status: 400, kind: "invalid-cursor", at: "cursor"},
		{why: "not there yet", method: "GET", target: "/questions/" + first.Question, status: 404, kind: "question-not-found"},
		{why: "not answered", method: "GET", target: "/questions/" + first.Question + "/answer", status: 404, kind: "answer-not-found"},
		{why: "no such operation", method: "GET", target: "/operations/" + someOperation, status: 404, kind: "operation-not-found"},
		{why: "wide spaces", method: "POST", target: "/questions", body: `{"text":"\u3000","kind":"star","location":{"lat":1,"lng":2}}`, status: 422, kind: "invalid-body", at: "/text"},
		{why: "a separator of lines", method: "POST", target: "/questions", body: `{"text":"a\u2028b","kind":"star","location":{"lat":1,"lng":2}}`, status: 422, kind: "invalid-body", at: "/text"},
		{why: "a cell that is none", method: "PUT", target: "/questions/ffffffffffffffff-06d7k2m4n5p6q7r8s9tabcdefg/answer", body: `{"stars":1}`, status: 404, kind: "question-not-found"},
	} {
		response, body := f.do(t, f.bad(row))
		row.check(t, response, body)
	}
	if response, body := f.do(t, f.request("GET", "/questions?"+near, "")); response.StatusCode != 200 {
		t.Errorf("list: %d %s", response.StatusCode, body)
	}
}
