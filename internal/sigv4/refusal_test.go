package sigv4

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// sent is a request whose parts a test changes before or after it is signed.
type sent struct {
	method, target string
	headers        http.Header
	body           string
	key            string
	secret         Secret
	scope          scope
	term           string
	date           string
	signed         string
	at             time.Time
}

func plain() sent {
	return sent{
		method: "POST", target: "/", body: "{}", key: suiteKey, secret: suiteSecret,
		headers: http.Header{"X-Amz-Target": {"DynamoDB_20120810.ListTables"}},
		scope:   scope{suiteKey, "20150830", "us-east-1", "service"}, term: terminator,
		date: "20150830T123600Z", signed: "host;x-amz-date;x-amz-target", at: suiteTime,
	}
}

// header is the request with the signature that the verifier's own arithmetic gives it:
// the vectors and the other implementations show that this is right.
func (s sent) header(t testing.TB) *http.Request {
	t.Helper()
	r := s.unsigned(t)
	if s.date != "" {
		r.Header.Set("X-Amz-Date", s.date)
	}
	c := claim{signedHeaders: s.signed}
	c.query, _ = parseQuery(r.URL.RawQuery)
	v := suiteVerifier(t, Credentials{})
	payload, err := v.payload(r, &c)
	if err != nil {
		t.Fatal(err)
	}
	signature := sign(derive(s.secret, s.scope), s.scope, s.at, v.canonicalRequest(r, &c, payload))
	r.Header.Set("Authorization", fmt.Sprintf("%s Credential=%s, SignedHeaders=%s, Signature=%s", algorithm, s.credential(), s.signed, signature))
	return r
}

func (s sent) credential() string {
	return strings.Join([]string{s.key, s.scope.date, s.scope.region, s.scope.service, s.term}, "/")
}

func (s sent) unsigned(t testing.TB) *http.Request {
	t.Helper()
	r, err := http.NewRequest(s.method, "http://example.amazonaws.com"+s.target, strings.NewReader(s.body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = s.headers.Clone()
	return r
}

// presigned is the request with its signature in the query.
func (s sent) presigned(t testing.TB, extra string) *http.Request {
	t.Helper()
	s.signed = "host"
	s.headers = http.Header{}
	s.target += "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" + encode(s.credential()) + "&X-Amz-Date=" + s.date + "&X-Amz-SignedHeaders=" + s.signed + extra
	r := s.unsigned(t)
	c := claim{signedHeaders: s.signed, presigned: true}
	c.query, _ = parseQuery(r.URL.RawQuery)
	v := suiteVerifier(t, Credentials{})
	payload, err := v.payload(r, &c)
	if err != nil {
		t.Fatal(err)
	}
	signature := sign(derive(s.secret, s.scope), s.scope, s.at, v.canonicalRequest(r, &c, payload))
	r.URL.RawQuery += "&X-Amz-Signature=" + string(signature[:])
	return r
}

const mismatch = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."

// TestRefusals holds AWS's words. Those of the scope were measured on DynamoDB in 2026,
// the rest were recorded from it or stand in the IAM User Guide's page on
// troubleshooting signed requests.
func TestRefusals(t *testing.T) {
	later := func(d time.Duration) sent {
		s := plain()
		s.at = suiteTime.Add(d)
		s.date = s.at.Format(stamp)
		return s
	}
	change := func(fn func(*sent)) func(testing.TB) *http.Request {
		return func(t testing.TB) *http.Request {
			s := plain()
			fn(&s)
			return s.header(t)
		}
	}
	authorization := func(value string) func(testing.TB) *http.Request {
		return func(t testing.TB) *http.Request {
			r := plain().header(t)
			r.Header.Set("Authorization", value)
			return r
		}
	}
	tests := []struct {
		name    string
		request func(testing.TB) *http.Request
		want    Error // zero: accepted
	}{
		{"as signed", change(func(*sent) {}), Error{}},
		{"no signature", func(t testing.TB) *http.Request { return plain().unsigned(t) },
			Error{"MissingAuthenticationTokenException", "Request is missing Authentication Token"}},
		{"another scheme", authorization("Bearer abc"), Error{"MissingAuthenticationTokenException", "Request is missing Authentication Token"}},
		{"header and query", func(t testing.TB) *http.Request {
			r := plain().presigned(t, "")
			r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=a")
			return r
		}, Error{"InvalidSignatureException", "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."}},
		{"two headers", func(t testing.TB) *http.Request {
			r := plain().header(t)
			r.Header.Add("Authorization", r.Header.Get("Authorization"))
			return r
		}, Error{"IncompleteSignatureException", "Found more than one 'Authorization' HTTP header."}},
		{"no parameter", authorization("AWS4-HMAC-SHA256"), Error{"IncompleteSignatureException",
			"Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. " +
				"(Hashed with SHA-256 and encoded with Base64) Authorization=YI2YWea8FSxnksZL2ETHbs5elHm9HQufxTLK0W0ffV0="}},
		{"no date", func(t testing.TB) *http.Request {
			r := plain().header(t)
			r.Header.Del("X-Amz-Date")
			r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=b, Signature=c")
			return r
		}, Error{"IncompleteSignatureException", "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. " +
			"(Hashed with SHA-256 and encoded with Base64) Authorization=sYeBOFHXwr4QPeZBjfm5rM2bLi/ZApkIfdWcCk5rHR4="}},
		{"no equal sign", authorization("AWS4-HMAC-SHA256 Credential= key/a/b/c/d, SignedHeaders=host, Signature=1"), Error{"IncompleteSignatureException",
			"Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '8FI3WJUg+XIFBEXoMEccNMRoormwIaQLkhqJZo1iDOA='."}},
		{"a parameter twice", authorization("AWS4-HMAC-SHA256 Credential=a, Credential=b"),
			Error{"IncompleteSignatureException", "Authorization header has more than one 'Credential' parameter."}},
		{"date of another form", change(func(s *sent) { s.date = "2015-08-30T12:36:00Z" }), Error{"IncompleteSignatureException",
			"Date must be in ISO-8601 'basic format'. Got '2015-08-30T12:36:00Z'. See http://en.wikipedia.org/wiki/ISO_8601"}},
		{"date with a fraction", change(func(s *sent) { s.date = "20150830T123600.5Z" }), Error{"IncompleteSignatureException",
			"Date must be in ISO-8601 'basic format'. Got '20150830T123600.5Z'. See http://en.wikipedia.org/wiki/ISO_8601"}},
		{"as old as allowed", later(-5 * time.Minute).header, Error{}},
		{"too old", later(-5*time.Minute - time.Second).header, Error{"InvalidSignatureException",
			"Signature expired: 20150830T123059Z is now earlier than 20150830T123100Z (20150830T123600Z - 5 min.)"}},
		{"as early as allowed", later(5 * time.Minute).header, Error{}},
		{"too early", later(5*time.Minute + time.Second).header, Error{"InvalidSignatureException",
			"Signature not yet current: 20150830T124101Z is still later than 20150830T124100Z (20150830T123600Z + 5 min.)"}},
		{"host not signed", change(func(s *sent) { s.signed = "x-amz-date;x-amz-target" }), Error{"InvalidSignatureException",
			"'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."}},
		{"operation not signed", change(func(s *sent) { s.signed = "host;x-amz-date" }), Error{"InvalidSignatureException",
			"'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization."}},
		{"another algorithm", authorization("AWS4-HMAC-SHA512 Credential=" + suiteScope + ", SignedHeaders=host;x-amz-date;x-amz-target, Signature=1"),
			Error{"IncompleteSignatureException", "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA512' (only AWS4-HMAC-SHA256 for now). "}},
		{"short credential", authorization("AWS4-HMAC-SHA256 Credential=a/b/c/d, SignedHeaders=host;x-amz-date;x-amz-target, Signature=1"), Error{"IncompleteSignatureException",
			"Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'a/b/c/d'"}},
		{"another region", change(func(s *sent) { s.scope.region = "us-west-2" }), Error{"InvalidSignatureException", "Credential should be scoped to a valid region. "}},
		{"another service", change(func(s *sent) { s.scope.service = "s3" }), Error{"InvalidSignatureException", "Credential should be scoped to correct service: 'service'. "}},
		{"all of the scope", change(func(s *sent) { s.scope = scope{suiteKey, "20150829", "r", "s"}; s.term = "t" }), Error{"InvalidSignatureException",
			"Credential should be scoped to a valid region. Credential should be scoped to correct service: 'service'. " +
				"Credential should be scoped with a valid terminator: 'aws4_request', not 't'. " +
				"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20150829' != '20150830', from '20150830T123600Z'. "}},
		{"unknown key", change(func(s *sent) { s.key = "AKIDOTHER" }), Error{"UnrecognizedClientException", "The security token included in the request is invalid."}},
		{"key without a secret", change(func(s *sent) { s.key, s.secret = "EMPTY", "" }), Error{"UnrecognizedClientException", "The security token included in the request is invalid."}},
		{"another secret", change(func(s *sent) { s.secret = "other" }), Error{"InvalidSignatureException", mismatch}},
		{"signed headers out of order", change(func(s *sent) { s.signed = "x-amz-date;host;x-amz-target" }), Error{"InvalidSignatureException", mismatch}},
		{"signed headers in upper case", change(func(s *sent) { s.signed = "Host;x-amz-date;x-amz-target" }), Error{"InvalidSignatureException", mismatch}},
		{"a signed header twice", change(func(s *sent) { s.signed = "host;host;x-amz-date;x-amz-target" }), Error{"InvalidSignatureException", mismatch}},
		{"a signed header that did not come", change(func(s *sent) { s.signed = "absent;host;x-amz-date;x-amz-target" }), Error{"InvalidSignatureException", mismatch}},
		{"unsigned payload", change(func(s *sent) {
			s.headers.Set("X-Amz-Content-Sha256", unsignedPayload)
			s.signed = "host;x-amz-content-sha256;x-amz-date;x-amz-target"
			s.body = ""
		}), Error{}}, // the hash of the body counts, whatever the header says
		{"token with a key that has none", change(func(s *sent) { s.headers.Set("X-Amz-Security-Token", "token") }), Error{"UnrecognizedClientException",
			"The security token included in the request is invalid"}},
		{"no token with a key that has one", change(func(s *sent) { s.key, s.scope.keyID = "SESSION", "SESSION" }), Error{"UnrecognizedClientException",
			"The security token included in the request is invalid."}},
		{"another token", change(func(s *sent) { s.key = "SESSION"; s.headers.Set("X-Amz-Security-Token", "tokem") }), Error{"UnrecognizedClientException",
			"The security token included in the request is invalid"}},
		{"session that ended", change(func(s *sent) { s.key = "ENDED"; s.headers.Set("X-Amz-Security-Token", "token") }), Error{"ExpiredTokenException",
			"The security token included in the request is expired"}},
		{"session", change(func(s *sent) { s.key = "SESSION"; s.headers.Set("X-Amz-Security-Token", "token") }), Error{}},
		{"Date in HTTP's form", change(func(s *sent) {
			s.headers.Set("Date", suiteTime.Format(http.TimeFormat))
			s.date, s.signed = "", "date;host;x-amz-target"
		}), Error{}},
		{"broken escape", change(func(s *sent) { s.target = "/?a=%zz" }), Error{"MalformedQueryString", "The query string contains a syntax error."}},
	}
	keys := Static{
		suiteKey: {SecretAccessKey: suiteSecret}, "EMPTY": {},
		"SESSION": {SecretAccessKey: suiteSecret, SessionToken: "token", Expires: suiteTime.Add(time.Second)},
		"ENDED":   {SecretAccessKey: suiteSecret, SessionToken: "token", Expires: suiteTime},
	}
	v, err := New(keys.Retrieve, []string{"service"}, func(o *Options) {
		o.Regions, o.Clock = []string{"us-east-1"}, func() time.Time { return suiteTime }
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { wantRefusal(t, v, tt.request(t), tt.want) })
	}
}

func wantRefusal(t *testing.T, v *Verifier, r *http.Request, want Error) {
	t.Helper()
	_, err := v.Verify(r)
	var got Error
	if refusal, ok := errors.AsType[*Error](err); ok {
		got = *refusal
	} else if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestPresignedRefusals(t *testing.T) {
	tests := []struct {
		name, extra string
		age         time.Duration
		want        Error
	}{
		{"without a life, in the window", "", 5 * time.Minute, Error{}},
		{"without a life, too old", "", 5*time.Minute + time.Second, Error{"InvalidSignatureException",
			"Signature expired: 20150830T123059Z is now earlier than 20150830T123100Z (20150830T123600Z - 5 min.)"}},
		{"within its life", "&X-Amz-Expires=604800", 604_800 * time.Second, Error{}},
		{"beyond its life", "&X-Amz-Expires=90", 91 * time.Second, Error{"InvalidSignatureException",
			"Signature expired: 20150830T123429Z is now earlier than 20150830T123430Z (20150830T123600Z - 90 sec.)"}},
		{"signed for later", "&X-Amz-Expires=90", -301 * time.Second, Error{"InvalidSignatureException",
			"Signature not yet current: 20150830T124101Z is still later than 20150830T124100Z (20150830T123600Z + 5 min.)"}},
		{"more than a week", "&X-Amz-Expires=604801", 0, Error{"IncompleteSignatureException",
			"X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds"}},
		{"no life", "&X-Amz-Expires=0", 0, Error{"IncompleteSignatureException", "X-Amz-Expires must be non-negative"}},
		{"no number", "&X-Amz-Expires=1h", 0, Error{"IncompleteSignatureException", "X-Amz-Expires should be a number"}},
		{"a parameter twice", "&X-Amz-Date=20150830T123600Z", 0, Error{"IncompleteSignatureException",
			"AWS query-string parameters must include 'X-Amz-Date' only once. Re-examine the query-string parameters."}},
	}
	v := suiteVerifier(t, Credentials{SecretAccessKey: suiteSecret})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := plain()
			s.at = suiteTime.Add(-tt.age)
			s.date, s.scope.date = s.at.Format(stamp), s.at.Format(stamp)[:8]
			wantRefusal(t, v, s.presigned(t, tt.extra), tt.want)
		})
	}
	r := plain().unsigned(t)
	r.URL.RawQuery = "X-Amz-Algorithm="
	wantRefusal(t, v, r, Error{"IncompleteSignatureException", "AWS query-string parameters must include 'X-Amz-Algorithm'. " +
		"AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters must include 'X-Amz-Signature'. " +
		"AWS query-string parameters must include 'X-Amz-SignedHeaders'. AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters."})
}

// A line break in a scope or list of headers, decoded from a query, could move text from
// one line of what is signed to another.
func TestNoLineBreakIsSigned(t *testing.T) {
	v := suiteVerifier(t, Credentials{SecretAccessKey: suiteSecret})
	for name, fn := range map[string]func(*sent){
		"region":         func(s *sent) { s.scope.region = "us\neast" },
		"empty region":   func(s *sent) { s.scope.region = "" },
		"signed headers": func(s *sent) { s.signed = "host\n" },
	} {
		s := plain()
		s.headers = http.Header{}
		fn(&s)
		r := s.presigned(t, "")
		if s.signed != "host;x-amz-date;x-amz-target" {
			r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "SignedHeaders=host", "SignedHeaders="+encode(s.signed+";host"), 1)
		}
		if _, err := v.Verify(r); !errors.Is(err, ErrInvalidSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestProviderFails(t *testing.T) {
	broken := errors.New("broken")
	v, err := New(func(context.Context, string) (Credentials, error) { return Credentials{}, broken }, []string{"service"},
		func(o *Options) { o.Clock = func() time.Time { return suiteTime } })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(plain().header(t)); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
}

// A key that is rotated counts at once, though the key derived from it is remembered.
func TestSecretChanges(t *testing.T) {
	keys := Static{suiteKey: {SecretAccessKey: "old"}}
	v, err := New(keys.Retrieve, []string{"service"}, func(o *Options) { o.Clock = func() time.Time { return suiteTime } })
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []Secret{"old", "new", "old"} {
		keys[suiteKey] = Credentials{SecretAccessKey: secret}
		for _, signedWith := range []Secret{"old", "new"} {
			s := plain()
			s.secret = signedWith
			if _, err := v.Verify(s.header(t)); (err == nil) != (signedWith == secret) {
				t.Errorf("secret %q, signed with %q: %v", string(secret), string(signedWith), err)
			}
		}
	}
}

func TestNewRefusesBadOptions(t *testing.T) {
	keys := Static{}
	if _, err := New(nil, []string{"s"}); err == nil {
		t.Error("no provider was accepted")
	}
	if _, err := New(keys.Retrieve, nil); err == nil {
		t.Error("no service was accepted")
	}
	if _, err := New(keys.Retrieve, []string{"s"}, func(o *Options) { o.Skew = -1 }); err == nil {
		t.Error("a negative skew was accepted")
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	c := Credentials{SecretAccessKey: "hidden", SessionToken: "hidden"}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("text", "credentials", c, "secret", c.SecretAccessKey)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("json", "credentials", c, "secret", c.SecretAccessKey)
	fmt.Fprintf(&log, "%v %+v %#v %s %q %x %d", c, c, c, c.SecretAccessKey, c.SecretAccessKey, c.SecretAccessKey, c.SecretAccessKey)
	for _, form := range []string{"hidden", "68696464656e"} {
		if strings.Contains(log.String(), form) {
			t.Errorf("%q in %s", form, &log)
		}
	}
}
