package iotauth

import (
	"strings"
	"testing"
)

// benchToken has the size of a usual JWT.
var benchToken = strings.Repeat("t", 900)

func BenchmarkSign(b *testing.B) {
	signer, err := NewSigner(key(b, 0))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := signer.Sign(benchToken); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkVerify checks a signature anew, and one that is remembered.
func BenchmarkVerify(b *testing.B) {
	signature := sign(b, 0, benchToken)
	for name, size := range map[string]int{"uncached": -1, "cached": 0} {
		b.Run(name, func(b *testing.B) {
			v := verifier(b, size, 0)
			b.ReportAllocs()
			for b.Loop() {
				if err := v.Verify(benchToken, signature); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkVerifyRotated: the second of two keys is the one that signed.
func BenchmarkVerifyRotated(b *testing.B) {
	v, signature := verifier(b, -1, 0, 1), sign(b, 1, benchToken)
	b.ReportAllocs()
	for b.Loop() {
		if err := v.Verify(benchToken, signature); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseUsername(b *testing.B) {
	username, err := Credentials{Authorizer: "A", TokenKey: "k", Token: benchToken, Signature: sign(b, 0, benchToken)}.Username("bot")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, p, err := ParseUsername(username); err != nil || p.Authorizer() != "A" {
			b.Fatal(err)
		}
	}
}

// BenchmarkInvoke is all that stands between a request and the function, and its answer.
func BenchmarkInvoke(b *testing.B) {
	a := authorizer(b, post, func(o *AuthorizerOptions) { o.Verifier = verifier(b, 0, 0) })
	signature := sign(b, 0, "allow")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.Invoke(b.Context(), "allow", signature, Request{}); err != nil {
			b.Fatal(err)
		}
	}
}
