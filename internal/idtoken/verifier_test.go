package idtoken

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/askaround/askaround-go/internal/devissuer"
)

const audience = "askaround"

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// issue returns an issuer in process, and a Verifier of its tokens.
func issue(t testing.TB) (*devissuer.Issuer, *Verifier) {
	t.Helper()
	clock := func() time.Time { return now }
	issuer, err := devissuer.New("http://issuer.example", func(o *devissuer.Options) { o.Clock = clock })
	if err != nil {
		t.Fatal(err)
	}
	v, err := NewVerifier(issuer.URL(), audience, Options{HTTPClient: issuer.Client(), Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	return issuer, v
}

func TestVerify(t *testing.T) {
	issuer, v := issue(t)
	if err := v.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	token, err := issuer.Mint("ann")
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Audience string `json:"aud"`
	}
	claims, err := v.Verify(t.Context(), token, &all)
	want := Claims{Issuer: issuer.URL(), Subject: "ann", Expires: now.Add(12 * time.Hour)}
	if err != nil || claims.Issuer != want.Issuer || claims.Subject != want.Subject || !claims.Expires.Equal(want.Expires) || all.Audience != audience {
		t.Errorf("claims %+v and %+v, %v", claims, all, err)
	}
	other, _ := issue(t)
	foreignToken, err := other.Mint("ann")
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(token, ".")
	for why, row := range map[string]struct {
		token string
		want  Reason
	}{
		"another key":    {foreignToken, Signature},
		"another body":   {parts[0] + "." + strings.Split(foreignToken, ".")[1] + "x." + parts[2], Signature},
		"no token":       {"", Malformed},
		"no signature":   {parts[0] + "." + parts[1] + ".", Signature},
		"too long":       {token + strings.Repeat("A", maxToken), Malformed},
		"algorithm none": {"eyJhbGciOiJub25lIn0." + parts[1] + ".", Malformed},
	} {
		if _, err := v.Verify(t.Context(), row.token, nil); !errors.Is(err, row.want) {
			t.Errorf("%s: error %v, want %v", why, err, row.want)
		}
	}
}

// TestCheck goes to both sides of each bound. The leeway is 30 s.
func TestCheck(t *testing.T) {
	_, v := issue(t)
	at := func(d time.Duration) int64 { return now.Add(d).Unix() }
	claims := func(iss, aud string, rest string) string {
		return fmt.Sprintf(`{"iss":%q,"aud":%q,"sub":"ann"%s}`, iss, aud, rest)
	}
	const iss = "http://issuer.example"
	exp := func(d time.Duration) string { return fmt.Sprintf(`,"exp":%d`, at(d)) }
	for why, row := range map[string]struct {
		claims string
		want   error
	}{
		"good":                    {claims(iss, audience, exp(time.Hour)), nil},
		"audience in a list":      {`{"iss":"` + iss + `","aud":["x","askaround"],"sub":"ann"` + exp(time.Hour) + `}`, nil},
		"just expired":            {claims(iss, audience, exp(-30*time.Second)), nil},
		"expired":                 {claims(iss, audience, exp(-31*time.Second)), Expired},
		"valid in a moment":       {claims(iss, audience, exp(time.Hour)+fmt.Sprintf(`,"nbf":%d`, at(30*time.Second))), nil},
		"valid later":             {claims(iss, audience, exp(time.Hour)+fmt.Sprintf(`,"nbf":%d`, at(31*time.Second))), NotYetValid},
		"issued later":            {claims(iss, audience, exp(time.Hour)+fmt.Sprintf(`,"iat":%d`, at(31*time.Second))), NotYetValid},
		"another issuer":          {claims(iss+"/", audience, exp(time.Hour)), Issuer},
		"another audience":        {claims(iss, "x", exp(time.Hour)), Audience},
		"no expiry":               {claims(iss, audience, ""), Malformed},
		"no subject":              {`{"iss":"` + iss + `","aud":"askaround"` + exp(time.Hour) + `}`, Malformed},
		"the subject twice":       {claims(iss, audience, exp(time.Hour)+`,"sub":"bob"`), Malformed},
		"a subject in capitals":   {`{"iss":"` + iss + `","aud":"askaround","SUB":"ann"` + exp(time.Hour) + `}`, Malformed},
		"a subject of wrong type": {`{"iss":"` + iss + `","aud":"askaround","sub":1` + exp(time.Hour) + `}`, Malformed},
		"a list":                  {`[]`, Malformed},
		"no JSON":                 {`ann`, Malformed},
	} {
		if _, err := v.Check([]byte(row.claims), nil); !errors.Is(err, row.want) {
			t.Errorf("%s: error %v, want %v", why, err, row.want)
		}
	}
	var wrong struct {
		Subject int `json:"sub"`
	}
	if _, err := v.Check([]byte(claims(iss, audience, exp(time.Hour))), &wrong); !errors.Is(err, Malformed) {
		t.Errorf("a claim that does not fit: %v", err)
	}
}

// TestUnavailable tells an issuer that is away from a token that is bad.
func TestUnavailable(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	v, err := NewVerifier(server.URL, audience, Options{})
	if err != nil {
		t.Fatal(err)
	}
	issuer, _ := issue(t)
	token, err := issuer.Mint("ann")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(t.Context(), token, nil); !errors.Is(err, ErrUnavailable) {
		t.Errorf("error %v", err)
	}
	if err := v.Ready(t.Context()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("Ready: %v", err)
	}
}

func TestOptions(t *testing.T) {
	for why, row := range map[string]struct {
		issuer, audience string
		o                Options
	}{
		"no URL":            {"issuer.example", "a", Options{}},
		"no audience":       {"https://issuer.example", "", Options{}},
		"too much leeway":   {"https://issuer.example", "a", Options{Leeway: time.Hour}},
		"negative leeway":   {"https://issuer.example", "a", Options{Leeway: -1}},
		"negative age":      {"https://issuer.example", "a", Options{MaxAge: -1}},
		"negative cooldown": {"https://issuer.example", "a", Options{Cooldown: -1}},
	} {
		if _, err := NewVerifier(row.issuer, row.audience, row.o); !errors.Is(err, ErrOptions) {
			t.Errorf("%s: error %v", why, err)
		}
	}
}

// FuzzVerify asks go-oidc about the same tokens.
func FuzzVerify(f *testing.F) {
	issuer, v := issue(f)
	token, err := issuer.Mint("ann")
	if err != nil {
		f.Fatal(err)
	}
	ctx := oidc.ClientContext(context.Background(), issuer.Client())
	provider, err := oidc.NewProvider(ctx, issuer.URL())
	if err != nil {
		f.Fatal(err)
	}
	peer := provider.Verifier(&oidc.Config{ClientID: audience, Now: func() time.Time { return now }, SupportedSigningAlgs: []string{"RS256", "ES256"}})
	f.Add(token)
	f.Add(token[:len(token)-1])
	f.Add("eyJhbGciOiJFUzI1NiJ9.e30.AA")
	f.Fuzz(func(t *testing.T, text string) {
		claims, err := v.Verify(ctx, text, nil)
		theirs, errTheirs := peer.Verify(ctx, text)
		if err == nil && (errTheirs != nil || theirs.Subject != claims.Subject) {
			t.Errorf("%q is accepted as %+v, by go-oidc not: %v", text, claims, errTheirs)
		}
	})
}
