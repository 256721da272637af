package sigv4

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// TestIoTPresigned is the URL of MQTT over WebSocket: signed without the session token,
// which is appended afterwards.
func TestIoTPresigned(t *testing.T) {
	p := plan{Method: "GET", URL: "https://broker.example.com/mqtt", Expires: 86_400}
	r := presign(t, v4.NewSigner(), aws.Credentials{AccessKeyID: suiteKey, SecretAccessKey: suiteSecret}, p)
	iot := func(o *Options) { o.TokenAfterSigning = true }
	withToken := Credentials{SecretAccessKey: suiteSecret, SessionToken: "to/ken+"}
	for _, tt := range []struct {
		name, token string
		options     func(*Options)
		want        error
	}{
		{"appended", "to/ken+", iot, nil},
		{"another", "to/ken", iot, ErrUnrecognizedClient},
		{"missing", "", iot, ErrUnrecognizedClient},
		{"appended, where it must be signed", "to/ken+", func(*Options) {}, ErrInvalidSignature},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sent := r.Clone(t.Context())
			if tt.token != "" {
				sent.URL.RawQuery += "&X-Amz-Security-Token=" + url.QueryEscape(tt.token)
			}
			if _, err := suiteVerifier(t, withToken, tt.options).Verify(sent); !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
		})
	}
}

// TestUnsignedPayload: the literal is taken only where it is allowed, and then the body is
// left alone. The literal for chunks is never taken.
func TestUnsignedPayload(t *testing.T) {
	for _, tt := range []struct {
		literal string
		allowed bool
		want    error
	}{
		{unsignedPayload, true, nil},
		{unsignedPayload, false, ErrInvalidSignature},
		{"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", true, ErrInvalidSignature},
	} {
		r := plan{Method: "PUT", URL: "https://example.com/", Headers: [][2]string{{amzContentSHA256, tt.literal}}, Body: []byte("body")}.request(t)
		credentials := aws.Credentials{AccessKeyID: suiteKey, SecretAccessKey: suiteSecret}
		if err := v4.NewSigner().SignHTTP(t.Context(), credentials, r, tt.literal, "service", "us-east-1", suiteTime); err != nil {
			t.Fatal(err)
		}
		v := suiteVerifier(t, Credentials{SecretAccessKey: suiteSecret}, func(o *Options) { o.UnsignedPayload = tt.allowed })
		if _, err := v.Verify(r); !errors.Is(err, tt.want) {
			t.Errorf("%s, allowed %t: %v, want %v", tt.literal, tt.allowed, err, tt.want)
		}
	}
}

// TestS3Presigned covers everything but the body.
func TestS3Presigned(t *testing.T) {
	p := plan{Method: "PUT", URL: "https://example.com/a//b%20c/../d", Expires: 60}
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	request, err := http.NewRequest(p.Method, p.URL+"?X-Amz-Expires=60", nil)
	if err != nil {
		t.Fatal(err)
	}
	location, _, err := signer.PresignHTTP(t.Context(), aws.Credentials{AccessKeyID: suiteKey, SecretAccessKey: suiteSecret}, request, unsignedPayload, "service", "us-east-1", suiteTime)
	if err != nil {
		t.Fatal(err)
	}
	v := suiteVerifier(t, Credentials{SecretAccessKey: suiteSecret}, func(o *Options) { o.S3, o.UnsignedPayload = true, true })
	for _, body := range []string{"", "any"} {
		r, err := http.NewRequest(p.Method, location, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := v.Verify(r); err != nil {
			t.Errorf("body %q: %v", body, err)
		}
	}
}

// TestBodyBound: a body within the bound can be read again, one beyond it is not kept.
func TestBodyBound(t *testing.T) {
	const bound = 1000
	v := suiteVerifier(t, Credentials{SecretAccessKey: suiteSecret}, func(o *Options) { o.MaxBody = bound })
	for size, want := range map[int]error{0: nil, 1: nil, bound: nil, bound + 1: ErrBodyTooLarge} {
		s := plain()
		s.body = strings.Repeat("b", size)
		r := s.header(t)
		if _, err := v.Verify(r); !errors.Is(err, want) {
			t.Errorf("%d bytes: %v, want %v", size, err, want)
		}
		var b bytes.Buffer
		if _, err := b.ReadFrom(r.Body); want == nil && (err != nil || b.Len() != size) {
			t.Errorf("%d bytes: read %d again, %v", size, b.Len(), err)
		}
	}
}

// TestBodyIsReadLast: a client without a key cannot have its body kept.
func TestBodyIsReadLast(t *testing.T) {
	s := plain()
	s.key = "UNKNOWN"
	r := s.header(t)
	r.Body = readAgain{unread{t}, http.NoBody}
	if _, err := suiteVerifier(t, Credentials{SecretAccessKey: suiteSecret}).Verify(r); !errors.Is(err, ErrUnrecognizedClient) {
		t.Error(err)
	}
}

type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, errors.New("read")
}
