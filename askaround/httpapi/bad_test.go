package httpapi_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	someQuestion  = "89c25a8c5fc1fb8d-06d7k2m4n5p6q7r8s9tabcdefg"
	someOperation = "06d7k2m4n5p6q7r8s9tabcdefg"
	goodQuestion  = `{"text":"How is the view?","kind":"star","location":{"lat":40.7,"lng":-74}}`
	near          = "lat=40.7&lng=-74"
)

// A badRow is a request that must be refused, and how.
type badRow struct {
	why    string
	method string
	target string
	body   string
	header map[string]string // added to those of a good request; "" takes one away
	status int
	kind   string // the problem type's last part
	at     string // what errors[0] names, "" for any
}

// badBodies are sent to POST /questions.
var badBodies = []badRow{
	{why: "nothing", body: " ", status: 400, kind: "malformed-body"},
	{why: "not JSON", body: `text=How`, status: 400, kind: "malformed-body"},
	{why: "cut off", body: goodQuestion[:40], status: 400, kind: "malformed-body"},
	{why: "trailing bytes", body: goodQuestion + `{}`, status: 400, kind: "malformed-body"},
	{why: "trailing comma", body: `{"text":"a","kind":"star","location":{"lat":1,"lng":2},}`, status: 400, kind: "malformed-body"},
	{why: "a comment", body: `{/**/"text":"a","kind":"star","location":{"lat":1,"lng":2}}`, status: 400, kind: "malformed-body"},
	{why: "single quotes", body: `{'text':'a','kind':'star','location':{'lat':1,'lng':2}}`, status: 400, kind: "malformed-body"},
	{why: "NaN", body: `{"text":"a","kind":"star","location":{"lat":NaN,"lng":2}}`, status: 400, kind: "malformed-body"},
	{why: "Infinity", body: `{"text":"a","kind":"star","location":{"lat":-Infinity,"lng":2}}`, status: 400, kind: "malformed-body"},
	{why: "a hexadecimal number", body: `{"text":"a","kind":"star","location":{"lat":0x1,"lng":2}}`, status: 400, kind: "malformed-body"},
	{why: "a plus sign", body: `{"text":"a","kind":"star","location":{"lat":+1,"lng":2}}`, status: 400, kind: "malformed-body"},
	{why: "a leading zero", body: `{"text":"a","kind":"star","location":{"lat":01,"lng":2}}`, status: 400, kind: "malformed-body"},
	{why: "a duplicate member", body: `{"text":"a","text":"b","kind":"star","location":{"lat":1,"lng":2}}`, status: 400, kind: "malformed-body"},
	{why: "a duplicate member by escapes", body: `{"text":"a","te\u0078t":"b","kind":"star","location":{"lat":1,"lng":2}}`, status: 400, kind: "malformed-body"},
	{why: "a duplicate member inside", body: `{"text":"a","kind":"star","location":{"lat":1,"lat":1,"lng":2}}`, status: 400, kind: "malformed-body"},
	{why: "bad UTF-8", body: "{\"text\":\"\xff\",\"kind\":\"star\",\"location\":{\"lat\":1,\"lng\":2}}", status: 400, kind: "malformed-body"},
	{why: "overlong UTF-8", body: "{\"text\":\"\xc0\xaf\",\"kind\":\"star\",\"location\":{\"lat\":1,\"lng\":2}}", status: 400, kind: "malformed-body"},
	{why: "half a surrogate pair", body: `{"text":"\ud83d","kind":"star","location":{"lat":1,"lng":2}}`, status: 400, kind: "malformed-body"},
	{why: "a byte order mark", body: "\ufeff" + goodQuestion, status: 400, kind: "malformed-body"},
	{why: "a raw control character", body: "{\"text\":\"a\nb\",\"kind\":\"star\",\"location\":{\"lat\":1,\"lng\":2}}", status: 400, kind: "malformed-body"},
	{why: "nested too deeply", body: strings.Repeat("[", 2000) + strings.Repeat("]", 2000), status: 400, kind: "malformed-body"},
	{why: "null", body: `null`, status: 422, kind: "invalid-body"},
	{why: "an array", body: `[` + goodQuestion + `]`, status: 422, kind: "invalid-body"},
	{why: "a string", body: `"How is the view?"`, status: 422, kind: "invalid-body"},
	{why: "no members", body: `{}`, status: 422, kind: "invalid-body", at: "/kind"},
	{why: "no text", body: `{"kind":"star","location":{"lat":1,"lng":2}}`, status: 422, kind: "invalid-body", at: "/text"},
	{why: "no kind", body: `{"text":"a","location":{"lat":1,"lng":2}}`, status: 422, kind: "invalid-body", at: "/kind"},
	{why: "no location", body: `{"text":"a","kind":"star"}`, status: 422, kind: "invalid-body", at: "/location"},
	{why: "no longitude", body: `{"text":"a","kind":"star","location":{"lat":1}}`, status: 422, kind: "invalid-body", at: "/location/lng"},
	{why: "an unknown member", body: `{"text":"a","kind":"star","location":{"lat":1,"lng":2},"author":"bob"}`, status: 422, kind: "invalid-body", at: "/author"},
	{why: "an unknown member inside", body: `{"text":"a","kind":"star","location":{"lat":1,"lng":2,"alt":3}}`, status: 422, kind: "invalid-body", at: "/location/alt"},
	{why: "a member in another case", body: `{"Text":"a","kind":"star","location":{"lat":1,"lng":2}}`, status: 422, kind: "invalid-body", at: "/text"},
	{why: "a member folded by Unicode", body: `{"text":"a","\u212Aind":"star","kind":"star","location":{"lat":1,"lng":2}}`, status: 422, kind: "invalid-body", at: "/\u212Aind"},
	{why: "a number as text", body: `{"text":7,"kind":"star","location":{"lat":1,"lng":2}}`, status: 422, kind: "invalid-body", at: "/text"},
	{why: "null as text", body: `{"text":null,"kind":"star","location":{"lat":1,"lng":2}}`, status: 422, kind: "invalid-body", at: "/text"},
	{why: "an object as text", body: `{"text":{},"kind":"star","location":{"lat":1,"lng":2}}`, status: 422, kind: "invalid-body", at: "/text"},
	{why: "a string as latitude", body: `{"text":"a","kind":"star","location":{"lat":"1","lng":2}}`, status: 422, kind: "invalid-body", at: "/location/lat"},
	{why: "a bool as longitude", body: `{"text":"a","kind":"star","location":{"lat":1,"lng":true}}`, status: 422, kind: "invalid-body", at: "/location/lng"},
	{why: "an array as location", body: `{"text":"a","kind":"star","location":[1,2]}`, status: 422, kind: "invalid-body", at: "/location"},
	{why: "1e400", body: `{"text":"a","kind":"star","location":{"lat":1e400,"lng":2}}`, status: 422, kind: "invalid-body", at: "/location/lat"},
	{why: "-1e400", body: `{"text":"a","kind":"star","location":{"lat":1,"lng":-1e400}}`, status: 422, kind: "invalid-body", at: "/location/lng"},
	{why: "latitude just over 90", body: `{"text":"a","kind":"star","location":{"lat":90.00000001,"lng":2}}`, status: 422, kind: "invalid-body", at: "/location/lat"},
	{why: "longitude under -180", body: `{"text":"a","kind":"star","location":{"lat":1,"lng":-180.5}}`, status: 422, kind: "invalid-body", at: "/location/lng"},
	{why: "no text in it", body: `{"text":"","kind":"star","location":{"lat":1,"lng":2}}`, status: 422, kind: "invalid-body", at: "/text"},
	{why: "only spaces", body: `{"text":"   ","kind":"star","location":{"lat":1,"lng":2}}`, status: 422, kind: "invalid-body", at: "/text"},
	{why: "only wide spaces, which the domain trims", body: `{"text":"\u3000","kind":"star","location":{"lat":1,"lng":2}}`, status: 422, kind: "invalid-body", at: "/text"},
	{why: "a NUL in the text", body: `{"text":"a\u0000","kind":"star","location":{"lat":1,"lng":2}}`, status: 422, kind: "invalid-body", at: "/text"},
	{why: "a line break in the text", body: `{"text":"a\nb","kind":"star","location":{"lat":1,"lng":2}}`, status: 422, kind: "invalid-body", at: "/text"},
	{why: "101 characters", body: `{"text":"` + strings.Repeat("é", 101) + `","kind":"star","location":{"lat":1,"lng":2}}`, status: 422, kind: "invalid-body", at: "/text"},
	{why: "an unknown kind", body: `{"text":"a","kind":"Star","location":{"lat":1,"lng":2}}`, status: 422, kind: "invalid-body", at: "/kind"},
	{why: "an array as kind", body: `{"text":"a","kind":["star"],"location":{"lat":1,"lng":2}}`, status: 422, kind: "invalid-body", at: "/kind"},
	{why: "a byte too long", body: `{"text":"` + strings.Repeat("a", 16<<10) + `"}`, status: 413, kind: "body-too-large"},
	{why: "1 MB", body: strings.Repeat(" ", 1<<20), status: 413, kind: "body-too-large"},
}

// badAnswers are sent to PUT /questions/{questionId}/answer.
var badAnswers = []badRow{
	{why: "an answer with nothing", body: `{}`, status: 422, kind: "invalid-body"},
	{why: "an answer with both", body: `{"stars":1,"location":{"lat":1,"lng":2}}`, status: 422, kind: "invalid-body"},
	{why: "a quarter star", body: `{"stars":4.25}`, status: 422, kind: "invalid-body", at: "/stars"},
	{why: "almost a half star", body: `{"stars":0.5000000000000001}`, status: 422, kind: "invalid-body", at: "/stars"},
	{why: "minus half a star", body: `{"stars":-0.5}`, status: 422, kind: "invalid-body", at: "/stars"},
	{why: "more than five stars", body: `{"stars":5.5}`, status: 422, kind: "invalid-body", at: "/stars"},
	{why: "stars in words", body: `{"stars":"five"}`, status: 422, kind: "invalid-body", at: "/stars"},
	{why: "null stars", body: `{"stars":null}`, status: 422, kind: "invalid-body", at: "/stars"},
	{why: "1e400 stars", body: `{"stars":1e400}`, status: 422, kind: "invalid-body", at: "/stars"},
	{why: "a flat place", body: `{"lat":1,"lng":2}`, status: 422, kind: "invalid-body", at: "/lat"},
	{why: "a place beyond the pole", body: `{"location":{"lat":-91,"lng":2}}`, status: 422, kind: "invalid-body", at: "/location/lat"},
	{why: "another user's name", body: `{"stars":5,"author":"bob"}`, status: 422, kind: "invalid-body", at: "/author"},
}

var badQueries = []badRow{
	{why: "no latitude", target: "/questions?lng=2", status: 400, kind: "invalid-parameter", at: "lat"},
	{why: "no parameters", target: "/questions", status: 400, kind: "invalid-parameter", at: "lat"},
	{why: "an empty latitude", target: "/questions?lat=&lng=2", status: 400, kind: "invalid-parameter", at: "lat"},
	{why: "words", target: "/questions?lat=north&lng=2", status: 400, kind: "invalid-parameter", at: "lat"},
	{why: "NaN in the query", target: "/questions?lat=NaN&lng=2", status: 400, kind: "invalid-parameter", at: "lat"},
	{why: "Inf in the query", target: "/questions?lat=1&lng=Inf", status: 400, kind: "invalid-parameter", at: "lng"},
	{why: "1e400 in the query", target: "/questions?lat=1e400&lng=2", status: 400, kind: "invalid-parameter", at: "lat"},
	{why: "hexadecimal in the query", target: "/questions?lat=0x10&lng=2", status: 400, kind: "invalid-parameter", at: "lat"},
	{why: "a space in a number", target: "/questions?lat=+1&lng=2", status: 400, kind: "invalid-parameter", at: "lat"},
	{why: "latitude 91", target: "/questions?lat=91&lng=2", status: 400, kind: "invalid-parameter", at: "lat"},
	{why: "longitude 181", target: "/questions?lat=1&lng=181", status: 400, kind: "invalid-parameter", at: "lng"},
	{why: "latitude twice", target: "/questions?lat=1&lat=1&lng=2", status: 400, kind: "invalid-parameter", at: "lat"},
	{why: "an unknown parameter", target: "/questions?" + near + "&author=bob", status: 400, kind: "invalid-parameter", at: "author"},
	{why: "a parameter in another case", target: "/questions?Lat=1&lat=1&lng=2", status: 400, kind: "invalid-parameter", at: "Lat"},
	{why: "radius 0", target: "/questions?" + near + "&radius=0", status: 400, kind: "invalid-parameter", at: "radius"},
	{why: "a negative radius", target: "/questions?" + near + "&radius=-5", status: 400, kind: "invalid-parameter", at: "radius"},
	{why: "radius over 50 miles", target: "/questions?" + near + "&radius=80467.3", status: 400, kind: "invalid-parameter", at: "radius"},
	{why: "an unknown order", target: "/questions?" + near + "&order=best", status: 400, kind: "invalid-parameter", at: "order"},
	{why: "limit 0", target: "/questions?" + near + "&limit=0", status: 400, kind: "invalid-parameter", at: "limit"},
	{why: "limit 101", target: "/questions?" + near + "&limit=101", status: 400, kind: "invalid-parameter", at: "limit"},
	{why: "a fraction as limit", target: "/questions?" + near + "&limit=1.5", status: 400, kind: "invalid-parameter", at: "limit"},
	{why: "a limit beyond integers", target: "/questions?" + near + "&limit=99999999999999999999", status: 400, kind: "invalid-parameter", at: "limit"},
	{why: "an empty cursor", target: "/questions?" + near + "&cursor=", status: 400, kind: "invalid-parameter", at: "cursor"},
	{why: "a cursor of 3,000 bytes", target: "/questions?" + near + "&cursor=" + strings.Repeat("a", 3000), status: 400, kind: "invalid-parameter", at: "cursor"},
	{why: "a cursor in bad UTF-8", target: "/questions?" + near + "&cursor=%ff", status: 400, kind: "invalid-parameter", at: "cursor"},
	{why: "a cursor that nobody gave", target: "/questions?" + near + "&cursor=bm90IGEgY3Vyc29y", status: 400, kind: "invalid-cursor", at: "cursor"},
	{why: "a broken escape", target: "/questions?" + near + "&radius=%zz", status: 400, kind: "invalid-parameter"},
	{why: "a semicolon", target: "/questions?lat=1;lng=2", status: 400, kind: "invalid-parameter"},
	{why: "live without a place", target: "/live", status: 400, kind: "invalid-parameter", at: "lat"},
	{why: "live over ten miles", target: "/live?" + near + "&radius=16094", status: 400, kind: "invalid-parameter", at: "radius"},
	{why: "live with a limit", target: "/live?" + near + "&limit=2", status: 400, kind: "invalid-parameter", at: "limit"},
	{why: "a parameter on an operation", target: "/operations/" + someOperation + "?wait=5", status: 400, kind: "invalid-parameter", at: "wait"},
	{why: "a parameter on a post", method: "POST", target: "/questions?dry=1", body: goodQuestion, status: 400, kind: "invalid-parameter", at: "dry"},
}

var badPlaces = []badRow{
	{why: "an unknown path", target: "/answers", status: 404, kind: "not-found"},
	{why: "the root", target: "/", status: 404, kind: "not-found"},
	{why: "a trailing slash", target: "/questions/?" + near, status: 404, kind: "not-found"},
	{why: "a doubled slash", target: "//questions?" + near, status: 404, kind: "not-found"},
	{why: "a path in another case", target: "/Questions?" + near, status: 404, kind: "not-found"},
	{why: "a deeper path", target: "/questions/" + someQuestion + "/answer/x", status: 404, kind: "not-found"},
	{why: "an id that is none", target: "/questions/17", status: 404, kind: "question-not-found", at: "questionId"},
	{why: "an id in upper case", target: "/questions/" + strings.ToUpper(someQuestion), status: 404, kind: "question-not-found"},
	{why: "an id with a newline behind", target: "/questions/" + someQuestion + "%0a", status: 404, kind: "question-not-found"},
	{why: "an id with an escaped slash", target: "/questions/a%2fb", status: 404, kind: "question-not-found"},
	{why: "dots as id", target: "/questions/%2e%2e", status: 404, kind: "question-not-found"},
	{why: "bad UTF-8 as id", target: "/questions/%ff", status: 404, kind: "question-not-found"},
	{why: "a question that is not there", target: "/questions/" + someQuestion, status: 404, kind: "question-not-found"},
	{why: "an answer that is not there", target: "/questions/" + someQuestion + "/answer", status: 404, kind: "answer-not-found"},
	{why: "an answer to an id that is none", method: "PUT", target: "/questions/x/answer", body: `{"stars":1}`, status: 404, kind: "question-not-found"},
	{why: "an operation that is not there", target: "/operations/" + someOperation, status: 404, kind: "operation-not-found"},
	{why: "an operation id that is none", target: "/operations/1", status: 404, kind: "operation-not-found"},
	{why: "PUT on the list", method: "PUT", target: "/questions", body: goodQuestion, status: 405, kind: "method-not-allowed"},
	{why: "PATCH on a question", method: "PATCH", target: "/questions/" + someQuestion, status: 405, kind: "method-not-allowed"},
	{why: "deleting what is not there", method: "DELETE", target: "/questions/" + someQuestion, status: 404, kind: "question-not-found"},
	{why: "closing what is not there", method: "POST", target: "/questions/" + someQuestion + "/close", status: 404, kind: "question-not-found"},
	{why: "a body to close with", method: "POST", target: "/questions/" + someQuestion + "/close", body: `{}`, status: 400, kind: "malformed-body"},
	{why: "GET on close", target: "/questions/" + someQuestion + "/close", status: 405, kind: "method-not-allowed"},
	{why: "POST on an answer", method: "POST", target: "/questions/" + someQuestion + "/answer", body: `{"stars":1}`, status: 405, kind: "method-not-allowed"},
	{why: "PATCH on an operation", method: "PATCH", target: "/operations/" + someOperation, body: `{}`, status: 405, kind: "method-not-allowed"},
	{why: "a method nobody knows", method: "BREW", target: "/questions", status: 405, kind: "method-not-allowed"},
	{why: "TRACE", method: "TRACE", target: "/live?" + near, status: 405, kind: "method-not-allowed"},
	{why: "a body on GET", method: "GET", target: "/live?" + near, body: `{}`, status: 400, kind: "malformed-body"},
	{why: "a body on DELETE", method: "DELETE", target: "/questions/" + someQuestion + "/answer", body: `{}`, status: 400, kind: "malformed-body"},
}

var badHeaders = []badRow{
	{why: "a form", method: "POST", target: "/questions", body: "text=a", header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, status: 415, kind: "unsupported-media-type"},
	{why: "text", method: "POST", target: "/questions", body: goodQuestion, header: map[string]string{"Content-Type": "text/plain"}, status: 415, kind: "unsupported-media-type"},
	{why: "no content type", method: "POST", target: "/questions", body: goodQuestion, header: map[string]string{"Content-Type": ""}, status: 415, kind: "unsupported-media-type"},
	{why: "a broken content type", method: "POST", target: "/questions", body: goodQuestion, header: map[string]string{"Content-Type": "application/json; charset"}, status: 415, kind: "unsupported-media-type"},
	{why: "JSON in Latin-1", method: "POST", target: "/questions", body: goodQuestion, header: map[string]string{"Content-Type": "application/json; charset=iso-8859-1"}, status: 415, kind: "unsupported-media-type"},
	{why: "compressed JSON", method: "POST", target: "/questions", body: goodQuestion, header: map[string]string{"Content-Encoding": "gzip"}, status: 415, kind: "unsupported-media-type"},
	{why: "a merge patch", method: "PUT", target: "/questions/" + someQuestion + "/answer", body: `{"stars":1}`, header: map[string]string{"Content-Type": "application/merge-patch+json"}, status: 415, kind: "unsupported-media-type"},
	{why: "who wants XML", target: "/live?" + near, header: map[string]string{"Accept": "application/xml"}, status: 406, kind: "not-acceptable"},
	{why: "who wants HTML and images", target: "/live?" + near, header: map[string]string{"Accept": "text/html, image/*;q=0.8"}, status: 406, kind: "not-acceptable"},
	{why: "who wants anything but JSON", target: "/live?" + near, header: map[string]string{"Accept": "*/*, application/json;q=0"}, status: 406, kind: "not-acceptable"},
	{why: "an unreadable Accept", target: "/live?" + near, header: map[string]string{"Accept": "///"}, status: 406, kind: "not-acceptable"},
	{why: "no idempotency key", method: "POST", target: "/questions", body: goodQuestion, header: map[string]string{"Idempotency-Key": ""}, status: 400, kind: "idempotency-key-missing", at: "Idempotency-Key"},
	{why: "an empty idempotency key", method: "POST", target: "/questions", body: goodQuestion, header: map[string]string{"Idempotency-Key": " "}, status: 400, kind: "invalid-parameter", at: "Idempotency-Key"},
	{why: "a space in the idempotency key", method: "POST", target: "/questions", body: goodQuestion, header: map[string]string{"Idempotency-Key": "a b"}, status: 400, kind: "invalid-parameter", at: "Idempotency-Key"},
	{why: "an idempotency key beyond ASCII", method: "POST", target: "/questions", body: goodQuestion, header: map[string]string{"Idempotency-Key": "ключ"}, status: 400, kind: "invalid-parameter", at: "Idempotency-Key"},
	{why: "an idempotency key of 256 bytes", method: "POST", target: "/questions", body: goodQuestion, header: map[string]string{"Idempotency-Key": strings.Repeat("k", 256)}, status: 400, kind: "invalid-parameter", at: "Idempotency-Key"},
	{why: "an idempotency key of another request", method: "POST", target: "/questions", body: goodQuestion, header: map[string]string{"Idempotency-Key": "taken"}, status: 422, kind: "idempotency-key-reused", at: "Idempotency-Key"},
	{why: "an If-None-Match of 5,000 bytes", target: "/questions?" + near, header: map[string]string{"If-None-Match": strings.Repeat("x", 5000)}, status: 400, kind: "invalid-parameter", at: "If-None-Match"},
}

// badTokens are sent to GET /live, which is otherwise good.
func badTokens(t *testing.T, i *issuer) []badRow {
	t.Helper()
	stranger, other := newECKey(t), newIssuer(t)
	claims := func(changes map[string]any) map[string]any {
		c := i.good("alice")
		maps.Copy(c, changes)
		return c
	}
	secret, err := json.Marshal(i.rsa.Public())
	if err != nil {
		t.Fatal(err)
	}
	row := func(why, authorization, kind string) badRow {
		return badRow{why: why, header: map[string]string{"Authorization": authorization}, status: 401, kind: kind}
	}
	good := i.token(t, "alice", nil)
	parts := strings.Split(good, ".")
	return []badRow{
		row("no token", "", "missing-token"),
		row("another scheme", "Basic YWxpY2U6c2VjcmV0", "missing-token"),
		row("a scheme alone", "Bearer", "missing-token"),
		row("a token without a scheme", good, "missing-token"),
		row("garbage", "Bearer garbage", "invalid-token"),
		row("three dots", "Bearer ..", "invalid-token"),
		row("9,000 bytes", "Bearer "+strings.Repeat("a", 9000), "invalid-token"),
		row("without its signature", "Bearer "+parts[0]+"."+parts[1]+".", "invalid-token"),
		row("with another's claims", "Bearer "+parts[0]+"."+encode(claims(map[string]any{"sub": "bob"}))+"."+parts[2], "invalid-token"),
		row("alg none", "Bearer "+encode(map[string]any{"alg": "none", "typ": "JWT"})+"."+encode(claims(nil))+".", "invalid-token"),
		row("HS256 with the public key", "Bearer "+sign(t, jose.HS256, secret, "rsa", claims(nil)), "invalid-token"),
		row("RS512, which is not allowed", "Bearer "+sign(t, jose.RS512, i.rsa, "rsa", claims(nil)), "invalid-token"),
		row("RS256 under the other key's name", "Bearer "+sign(t, jose.RS256, i.rsa, "ec", claims(nil)), "invalid-token"),
		row("a stranger's key under a known name", "Bearer "+sign(t, jose.ES256, stranger, "ec", claims(nil)), "invalid-token"),
		row("a key nobody knows", "Bearer "+sign(t, jose.ES256, stranger, "stranger", claims(nil)), "invalid-token"),
		row("a stranger's key without a name", "Bearer "+sign(t, jose.ES256, stranger, "", claims(nil)), "invalid-token"),
		row("another issuer's", "Bearer "+other.token(t, "alice", nil), "invalid-token"),
		row("another issuer in the claims", "Bearer "+i.token(t, "alice", map[string]any{"iss": other.URL}), "invalid-token"),
		row("the issuer with a slash", "Bearer "+i.token(t, "alice", map[string]any{"iss": i.URL + "/"}), "invalid-token"),
		row("another audience", "Bearer "+i.token(t, "alice", map[string]any{"aud": "billing"}), "invalid-token"),
		row("no audience", "Bearer "+i.token(t, "alice", map[string]any{"aud": nil}), "invalid-token"),
		row("expired", "Bearer "+i.token(t, "alice", map[string]any{"exp": time.Now().Add(-time.Minute).Unix()}), "expired-token"),
		row("no expiry", "Bearer "+i.token(t, "alice", map[string]any{"exp": nil}), "invalid-token"),
		row("an expiry in words", "Bearer "+i.token(t, "alice", map[string]any{"exp": "tomorrow"}), "invalid-token"),
		row("not valid before tomorrow", "Bearer "+i.token(t, "alice", map[string]any{"nbf": time.Now().Add(24 * time.Hour).Unix()}), "invalid-token"),
		row("issued tomorrow", "Bearer "+i.token(t, "alice", map[string]any{"iat": time.Now().Add(24 * time.Hour).Unix()}), "invalid-token"),
		row("no subject", "Bearer "+i.token(t, "", nil), "invalid-token"),
		row("claims that are no object", "Bearer "+signRaw(t, i, `"alice"`), "invalid-token"),
	}
}

func encode(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

func signRaw(t *testing.T, i *issuer, payload string) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: i.ec}, (&jose.SignerOptions{}).WithHeader("kid", "ec"))
	if err != nil {
		t.Fatal(err)
	}
	object, err := signer.Sign([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	token, err := object.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// badRequests completes the rows of all tables.
func badRequests(t *testing.T, f *fixture) []badRow {
	t.Helper()
	var all []badRow
	add := func(rows []badRow, method, target string) {
		for _, row := range rows {
			if row.method == "" {
				row.method = method
			}
			if row.target == "" {
				row.target = target
			}
			all = append(all, row)
		}
	}
	add(badBodies, "POST", "/questions")
	add(badAnswers, "PUT", "/questions/"+someQuestion+"/answer")
	add(badQueries, "GET", "")
	add(badPlaces, "GET", "")
	add(badHeaders, "GET", "")
	add(badTokens(t, f.issuer), "GET", "/live?"+near)
	return all
}

func (f *fixture) bad(row badRow) *http.Request {
	r := f.request(row.method, row.target, row.body)
	for name, value := range row.header {
		if r.Header.Set(name, value); value == "" {
			r.Header.Del(name)
		}
	}
	return r
}

// TestBadRequests holds each bad request to its status and problem type, in process
// and over a socket.
func TestBadRequests(t *testing.T) {
	f := newFixture(t)
	r := f.request("POST", "/questions", strings.Replace(goodQuestion, "view", "food", 1))
	r.Header.Set("Idempotency-Key", "taken")
	f.do(t, r)
	server := f.serve(t)
	rows := badRequests(t, f)
	if len(rows) < 100 {
		t.Fatalf("only %d rows", len(rows))
	}
	for _, row := range rows {
		t.Run(row.why, func(t *testing.T) {
			response, body := f.do(t, f.bad(row))
			row.check(t, response, body)
			response, body = over(t, server, f.bad(row))
			f.hold(t, f.bad(row), response.StatusCode, response.Header, body)
			row.check(t, response, body)
		})
	}
	t.Logf("%d bad requests, each in process and over a socket", len(rows))
}

func (row badRow) check(t *testing.T, response *http.Response, body []byte) {
	t.Helper()
	var problem struct {
		Type     string
		Status   int
		Instance string
		Errors   []struct{ Pointer, Parameter, Header, Detail string }
	}
	if err := json.Unmarshal(body, &problem); err != nil {
		t.Fatalf("%v in %q", err, body)
	}
	kind := strings.TrimPrefix(problem.Type, "urn:problem-type:askaround:")
	if response.StatusCode != row.status || problem.Status != row.status || kind != row.kind {
		t.Errorf("status %d, %s; want %d, %s: %s", response.StatusCode, kind, row.status, row.kind, body)
	}
	if !strings.HasSuffix(problem.Instance, response.Header.Get("X-Request-Id")) {
		t.Errorf("instance %q, request id %q", problem.Instance, response.Header.Get("X-Request-Id"))
	}
	if row.at != "" {
		if len(problem.Errors) == 0 {
			t.Fatalf("no errors in %s", body)
		}
		if e := problem.Errors[0]; e.Pointer+e.Parameter+e.Header != row.at {
			t.Errorf("errors[0] names %q, want %q: %s", e.Pointer+e.Parameter+e.Header, row.at, body)
		}
	}
	if row.status == 405 && response.Header.Get("Allow") == "" {
		t.Error("405 without Allow")
	}
	if row.status == 401 && !strings.HasPrefix(response.Header.Get("WWW-Authenticate"), "Bearer ") {
		t.Errorf("401 with challenge %q", response.Header.Get("WWW-Authenticate"))
	}
}
