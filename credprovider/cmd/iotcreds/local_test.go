package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/askaround/askaround-go/credprovider"
)

// fixedSource has the same credentials for all, or an error.
type fixedSource struct{ err error }

func (f fixedSource) RetrieveWithExpiry(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "ASIAEXAMPLE", SecretAccessKey: "secret", SessionToken: "session",
		Expires: time.Date(2018, 1, 18, 9, 18, 6, 0, time.UTC)}, f.err
}

func newLocal(s source) *local {
	return &local{source: s, logger: slog.New(slog.DiscardHandler), role: alias, imds: newIMDSTokens(time.Now),
		token: func() (string, error) { return "open-sesame", nil }}
}

const metadataPath = "/latest/meta-data/iam/security-credentials/"

// TestRequests are those that get credentials, and those that do not.
func TestRequests(t *testing.T) {
	l := newLocal(fixedSource{})
	valid := l.imds.token(time.Minute)
	type header = map[string]string
	authorized := func(name, value string) header { return header{"Authorization": "open-sesame", name: value} }
	tokened := func(name, value string) header { return header{imdsTokenHeader: valid, name: value} }
	ttl := func(value string) header { return header{imdsTTLHeader: value} }
	for _, tt := range []struct {
		name, method, path, host string
		header                   header
		want                     int
	}{
		{"container", "GET", "/credentials", "127.0.0.1:9911", authorized("", ""), 200},
		{"container, no token", "GET", "/credentials", "127.0.0.1", nil, 401},
		{"container, wrong token", "GET", "/credentials", "127.0.0.1", header{"Authorization": "open-sesam"}, 401},
		{"container, the token of the other endpoint", "GET", "/credentials", "127.0.0.1", tokened("", ""), 401},
		{"container, POST", "POST", "/credentials", "127.0.0.1", authorized("", ""), 405},
		{"another path", "GET", "/", "127.0.0.1", authorized("", ""), 404},
		{"host localhost", "GET", "/credentials", "localhost:9911", authorized("", ""), 200},
		{"host IPv6", "GET", "/credentials", "[::1]:9911", authorized("", ""), 200},
		{"host of metadata", "GET", "/credentials", "169.254.169.254", authorized("", ""), 200},
		{"host of a page", "GET", "/credentials", "evil.example:9911", authorized("", ""), 421},
		{"host that begins like this machine", "GET", "/credentials", "127.0.0.1.evil.example", authorized("", ""), 421},
		{"host that ends like this machine", "GET", "/credentials", "evil-localhost", authorized("", ""), 421},
		{"host of another machine", "GET", "/credentials", "10.0.0.1", authorized("", ""), 421},
		{"no host", "GET", "/credentials", "", authorized("", ""), 421},
		{"X-Forwarded-For", "GET", "/credentials", "127.0.0.1", authorized("X-Forwarded-For", "10.0.0.1"), 403},
		{"X-Forwarded-For, empty", "GET", "/credentials", "127.0.0.1", authorized("X-Forwarded-For", ""), 403},
		{"Forwarded", "GET", "/credentials", "127.0.0.1", authorized("Forwarded", "for=10.0.0.1"), 403},
		{"Origin", "GET", "/credentials", "127.0.0.1", authorized("Origin", "http://localhost"), 403},
		{"a page without Origin", "GET", "/credentials", "127.0.0.1", authorized("Sec-Fetch-Site", "cross-site"), 403},
		{"typed by hand", "GET", "/credentials", "127.0.0.1", authorized("Sec-Fetch-Site", "none"), 200},

		{"imds token", "PUT", "/latest/api/token", "127.0.0.1", ttl("21600"), 200},
		{"imds token, a moment", "PUT", "/latest/api/token", "127.0.0.1", ttl("1"), 200},
		{"imds token, too long", "PUT", "/latest/api/token", "127.0.0.1", ttl("21601"), 400},
		{"imds token, no time", "PUT", "/latest/api/token", "127.0.0.1", ttl("0"), 400},
		{"imds token, no number", "PUT", "/latest/api/token", "127.0.0.1", ttl("1h"), 400},
		{"imds token, no header", "PUT", "/latest/api/token", "127.0.0.1", nil, 400},
		{"imds token, GET", "GET", "/latest/api/token", "127.0.0.1", ttl("60"), 405},
		{"imds token through a proxy", "PUT", "/latest/api/token", "127.0.0.1", header{imdsTTLHeader: "60", "X-Forwarded-For": "10.0.0.1"}, 403},
		{"imds roles", "GET", metadataPath, "127.0.0.1", tokened("", ""), 200},
		{"imds roles without a slash", "GET", strings.TrimSuffix(metadataPath, "/"), "127.0.0.1", tokened("", ""), 200},
		{"imds roles, version 1", "GET", metadataPath, "127.0.0.1", nil, 401},
		{"imds credentials", "GET", metadataPath + alias, "127.0.0.1", tokened("", ""), 200},
		{"imds credentials, version 1", "GET", metadataPath + alias, "127.0.0.1", nil, 401},
		{"imds credentials, the token of the other endpoint", "GET", metadataPath + alias, "127.0.0.1", authorized("", ""), 401},
		{"imds credentials, another process's token", "GET", metadataPath + alias, "127.0.0.1", header{imdsTokenHeader: newIMDSTokens(time.Now).token(time.Minute)}, 401},
		{"imds credentials through a proxy", "GET", metadataPath + alias, "127.0.0.1", tokened("X-Forwarded-For", "10.0.0.1"), 403},
		{"imds, another role", "GET", metadataPath + "admin", "127.0.0.1", tokened("", ""), 404},
		{"imds, other metadata", "GET", "/latest/meta-data/ami-id", "127.0.0.1", tokened("", ""), 404},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, tt.path, nil)
			r.Host = tt.host
			for name, value := range tt.header {
				if name != "" {
					r.Header.Set(name, value)
				}
			}
			w := httptest.NewRecorder()
			l.handler().ServeHTTP(w, r)
			if w.Code != tt.want {
				t.Errorf("status %d, want %d: %s", w.Code, tt.want, w.Body)
			}
			if w.Code != 200 && strings.Contains(w.Body.String(), "secret") {
				t.Errorf("told %s", w.Body)
			}
		})
	}
}

// TestAnswers are the forms that SDKs read.
func TestAnswers(t *testing.T) {
	l := newLocal(fixedSource{})
	get := func(path string, header ...string) (out map[string]string) {
		t.Helper()
		r := httptest.NewRequest("GET", "http://localhost"+path, nil)
		r.Header.Set(header[0], header[1])
		w := httptest.NewRecorder()
		l.handler().ServeHTTP(w, r)
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Header().Get("Content-Type") != "application/json" || w.Header().Get("Cache-Control") != "no-store" {
			t.Fatal(w, err)
		}
		return out
	}
	want := map[string]string{"AccessKeyId": "ASIAEXAMPLE", "SecretAccessKey": "secret", "Token": "session", "Expiration": "2018-01-18T09:18:06Z"}
	container := get("/credentials", "Authorization", "open-sesame")
	metadata := get(metadataPath+alias, imdsTokenHeader, l.imds.token(time.Minute))
	for name, value := range want {
		if container[name] != value || metadata[name] != value {
			t.Errorf("%s: %q and %q, want %q", name, container[name], metadata[name], value)
		}
	}
	if len(container) != 4 || len(metadata) != 7 || metadata["Code"] != "Success" || metadata["Type"] != "AWS-HMAC" {
		t.Errorf("got %v and %v", container, metadata)
	}
}

// TestNoCredentials: SDKs try again after 503, and read the reason. There are never
// credentials without keys, as a helper of the kind was seen to serve.
func TestNoCredentials(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want int
	}{
		{&credprovider.Error{Kind: credprovider.ErrPolicyDenied, Mend: "attach a policy"}, 500},
		{&credprovider.Error{Kind: credprovider.ErrUnavailable, Mend: "wait"}, 503},
		{&credprovider.Error{Kind: credprovider.ErrThrottled, Mend: "ask less often"}, 503},
		{errors.New("something else"), 500},
	} {
		l := newLocal(fixedSource{tt.err})
		for path, header := range map[string][2]string{"/credentials": {"Authorization", "open-sesame"}, metadataPath + alias: {imdsTokenHeader, l.imds.token(time.Minute)}} {
			r := httptest.NewRequest("GET", "http://localhost"+path, nil)
			r.Header.Set(header[0], header[1])
			w := httptest.NewRecorder()
			l.handler().ServeHTTP(w, r)
			var body struct{ Code, Message string }
			if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || w.Code != tt.want || body.Message != tt.err.Error() || body.Code == "" {
				t.Errorf("%v: status %d, %s", tt.err, w.Code, w.Body)
			}
			if strings.Contains(w.Body.String(), "AccessKeyId") {
				t.Errorf("an error with credentials: %s", w.Body)
			}
		}
	}
}

// TestIMDSTokenExpires to the nanosecond.
func TestIMDSTokenExpires(t *testing.T) {
	now := time.Now()
	tokens := newIMDSTokens(func() time.Time { return now })
	token := tokens.token(time.Second)
	if now = now.Add(time.Second - 1); !tokens.valid(token) {
		t.Error("it ends too early")
	}
	if now = now.Add(1); tokens.valid(token) {
		t.Error("it does not end")
	}
}

// FuzzIMDSToken: whatever is not a token of this process is not valid, and any change of
// one is noticed.
func FuzzIMDSToken(f *testing.F) {
	tokens := newIMDSTokens(time.Now)
	token := tokens.token(time.Hour)
	f.Add("")
	f.Add(token + "=")
	f.Add(token[:len(token)-4])
	f.Add(strings.ToLower(token))
	f.Add(token + "\n")
	f.Fuzz(func(t *testing.T, text string) {
		if text != token && tokens.valid(text) {
			t.Errorf("%q is valid", text)
		}
	})
}

// FuzzHost: a name that is let through is one of those that no page can have.
func FuzzHost(f *testing.F) {
	for _, host := range []string{"localhost", "LOCALHOST.:80", "127.1", "[::1]:80", "::ffff:127.0.0.1", "127.0.0.1.nip.io", "[localhost]", "0.0.0.0", "[::1]:X"} {
		f.Add(host)
	}
	f.Fuzz(func(t *testing.T, host string) {
		if !isThisMachine(host) {
			return
		}
		name := strings.ToLower(host)
		if strings.ContainsAny(name, "/@\\?#") || !strings.Contains(name, "localhost") && strings.Trim(name, "0123456789abcdef.:[]") != "" {
			t.Errorf("%q is taken for this machine", host)
		}
	})
}

func TestTokenFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "token")
	f := tokenFile(name)
	must(t, f.open())
	first, err := f.read()
	must(t, err)
	if problem := exposed(name); len(first) < 26 || problem != "" {
		t.Errorf("%d characters, %s", len(first), problem)
	}
	must(t, f.open())
	if again, err := f.read(); err != nil || again != first {
		t.Error("a token is not kept", err)
	}
	for _, bad := range []string{"", "with a line break\n", "nul\x00"} {
		must(t, os.WriteFile(name, []byte(bad), 0o600))
		if err := f.open(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("token %q: %v", bad, err)
		}
	}
	if err := tokenFile(filepath.Join(name, "below a file")).open(); err == nil {
		t.Error("a file is made where none can be")
	}
}

// TestTokenIsReplaced: as of the next request, and a file that is gone lets nobody in.
func TestTokenIsReplaced(t *testing.T) {
	name := filepath.Join(t.TempDir(), "token")
	must(t, tokenFile(name).open())
	l := newLocal(fixedSource{})
	l.token = tokenFile(name).read
	server := httptest.NewServer(l.handler())
	defer server.Close()
	get := func(token string) int {
		r, err := http.NewRequest(http.MethodGet, server.URL+containerPath, nil)
		must(t, err)
		r.Header.Set("Authorization", token)
		response, err := server.Client().Do(r)
		must(t, err)
		defer response.Body.Close()
		_, _ = io.Copy(io.Discard, response.Body)
		return response.StatusCode
	}
	must(t, os.WriteFile(name, []byte("another"), 0o600))
	if status := get("another"); status != 200 {
		t.Errorf("status %d", status)
	}
	must(t, os.Remove(name))
	for _, token := range []string{"another", ""} {
		if status := get(token); status != 500 {
			t.Errorf("status %d without the file", status)
		}
	}
}
