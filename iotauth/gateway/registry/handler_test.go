package registry_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/askaround/askaround-go/iotauth/gateway"
	"github.com/askaround/askaround-go/iotauth/gateway/registry"
)

// send sends a request that nobody signed.
func send(t testing.TB, method, url, body string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	must(t, err)
	response, err := http.DefaultClient.Do(request)
	must(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	must(t, err)
	return response, string(text)
}

// TestWire is what clients see of answers and refusals.
func TestWire(t *testing.T) {
	u := serve(t, open(t, ""))
	for _, test := range []struct {
		name, method, path, body string
		status                   int
		kind, says               string
	}{
		{"an operation", "POST", "/things/t", "", 200, "", `"thingArn":"arn:aws:iot:us-east-1:123456789012:thing/t"`},
		{"a slash at the end", "GET", "/authorizers/", "", 200, "", `{"authorizers":[]}`},
		{"an escaped slash is no slash", "POST", "/attached-policies/a%2Fb", "", 400, "InvalidRequestException", "a/b"},
		{"members that nobody knows", "POST", "/things/u", `{"new": 1}`, 200, "", "thingId"},
		{"a body that is no JSON", "POST", "/things/v", `{`, 400, "SerializationException", "JSON"},
		{"a member of another type", "POST", "/things/v", `{"thingTypeName": 7}`, 400, "SerializationException", "thingTypeName"},
		{"a flag that is none", "POST", "/keys-and-certificate?setAsActive=perhaps", "", 400, "SerializationException", "setAsActive"},
		{"a number that is none", "DELETE", "/things/t?expectedVersion=x", "", 400, "SerializationException", "expectedVersion"},
		{"a page without entries", "GET", "/things?maxResults=0", "", 400, "InvalidRequestException", "1 to 250"},
		{"a page with too many", "GET", "/things?maxResults=251", "", 400, "InvalidRequestException", "1 to 250"},
		{"a status of no authorizer", "GET", "/authorizers?status=REVOKED", "", 400, "InvalidRequestException", "ACTIVE or INACTIVE"},
		{"an attachment of no kind", "GET", "/things/t/principals-v2?thingPrincipalType=x", "", 400, "InvalidRequestException", "EXCLUSIVE_THING"},
		{"a name of other characters", "GET", "/things/a%20b", "", 400, "InvalidRequestException", "not of the form"},
		{"not there", "GET", "/policies/p", "", 404, "ResourceNotFoundException", "Policy p not found"},
		{"there already", "POST", "/things/t", `{"attributePayload":{"attributes":{"a":"b"}}}`, 409, "ResourceAlreadyExistsException", `"resourceArn"`},
		{"tags", "POST", "/things/w", `{"tags":[{"Key":"a"}]}`, 400, "InvalidRequestException", "tags"},
		{"a rule without an engine", "POST", "/rules/r", `{"sql":"SELECT * FROM 'a'"}`, 400, "InvalidRequestException", "Options.Rules"},
		{"an operation of another day", "GET", "/jobs", "", 404, "UnknownOperationException", "GET /jobs"},
		{"a method of none", "PUT", "/things/t", "", 404, "UnknownOperationException", "PUT /things/t"},
		{"a name that is empty", "GET", "/things//principals", "", 404, "UnknownOperationException", "/things//principals"},
		{"a body that is too long", "POST", "/policies/p", `{"policyDocument": "` + strings.Repeat("x", 4<<20) + `"}`, 400, "SerializationException", "4 MiB"},
	} {
		response, body := send(t, test.method, u+test.path, test.body)
		if response.StatusCode != test.status || response.Header.Get("x-amzn-ErrorType") != test.kind || !strings.Contains(body, test.says) {
			t.Errorf("%s: %d %s %s", test.name, response.StatusCode, response.Header.Get("x-amzn-ErrorType"), body)
		}
		if !json.Valid([]byte(body)) || response.Header.Get("x-amzn-RequestId") == "" || response.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %v %s", test.name, response.Header, body)
		}
	}
}

// TestUnsigned: where there are keys, a request without a signature is refused before it is
// looked at. TestBoto3 and TestCLI sign.
func TestUnsigned(t *testing.T) {
	r := open(t, "")
	u := serve(t, r, func(o *registry.HandlerOptions) { o.Keys = gateway.StaticKeys{} })
	for _, path := range []string{"/things/t", "/no/such/operation"} {
		response, body := send(t, "POST", u+path, "")
		if kind := response.Header.Get("x-amzn-ErrorType"); response.StatusCode != 403 || kind != "MissingAuthenticationTokenException" {
			t.Errorf("%s: %d %s %s", path, response.StatusCode, kind, body)
		}
	}
	if _, err := r.DescribeThing("t"); err == nil {
		t.Error("an unsigned request created a thing")
	}
}

// TestBrowsers: a web page cannot reach the control plane of who looks at it.
func TestBrowsers(t *testing.T) {
	r := open(t, "")
	u := serve(t, r)
	for _, test := range []struct {
		header, value string
		status        int
	}{
		{"Origin", "https://example.com", 403},
		{"Origin", u, 200},
		{"Sec-Fetch-Site", "cross-site", 403},
		{"User-Agent", "aws-cli/2", 200},
	} {
		request, err := http.NewRequestWithContext(t.Context(), "POST", u+"/things/t", strings.NewReader("{}"))
		must(t, err)
		request.Header.Set("Content-Type", "text/plain") // of what browsers send without asking
		request.Header.Set(test.header, test.value)
		response, err := http.DefaultClient.Do(request)
		must(t, err)
		_ = response.Body.Close()
		if response.StatusCode != test.status {
			t.Errorf("%s %s: %d, want %d", test.header, test.value, response.StatusCode, test.status)
		}
	}
}

func TestHandlerRefuses(t *testing.T) {
	_, err := registry.Handler(open(t, ""), func(o *registry.HandlerOptions) { o.Endpoints = map[string]string{"iot:Nothing": "x"} })
	if err == nil {
		t.Error("an endpoint of an unknown type was taken")
	}
}

// TestPagesAreStable: what happens between two pages neither hides an entry nor brings one
// twice.
func TestPagesAreStable(t *testing.T) {
	r := open(t, "")
	ctx := t.Context()
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		_, err := r.CreateThing(ctx, registry.Thing{Name: name})
		must(t, err)
	}
	var got []string
	token := ""
	for i := 0; ; i++ {
		things, next, err := r.ListThings(registry.ThingQuery{Page: registry.Page{Max: 2, Token: token}})
		must(t, err)
		for _, thing := range things {
			got = append(got, thing.Name)
		}
		if i == 0 { // what was the last entry of the page goes, another one comes
			must(t, r.DeleteThing(ctx, "b", 0))
			_, err := r.CreateThing(ctx, registry.Thing{Name: "0"})
			must(t, err)
		}
		if token = next; token == "" {
			break
		}
	}
	if s := strings.Join(got, ""); s != "abcde0" {
		t.Errorf("pages: %s", s)
	}
}

// FuzzHandler sends whatever a client may send. Nothing panics, each answer is of the
// API's form, and no request makes the service fail.
func FuzzHandler(f *testing.F) {
	for _, seed := range []struct{ method, path, header, body string }{
		{"POST", "/things/t?x=y", "", `{"thingTypeName": "k", "attributePayload": {"attributes": {"a": "b"}, "merge": true}}`},
		{"PATCH", "/things/t", "", `{"removeThingType": true, "expectedVersion": 1}`},
		{"GET", "/things?nextToken=MQ==&maxResults=2&attributeName=a&attributeValue=b&usePrefixAttributeValue=true", "", ""},
		{"PUT", "/thing-groups/addThingToThingGroup", "", `{"thingGroupArn": "arn:aws:iot:us-east-1:123456789012:thinggroup/g", "thingName": "t"}`},
		{"POST", "/certificates?setAsActive=true", "", `{"certificateSigningRequest": "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"}`},
		{"POST", "/certificate/register-no-ca", "", `{"certificatePem": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}`},
		{"PUT", "/things/t/principals", "arn:aws:iot:us-east-1:123456789012:cert/" + strings.Repeat("a", 64), ""},
		{"POST", "/policies/p", "", `{"policyDocument": "{\"Version\":\"2012-10-17\",\"Statement\":[]}"}`},
		{"PATCH", "/policies/p/version/1", "", ""},
		{"POST", "/attached-policies/arn%3Aaws%3Aiot%3Aus-east-1%3A123456789012%3Acert%2Faa", "", ""},
		{"POST", "/test-authorization?clientId=c", "", `{"authInfos": [{"actionType": "CONNECT", "resources": ["*"]}], "policyNamesToAdd": ["p"]}`},
		{"POST", "/authorizer/A", "", `{"authorizerFunctionArn": "http://127.0.0.1:1/", "signingDisabled": true, "tokenSigningPublicKeys": {"a": "b"}}`},
		{"POST", "/role-aliases/a", "", `{"roleArn": "arn:aws:iam::123456789012:role/r", "credentialDurationSeconds": 900}`},
		{"POST", "/rules/r", "", `{"sql": "SELECT * FROM 'a'", "actions": []}`},
		{"GET", "/%zz/%2F", "", "\xff"},
	} {
		f.Add(seed.method, seed.path, seed.header, seed.body)
	}
	r := open(f, "", func(o *registry.Options) { o.Rules = newEngine() })
	_, err := r.CreateThing(f.Context(), registry.Thing{Name: "t"})
	must(f, err)
	_, err = r.CreatePolicy(f.Context(), "p", allowAll)
	must(f, err)
	h, err := registry.Handler(r)
	must(f, err)
	f.Fuzz(func(t *testing.T, method, path, header, body string) {
		u, err := url.ParseRequestURI(path)
		if err != nil || strings.HasSuffix(u.Path, "/test") { // it would call what it is told to
			t.Skip()
		}
		request := &http.Request{
			Method: method, URL: u, Body: io.NopCloser(strings.NewReader(body)),
			Header: http.Header{"X-Amzn-Principal": {header}, "X-Amzn-Iot-Principal": {header}, "X-Amzn-Iot-Policy": {header}},
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, request)
		text := w.Body.Bytes()
		switch {
		case w.Code == 200 && len(text) == 0:
		case !json.Valid(text):
			t.Errorf("%s %s: %s", method, path, text)
		case w.Code >= 500:
			t.Errorf("%s %s: %d %s", method, path, w.Code, text)
		case w.Code != 200 && w.Header().Get("x-amzn-ErrorType") == "":
			t.Errorf("%s %s: a refusal without a type", method, path)
		}
	})
}

// FuzzTimestamps: a time is the same in JSON, to the millisecond.
func FuzzTimestamps(f *testing.F) {
	f.Add(int64(0))
	f.Add(int64(1543889066731))
	f.Fuzz(func(t *testing.T, ms int64) {
		if ms < 0 || ms > 1<<43 {
			t.Skip()
		}
		var seconds float64
		must(t, json.Unmarshal(registry.Timestamp(time.UnixMilli(ms)), &seconds))
		if got := time.UnixMicro(int64(seconds*1e6 + 0.5)).Round(time.Millisecond).UnixMilli(); got != ms {
			t.Errorf("%d became %d", ms, got)
		}
	})
}
