package sigv4

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// meaning is everything of a request that a handler can go by, besides how its query is
// escaped. Two requests with one meaning are one request.
func meaning(r *http.Request) (string, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return "", err
	}
	r.Body = readAgain{bytes.NewReader(body), http.NoBody}
	query, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return "", err
	}
	var names []string
	for name := range r.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %q %s %q", r.Method, sentPath(r), query, r.Host, body)
	for _, name := range names {
		fmt.Fprintf(&b, " %s:%s", name, appendTrimmed(nil, r.Header[name]))
	}
	return b.String(), nil
}

// TestEveryBitIsCovered flips every bit of a signed and of a presigned request, as text.
// What is still a request of another meaning must be refused.
func TestEveryBitIsCovered(t *testing.T) {
	p := plan{Method: "PUT", URL: "https://example.com/a%20b/c?x=1&x=%2F&y=", Headers: [][2]string{{"X-Amz-Target", "Service.Operation"}, {"X-Amz-Meta", "a  b"}},
		Body: []byte(`{"body": 1}`), Token: "token", Expires: 60}
	signer, credentials := v4.NewSigner(), aws.Credentials{AccessKeyID: suiteKey, SecretAccessKey: suiteSecret, SessionToken: p.Token}
	signed := p.request(t)
	signed.Header.Set("User-Agent", "") // not signed, by no signer
	if err := signer.SignHTTP(t.Context(), credentials, signed, p.hash(), "service", "us-east-1", suiteTime); err != nil {
		t.Fatal(err)
	}
	presigned := presign(t, signer, credentials, p)
	presigned.Header.Set("User-Agent", "")
	for name, r := range map[string]*http.Request{"signed": signed, "presigned": presigned} {
		t.Run(name, func(t *testing.T) { flipEveryBit(t, p.verifier(t), r) })
	}
}

func flipEveryBit(t *testing.T, v *Verifier, r *http.Request) {
	var text bytes.Buffer
	if err := r.Write(&text); err != nil {
		t.Fatal(err)
	}
	original := receive(t, text.String())
	want, err := meaning(original)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(original); err != nil {
		t.Fatal(err)
	}
	refused := 0
	for i := range 8 * text.Len() {
		flipped := bytes.Clone(text.Bytes())
		flipped[i/8] ^= 1 << (i % 8)
		got, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(flipped)))
		if err != nil {
			continue // not a request
		}
		if m, err := meaning(got); err != nil || m == want {
			continue
		}
		if _, err := v.Verify(got); err == nil {
			t.Fatalf("accepted with bit %d of byte %d (%q) flipped:\n%s", i%8, i/8, text.Bytes()[i/8], flipped)
		}
		refused++
	}
	if t.Logf("%d of %d flips refused", refused, 8*text.Len()); refused < 4*text.Len() {
		t.Errorf("only %d of %d flips left a request", refused, 8*text.Len())
	}
}

// TestNothingIsAdded shows that a signed request cannot carry more than was signed.
func TestNothingIsAdded(t *testing.T) {
	v := suiteVerifier(t, Credentials{SecretAccessKey: suiteSecret})
	for name, add := range map[string]func(*http.Request){
		"query parameter":          func(r *http.Request) { r.URL.RawQuery += "&a=1" },
		"second value of a header": func(r *http.Request) { r.Header.Add("X-Amz-Target", "Other") },
		"second date":              func(r *http.Request) { r.Header.Add("X-Amz-Date", "20150830T123600Z") },
		"header of AWS":            func(r *http.Request) { r.Header.Set("X-Amz-New", "1") },
		"path segment":             func(r *http.Request) { r.URL.Path += "a" },
		"body":                     func(r *http.Request) { r.Body = readAgain{strings.NewReader("{} "), http.NoBody} },
	} {
		r := plain().header(t)
		add(r)
		if _, err := v.Verify(r); err == nil {
			t.Errorf("accepted with another %s", name)
		}
	}
}
