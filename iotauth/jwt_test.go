package iotauth

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// TestSplitJWT takes apart a JWT that another library made, and verifies its signature as
// AWS IoT would.
func TestSplitJWT(t *testing.T) {
	issuer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key(t, 0)}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		t.Fatal(err)
	}
	whole, err := jwt.Signed(issuer).Claims(jwt.Claims{Subject: "ann"}).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	token, signature, err := SplitJWT(whole)
	if err != nil {
		t.Fatal(err)
	}
	if err := verifier(t, 0, 0).Verify(token, signature); err != nil {
		t.Error(err)
	}
	if signature != sign(t, 0, token) {
		t.Error("the JWT's signature is not the token's")
	}
	joined, err := JoinJWT(token, signature)
	if err != nil || joined != whole {
		t.Errorf("joined again: %v", err)
	}
}

func TestSplitJWTRefuses(t *testing.T) {
	part := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	rs256, body, signature := part(`{"alg":"RS256"}`), part(`{"sub":"ann"}`), part("signature")
	for why, text := range map[string]string{
		"empty":               "",
		"one part":            rs256,
		"two parts":           rs256 + "." + body,
		"four parts":          rs256 + "." + body + "." + signature + ".x",
		"HS256":               part(`{"alg":"HS256"}`) + "." + body + "." + signature,
		"PS256":               part(`{"alg":"PS256"}`) + "." + body + "." + signature,
		"none":                part(`{"alg":"none"}`) + "." + body + ".",
		"no signature":        rs256 + "." + body + ".",
		"no header":           "." + body + "." + signature,
		"header is no JSON":   part("alg") + "." + body + "." + signature,
		"header is a list":    part("[]") + "." + body + "." + signature,
		"header is no base64": "*." + body + "." + signature,
		"padded signature":    rs256 + "." + body + "." + signature + "=",
		"too long":            rs256 + "." + strings.Repeat("A", MaxToken) + "." + signature,
	} {
		if _, _, err := SplitJWT(text); !errors.Is(err, ErrToken) {
			t.Errorf("%s: error %v", why, err)
		}
	}
	if _, err := JoinJWT("a.b", "*"); !errors.Is(err, ErrSignature) {
		t.Errorf("JoinJWT with no base64: %v", err)
	}
}

func FuzzSplitJWT(f *testing.F) {
	f.Add("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2ln")
	f.Fuzz(func(t *testing.T, text string) {
		token, signature, err := SplitJWT(text)
		if err != nil {
			return
		}
		if len(signature) > MaxSignature {
			return // longer than any signature, and refused when it is verified
		}
		if joined, err := JoinJWT(token, signature); err != nil || !sameJWT(joined, text) {
			t.Errorf("%q becomes %q, %v", text, joined, err)
		}
	})
}

// sameJWT compares with the signatures decoded: base64 leaves some bits open.
func sameJWT(a, b string) bool {
	i, j := strings.LastIndexByte(a, '.'), strings.LastIndexByte(b, '.')
	x, errX := base64.RawURLEncoding.DecodeString(a[i+1:])
	y, errY := base64.RawURLEncoding.DecodeString(b[j+1:])
	return a[:i] == b[:j] && string(x) == string(y) && errX == nil && errY == nil
}
