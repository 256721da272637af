package sigv4

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
	"time"
)

// The key, time and scope of AWS's published test suite for Signature Version 4
// ("aws-sig-v4-test-suite"), whose requests and signatures suite holds as facts.
const (
	suiteKey    = "AKIDEXAMPLE"
	suiteSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	suiteScope  = suiteKey + "/20150830/us-east-1/service/aws4_request"
	suiteToken  = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="
)

var suiteTime = time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)

type vector struct {
	name, method, target string
	headers              []string
	body                 string
	signed, signature    string
}

var suite = []vector{
	{name: "get-header-key-duplicate", method: "GET", target: "/", headers: []string{"My-Header1:value2", "My-Header1:value2", "My-Header1:value1"},
		signed: "host;my-header1;x-amz-date", signature: "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
	{name: "get-header-value-order", method: "GET", target: "/", headers: []string{"My-Header1:value4", "My-Header1:value1", "My-Header1:value3", "My-Header1:value2"},
		signed: "host;my-header1;x-amz-date", signature: "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"},
	{name: "get-header-value-trim", method: "GET", target: "/", headers: []string{"My-Header1: value1", "My-Header2: \"a   b   c\""},
		signed: "host;my-header1;my-header2;x-amz-date", signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
	{name: "get-unreserved", method: "GET", target: "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
		signed: "host;x-amz-date", signature: "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
	{name: "get-utf8", method: "GET", target: "/ሴ",
		signed: "host;x-amz-date", signature: "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
	{name: "get-vanilla", method: "GET", target: "/",
		signed: "host;x-amz-date", signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	{name: "get-vanilla-empty-query-key", method: "GET", target: "/?Param1=value1",
		signed: "host;x-amz-date", signature: "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
	{name: "get-vanilla-query", method: "GET", target: "/",
		signed: "host;x-amz-date", signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	{name: "get-vanilla-query-order-key", method: "GET", target: "/?Param1=value2&Param1=Value1",
		signed: "host;x-amz-date", signature: "eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1"},
	{name: "get-vanilla-query-order-key-case", method: "GET", target: "/?Param2=value2&Param1=value1",
		signed: "host;x-amz-date", signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
	{name: "get-vanilla-query-order-value", method: "GET", target: "/?Param1=value2&Param1=value1",
		signed: "host;x-amz-date", signature: "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694"},
	{name: "get-vanilla-query-unreserved", method: "GET", target: "/?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
		signed: "host;x-amz-date", signature: "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
	{name: "get-vanilla-utf8-query", method: "GET", target: "/?ሴ=bar",
		signed: "host;x-amz-date", signature: "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
	{name: "post-header-key-case", method: "POST", target: "/",
		signed: "host;x-amz-date", signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
	{name: "post-header-key-sort", method: "POST", target: "/", headers: []string{"My-Header1:value1"},
		signed: "host;my-header1;x-amz-date", signature: "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"},
	{name: "post-header-value-case", method: "POST", target: "/", headers: []string{"My-Header1:VALUE1"},
		signed: "host;my-header1;x-amz-date", signature: "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"},
	{name: "post-vanilla", method: "POST", target: "/",
		signed: "host;x-amz-date", signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
	{name: "post-vanilla-empty-query-value", method: "POST", target: "/?Param1=value1",
		signed: "host;x-amz-date", signature: "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"},
	{name: "post-vanilla-query", method: "POST", target: "/?Param1=value1",
		signed: "host;x-amz-date", signature: "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"},
	{name: "post-x-www-form-urlencoded", method: "POST", target: "/", headers: []string{"Content-Type:application/x-www-form-urlencoded", "Content-Length:13"}, body: "Param1=value1",
		signed: "content-type;host;x-amz-date", signature: "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
	{name: "post-x-www-form-urlencoded-parameters", method: "POST", target: "/", headers: []string{"Content-Type:application/x-www-form-urlencoded; charset=utf8", "Content-Length:13"}, body: "Param1=value1",
		signed: "content-type;host;x-amz-date", signature: "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe"},
	{name: "get-relative", method: "GET", target: "/example/..",
		signed: "host;x-amz-date", signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	{name: "get-relative-relative", method: "GET", target: "/example1/example2/../..",
		signed: "host;x-amz-date", signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	{name: "get-slash", method: "GET", target: "//",
		signed: "host;x-amz-date", signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	{name: "get-slash-dot-slash", method: "GET", target: "/./",
		signed: "host;x-amz-date", signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
	{name: "get-slash-pointless-dot", method: "GET", target: "/./example",
		signed: "host;x-amz-date", signature: "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5"},
	{name: "get-slashes", method: "GET", target: "//example//",
		signed: "host;x-amz-date", signature: "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
	{name: "post-sts-header-after", method: "POST", target: "/",
		signed: "host;x-amz-date", signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
	{name: "post-sts-header-before", method: "POST", target: "/", headers: []string{"X-Amz-Security-Token:" + suiteToken},
		signed: "host;x-amz-date;x-amz-security-token", signature: "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"},
}

// text is the request as it is sent.
func (v vector) text() string {
	lines := append([]string{v.method + " " + v.target + " HTTP/1.1", "Host:example.amazonaws.com", "X-Amz-Date:20150830T123600Z"}, v.headers...)
	lines = append(lines, "Authorization: AWS4-HMAC-SHA256 Credential="+suiteScope+", SignedHeaders="+v.signed+", Signature="+v.signature)
	return strings.Join(lines, "\r\n") + "\r\n\r\n" + v.body
}

func receive(t testing.TB, text string) *http.Request {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return r
}

func suiteVerifier(t testing.TB, credentials Credentials, optFns ...func(*Options)) *Verifier {
	t.Helper()
	keys := Static{suiteKey: credentials}
	optFns = append([]func(*Options){func(o *Options) { o.Clock = func() time.Time { return suiteTime } }}, optFns...)
	v, err := New(keys.Retrieve, []string{"service"}, optFns...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestPublishedVectors(t *testing.T) {
	for _, tt := range suite {
		t.Run(tt.name, func(t *testing.T) {
			credentials := Credentials{SecretAccessKey: suiteSecret}
			if strings.Contains(tt.text(), suiteToken) {
				credentials.SessionToken = suiteToken
			}
			identity, err := suiteVerifier(t, credentials).Verify(receive(t, tt.text()))
			if want := (Identity{suiteKey, "us-east-1", "service"}); err != nil || identity != want {
				t.Errorf("Verify = %v, %v, want %v", identity, err, want)
			}
		})
	}
}
