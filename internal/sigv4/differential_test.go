package sigv4

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// plan is a random request, told in parts that every signer can take.
type plan struct {
	Method  string
	URL     string
	Headers [][2]string
	Body    []byte
	Token   string
	Expires int
}

// odd are pieces of paths, names and values that signers have got wrong.
var odd = []string{"a", "A", "0", "-", "_", ".x", "~", " ", "/", "%", "%2F", "%25", "+", "&", "=", "?", "#", ";", ":", ",", "@", "!", "$", "'", "(", ")", "*", "[", "]",
	"\"", "\\", "|", "{", "<", "é", "日本", "😀", "\u0301", "ß", "a-b", "a/b", "aws4_request", "..."}

func oddText(rng *rand.Rand, most int) string {
	var b strings.Builder
	for range rng.IntN(most + 1) {
		b.WriteString(odd[rng.IntN(len(odd))])
	}
	return b.String()
}

// randomPlan makes a request. Its path has dot segments and empty ones where loose is set.
func randomPlan(rng *rand.Rand, loose bool) plan {
	p := plan{Method: []string{"GET", "POST", "PUT", "DELETE"}[rng.IntN(4)], Expires: 1 + rng.IntN(604_800)}
	path := ""
	for range rng.IntN(4) {
		segment := escapeSegment(oddText(rng, 4) + "x")
		if loose && rng.IntN(3) == 0 {
			segment = []string{"", ".", ".."}[rng.IntN(3)]
		}
		path += "/" + segment
	}
	if path == "" || rng.IntN(3) == 0 {
		path += "/"
	}
	var query []string
	for range rng.IntN(5) {
		query = append(query, encode(oddText(rng, 2)+[]string{"", "k", "K"}[rng.IntN(3)])+"="+encode(oddText(rng, 3)))
		if rng.IntN(4) == 0 {
			query = append(query, query[rng.IntN(len(query))]) // the same pair again
		}
	}
	p.URL = "https://host-" + strconv.Itoa(rng.IntN(9)) + ".example.com:8443" + path
	if len(query) > 0 {
		p.URL += "?" + strings.Join(query, "&")
	}
	for i := range rng.IntN(4) {
		for range 1 + rng.IntN(2) {
			p.Headers = append(p.Headers, [2]string{fmt.Sprintf("X-Amz-Meta-%c", 'A'+i), strings.Repeat(" ", rng.IntN(3)) + "v" + strings.Repeat(" ", rng.IntN(4)) + "\"w  " + strconv.Itoa(rng.IntN(99))})
		}
	}
	if p.Method != "GET" {
		p.Body = []byte(oddText(rng, 20))
	}
	if rng.IntN(2) == 0 {
		p.Token = "token" + oddText(rng, 5) + "/+=="
		p.Token = strings.Map(func(r rune) rune {
			if r < '!' || r > '~' {
				return -1
			}
			return r
		}, p.Token)
	}
	return p
}

// escapeSegment escapes as browsers and SDKs do, each with its own set of characters.
func escapeSegment(s string) string { return url.PathEscape(s) }

func (p plan) request(t testing.TB) *http.Request {
	t.Helper()
	r, err := http.NewRequest(p.Method, p.URL, bytes.NewReader(p.Body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range p.Headers {
		r.Header.Add(h[0], h[1])
	}
	return r
}

func (p plan) hash() string {
	sum := sha256.Sum256(p.Body)
	return hex.EncodeToString(sum[:])
}

// overTheWire sends a request through the text of HTTP/1.1.
func overTheWire(t testing.TB, r *http.Request) *http.Request {
	t.Helper()
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	got, err := http.ReadRequest(bufio.NewReader(&b))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func (p plan) verifier(t testing.TB, optFns ...func(*Options)) *Verifier {
	return suiteVerifier(t, Credentials{SecretAccessKey: suiteSecret, SessionToken: Secret(p.Token)}, optFns...)
}

// TestSDKSigner has the signer and presigner of AWS's Go SDK sign random requests.
func TestSDKSigner(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 2500 {
		p := randomPlan(rng, false)
		s3 := rng.IntN(4) == 0
		signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = s3 })
		credentials := aws.Credentials{AccessKeyID: suiteKey, SecretAccessKey: suiteSecret, SessionToken: p.Token}
		verifier := p.verifier(t, func(o *Options) { o.S3 = s3 })

		signed := p.request(t)
		if err := signer.SignHTTP(t.Context(), credentials, signed, p.hash(), "service", "us-east-1", suiteTime); err != nil {
			t.Fatal(err)
		}
		for name, r := range map[string]*http.Request{"sent": overTheWire(t, signed), "in the process": withBody(signed, p.Body)} {
			if _, err := verifier.Verify(r); err != nil {
				t.Fatalf("%s: %v\nplan %+v\n%s", name, err, p, dump(r))
			}
		}
		presigned := presign(t, signer, credentials, p)
		if _, err := verifier.Verify(overTheWire(t, presigned)); err != nil {
			t.Fatalf("presigned: %v\nplan %+v\n%s", err, p, dump(presigned))
		}
	}
}

func presign(t testing.TB, signer *v4.Signer, credentials aws.Credentials, p plan) *http.Request {
	t.Helper()
	r := p.request(t)
	query := r.URL.Query()
	query.Set(amzExpires, strconv.Itoa(p.Expires))
	r.URL.RawQuery = query.Encode()
	location, headers, err := signer.PresignHTTP(context.Background(), credentials, r, p.hash(), "service", "us-east-1", suiteTime)
	if err != nil {
		t.Fatal(err)
	}
	presigned, err := http.NewRequest(p.Method, location, bytes.NewReader(p.Body))
	if err != nil {
		t.Fatal(err)
	}
	presigned.Header = headers
	presigned.Header.Del("Host")
	presigned.Header.Del("Content-Length")
	return presigned
}

func withBody(r *http.Request, body []byte) *http.Request {
	r.Body = http.NoBody
	if len(body) > 0 {
		r.Body = readAgain{bytes.NewReader(body), http.NoBody}
	}
	return r
}

func dump(r *http.Request) string {
	return fmt.Sprintf("%s %s\nquery %s\nheaders %v", r.Method, sentPath(r), r.URL.RawQuery, r.Header)
}
