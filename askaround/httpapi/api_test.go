package httpapi_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	api "github.com/askaround/askaround-go/api/askaround"
	"github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/askaround/httpapi"
	"github.com/google/go-cmp/cmp"
)

// client returns the generated client, as user, over a socket.
func (f *fixture) client(t testing.TB, user, prefix string) *api.ClientWithResponses {
	t.Helper()
	token := f.issuer.token(t, user, nil)
	client, err := api.NewClientWithResponses(f.serve(t).URL+prefix, api.WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+token)
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// TestEveryOperation walks through the API with the generated client.
func TestEveryOperation(t *testing.T) {
	f := newFixture(t, func(o *httpapi.Options) { o.MQTT = []string{"wss://live.example/mqtt", "mqtts://live.example:8883"} })
	ctx, alice, bob := t.Context(), f.client(t, "alice", ""), f.client(t, "bob", "")

	asked, err := alice.AskQuestionWithResponse(ctx, &api.AskQuestionParams{IdempotencyKey: rand.Text()}, api.NewQuestion{Text: "Where is <the> best coffee?", Kind: api.QuestionKindGeo, Location: api.LatLng{Lat: 40.7, Lng: -74}})
	if err != nil || asked.JSON202 == nil {
		t.Fatalf("ask: %v, %s", err, asked.Body)
	}
	operation := *asked.JSON202
	if got := asked.HTTPResponse.Header.Get("Location"); got != "/operations/"+operation.ID {
		t.Errorf("Location %q", got)
	}
	if operation.Status != api.OperationStatusPending || asked.HTTPResponse.Header.Get("Retry-After") != "1" {
		t.Errorf("operation %+v, headers %v", operation, asked.HTTPResponse.Header)
	}

	done, err := alice.GetOperationWithResponse(ctx, operation.ID)
	if err != nil || done.JSON200 == nil || done.JSON200.Status != api.OperationStatusSucceeded {
		t.Errorf("operation: %v, %s", err, done.Body)
	}
	foreign, err := bob.GetOperationWithResponse(ctx, operation.ID)
	if err != nil || foreign.StatusCode() != http.StatusNotFound {
		t.Errorf("another's operation: %v, %s", err, foreign.Body)
	}

	question, err := bob.GetQuestionWithResponse(ctx, operation.Question, nil)
	if err != nil || question.JSON200 == nil {
		t.Fatalf("question: %v, %s", err, question.Body)
	}
	heat := []api.HeatPart{{Part: "89c25b", Version: 1, Cells: map[string]int64{"89c25a3": 2}}}
	if diff := cmp.Diff(&heat, question.JSON200.Heat); diff != "" || question.JSON200.Text != "Where is <the> best coffee?" {
		t.Errorf("question: %s %s", question.Body, diff)
	}

	place := api.LatLng{Lat: 40.71, Lng: -74.01}
	answered, err := bob.PutAnswerWithResponse(ctx, operation.Question, nil, api.AnswerValue{Location: &place})
	if err != nil || answered.JSON202 == nil || answered.JSON202.Kind != api.OperationKindAnswer {
		t.Fatalf("answer: %v, %s", err, answered.Body)
	}
	own, err := bob.GetAnswerWithResponse(ctx, operation.Question)
	if err != nil || own.JSON200 == nil || *own.JSON200.Location != place || own.JSON200.Stars != nil {
		t.Errorf("own answer: %v, %s", err, own.Body)
	}
	none, err := alice.GetAnswerWithResponse(ctx, operation.Question)
	if err != nil || none.ApplicationProblemJSON404 == nil || none.ApplicationProblemJSON404.Type != api.ProblemTypeAnswerNotFound {
		t.Errorf("no answer: %v, %s", err, none.Body)
	}
	withdrawn, err := bob.DeleteAnswerWithResponse(ctx, operation.Question, nil)
	if err != nil || withdrawn.JSON202 == nil || withdrawn.JSON202.Kind != api.OperationKindWithdraw {
		t.Errorf("withdraw: %v, %s", err, withdrawn.Body)
	}

	for range 2 {
		closed, err := alice.CloseQuestionWithResponse(ctx, operation.Question)
		if err != nil || closed.StatusCode() != http.StatusNoContent || len(closed.Body) > 0 {
			t.Errorf("close: %v, %s", err, closed.Body)
		}
	}
	question, err = bob.GetQuestionWithResponse(ctx, operation.Question, nil)
	if err != nil || question.JSON200 == nil || question.JSON200.State != api.QuestionStateClosed {
		t.Errorf("closed question: %v, %s", err, question.Body)
	}

	live, err := bob.GetLiveWithResponse(ctx, &api.GetLiveParams{Lat: 40.7, Lng: -74})
	if err != nil || live.JSON200 == nil {
		t.Fatalf("live: %v, %s", err, live.Body)
	}
	checkLive(t, f, *live.JSON200)

	for _, want := range []int{http.StatusNoContent, http.StatusNotFound} {
		if deleted, err := alice.DeleteQuestionWithResponse(ctx, operation.Question); err != nil || deleted.StatusCode() != want {
			t.Errorf("delete: %v, %s", err, deleted.Body)
		}
	}
}

func checkLive(t *testing.T, f *fixture, live api.Live) {
	t.Helper()
	account := string(askaround.AccountFor(f.issuer.URL, "bob"))
	want := api.LiveTopics{
		Account:  "askaround/v1/account/" + account,
		System:   "askaround/v1/system",
		Question: "askaround/v1/question/{question}",
	}
	got := live.Topics
	if got.Geo = nil; !cmp.Equal(got, want) {
		t.Errorf("topics: %s", cmp.Diff(want, got))
	}
	if n := len(live.Topics.Geo); n < 4 || n > 14 || !strings.HasPrefix(live.Topics.Geo[0], "askaround/v1/geo/") {
		t.Errorf("geo topics %q", live.Topics.Geo)
	}
	if live.Radius != 8046.72 || !slices.Equal(live.Endpoints, []string{"wss://live.example/mqtt", "mqtts://live.example:8883"}) {
		t.Errorf("live %+v", live)
	}
}

// TestPages follows nextCursor and Link, which name the same page.
func TestPages(t *testing.T) {
	f := newFixture(t)
	for range 7 {
		f.ask(t, "star", "How is it?")
	}
	seen := make(map[string]bool)
	target := "/questions?lat=40.7&lng=-74&radius=500.5&order=nearest&limit=3"
	for page := 0; target != ""; page++ {
		response, body := f.do(t, f.request("GET", target, ""))
		for _, q := range decode[api.QuestionPage](t, body).Items {
			if seen[q.ID] || q.Distance == nil || *q.Distance != 12.5 {
				t.Errorf("page %d: %+v", page, q)
			}
			seen[q.ID] = true
		}
		link := response.Header.Get("Link")
		cursor := decode[api.QuestionPage](t, body).NextCursor
		if (link == "") != (cursor == nil) {
			t.Fatalf("Link %q, cursor %v", link, cursor)
		}
		next, ok := strings.CutSuffix(strings.TrimPrefix(link, "<"), `>; rel="next"`)
		if link != "" && (!ok || !strings.Contains(next, "cursor="+*cursor)) {
			t.Fatalf("Link %q, cursor %q", link, *cursor)
		}
		for _, kept := range []string{"lat=40.7", "lng=-74", "radius=500.5", "order=nearest", "limit=3"} {
			if link != "" && !strings.Contains(next, kept) {
				t.Errorf("Link %q lost %s", link, kept)
			}
		}
		target = next
	}
	if len(seen) != 7 {
		t.Errorf("%d questions", len(seen))
	}
	f.questions = nil
	if _, body := f.do(t, f.request("GET", "/questions?"+near, "")); string(body) != `{"items":[]}` {
		t.Errorf("empty page %s", body)
	}
}

// TestEntityTags shows that a tag holds until the representation changes.
func TestEntityTags(t *testing.T) {
	f := newFixture(t)
	id := f.ask(t, "star", "How is it?")
	for _, target := range []string{"/questions/" + id, "/questions?" + near} {
		response, _ := f.do(t, f.request("GET", target, ""))
		tag := response.Header.Get("ETag")
		for _, row := range []struct {
			why, match string
			status     int
		}{
			{"the tag", tag, 304},
			{"the tag, weak", "W/" + tag, 304},
			{"the tag among others", `"a", ` + tag + `,"b"`, 304},
			{"any", "*", 304},
			{"another", `"a"`, 200},
			{"unquoted", strings.Trim(tag, `"`), 200},
		} {
			r := f.request("GET", target, "")
			r.Header.Set("If-None-Match", row.match)
			response, body := f.do(t, r)
			if response.StatusCode != row.status || response.Header.Get("ETag") != tag || (row.status == 304) != (len(body) == 0) {
				t.Errorf("%s: %s: %d, %q, %d bytes", target, row.why, response.StatusCode, response.Header.Get("ETag"), len(body))
			}
		}
		q := f.questions[askaround.QuestionID(id)]
		q.Summary.Version++
		f.questions[askaround.QuestionID(id)] = q
		r := f.request("GET", target, "")
		r.Header.Set("If-None-Match", tag)
		if response, _ := f.do(t, r); response.StatusCode != 200 || response.Header.Get("ETag") == tag {
			t.Errorf("%s: changed, but %d with %q", target, response.StatusCode, response.Header.Get("ETag"))
		}
	}
}

// TestOtherMethods asks for HEAD and OPTIONS over a socket.
func TestOtherMethods(t *testing.T) {
	f := newFixture(t)
	server := f.serve(t)
	id := f.ask(t, "star", "How is it?")
	for _, target := range []string{"/questions/" + id, "/questions?" + near, "/live?" + near} {
		get, body := over(t, server, f.request("GET", target, ""))
		head, nothing := over(t, server, f.request("HEAD", target, ""))
		if head.StatusCode != 200 || len(nothing) > 0 || head.ContentLength != int64(len(body)) || head.Header.Get("ETag") != get.Header.Get("ETag") {
			t.Errorf("HEAD %s: %d, %d bytes of %d", target, head.StatusCode, head.ContentLength, len(body))
		}
	}
	for target, allow := range map[string]string{
		"/questions":                   "GET, HEAD, OPTIONS, POST",
		"/questions/" + id + "/answer": "DELETE, GET, HEAD, OPTIONS, PUT",
		"/questions/" + id + "/close":  "OPTIONS, POST",
		"/live":                        "GET, HEAD, OPTIONS",
	} {
		r := f.request("OPTIONS", target, "")
		r.Header.Del("Authorization")
		if response, body := over(t, server, r); response.StatusCode != 204 || response.Header.Get("Allow") != allow || len(body) > 0 {
			t.Errorf("OPTIONS %s: %d, %q", target, response.StatusCode, response.Header.Get("Allow"))
		}
	}
	if response, _ := over(t, server, f.request("OPTIONS", "/nowhere", "")); response.StatusCode != 404 {
		t.Errorf("OPTIONS /nowhere: %d", response.StatusCode)
	}
}

// TestAcceptedForms has what looks odd and is right.
func TestAcceptedForms(t *testing.T) {
	f := newFixture(t)
	for _, row := range []struct{ why, method, target, body, header, value string }{
		{"a charset", "POST", "/questions", goodQuestion, "Content-Type", "Application/JSON; charset=UTF-8"},
		{"identity", "POST", "/questions", goodQuestion, "Content-Encoding", "identity"},
		{"quotation marks in the key", "POST", "/questions", goodQuestion, "Idempotency-Key", `"8e03978e-40d5-43e8-bc93-6894a57f9324"`},
		{"a small scheme", "GET", "/live?" + near, "", "Authorization", "bearer  " + f.token},
		{"any type", "GET", "/live?" + near, "", "Accept", "text/html, */*;q=0.1"},
		{"any application", "GET", "/live?" + near, "", "Accept", "application/*"},
		{"problems too", "GET", "/live?" + near, "", "Accept", "application/problem+json, application/json;charset=utf-8"},
		{"an empty Accept", "GET", "/live?" + near, "", "Accept", ""},
		{"exponents", "GET", "/live?lat=4.07e1&lng=-7.4E%2B1", "", "", ""},
		{"the pole", "GET", "/live?lat=90&lng=-180", "", "", ""},
		{"minus zero", "GET", "/live?lat=-0&lng=-0.0", "", "", ""},
		{"the largest circle", "GET", "/questions?" + near + "&radius=80467.2", "", "", ""},
		{"spaces and escapes", "POST", "/questions", " {\"\\u0074ext\" : \"\\ud83d\\ude00 \\\"\\/?\" ,\n\"kind\":\"geo\",\t\"location\":{\"lat\":-0,\"lng\":1.8e2}}\r\n", "", ""},
		{"100 characters of four bytes", "POST", "/questions", `{"text":"` + strings.Repeat("😀", 100) + `","kind":"star","location":{"lat":1,"lng":2}}`, "", ""},
		{"no stars at all", "PUT", "/questions/" + someQuestion + "/answer", `{"stars":0}`, "", ""},
		{"five stars in another spelling", "PUT", "/questions/" + someQuestion + "/answer", `{"stars":0.5e1}`, "", ""},
	} {
		r := f.request(row.method, row.target, row.body)
		if row.header != "" {
			r.Header.Set(row.header, row.value)
		}
		if response, body := f.do(t, r); response.StatusCode >= 300 {
			t.Errorf("%s: %d %s", row.why, response.StatusCode, body)
		}
	}
}

// TestBasePath serves below a path, with addresses that lead back there.
func TestBasePath(t *testing.T) {
	f := newFixture(t, func(o *httpapi.Options) { o.BasePath = "/api/v1" })
	client := f.client(t, "alice", "/api/v1")
	asked, err := client.AskQuestionWithResponse(t.Context(), &api.AskQuestionParams{IdempotencyKey: rand.Text()}, api.NewQuestion{Text: "How?", Kind: api.QuestionKindStar})
	if err != nil || asked.JSON202 == nil || asked.HTTPResponse.Header.Get("Location") != "/api/v1/operations/"+asked.JSON202.ID {
		t.Fatalf("%v %v %s", err, asked.HTTPResponse.Header, asked.Body)
	}
	asked, err = client.AskQuestionWithResponse(t.Context(), &api.AskQuestionParams{IdempotencyKey: rand.Text()}, api.NewQuestion{Text: "How?", Kind: api.QuestionKindStar})
	if err != nil || asked.JSON202 == nil {
		t.Fatal(err)
	}
	limit := int32(1)
	page, err := client.ListQuestionsWithResponse(t.Context(), &api.ListQuestionsParams{Limit: &limit})
	if err != nil || !strings.HasPrefix(page.HTTPResponse.Header.Get("Link"), "</api/v1/questions?") {
		t.Errorf("%v %q", err, page.HTTPResponse.Header.Get("Link"))
	}
	server := f.serve(t)
	for _, outside := range []string{"/live?" + near, "/api/v1live?" + near, "/api/v1", "/api/v1/", "/api/live"} {
		if response, body := over(t, server, f.request("GET", outside, "")); response.StatusCode != 404 || response.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", outside, response.StatusCode, body)
		}
	}
}

// TestRequestIDs keeps a harmless id and replaces others.
func TestRequestIDs(t *testing.T) {
	f := newFixture(t)
	for sent, kept := range map[string]bool{"": false, "a-B_9": true, "a b": false, "ü": false, strings.Repeat("a", 65): false, "x\"y": false} {
		r := f.request("GET", "/live?"+near, "")
		r.Header.Set("X-Request-Id", sent)
		response, _ := f.do(t, r)
		if got := response.Header.Get("X-Request-Id"); (got == sent) != kept || got == "" {
			t.Errorf("sent %q, got %q", sent, got)
		}
	}
}

// TestNoUserIDs looks for the account and the subject in every kind of response.
func TestNoUserIDs(t *testing.T) {
	f := newFixture(t)
	account := string(askaround.AccountFor(f.issuer.URL, "alice"))
	id := f.ask(t, "star", "How is it?")
	f.do(t, f.request("PUT", "/questions/"+id+"/answer", `{"stars":5}`))
	for _, target := range []string{"/questions/" + id, "/questions?" + near, "/questions/" + id + "/answer", "/operations/" + someOperation} {
		if _, body := f.do(t, f.request("GET", target, "")); strings.Contains(string(body), account) || strings.Contains(string(body), "alice") {
			t.Errorf("%s tells who: %s", target, body)
		}
	}
}

// TestLimitsAgree holds the document's limits to the domain's constants: each is
// still accepted, and the next number is not.
func TestLimitsAgree(t *testing.T) {
	f := newFixture(t)
	decimal := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	after := func(v float64) float64 { return math.Nextafter(v, math.Inf(1)) }
	text := func(n int) string {
		return strings.Replace(goodQuestion, "How is the view?", strings.Repeat("x", n), 1)
	}
	for _, row := range []struct {
		why, method, target, body, key string
		fits                           bool
	}{
		{"search radius", "GET", "/questions?" + near + "&radius=" + decimal(float64(askaround.MaxRadius)), "", "", true},
		{"search radius", "GET", "/questions?" + near + "&radius=" + decimal(after(float64(askaround.MaxRadius))), "", "", false},
		{"live radius", "GET", "/live?" + near + "&radius=" + decimal(float64(askaround.MaxLiveRadius)), "", "", true},
		{"live radius", "GET", "/live?" + near + "&radius=" + decimal(after(float64(askaround.MaxLiveRadius))), "", "", false},
		{"limit", "GET", "/questions?" + near + "&limit=" + strconv.Itoa(askaround.MaxLimit), "", "", true},
		{"limit", "GET", "/questions?" + near + "&limit=" + strconv.Itoa(askaround.MaxLimit+1), "", "", false},
		{"text", "POST", "/questions", text(askaround.MaxTextLength), "", true},
		{"text", "POST", "/questions", text(askaround.MaxTextLength + 1), "", false},
		{"key", "POST", "/questions", text(1), strings.Repeat("k", askaround.MaxIdempotencyKey), true},
		{"key", "POST", "/questions", text(1), strings.Repeat("k", askaround.MaxIdempotencyKey+1), false},
	} {
		r := f.request(row.method, row.target, row.body)
		if row.key != "" {
			r.Header.Set("Idempotency-Key", row.key)
		}
		if response, body := f.do(t, r); (response.StatusCode < 300) != row.fits {
			t.Errorf("%s: %d %s", row.why, response.StatusCode, body)
		}
	}
}

func decode[T any](t testing.TB, body []byte) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%v in %q", err, body)
	}
	return v
}
