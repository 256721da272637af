package httpapi_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/askaround/httpapi"
	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

// A clock is moved by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newVerifier(t testing.TB, i *issuer, optFns ...func(*httpapi.VerifierOptions)) *httpapi.Verifier {
	t.Helper()
	v, err := httpapi.NewVerifier(i.URL, audience, optFns...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestVerify has the verdict on each kind of token, as the error that callers see, and
// compares it with go-oidc's: yes or no.
func TestVerify(t *testing.T) {
	i := newIssuer(t)
	now := time.Now().Truncate(time.Second)
	still := func() time.Time { return now } // a slow test does not make tokens old
	v := newVerifier(t, i, func(o *httpapi.VerifierOptions) { o.Clock = still })
	provider, err := oidc.NewProvider(t.Context(), i.URL)
	if err != nil {
		t.Fatal(err)
	}
	foreign := provider.Verifier(&oidc.Config{ClientID: audience, SupportedSigningAlgs: []string{oidc.RS256, oidc.ES256}, Now: still})
	// What go-oidc sees otherwise: it has no leeway for the end of a token and five
	// minutes for its start, and wants no subject.
	otherwise := map[string]bool{"expired within the leeway": true, "early": true, "no subject": true}
	ago := func(d time.Duration) int64 { return now.Add(-d).Unix() }
	for _, row := range []struct {
		why   string
		token string
		want  error
	}{
		{"ES256", i.token(t, "alice", nil), nil},
		{"RS256", sign(t, jose.RS256, i.rsa, "rsa", i.good("alice")), nil},
		{"without a key id", sign(t, jose.RS256, i.rsa, "", i.good("alice")), nil},
		{"several audiences", i.token(t, "alice", map[string]any{"aud": []string{"other", audience}}), nil},
		{"expired within the leeway", i.token(t, "alice", map[string]any{"exp": ago(20 * time.Second)}), nil},
		{"early within the leeway", i.token(t, "alice", map[string]any{"nbf": ago(-20 * time.Second)}), nil},
		{"neither nbf nor iat", i.token(t, "alice", map[string]any{"nbf": nil, "iat": nil}), nil},
		{"empty", "", httpapi.ErrTokenMalformed},
		{"not a JWT", "abc.def.ghi", httpapi.ErrTokenMalformed},
		{"no subject", i.token(t, "", nil), httpapi.ErrTokenMalformed},
		{"no expiry", i.token(t, "alice", map[string]any{"exp": nil}), httpapi.ErrTokenMalformed},
		{"claims of wrong types", i.token(t, "alice", map[string]any{"sub": 7}), httpapi.ErrTokenMalformed},
		{"expired", i.token(t, "alice", map[string]any{"exp": ago(40 * time.Second)}), httpapi.ErrTokenExpired},
		{"early", i.token(t, "alice", map[string]any{"nbf": ago(-40 * time.Second)}), httpapi.ErrTokenNotYetValid},
		{"of another issuer", i.token(t, "alice", map[string]any{"iss": "https://issuer.example"}), httpapi.ErrTokenIssuer},
		{"for another audience", i.token(t, "alice", map[string]any{"aud": "billing"}), httpapi.ErrTokenAudience},
		{"of a stranger", sign(t, jose.ES256, newECKey(t), "ec", i.good("alice")), httpapi.ErrTokenSignature},
		{"expired, of a stranger", sign(t, jose.ES256, newECKey(t), "ec", map[string]any{"exp": 1}), httpapi.ErrTokenSignature},
	} {
		t.Run(row.why, func(t *testing.T) {
			got, err := v.Verify(t.Context(), row.token)
			if !errors.Is(err, row.want) {
				t.Fatalf("error %v, want %v", err, row.want)
			}
			if err == nil && got.Account != askaround.AccountFor(i.URL, "alice") {
				t.Errorf("account %q", got.Account)
			}
			if _, says := foreign.Verify(t.Context(), row.token); (says == nil) == (err == nil) == otherwise[row.why] {
				t.Errorf("go-oidc says %v", says)
			}
		})
	}
	exp := now.Add(10 * time.Minute).Truncate(time.Second)
	got, err := v.Verify(t.Context(), i.token(t, "alice", map[string]any{"exp": exp.Unix()}))
	if err != nil || !got.Expires.Equal(exp) {
		t.Errorf("expires %v, want %v: %v", got.Expires, exp, err)
	}
}

// TestScope wants the scope wherever issuers put it.
func TestScope(t *testing.T) {
	i := newIssuer(t)
	v := newVerifier(t, i, func(o *httpapi.VerifierOptions) { o.Scope = "ask" })
	for _, row := range []struct {
		why    string
		claims map[string]any
		want   error
	}{
		{"scope", map[string]any{"scope": "openid ask"}, nil},
		{"scp as a list", map[string]any{"scp": []string{"openid", "ask"}}, nil},
		{"scp as a string", map[string]any{"scp": "openid ask"}, nil},
		{"permissions", map[string]any{"permissions": []string{"ask"}}, nil},
		{"none", nil, httpapi.ErrTokenScope},
		{"another", map[string]any{"scope": "asking ask:all"}, httpapi.ErrTokenScope},
		{"scp of a wrong type", map[string]any{"scp": 7}, httpapi.ErrTokenMalformed},
	} {
		if _, err := v.Verify(t.Context(), i.token(t, "alice", row.claims)); !errors.Is(err, row.want) {
			t.Errorf("%s: %v, want %v", row.why, err, row.want)
		}
	}
	f := newFixture(t)
	f.issuer.Close()
	h, err := httpapi.New(f.fake, v)
	if err != nil {
		t.Fatal(err)
	}
	f.handler, f.token = h, i.token(t, "alice", nil)
	response, body := f.do(t, f.request("GET", "/live?"+near, ""))
	if response.StatusCode != http.StatusForbidden || response.Header.Get("WWW-Authenticate") != `Bearer realm="askaround", error="insufficient_scope"` {
		t.Errorf("%d %q %s", response.StatusCode, response.Header.Get("WWW-Authenticate"), body)
	}
}

// TestKeysAreCached counts what the issuer is asked.
func TestKeysAreCached(t *testing.T) {
	i := newIssuer(t)
	c := &clock{now: time.Now()}
	v := newVerifier(t, i, func(o *httpapi.VerifierOptions) { o.Clock = c.Now })
	stranger := sign(t, jose.ES256, newECKey(t), "stranger", i.good("alice"))
	token := i.token(t, "alice", map[string]any{"exp": time.Now().Add(48 * time.Hour).Unix()})
	expect := func(why string, discoveries, fetches int) {
		t.Helper()
		got := i.requests()
		if got["/.well-known/openid-configuration"] != discoveries || got["/keys"] != fetches {
			t.Errorf("%s: asked %v, want %d discoveries and %d fetches", why, got, discoveries, fetches)
		}
	}
	expect("made", 0, 0)
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			if _, err := v.Verify(context.Background(), token); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	expect("50 at once", 1, 1)
	for range 100 {
		if _, err := v.Verify(t.Context(), stranger); !errors.Is(err, httpapi.ErrTokenSignature) {
			t.Fatal(err)
		}
	}
	expect("100 unknown keys within the cooldown", 1, 1)
	c.advance(11 * time.Second)
	for range 100 {
		if _, err := v.Verify(t.Context(), stranger); !errors.Is(err, httpapi.ErrTokenSignature) {
			t.Fatal(err)
		}
	}
	expect("100 unknown keys after it", 1, 2)
	c.advance(2 * time.Hour)
	if _, err := v.Verify(t.Context(), token); err != nil {
		t.Error(err)
	}
	expect("old keys", 1, 3)
}

// TestKeysRotate takes a new key at once, and an old one no longer once it is gone.
func TestKeysRotate(t *testing.T) {
	i := newIssuer(t)
	c := &clock{now: time.Now()}
	v := newVerifier(t, i, func(o *httpapi.VerifierOptions) { o.Clock = c.Now })
	old := i.token(t, "alice", nil)
	if _, err := v.Verify(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	key := newECKey(t)
	i.publish(jose.JSONWebKey{Key: key.Public(), KeyID: "next"})
	c.advance(time.Minute)
	if _, err := v.Verify(t.Context(), sign(t, jose.ES256, key, "next", i.good("alice"))); err != nil {
		t.Errorf("new key: %v", err)
	}
	if _, err := v.Verify(t.Context(), old); !errors.Is(err, httpapi.ErrTokenSignature) {
		t.Errorf("old key: %v", err)
	}
}

// TestIssuerDown: keys at hand stay good, and without them nothing is said about a
// token.
func TestIssuerDown(t *testing.T) {
	i := newIssuer(t)
	c := &clock{now: time.Now()}
	v := newVerifier(t, i, func(o *httpapi.VerifierOptions) { o.Clock = c.Now })
	token := i.token(t, "alice", map[string]any{"exp": time.Now().Add(48 * time.Hour).Unix()})
	i.setDown(true)
	if err := v.Ready(t.Context()); !errors.Is(err, httpapi.ErrKeysUnavailable) {
		t.Errorf("ready: %v", err)
	}
	if _, err := v.Verify(t.Context(), token); !errors.Is(err, httpapi.ErrKeysUnavailable) {
		t.Errorf("never reached: %v", err)
	}
	if n := i.requests()["/.well-known/openid-configuration"]; n != 1 {
		t.Errorf("%d discoveries within the cooldown", n)
	}
	i.setDown(false)
	c.advance(time.Minute)
	if _, err := v.Verify(t.Context(), token); err != nil {
		t.Errorf("reached: %v", err)
	}
	i.setDown(true)
	c.advance(3 * time.Hour)
	if _, err := v.Verify(t.Context(), token); err != nil {
		t.Errorf("keys at hand: %v", err)
	}
	stranger := sign(t, jose.ES256, newECKey(t), "stranger", i.good("alice"))
	if _, err := v.Verify(t.Context(), stranger); !errors.Is(err, httpapi.ErrKeysUnavailable) {
		t.Errorf("a key that may be new: %v", err)
	}
}

// TestIssuerWithSlash is an issuer as Auth0 spells them: with a slash at the end, and
// one before the path of its metadata all the same.
func TestIssuerWithSlash(t *testing.T) {
	i := newIssuer(t)
	next := i.Config.Handler
	i.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/.well-known/openid-configuration" {
			serveFiles(i.URL, map[string]string{r.URL.Path: `{"issuer":"URL/","jwks_uri":"URL/keys"}`}).ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
	v, err := httpapi.NewVerifier(i.URL+"/", audience)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(t.Context(), i.token(t, "alice", map[string]any{"iss": i.URL + "/"})); err != nil {
		t.Error(err)
	}
}

// TestBadIssuers are issuers whose documents cannot be used.
func TestBadIssuers(t *testing.T) {
	documents := map[string]map[string]string{
		"another issuer": {"/.well-known/openid-configuration": `{"issuer":"https://issuer.example","jwks_uri":"URL/keys"}`},
		"no keys named":  {"/.well-known/openid-configuration": `{"issuer":"URL"}`},
		"not JSON":       {"/.well-known/openid-configuration": `<html>`},
		"no keys there":  {"/.well-known/openid-configuration": `{"issuer":"URL","jwks_uri":"URL/keys"}`},
		"keys not JSON":  {"/.well-known/openid-configuration": `{"issuer":"URL","jwks_uri":"URL/keys"}`, "/keys": `keys`},
		"only secrets":   {"/.well-known/openid-configuration": `{"issuer":"URL","jwks_uri":"URL/keys"}`, "/keys": `{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}`},
		"only keys for encryption": {"/.well-known/openid-configuration": `{"issuer":"URL","jwks_uri":"URL/keys"}`,
			"/keys": `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","use":"enc"}]}`},
	}
	for why, files := range documents {
		t.Run(why, func(t *testing.T) {
			i := newIssuer(t)
			i.Config.Handler = serveFiles(i.URL, files)
			if err := newVerifier(t, i).Ready(t.Context()); !errors.Is(err, httpapi.ErrKeysUnavailable) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestVerifierOptions(t *testing.T) {
	for why, fn := range map[string]func(*httpapi.VerifierOptions){
		"a leeway of an hour": func(o *httpapi.VerifierOptions) { o.Leeway = time.Hour },
		"a negative leeway":   func(o *httpapi.VerifierOptions) { o.Leeway = -1 },
		"a negative age":      func(o *httpapi.VerifierOptions) { o.MaxAge = -1 },
		"a negative cooldown": func(o *httpapi.VerifierOptions) { o.Cooldown = -1 },
		"two scopes":          func(o *httpapi.VerifierOptions) { o.Scope = "a b" },
	} {
		if _, err := httpapi.NewVerifier("https://issuer.example", audience, fn); !errors.Is(err, httpapi.ErrOptions) {
			t.Errorf("%s: %v", why, err)
		}
	}
	for _, row := range [][2]string{{"", audience}, {"issuer.example", audience}, {"https://issuer.example", ""}} {
		if _, err := httpapi.NewVerifier(row[0], row[1]); !errors.Is(err, httpapi.ErrOptions) {
			t.Errorf("%q: %v", row, err)
		}
	}
}
