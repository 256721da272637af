package iotauth

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// hard are credentials with everything that carriers break.
func hard(t *testing.T) Credentials {
	t.Helper()
	_, signature := plusSignature(t)
	return Credentials{Authorizer: "a=b,c@d-e_f", TokenKey: "Token-Key_1", Token: "a b+c%2Bd&e=f?g#h/☂;%", Signature: signature}
}

func TestCarriersRoundTrip(t *testing.T) {
	c := hard(t)
	simple := c
	simple.Token = "a b+c%2Bd&e=f?g#h/;%"
	for why, want := range map[string]Credentials{
		"everything":       c,
		"default":          {TokenKey: "k", Token: "allow", Signature: c.Signature},
		"signing disabled": {Authorizer: "a", TokenKey: "k", Token: "allow"},
		"no token":         {Authorizer: "a"},
		"nothing":          {},
	} {
		query, err := want.Query()
		if err != nil {
			t.Fatalf("%s: %v", why, err)
		}
		for _, form := range []string{query, "?" + query} {
			p, err := ParseQuery(form)
			if err != nil {
				t.Fatalf("%s: %v", why, err)
			}
			if got, err := p.Credentials(want.TokenKey); err != nil || got != want {
				t.Errorf("%s: query gives %#v, %v", why, got, err)
			}
		}
		if values, err := url.ParseQuery(query); err != nil || values.Get(want.TokenKey) != want.Token || values.Get(SignatureKey) != want.Signature {
			t.Errorf("%s: a decoder of forms reads %v, %v", why, values, err)
		}
		username, err := want.Username("bot")
		if err != nil {
			t.Fatalf("%s: %v", why, err)
		}
		user, p, err := ParseUsername(username)
		if err != nil || user != "bot" {
			t.Fatalf("%s: user %q, %v", why, user, err)
		}
		if got, err := p.Credentials(want.TokenKey); err != nil || got != want {
			t.Errorf("%s: user name gives %#v, %v", why, got, err)
		}
	}
	h := http.Header{}
	if err := simple.SetHeader(h); err != nil {
		t.Fatal(err)
	}
	p, err := ParseHeader(h)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := p.Credentials(simple.TokenKey); err != nil || got != simple {
		t.Errorf("headers give %#v, %v", got, err)
	}
}

// TestHeadersOverHTTP sends them through Go's client and server.
func TestHeadersOverHTTP(t *testing.T) {
	want := hard(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fromHeader, errH := ParseHeader(r.Header)
		fromQuery, errQ := ParseQuery(r.URL.RawQuery)
		for _, p := range []Params{fromHeader, fromQuery} {
			if got, err := p.Credentials(want.TokenKey); err != nil || got != want {
				t.Errorf("got %#v, %v", got, err)
			}
		}
		if err := errors.Join(errH, errQ); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	query, err := want.Query()
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/topics/a?"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := want.SetHeader(r.Header); err != nil {
		t.Fatal(err)
	}
	response, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
}

// TestAsClientsWriteThem reads what clients send that encode little or nothing, as AWS's
// own for Python does, which encodes the signature only.
func TestAsClientsWriteThem(t *testing.T) {
	token, signature := plusSignature(t)
	for why, username := range map[string]string{
		"nothing encoded":            "bot?" + AuthorizerNameKey + "=A&" + SignatureKey + "=" + signature + "&k=" + token,
		"the signature encoded":      "bot?" + AuthorizerNameKey + "=A&" + SignatureKey + "=" + url.QueryEscape(signature) + "&k=" + token,
		"another order":              "bot?k=" + token + "&" + SignatureKey + "=" + signature + "&" + AuthorizerNameKey + "=A",
		"further parameters":         "bot?SDK=Go&Version=1&" + AuthorizerNameKey + "=A&k=" + token + "&" + SignatureKey + "=" + signature,
		"empty parts":                "bot?&&" + AuthorizerNameKey + "=A&k=" + token + "&&" + SignatureKey + "=" + signature + "&",
		"a value with question mark": "bot?" + AuthorizerNameKey + "=A&k=" + token + "&" + SignatureKey + "=" + signature + "&x=?",
	} {
		user, p, err := ParseUsername(username)
		if err != nil || user != "bot" || p.Authorizer() != "A" {
			t.Fatalf("%s: user %q, authorizer %q, %v", why, user, p.Authorizer(), err)
		}
		c, err := p.Credentials("k")
		if err != nil {
			t.Fatalf("%s: %v", why, err)
		}
		if err := verifier(t, -1, 0).Verify(c.Token, c.Signature); err != nil {
			t.Errorf("%s: %v", why, err)
		}
	}
	if user, p, err := ParseUsername("bot"); user != "bot" || p.Authorizer() != "" || err != nil {
		t.Errorf("a plain user name: %q, %v", user, err)
	}
}

func TestParamsRefuse(t *testing.T) {
	for why, query := range map[string]string{
		"two authorizers": AuthorizerNameKey + "=A&" + AuthorizerNameKey + "=B",
		"two signatures":  SignatureKey + "=AAAA&" + SignatureKey + "=BBBB",
		"two the same":    SignatureKey + "=AAAA&" + SignatureKey + "=AAAA",
		"one encoded":     SignatureKey + "=AAAA&x-amz-customauthorizer%2dsignature=AAAA",
		"too long":        strings.Repeat("x", MaxQuery+1),
	} {
		if _, err := ParseQuery(query); !errors.Is(err, ErrCredentials) {
			t.Errorf("%s: error %v", why, err)
		}
	}
	if _, _, err := ParseUsername(strings.Repeat("x", MaxUsername+1)); !errors.Is(err, ErrCredentials) {
		t.Errorf("a long user name: error %v", err)
	}
	if _, err := ParseHeader(http.Header{"X-Amz-Customauthorizer-Name": {"A", "B"}}); !errors.Is(err, ErrCredentials) {
		t.Errorf("two headers: error %v", err)
	}
	for why, query := range map[string]string{
		"two tokens":                "k=a&k=b",
		"a bad authorizer":          "k=a&" + AuthorizerNameKey + "=a/b",
		"a bad signature":           "k=a&" + SignatureKey + "=***",
		"a signature without token": SignatureKey + "=AAAA",
		"a signature for another":   "K=a&" + SignatureKey + "=AAAA",
	} {
		p, err := ParseQuery(query)
		if err != nil {
			t.Fatalf("%s: %v", why, err)
		}
		if _, err := p.Credentials("k"); !errors.Is(err, ErrCredentials) {
			t.Errorf("%s: error %v", why, err)
		}
	}
}

func TestCredentialsRefuse(t *testing.T) {
	long := strings.Repeat("x", MaxName+1)
	for why, row := range map[string]struct {
		c     Credentials
		field string
	}{
		"authorizer with a space":  {Credentials{Authorizer: "a b"}, "Authorizer"},
		"authorizer of 129":        {Credentials{Authorizer: long}, "Authorizer"},
		"token key with an equals": {Credentials{TokenKey: "a=b", Token: "t"}, "TokenKey"},
		"token key of 129":         {Credentials{TokenKey: long, Token: "t"}, "TokenKey"},
		"token key is a part's":    {Credentials{TokenKey: "X-Amz-CustomAuthorizer-Name", Token: "t"}, "TokenKey"},
		"token without key":        {Credentials{Token: "t"}, "TokenKey"},
		"key without token":        {Credentials{TokenKey: "k"}, "Token"},
		"token too long":           {Credentials{TokenKey: "k", Token: strings.Repeat("t", MaxToken+1)}, "Token"},
		"signature without token":  {Credentials{Signature: "AAAA"}, "Signature"},
		"signature is no base64":   {Credentials{TokenKey: "k", Token: "t", Signature: "*"}, "Signature"},
	} {
		h := http.Header{}
		_, errQ := row.c.Query()
		_, errU := row.c.Username("")
		for _, err := range []error{row.c.Validate(), row.c.SetHeader(h), errQ, errU} {
			if !errors.Is(err, ErrCredentials) || !strings.Contains(err.Error(), row.field) {
				t.Errorf("%s: error %v", why, err)
			}
		}
		if len(h) > 0 {
			t.Errorf("%s: headers were set: %v", why, h)
		}
	}
	c := Credentials{TokenKey: "k", Token: strings.Repeat("+", MaxToken/2)}
	if _, err := c.Query(); !errors.Is(err, ErrCredentials) {
		t.Errorf("a query that is too long: %v", err)
	}
	if _, err := c.Username("a?b"); !errors.Is(err, ErrCredentials) {
		t.Errorf("a user with a question mark: %v", err)
	}
	if _, err := c.Username(strings.Repeat("u", MaxUsername)); !errors.Is(err, ErrCredentials) {
		t.Errorf("a user name that is too long: %v", err)
	}
	for _, token := range []string{"a\r\nb: c", " a", "a ", "\x7f"} {
		if err := (Credentials{TokenKey: "k", Token: token}).SetHeader(http.Header{}); !errors.Is(err, ErrCredentials) {
			t.Errorf("header with %q: %v", token, err)
		}
	}
}

// FuzzParams: what is read can be written, and is then read as the same.
func FuzzParams(f *testing.F) {
	f.Add("bot?"+AuthorizerNameKey+"=A&"+SignatureKey+"=AA+/&k=token", "k")
	f.Add("?k=%zz&"+AuthorizerNameKey+"=", "K")
	f.Fuzz(func(t *testing.T, username, key string) {
		user, p, err := ParseUsername(username)
		if err != nil {
			return
		}
		c, err := p.Credentials(key)
		if err != nil {
			return
		}
		again, err := c.Username(user)
		if err != nil {
			if len(username)*3+200 > MaxUsername {
				return // encoding made it too long
			}
			t.Fatalf("%#v: %v", c, err)
		}
		user2, p2, err := ParseUsername(again)
		if err != nil {
			t.Fatalf("%q: %v", again, err)
		}
		c2, err := p2.Credentials(key)
		if err != nil || user2 != user || c2.Authorizer != c.Authorizer || c2.Token != c.Token || (c2.Signature == "") != (c.Signature == "") {
			t.Errorf("%q becomes %q, %v", username, again, err)
		}
	})
}

// FuzzSignature: no text makes Verify fail otherwise than with its errors, and none but
// forms of the signature is accepted.
func FuzzSignature(f *testing.F) {
	v := verifier(f, -1, 0)
	signature := sign(f, 0, "allow")
	raw, err := decodeSignature(signature)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(signature)
	f.Add(url.QueryEscape(signature))
	f.Add(strings.ReplaceAll(signature, "+", " "))
	f.Fuzz(func(t *testing.T, text string) {
		err := v.Verify("allow", text)
		decoded, errDecode := decodeSignature(text)
		same := errDecode == nil && string(decoded) == string(raw)
		if (err == nil) != same || err != nil && !errors.Is(err, ErrSignature) {
			t.Errorf("%q: %v", text, err)
		}
	})
}
