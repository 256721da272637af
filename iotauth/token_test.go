package iotauth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"sync"
	"testing"
)

func TestSignVerify(t *testing.T) {
	v := verifier(t, -1, 0)
	for why, token := range map[string]string{
		"the source post's":   "allow",
		"one byte":            "x",
		"no text":             "\x00\xff\n",
		"not ASCII":           "Grüße ☂",
		"the longest":         strings.Repeat("t", MaxToken),
		"header and payload":  "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm4ifQ",
		"space at both sides": " t ",
	} {
		if err := v.Verify(token, sign(t, 0, token)); err != nil {
			t.Errorf("%s: %v", why, err)
		}
		if err := v.Verify(token+"x", sign(t, 0, token)); !errors.Is(err, ErrSignature) && !errors.Is(err, ErrToken) {
			t.Errorf("%s: another token's signature gives %v", why, err)
		}
	}
}

// plusSignature returns a token and its signature, which holds plus signs: what decoders of
// forms break.
func plusSignature(t *testing.T) (token, signature string) {
	t.Helper()
	for i := range 1000 {
		token = fmt.Sprintf("token-%d", i)
		signature = sign(t, 0, token)
		if strings.Contains(signature, "+") && strings.Contains(signature, "/") {
			return token, signature
		}
	}
	t.Fatal("no signature with plus signs")
	return "", ""
}

func TestForms(t *testing.T) {
	token, s := plusSignature(t)
	raw, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	v := verifier(t, -1, 0)
	lines := func(end string) string {
		var b strings.Builder
		for i := 0; i < len(s); i += 64 {
			b.WriteString(s[i:min(i+64, len(s))] + end)
		}
		return b.String()
	}
	for why, form := range map[string]string{
		"as signed":                       s,
		"lines of openssl":                lines("\n"),
		"lines of Windows":                lines("\r\n"),
		"indented lines":                  "\n  " + lines("\n  "),
		"a folded header":                 lines("\r\n\t"),
		"percent-encoded":                 url.QueryEscape(s),
		"percent-encoded lines":           url.QueryEscape(lines("\n")),
		"each byte percent-encoded":       percentAll(s),
		"alphabet of URLs":                base64.URLEncoding.EncodeToString(raw),
		"alphabet of URLs, unpadded":      base64.RawURLEncoding.EncodeToString(raw),
		"unpadded":                        strings.TrimRight(s, "="),
		"after a decoder of forms":        strings.ReplaceAll(s, "+", " "),
		"the same with a blank behind":    strings.ReplaceAll(s, "+", " ") + " ",
		"half of the padding percent-lik": strings.Replace(s, "=", "%3D", 1),
	} {
		if err := v.Verify(token, form); err != nil {
			t.Errorf("%s: %v", why, err)
		}
	}
	for why, form := range map[string]string{
		"nothing":              "",
		"only padding":         "==",
		"too much padding":     s + "=",
		"padding inside":       s[:8] + "==" + s[8:],
		"another character":    s[:8] + "*" + s[9:],
		"wrong percent":        s[:8] + "%4" + s[8:],
		"a tab inside":         s[:8] + "\t" + s[8:],
		"cut short":            s[:len(s)-8],
		"too long":             s + s,
		"far too long":         strings.Repeat("A", maxSignatureText+1),
		"of a larger key":      strings.Repeat("A", MaxSignature),
		"NUL":                  s[:8] + "\x00" + s[8:],
		"the token in clear":   token,
		"one character is off": flip(s),
	} {
		if err := v.Verify(token, form); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: error %v", why, err)
		}
	}
}

// TestPlusAtTheEdge: bytes that no key can be made to sign on demand.
func TestPlusAtTheEdge(t *testing.T) {
	text := base64.StdEncoding.EncodeToString(append([]byte{0xf8}, make([]byte, 254)...)) + "AA+"
	for _, form := range []string{text, strings.ReplaceAll(text, "+", " ")} {
		got, err := decodeSignature(form)
		if err != nil || got[0] != 0xf8 || len(got) != 257 {
			t.Errorf("%q: % x, %v", form[:4], got, err)
		}
	}
}

func percentAll(s string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, "%%%02x", s[i])
	}
	return b.String()
}

func flip(s string) string {
	if s[9] == 'A' {
		return s[:9] + "B" + s[10:]
	}
	return s[:9] + "A" + s[10:]
}

// TestErrorsAreDiscreet: an error ends up in a log, where no credential belongs.
func TestErrorsAreDiscreet(t *testing.T) {
	const secret = "s3cr3t-token"
	signature := flip(sign(t, 0, secret))
	err := errors.Join(
		verifier(t, 0, 0).Verify(secret, signature),
		verifier(t, 0, 0).Verify(secret, "%zz"+signature),
		Credentials{Authorizer: "a b", TokenKey: "k k", Token: secret, Signature: "*" + signature}.Validate(),
	)
	for _, hidden := range []string{secret, signature[:12], signature[20:32]} {
		if strings.Contains(err.Error(), hidden) {
			t.Errorf("error shows a secret: %v", err)
		}
	}
	c := Credentials{Authorizer: "A", TokenKey: "k", Token: secret, Signature: signature}
	for _, text := range []string{fmt.Sprint(c), fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", c), (&c).String()} {
		if strings.Contains(text, secret) || strings.Contains(text, signature[:12]) {
			t.Errorf("text shows a secret: %s", text)
		}
	}
}

func TestRotation(t *testing.T) {
	const token = "allow"
	old, new := sign(t, 0, token), sign(t, 1, token)
	for why, row := range map[string]struct {
		keys             []int
		acceptOld, isNew bool
	}{
		"before": {[]int{0}, true, false},
		"during": {[]int{0, 1}, true, true},
		"after":  {[]int{1}, false, true},
	} {
		v := verifier(t, 0, row.keys...)
		for range 2 { // the second time from the cache
			if got := v.Verify(token, old) == nil; got != row.acceptOld {
				t.Errorf("%s: the old key's signature accepted: %v", why, got)
			}
			if got := v.Verify(token, new) == nil; got != row.isNew {
				t.Errorf("%s: the new key's signature accepted: %v", why, got)
			}
		}
	}
}

func TestVerifierRefuses(t *testing.T) {
	good := &key(t, 0).PublicKey
	for why, row := range map[string]struct {
		keys []*rsa.PublicKey
		size int
		want error
	}{
		"no key":       {nil, 0, ErrOptions},
		"three keys":   {[]*rsa.PublicKey{good, good, good}, 0, ErrOptions},
		"a nil key":    {[]*rsa.PublicKey{nil}, 0, ErrKey},
		"an empty key": {[]*rsa.PublicKey{{}}, 0, ErrKey},
		"size 1":       {[]*rsa.PublicKey{good}, 1, ErrOptions},
		"size -2":      {[]*rsa.PublicKey{good}, -2, ErrOptions},
	} {
		if _, err := NewVerifier(row.keys, func(o *VerifierOptions) { o.CacheSize = row.size }); !errors.Is(err, row.want) {
			t.Errorf("%s: error %v, want %v", why, err, row.want)
		}
	}
	v := verifier(t, 0, 0)
	for _, token := range []string{"", strings.Repeat("t", MaxToken+1)} {
		if err := v.Verify(token, sign(t, 0, "t")); !errors.Is(err, ErrToken) {
			t.Errorf("a token of %d bytes: %v", len(token), err)
		}
	}
}

// pss is a module whose key is set to another algorithm.
type pss struct{ *rsa.PrivateKey }

func (k pss) Sign(rand io.Reader, digest []byte, _ crypto.SignerOpts) ([]byte, error) {
	return rsa.SignPSS(rand, k.PrivateKey, crypto.SHA256, digest, nil)
}

// module holds a key that Go does not see.
type module struct{ crypto.Signer }

func TestSignerKeys(t *testing.T) {
	signer, err := NewSigner(module{key(t, 0)})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := signer.Sign("allow"); err != nil || got != sign(t, 0, "allow") {
		t.Errorf("a module's signature %q, %v", got, err)
	}
	signer, err = NewSigner(pss{key(t, 0)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := signer.Sign("allow"); !errors.Is(err, ErrKey) {
		t.Errorf("a module that signs otherwise: %v", err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	for why, k := range map[string]crypto.Signer{"none": nil, "a curve": curve, "1,024 bits": short} {
		if _, err := NewSigner(k); !errors.Is(err, ErrKey) {
			t.Errorf("%s: error %v", why, err)
		}
	}
}

func TestCacheIsBounded(t *testing.T) {
	c := newCache(10)
	for i := range 1000 {
		c.add(fmt.Sprint(i), "s")
		if n := len(c.young) + len(c.old); n > 10 {
			t.Fatalf("%d pairs of at most 10", n)
		}
		if !c.has("0", "s") {
			t.Fatalf("forgot what is asked for all the time, after %d", i)
		}
		if !c.has(fmt.Sprint(i), "s") {
			t.Fatalf("forgot %d, just added", i)
		}
	}
	if c.has("1", "s") || c.has("999", "S") {
		t.Error("remembers what it should not")
	}
}

// TestVerifyConcurrently fills one small cache from many goroutines.
func TestVerifyConcurrently(t *testing.T) {
	v := verifier(t, 4, 0)
	signatures := map[string]string{}
	for i := range 8 {
		signatures[fmt.Sprint("t", i)] = sign(t, 0, fmt.Sprint("t", i))
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20 {
				for token, signature := range signatures {
					if err := v.Verify(token, signature); err != nil {
						t.Error(err)
					}
					if v.Verify(token+"x", signature) == nil {
						t.Error("accepted another token")
					}
				}
			}
		})
	}
	wg.Wait()
}

func TestCachedVerifyAllocatesNothing(t *testing.T) {
	v := verifier(t, 0, 0)
	token := strings.Repeat("t", 900)
	signature := sign(t, 0, token)
	if n := testing.AllocsPerRun(100, func() { _ = v.Verify(token, signature) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestKeysThatAreNone: what is no key of the kind asked for is told, and not shown.
func TestKeysThatAreNone(t *testing.T) {
	private, err := MarshalPrivateKey(key(t, 0))
	if err != nil {
		t.Fatal(err)
	}
	broken := strings.Replace(string(private), "MII", "AAA", 1)
	for why, text := range map[string]string{
		"empty":             "",
		"no PEM":            "allow",
		"a request":         "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
		"broken":            broken,
		"a broken public":   "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
		"a broken cert":     "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
		"an encrypted key":  "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
		"encrypted the old": "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n",
	} {
		_, errPrivate := ParsePrivateKey([]byte(text))
		_, errPublic := ParsePublicKey([]byte(text))
		for _, err := range []error{errPrivate, errPublic} {
			if !errors.Is(err, ErrKey) || strings.Contains(err.Error(), "AAAA") {
				t.Errorf("%s: error %v", why, err)
			}
		}
	}
	if _, err := ParsePublicKey(private); !errors.Is(err, ErrKey) {
		t.Errorf("a private key for a public one: %v", err)
	}
}

// FuzzParsePublicKey: what is read can be written, and read again as the same.
func FuzzParsePublicKey(f *testing.F) {
	public, err := MarshalPublicKey(&key(f, 0).PublicKey)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(public)
	f.Fuzz(func(t *testing.T, text []byte) {
		k, err := ParsePublicKey(text)
		if err != nil {
			return
		}
		again, err := MarshalPublicKey(k)
		if err != nil {
			t.Fatal(err)
		}
		if k2, err := ParsePublicKey(again); err != nil || !k2.Equal(k) {
			t.Errorf("the key changes: %v", err)
		}
	})
}
