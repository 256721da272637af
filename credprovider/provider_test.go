package credprovider

import (
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"
)

func TestNewRefuses(t *testing.T) {
	good := func(*Options) {}
	for _, tt := range []struct {
		name, endpoint, alias string
		option                func(*Options)
		says                  string
	}{
		{"no endpoint", "", "alias", good, "describe-endpoint"},
		{"a path", "host/path", "alias", good, "describe-endpoint"},
		{"no TLS", "http://host", "alias", good, "not https"},
		{"a user", "user:word@host", "alias", good, "describe-endpoint"},
		{"a query", "host?x", "alias", good, "describe-endpoint"},
		{"a space", "a host", "alias", good, "describe-endpoint"},
		{"no alias", "host", "", good, "role alias"},
		{"a path as alias", "host", "a/b", good, "role alias"},
		{"a long alias", "host", strings.Repeat("a", 129), good, "role alias"},
		{"a thing with a space", "host", "alias", func(o *Options) { o.ThingName = "a thing" }, "thing name"},
		{"a thing with a line break", "host", "alias", func(o *Options) { o.ThingName = "a\r\nb" }, "thing name"},
		{"no identity", "host", "alias", func(o *Options) { o.HTTPClient = nil }, "identity"},
		{"timeout", "host", "alias", func(o *Options) { o.Timeout = -1 }, "Timeout"},
		{"attempts", "host", "alias", func(o *Options) { o.Attempts = 0 }, "Attempts"},
		{"window", "host", "alias", func(o *Options) { o.AdvisoryWindow = -1 }, "AdvisoryWindow"},
		{"warning", "host", "alias", func(o *Options) { o.CertificateWarning = -1 }, "CertificateWarning"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New(tt.endpoint, tt.alias, nil, func(o *Options) { o.HTTPClient = &source{} }, tt.option)
			if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestEndpoint(t *testing.T) {
	const path = "/role-aliases/a_b=c,d@e-F/credentials"
	for endpoint, want := range map[string]string{
		"c2sakl5huz0afv.credentials.iot.us-east-1.amazonaws.com":  "https://c2sakl5huz0afv.credentials.iot.us-east-1.amazonaws.com" + path,
		"https://x.credentials.iot.cn-north-1.amazonaws.com.cn":   "https://x.credentials.iot.cn-north-1.amazonaws.com.cn" + path,
		"https://x.credentials.iot.us-east-1.amazonaws.com/":      "https://x.credentials.iot.us-east-1.amazonaws.com" + path,
		"x.credentials.iot-fips.us-gov-west-1.amazonaws.com:8443": "https://x.credentials.iot-fips.us-gov-west-1.amazonaws.com:8443" + path,
		"127.0.0.1:4443": "https://127.0.0.1:4443" + path,
		"[::1]:4443":     "https://[::1]:4443" + path,
		"[::1]":          "https://[::1]" + path,
		"2001:db8::1":    "https://[2001:db8::1]" + path,
	} {
		u, err := parseEndpoint(endpoint, "a_b=c,d@e-F")
		if err != nil || u.String() != want {
			t.Errorf("%s: got %s, %v", endpoint, u, err)
		}
	}
}

func FuzzEndpoint(f *testing.F) {
	for _, seed := range []string{"host", "https://host:1/", "[::1]", "::1", "a@b", "host/..", "%41", "host:"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, endpoint string) {
		u, err := parseEndpoint(endpoint, "alias")
		if err != nil {
			return
		}
		if u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RequestURI() != "/role-aliases/alias/credentials" {
			t.Fatalf("%q became %s", endpoint, u)
		}
		again, err := parseEndpoint("https://"+u.Host, "alias")
		if err != nil || again.String() != u.String() {
			t.Fatalf("%q became %s, and %s the second time (%v)", endpoint, u, again, err)
		}
	})
}

// TestNoSecretIsPrinted by any verb, of a provider that has credentials.
func TestNoSecretIsPrinted(t *testing.T) {
	p := newFake(t, &source{answer: "fresh", lifetime: time.Hour})
	defer p.Close()
	c, err := p.Retrieve(t.Context())
	if err != nil || c.SecretAccessKey != "secret" {
		t.Fatal(err)
	}
	var logged strings.Builder
	logger := slog.New(slog.NewJSONHandler(&logged, nil))
	logger.Info("x", "provider", p, "status", p.Status())
	text := logged.String() + fmt.Sprintf("%v %+v %#v %s %q %x %d", p, p, p, p, p, p, p) + fmt.Sprintf("%+v", p.Status())
	if strings.Contains(text, "secret") || strings.Contains(text, "token\"") {
		t.Errorf("a secret in %s", text)
	}
	if want := `credprovider(https://endpoint.example/role-aliases/alias/credentials, thing "")`; fmt.Sprint(p) != want {
		t.Errorf("got %v", p)
	}
}

func TestSources(t *testing.T) {
	p := newFake(t, &source{})
	if diff := cmp.Diff([]aws.CredentialSource{aws.CredentialSourceHTTP}, p.ProviderSources()); diff != "" {
		t.Error(diff)
	}
	q := newFake(t, &source{}, func(o *Options) { o.CredentialSources = []aws.CredentialSource{aws.CredentialSourceProcess} })
	if diff := cmp.Diff([]aws.CredentialSource{aws.CredentialSourceProcess}, q.ProviderSources()); diff != "" {
		t.Error(diff)
	}
}

func TestStatus(t *testing.T) {
	p := newFake(t, &source{answer: "fresh", lifetime: time.Hour}, func(o *Options) { o.Strict = true })
	defer p.Close()
	if diff := cmp.Diff(Status{}, p.Status()); diff != "" {
		t.Error(diff)
	}
	if _, err := p.Retrieve(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := p.Status()
	if s.AccessKeyID != "AKID-1" || s.Expires.Sub(s.RefreshAt) != 15*time.Minute || time.Until(s.Expires) > time.Hour || s.Failure != nil {
		t.Errorf("got %+v", s)
	}
}

// TestImports keeps the package light for devices: of AWS's modules only the core, and
// no client.
func TestImports(t *testing.T) {
	allowed := map[string]bool{
		"github.com/aws/aws-sdk-go-v2/aws": true, "github.com/aws/smithy-go": true, "github.com/aws/smithy-go/middleware": true,
		"github.com/aws/smithy-go/transport/http": true, "software.sslmate.com/src/go-pkcs12": true,
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		name := entry.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range parsed.Imports {
			if path := strings.Trim(i.Path.Value, `"`); strings.Contains(path, ".") && !allowed[path] {
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
}
